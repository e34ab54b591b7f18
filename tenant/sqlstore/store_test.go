package sqlstore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/oneanalytics/oa-archive/layout"
	"github.com/oneanalytics/oa-archive/tenant"
	"github.com/oneanalytics/oa-archive/tenant/dirstore"
	"github.com/oneanalytics/oa-archive/tenant/tenanttest"
)

const (
	workspace = "0b54f1a2-6f5e-4c0e-9a55-1f2f3c4d5e6f"
	asset     = "2a5e562b-ab37-4b9b-9de3-1be4335c8e83"
)

var acme = tenant.Info{ID: "acme", Name: "Acme", Region: "eu-central-1", Jurisdiction: "DE"}

// TestKeepsEveryPromise gives each promise a database of its own, in which
// all of its tenants live.
func TestKeepsEveryPromise(t *testing.T) {
	onEach(t, func(t *testing.T, fresh maker) {
		databases := map[string]*DB{}
		tenanttest.Run(t, func(tb testing.TB, info tenant.Info) tenanttest.Subject {
			db := databases[tb.Name()]
			if db == nil {
				db, _ = fresh(tb)
				databases[tb.Name()] = db
			}
			return newTenant(tb, db, info)
		})
	})
}

func first(db *DB, _ place) *DB { return db }

// create makes an SQLite database for the length of the test.
func create(tb testing.TB) *DB {
	tb.Helper()
	db, _ := createSQLite(tb)
	return db
}

func newTenant(tb testing.TB, db *DB, info tenant.Info) *Store {
	tb.Helper()
	if err := db.CreateTenant(tb.Context(), info); err != nil {
		tb.Fatal(err)
	}
	s, err := db.Tenant(tb.Context(), info.ID)
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

func begin(tb testing.TB, target tenant.Target) tenant.Tx {
	tb.Helper()
	ctx, cancel := context.WithTimeout(tb.Context(), time.Minute)
	defer cancel()
	tx, err := target.Begin(ctx)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = tx.Rollback() })
	return tx
}

func put(tb testing.TB, tx tenant.Tx, path, content string) {
	tb.Helper()
	n, err := layout.Parse(path)
	if err != nil {
		tb.Fatal(err)
	}
	if err := tx.Put(tb.Context(), n, int64(len(content)), strings.NewReader(content)); err != nil {
		tb.Fatal(err)
	}
}

// store commits documents in the import number n.
func store(tb testing.TB, target tenant.Target, n int, documents map[string]string) {
	tb.Helper()
	tx := begin(tb, target)
	for path, content := range documents {
		put(tb, tx, path, content)
	}
	if err := tx.Commit(tb.Context(), record(n)); err != nil {
		tb.Fatal(err)
	}
}

func record(n int) tenant.ImportRecord {
	return tenant.ImportRecord{ID: fmt.Sprintf("%08d-1111-4111-8111-111111111111", n), At: time.Unix(int64(n), 0).UTC(), Summary: fmt.Sprint(n)}
}

func wantError(tb testing.TB, err error, parts ...string) {
	tb.Helper()
	if err == nil {
		tb.Fatalf("no error; want one with %q", parts)
	}
	for _, part := range parts {
		if !strings.Contains(err.Error(), part) {
			tb.Errorf("error %q does not say %q", err, part)
		}
	}
}

func read(ctx context.Context, e tenant.Entry) ([]byte, error) {
	r, err := e.Open(ctx)
	if err != nil {
		return nil, err
	}
	content, err := io.ReadAll(r)
	return content, errors.Join(err, r.Close())
}

