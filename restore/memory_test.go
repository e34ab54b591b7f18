package restore

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"iter"
	"maps"
	"path/filepath"
	"testing"

	"github.com/oneanalytics/oa-archive/layout"
	"github.com/oneanalytics/oa-archive/tenant"
	"github.com/oneanalytics/oa-archive/tenant/sqlstore"
)

// memTarget is a tenant in memory, for the tests that make thousands of them.
// What stores add to it (locks, crashes) is tested on stores.
type memTarget struct {
	id      string
	content world
	imports []tenant.ImportRecord
}

// memory returns a target that holds a copy of the world.
func (w world) memory(tenantID string) *memTarget {
	return &memTarget{id: tenantID, content: w.clone()}
}

func (m *memTarget) Tenant(context.Context) (tenant.Info, error) {
	return tenant.Info{ID: m.id, Name: "Corp"}, nil
}

func (m *memTarget) Inventory(context.Context) iter.Seq2[tenant.Entry, error] {
	return m.content.entries()
}

func (w world) entries() iter.Seq2[tenant.Entry, error] {
	return func(yield func(tenant.Entry, error) bool) {
		for _, path := range w.paths() {
			n, err := layout.Parse(path)
			content := []byte(w[path])
			e := tenant.Entry{Name: n, Size: int64(len(content)), Digest: layout.DigestOf(content)}
			e.Open = func(context.Context) (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(content)), nil }
			if !yield(e, err) {
				return
			}
		}
	}
}

func (m *memTarget) Imports(context.Context) ([]tenant.ImportRecord, error) { return m.imports, nil }

func (m *memTarget) Begin(context.Context) (tenant.Tx, error) {
	return &memTx{target: m, content: m.content.clone()}, nil
}

type memTx struct {
	target  *memTarget
	content world
}

func (x *memTx) Inventory(context.Context) iter.Seq2[tenant.Entry, error] { return x.content.entries() }

func (x *memTx) Put(_ context.Context, n layout.Name, size int64, r io.Reader) error {
	content, err := io.ReadAll(r)
	if err == nil && size >= 0 && size != int64(len(content)) {
		err = fmt.Errorf("%d bytes, announced %d", len(content), size)
	}
	x.content[n.String()] = string(content)
	return err
}

func (x *memTx) Delete(_ context.Context, n layout.Name) error {
	delete(x.content, n.String())
	return nil
}

func (x *memTx) Commit(_ context.Context, rec tenant.ImportRecord) error {
	x.target.content = x.content
	x.target.imports = append(x.target.imports, rec)
	return nil
}

func (x *memTx) Rollback() error { return nil }

// TestStoresAgree plays one import of each policy on real stores and in
// memory: plan and outcome must be the same.
func TestStoresAgree(t *testing.T) {
	a := sampleWorld().archive("corp")
	before := sampleWorld().edit(t, revenuePath, `"name": "Revenue"`, `"name": "Edited"`).without(drop)
	stores := stores(t)
	for _, opts := range []Options{{OnConflict: Overwrite}, {OnConflict: Fork, Rows: true}, {OnConflict: Skip}, {PerKind: map[Kind]Decision{Workspace: Fork}}} {
		memory := before.memory("corp")
		plan := makePlan(t, a, memory, opts)
		mustApply(t, plan, a, memory)
		for name, open := range stores {
			target := open(t)
			before.putInto(t, target)
			same := makePlan(t, a, target, opts)
			if string(marshal(t, plan)) != string(marshal(t, same)) {
				t.Errorf("%s: another plan:\n%s", name, same.decisions())
			}
			mustApply(t, same, a, target)
			if !maps.Equal(contentOf(t, target), memory.content) {
				t.Errorf("%s: another outcome", name)
			}
		}
	}
}

// stores returns the stores that the project comes with.
func stores(t *testing.T) map[string]func(testing.TB) tenant.Target {
	return map[string]func(testing.TB) tenant.Target{
		"dirstore": func(t testing.TB) tenant.Target { return world{}.store(t, "corp").Target() },
		"sqlite": func(t testing.TB) tenant.Target {
			ctx := context.Background()
			db, err := sqlstore.CreateSQLite(ctx, filepath.Join(t.TempDir(), "tenants.db"))
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { db.Close() })
			if err := db.CreateTenant(ctx, tenant.Info{ID: "corp", Name: "Corp"}); err != nil {
				t.Fatal(err)
			}
			store, err := db.Tenant(ctx, "corp")
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { store.Close() })
			return store.Target()
		},
	}
}
