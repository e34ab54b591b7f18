package sqlstore

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"github.com/oneanalytics/oa-archive/layout"
	"github.com/oneanalytics/oa-archive/tenant"
)

// filled makes a tenant of n reports, every 50th of them large, and returns
// their contents in canonical order.
func filled(t *testing.T, fresh maker, n int) (*Store, [][]byte) {
	t.Helper()
	s := newTenant(t, first(fresh(t)), acme)
	tx := begin(t, s)
	var all [][]byte
	for i := range n {
		content := bytes.Repeat([]byte{byte(i), byte(i >> 8)}, i%700*4)
		if i%50 == 49 {
			content = make([]byte, chunkSize+i)
		}
		all = append(all, content)
		name := layout.Name{Kind: layout.Report, Workspace: workspace, Asset: fmt.Sprintf("%08x-0000-4000-8000-000000000000", i)}
		if err := tx.Put(t.Context(), name, int64(len(content)), bytes.NewReader(content)); err != nil {
			t.Fatal(err)
		}
	}
	if err := tx.Commit(t.Context(), record(1)); err != nil {
		t.Fatal(err)
	}
	return s, all
}

// TestReadingAhead opens documents in several orders. Read in the listing's
// order they take few queries; in any order they are the right ones, and what
// waits to be opened stays within its bound.
func TestReadingAhead(t *testing.T) {
	const n = 1300
	orders := map[string]struct {
		order   func(int) []int
		queries int // at most
	}{
		"in order":     {func(n int) []int { return upTo(n) }, 20},
		"every second": {func(n int) []int { return slices.DeleteFunc(upTo(n), func(i int) bool { return i%2 == 1 }) }, n},
		"backwards":    {func(n int) []int { all := upTo(n); slices.Reverse(all); return all }, n},
		"in pairs, swapped": {func(n int) []int {
			all := upTo(n)
			for i := 0; i+1 < n; i += 2 {
				all[i], all[i+1] = all[i+1], all[i]
			}
			return all
		}, n},
		"at random":       {func(n int) []int { return rand.New(rand.NewPCG(1, 2)).Perm(n) }, n},
		"twice":           {func(n int) []int { return append(upTo(n), upTo(n)...) }, n + 20},
		"from the middle": {func(n int) []int { return upTo(n)[n/2:] }, 20},
	}
	onEach(t, func(t *testing.T, fresh maker) {
		s, want := filled(t, fresh, n)
		for name, c := range orders {
			t.Run(name, func(t *testing.T) {
				for _, listing := range listings(t, s) {
					queries, run := 0, listing.reader.run
					listing.reader.run = func(ctx context.Context, read func(*session) error) error {
						queries++
						return run(ctx, read)
					}
					for _, i := range c.order(n) {
						got, err := read(t.Context(), listing.entries[i])
						if err != nil || !bytes.Equal(got, want[i]) {
							t.Fatalf("document %d: %d bytes, %v; want %d", i, len(got), err, len(want[i]))
						}
						if listing.reader.bytes > 2*aheadBytes {
							t.Fatalf("%d bytes wait to be opened", listing.reader.bytes)
						}
					}
					if queries > c.queries {
						t.Errorf("%d queries, want at most %d", queries, c.queries)
					}
				}
			})
		}
	})
}

func upTo(n int) (all []int) {
	for i := range n {
		all = append(all, i)
	}
	return all
}

type listing struct {
	reader  *ahead
	entries []tenant.Entry
}

// listings are the same entries from a snapshot and from an import.
func listings(t *testing.T, s *Store) []listing {
	t.Helper()
	src, err := s.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = src.Close() })
	tx := begin(t, s).(*tx)
	return []listing{
		{src.(*snapshot).reader, inventory(t, src.Entries(t.Context(), tenant.Selection{}))},
		{tx.reader, inventory(t, tx.Inventory(t.Context()))},
	}
}

// TestReadingAheadConcurrently opens documents from several goroutines, nearly
// in order, as an export with workers does.
func TestReadingAheadConcurrently(t *testing.T) {
	onEach(t, func(t *testing.T, fresh maker) {
		s, want := filled(t, fresh, 1300)
		for _, list := range [][]tenant.Entry{listings(t, s)[0].entries, inventory(t, s.Inventory(t.Context()))} {
			next := make(chan int)
			var workers sync.WaitGroup
			for range 4 {
				workers.Go(func() {
					for i := range next {
						if got, err := read(t.Context(), list[i]); err != nil || !bytes.Equal(got, want[i]) {
							t.Errorf("document %d: %d bytes, %v; want %d", i, len(got), err, len(want[i]))
						}
					}
				})
			}
			for i := range list {
				next <- i
			}
			close(next)
			workers.Wait()
		}
	})
}

// TestReadingAheadIsBounded reads documents that are as large as they may be
// without being cut into chunks.
func TestReadingAheadIsBounded(t *testing.T) {
	onEach(t, func(t *testing.T, fresh maker) {
		s := newTenant(t, first(fresh(t)), acme)
		tx := begin(t, s)
		for i := range 60 {
			name := layout.Name{Kind: layout.Report, Workspace: workspace, Asset: fmt.Sprintf("%08x-0000-4000-8000-000000000000", i)}
			if err := tx.Put(t.Context(), name, chunkSize, bytes.NewReader(bytes.Repeat([]byte{byte(i)}, chunkSize))); err != nil {
				t.Fatal(err)
			}
		}
		if err := tx.Commit(t.Context(), record(1)); err != nil {
			t.Fatal(err)
		}
		list := listings(t, s)[0]
		for i, e := range list.entries {
			// Every third stays unopened, so that something is always left over.
			if i%3 == 2 && i > 10 {
				continue
			}
			got, err := read(t.Context(), e)
			if err != nil || len(got) != chunkSize || got[0] != byte(i) {
				t.Fatalf("document %d: %d bytes, %v", i, len(got), err)
			}
			if list.reader.bytes > 2*aheadBytes || len(list.reader.found) > 2*aheadBytes/chunkSize {
				t.Fatalf("%d bytes of %d documents wait to be opened", list.reader.bytes, len(list.reader.found))
			}
		}
	})
}
