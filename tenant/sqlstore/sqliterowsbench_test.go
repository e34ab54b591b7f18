//go:build !norows

package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/oneanalytics/oa-archive/parquetio"
	"github.com/oneanalytics/oa-archive/tenant"
)

// freshPeak makes peakMemory count from now on, where Linux lets it.
func freshPeak() { _ = os.WriteFile("/proc/self/clear_refs", []byte("5"), 0o200) }

// cpuSeconds returns the processor time that the process has taken, as Linux
// tells it, or 0: unlike the time of day it can be compared on a busy machine.
func cpuSeconds() float64 {
	stat, err := os.ReadFile("/proc/self/stat")
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(stat), ") ")
	fields := strings.Fields(rest)
	if len(fields) < 13 {
		return 0
	}
	var user, system float64
	_, _ = fmt.Sscan(fields[11], &user)
	_, _ = fmt.Sscan(fields[12], &system)
	return (user + system) / 100
}

// BenchmarkSQLiteRows compares an import and an export of rows with what an
// ordinary program does for the same table: a prepared INSERT for each row, and
// a SELECT whose values are scanned. The first of each ends with a file of rows.
func BenchmarkSQLiteRows(b *testing.B) {
	rows, size := flights(b)
	f, err := parquetio.Open(rows, size, parquetio.Options{})
	if err != nil {
		b.Fatal(err)
	}
	var before float64
	fresh := func() {
		freshPeak()
		before = cpuSeconds()
	}
	perRow := func(b *testing.B) {
		b.ReportMetric((cpuSeconds()-before)/float64(b.N), "cpu-s/op")
		b.ReportMetric(float64(f.Rows())*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
		b.ReportMetric(peakMemory(), "peak-MiB")
	}
	b.Run("import", func(b *testing.B) {
		fresh()
		for b.Loop() {
			s := newTenant(b, create(b), acme)
			if _, err := rows.Seek(0, io.SeekStart); err != nil {
				b.Fatal(err)
			}
			tx := begin(b, s)
			if err := tx.Put(b.Context(), rowsName, size, rows); err != nil {
				b.Fatal(err)
			}
			if err := tx.Commit(b.Context(), record(1)); err != nil {
				b.Fatal(err)
			}
		}
		perRow(b)
	})
	b.Run("bare insert", func(b *testing.B) {
		fresh()
		for b.Loop() {
			bareInsert(b, create(b), f)
		}
		perRow(b)
	})
	s := newTenant(b, create(b), acme)
	tx := begin(b, s)
	if _, err := rows.Seek(0, io.SeekStart); err != nil {
		b.Fatal(err)
	}
	if err := tx.Put(b.Context(), rowsName, size, rows); err != nil {
		b.Fatal(err)
	}
	if err := tx.Commit(b.Context(), record(1)); err != nil {
		b.Fatal(err)
	}
	b.Run("export", func(b *testing.B) {
		fresh()
		for b.Loop() {
			exportRows(b, s)
		}
		perRow(b)
	})
	b.Run("bare select", func(b *testing.B) {
		fresh()
		for b.Loop() {
			bareSelect(b, s.db, len(f.Schema()))
		}
		perRow(b)
	})
}

func exportRows(b *testing.B, s *Store) {
	b.Helper()
	src, err := s.Snapshot(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	for e, err := range src.Entries(b.Context(), tenant.Selection{Rows: true}) {
		if err != nil {
			b.Fatal(err)
		}
		r, err := e.Open(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, r); err != nil {
			b.Fatal(err)
		}
		if err := r.Close(); err != nil {
			b.Fatal(err)
		}
	}
	if err := src.Close(); err != nil {
		b.Fatal(err)
	}
}

// bareInsert stores the values of f the way that any program would.
func bareInsert(b *testing.B, db *DB, f *parquetio.File) {
	b.Helper()
	ctx := context.Background()
	columns := strings.Repeat(", ? ANY", len(f.Schema()))
	for i := range f.Schema() {
		columns = strings.Replace(columns, "?", string(rune('a'+i)), 1)
	}
	if _, err := db.pool.ExecContext(ctx, "CREATE TABLE bare (n INTEGER PRIMARY KEY"+columns+") STRICT"); err != nil {
		b.Fatal(err)
	}
	tx, err := db.pool.BeginTx(ctx, nil)
	if err != nil {
		b.Fatal(err)
	}
	insert, err := tx.PrepareContext(ctx, "INSERT INTO bare VALUES (?"+strings.Repeat(", ?", len(f.Schema()))+")")
	if err != nil {
		b.Fatal(err)
	}
	args := make([]any, len(f.Schema())+1)
	n := 0
	for batch, err := range f.Batches(ctx) {
		if err != nil {
			b.Fatal(err)
		}
		vectors, err := parquetio.Vectors(f.Schema(), batch)
		if err != nil {
			b.Fatal(err)
		}
		for i := range int(batch.NumRows()) {
			args[0] = n
			for k, v := range vectors {
				args[k+1] = bareValue(v, i)
			}
			if _, err := insert.ExecContext(ctx, args...); err != nil {
				b.Fatal(err)
			}
			n++
		}
	}
	if err := insert.Close(); err != nil {
		b.Fatal(err)
	}
	if err := tx.Commit(); err != nil {
		b.Fatal(err)
	}
}

func bareValue(v parquetio.Vector, i int) any {
	switch {
	case v.Null(i):
		return nil
	case v.Type().Kind == parquetio.Int64:
		return v.Int(i)
	}
	return string(v.AppendText(nil, i))
}

// bareSelect scans every value of the only table of rows.
func bareSelect(b *testing.B, db *DB, columns int) {
	b.Helper()
	var name string
	if err := db.pool.QueryRowContext(b.Context(), "SELECT name FROM sqlite_schema WHERE type = 'table' AND name GLOB 'rows_*'").Scan(&name); err != nil {
		b.Fatal(err)
	}
	rows, err := db.pool.QueryContext(b.Context(), "SELECT * FROM "+name+" ORDER BY _row")
	if err != nil {
		b.Fatal(err)
	}
	values := make([]sql.RawBytes, columns+1)
	into := make([]any, len(values))
	for i := range values {
		into[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			b.Fatal(err)
		}
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		b.Fatal(err)
	}
}
