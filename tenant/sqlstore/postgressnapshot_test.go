package sqlstore

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/oneanalytics/oa-archive/layout"
	"github.com/oneanalytics/oa-archive/tenant"
)

// Two documents, one in the table documents and one in chunks, and the
// journal always tell of the same number, however often it changes.
const (
	smallHalf = "workspaces/" + workspace + "/reports/" + asset + ".json"
	largeHalf = "workspaces/" + workspace + "/files/" + asset
)

func writeHalves(ctx context.Context, s *Store, n int) error {
	tx, err := s.Begin(ctx)
	if err != nil {
		return err
	}
	text := fmt.Sprintf("%08d", n)
	for path, content := range map[string]string{smallHalf: text, largeHalf: strings.Repeat(text, 200_000)} {
		name, err := layout.Parse(path)
		if err != nil {
			return err
		}
		if err := tx.Put(ctx, name, -1, strings.NewReader(content)); err != nil {
			return err
		}
	}
	return tx.Commit(ctx, record(n))
}

// readHalf reads one of the two and returns its number.
func readHalf(ctx context.Context, src tenant.Source, path string) (n int, err error) {
	for e, err := range src.Entries(ctx, tenant.Selection{}) {
		if err != nil {
			return 0, err
		}
		if e.Name.String() != path {
			continue
		}
		content, err := read(ctx, e)
		if err != nil {
			return 0, err
		}
		if text := string(content); text != strings.Repeat(text[:8], len(text)/8) {
			return 0, fmt.Errorf("%s holds a mixture", path)
		}
		_, err = fmt.Sscanf(string(content[:8]), "%d", &n)
		return n, err
	}
	return 0, errors.New("not found")
}

// TestExportsSeeOneState runs exports, each over several connections, while a
// writer changes both halves.
func TestExportsSeeOneState(t *testing.T) {
	s := newTenant(t, first(createPostgres(t)), acme)
	if err := writeHalves(t.Context(), s, 0); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	var writer sync.WaitGroup
	writer.Go(func() {
		for n := 1; ctx.Err() == nil; n++ {
			if err := writeHalves(t.Context(), s, n); err != nil {
				t.Error(err)
				return
			}
		}
	})
	defer writer.Wait()
	defer stop()

	last, changes := -1, 0
	for range 12 {
		src, err := s.Snapshot(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		name, err := src.(*snapshot).export(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		want, err := readHalf(t.Context(), src, smallHalf)
		if err != nil {
			t.Fatal(err)
		}
		var workers sync.WaitGroup
		for i := range 4 {
			workers.Go(func() {
				worker, err := s.join(t.Context(), name)
				if err != nil {
					t.Error(err)
					return
				}
				got, err := readHalf(t.Context(), worker, []string{smallHalf, largeHalf}[i%2])
				if err != nil || got != want {
					t.Errorf("a worker sees %d, the snapshot %d (%v)", got, want, err)
				}
				if err := worker.Close(); err != nil {
					t.Error(err)
				}
			})
		}
		workers.Wait()
		if got, err := readHalf(t.Context(), src, largeHalf); err != nil || got != want {
			t.Errorf("one half says %d, the other %d (%v)", want, got, err)
		}
		if err := src.Close(); err != nil {
			t.Error(err)
		}
		if want != last {
			last, changes = want, changes+1
		}
	}
	if changes < 3 {
		t.Errorf("the writer made %d changes; the test has shown nothing", changes)
	}
}

func TestJoinTakesAnOpenSnapshot(t *testing.T) {
	db, _ := createPostgres(t)
	s, other := newTenant(t, db, acme), newTenant(t, db, tenant.Info{ID: "beta"})
	src, err := s.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	name, err := src.(*snapshot).export(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	// The scope is the store's, not the snapshot's.
	store(t, other, 1, map[string]string{"extensions/v/x": "x"})
	joined, err := other.join(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	for e, err := range joined.Entries(t.Context(), tenant.Selection{}) {
		t.Errorf("%v, %v", e.Name, err)
	}
	if err := errors.Join(joined.Close(), src.Close()); err != nil {
		t.Error(err)
	}
	_, err = s.join(t.Context(), name)
	wantError(t, err, "snapshot")
	_, err = s.join(t.Context(), "x'; DROP TABLE documents; --")
	wantError(t, err, "does not name a snapshot")
	lite := newTenant(t, create(t), acme)
	if _, err := lite.join(t.Context(), name); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("SQLite: %v", err)
	}
}