func TestTenantsOfADatabase(t *testing.T) {
	onEach(t, func(t *testing.T, fresh maker) {
		db, _ := fresh(t)
		_, err := db.Tenant(t.Context(), "acme")
		wantError(t, err, "no such tenant", `"acme"`, "the database holds no tenants")
		for _, id := range []string{"zeta", "acme", "Beta"} {
			newTenant(t, db, tenant.Info{ID: id, Name: "Name of " + id})
		}
		all, err := db.Tenants(t.Context())
		if err != nil || len(all) != 3 || all[0].ID != "Beta" || all[1] != (tenant.Info{ID: "acme", Name: "Name of acme"}) || all[2].ID != "zeta" {
			t.Errorf("Tenants = %+v, %v", all, err)
		}
		_, err = db.Tenant(t.Context(), "acmé")
		wantError(t, err, "no such tenant", `"acm\u00e9"`, "it holds Beta, acme, zeta")
		if !errors.Is(err, tenant.ErrNoTenant) {
			t.Errorf("%v is not tenant.ErrNoTenant", err)
		}
		err = db.CreateTenant(t.Context(), tenant.Info{ID: "acme"})
		wantError(t, err, "the tenant exists already", "acme")
		if !errors.Is(err, tenant.ErrExists) {
			t.Errorf("%v is not tenant.ErrExists", err)
		}
		wantError(t, db.CreateTenant(t.Context(), tenant.Info{ID: "a b"}), "tenant id")
		for i := range 12 {
			newTenant(t, db, tenant.Info{ID: fmt.Sprint(i)})
		}
		_, err = db.Tenant(t.Context(), "x")
		wantError(t, err, "and 5 more")
	})
}

