package sqlstore

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/oneanalytics/oa-archive/internal/pgtest"
	"github.com/oneanalytics/oa-archive/layout"
	"github.com/oneanalytics/oa-archive/tenant"
)

// flights opens three million rows that another program wrote. They lie beside
// the repository; where they do not there is nothing to test, which on CI is a
// failure.
func flights(t testing.TB) (*os.File, int64) {
	t.Helper()
	data := os.Getenv("OA_SHARED_DATA")
	if data == "" {
		data = filepath.Join("..", "..", "..", "shared", "data")
	}
	name := filepath.Join(data, "vega", "flights-3m.parquet")
	f, err := os.Open(name)
	if os.IsNotExist(err) && os.Getenv("CI") != "true" {
		t.Skipf("no %s: set OA_SHARED_DATA to the folder of shared test data", name)
	}
	if err != nil {
		t.Fatalf("%v: set OA_SHARED_DATA to the folder of shared test data", err)
	}
	t.Cleanup(func() { f.Close() })
	stat, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	return f, stat.Size()
}

var rowsName = layout.Name{Kind: layout.Rows, Workspace: workspace, Asset: asset}

// TestFlights takes three million rows of another program into PostgreSQL, out
// as a file, into another tenant, and out again. The rows are compared by a
// checksum in SQL, the files by their bytes. scripts/flights measures the same.
func TestFlights(t *testing.T) {
	if testing.Short() {
		t.Skip("three million rows take a while")
	}
	file, size := flights(t)
	db, at, _ := withRoles(t)
	one, two := newTenant(t, db, acme), newTenant(t, db, tenant.Info{ID: "second"})
	timed := func(what string, do func()) {
		start := time.Now()
		do()
		t.Logf("%-30s %.2f s", what, time.Since(start).Seconds())
	}
	put := func(s *Store, content io.Reader, size int64) {
		t.Helper()
		tx := begin(t, s)
		if err := tx.Put(t.Context(), rowsName, size, content); err != nil {
			t.Fatal(err)
		}
		if err := tx.Commit(t.Context(), record(1)); err != nil {
			t.Fatal(err)
		}
	}
	var first, second io.ReadCloser
	timed("foreign file in", func() { put(one, file, size) })
	timed("out", func() { first = openRows(t, one) })
	timed("in", func() { put(two, first, first.(*rowsContent).Size()) })
	timed("out again", func() { second = openRows(t, two) })
	if d1, d2 := digestOf(t, first), digestOf(t, second); d1 != d2 {
		t.Errorf("the files differ: %s, %s", d1, d2)
	}
	if a, b := checksum(t, at.database, "acme"), checksum(t, at.database, "second"); a != b || a == "" {
		t.Errorf("the tables differ: %s, %s", a, b)
	}
}

// openRows opens the rows that the tests store.
func openRows(t testing.TB, s *Store) io.ReadCloser {
	t.Helper()
	src, err := s.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	for e, err := range src.Entries(t.Context(), tenant.Selection{Rows: true}) {
		if err != nil {
			t.Fatal(err)
		}
		if e.Name == rowsName {
			r, err := e.Open(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { r.Close() })
			return r
		}
	}
	t.Fatal("there are no rows")
	return nil
}

func digestOf(t testing.TB, r io.ReadCloser) layout.Digest {
	t.Helper()
	c := r.(*rowsContent)
	b, err := io.ReadAll(io.NewSectionReader(c, 0, c.Size()))
	if err != nil {
		t.Fatal(err)
	}
	return layout.DigestOf(b)
}

// rowsID returns the document whose rows a tenant has.
func rowsID(t testing.TB, d *pgtest.Database, tenant string) string {
	t.Helper()
	return d.Value(t, "SELECT id::text FROM oa_archive.documents WHERE rows_schema IS NOT NULL AND tenant_id = '"+tenant+"'")
}

// checksum is the same for equal rows in equal order.
func checksum(t testing.TB, d *pgtest.Database, tenant string) string {
	t.Helper()
	id := rowsID(t, d, tenant)
	if _, err := strconv.Atoi(id); err != nil {
		t.Fatal(err)
	}
	return d.Value(t, "SELECT count(*)::text || ' ' || sum(hashtextextended(r::text, 0)::numeric * oa_row) FROM oa_archive.rows_"+id+" r")
}