func TestDatabaseIsOpenedAgain(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a b?c#d%41&mode=ro.db")
	db, err := CreateSQLite(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	const document = "workspaces/" + workspace + "/reports/" + asset + ".json"
	store(t, newTenant(t, db, acme), 1, map[string]string{document: "{}"})
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if names, err := os.ReadDir(filepath.Dir(path)); err != nil || len(names) != 1 || names[0].Name() != filepath.Base(path) {
		t.Errorf("the folder of the database holds %v, %v", names, err)
	}
	if file, err := os.Stat(path); err != nil || file.Mode().Perm() != 0o600 {
		t.Errorf("mode of the database: %v, %v; want 0600", file.Mode(), err)
	}
	if db, err = OpenSQLite(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	s, err := db.Tenant(t.Context(), "acme")
	if err != nil {
		t.Fatal(err)
	}
	if got, err := s.Tenant(t.Context()); err != nil || got != acme {
		t.Errorf("Tenant = %+v, %v", got, err)
	}
	got, err := contents(t.Context(), s)
	if err != nil || len(got) != 1 || string(got[document]) != "{}" {
		t.Errorf("entries: %v, %v", got, err)
	}
}

// contents reads everything through a snapshot.
func contents(ctx context.Context, s tenanttest.Subject) (map[string][]byte, error) {
	src, err := s.Snapshot(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { _ = src.Close() }()
	got := map[string][]byte{}
	for e, err := range src.Entries(ctx, tenant.Selection{Rows: true, Audit: true}) {
		if err != nil {
			return nil, err
		}
		content, err := read(ctx, e)
		if err != nil {
			return nil, err
		}
		got[e.Name.String()] = content
	}
	return got, nil
}

// TestFolderToDatabaseToFolder carries the sample tenant through a database.
func TestFolderToDatabaseToFolder(t *testing.T) {
	onEach(t, func(t *testing.T, fresh maker) {
		source, err := dirstore.Open("../../testdata/tenant")
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = source.Close() }()
		described, err := source.Tenant(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		s := newTenant(t, first(fresh(t)), described)
		back, err := dirstore.Create(filepath.Join(t.TempDir(), "back"), described)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = back.Close() }()
		carry(t, source, s, 1)
		carry(t, s, back, 2)

		want, got := inventory(t, source.Inventory(t.Context())), inventory(t, back.Inventory(t.Context()))
		if len(want) < 20 || got != nil && len(got) != len(want) {
			t.Fatalf("%d entries went in, %d came back", len(want), len(got))
		}
		for i := range want {
			if got[i].Name != want[i].Name || got[i].Size != want[i].Size || got[i].Digest != want[i].Digest {
				t.Errorf("entry %d: %s, %d bytes, %s came back; want %s, %d bytes, %s", i,
					got[i].Name, got[i].Size, got[i].Digest, want[i].Name, want[i].Size, want[i].Digest)
				continue
			}
			there, err := read(t.Context(), want[i])
			if err != nil {
				t.Fatal(err)
			}
			if here, err := read(t.Context(), got[i]); err != nil || !bytes.Equal(here, there) {
				t.Errorf("%s: %d bytes came back, want %d (%v)", want[i].Name, len(here), len(there), err)
			}
		}
		if got, err := back.Tenant(t.Context()); err != nil || got != described {
			t.Errorf("the tenant came back as %+v, %v; want %+v", got, err, described)
		}
	})
}

// carry stores all entries of one tenant in another.
func carry(t *testing.T, from tenanttest.Subject, to tenant.Target, n int) {
	t.Helper()
	src, err := from.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = src.Close() }()
	tx := begin(t, to)
	for e, err := range src.Entries(t.Context(), tenant.Selection{Rows: true, Audit: true}) {
		if err != nil {
			t.Fatal(err)
		}
		r, err := e.Open(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(tx.Put(t.Context(), e.Name, e.Size, r), r.Close()); err != nil {
			t.Fatal(err)
		}
	}
	if err := tx.Commit(t.Context(), record(n)); err != nil {
		t.Fatal(err)
	}
}

func inventory(t *testing.T, entries iter.Seq2[tenant.Entry, error]) (all []tenant.Entry) {
	t.Helper()
	for e, err := range entries {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, e)
	}
	return all
}

// TestImportsIntoTwoTenantsTakeTurns holds that a database has one import at
// a time, and that readers and waiting imports see it whole.
func TestImportsIntoTwoTenantsTakeTurns(t *testing.T) {
	db := create(t)
	one, two := newTenant(t, db, acme), newTenant(t, db, tenant.Info{ID: "beta"})
	first := begin(t, one)
	put(t, first, "audit/events.ndjson", "x")
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
	defer cancel()
	if _, err := two.Begin(ctx); !errors.Is(err, tenant.ErrLocked) || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Begin: %v, want tenant.ErrLocked", err)
	}
	if err := db.CreateTenant(ctx, tenant.Info{ID: "gamma"}); err == nil {
		t.Error("a tenant is created during an import")
	}
	if err := first.Commit(t.Context(), record(1)); err != nil {
		t.Fatal(err)
	}
	store(t, two, 1, map[string]string{"audit/events.ndjson": "y"})
	for s, want := range map[*Store]string{one: "x", two: "y"} {
		if got, err := contents(t.Context(), s); err != nil || string(got["audit/events.ndjson"]) != want {
			t.Errorf("%s holds %v, %v", s.id, got, err)
		}
	}
}

// TestSnapshotOutlivesImports keeps a snapshot open while the same document
// changes again and again.
func TestSnapshotOutlivesImports(t *testing.T) {
	onEach(t, func(t *testing.T, fresh maker) {
		const document = "workspaces/" + workspace + "/files/" + asset
		s := newTenant(t, first(fresh(t)), acme)
		store(t, s, 0, map[string]string{document: strings.Repeat("0", 3<<20)})
		src, err := s.Snapshot(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = src.Close() }()
		for n := 1; n <= 5; n++ {
			store(t, s, n, map[string]string{document: strings.Repeat(fmt.Sprint(n), n<<20)})
		}
		for e, err := range src.Entries(t.Context(), tenant.Selection{}) {
			if err != nil {
				t.Fatal(err)
			}
			if got, err := read(t.Context(), e); err != nil || string(got) != strings.Repeat("0", 3<<20) {
				t.Errorf("the snapshot has %d bytes %.5q, %v", len(got), got, err)
			}
		}
	})
}
