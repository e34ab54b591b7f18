package sqlstore

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/oneanalytics/oa-archive/internal/pgtest"
	"github.com/oneanalytics/oa-archive/layout"
	"github.com/oneanalytics/oa-archive/tenant"
)

// reportsOf returns n different reports of about 8 KiB.
func reportsOf(n int) (names []layout.Name, contents [][]byte) {
	words := strings.Fields("revenue month region filter dataset dimension measure total north south visual layout title page owner chart axis color value order limit")
	r := rand.New(rand.NewPCG(1, 2))
	for i := range n {
		id := fmt.Sprintf("%08x-0000-4000-8000-000000000000", i)
		b := fmt.Appendf(nil, `{"id":%q,"name":"Report %d","pages":[`, id, i)
		for len(b) < 8150 {
			b = fmt.Appendf(b, `{"%s":"%s %d","%s":%d},`, words[r.IntN(len(words))], words[r.IntN(len(words))], r.IntN(100_000), words[r.IntN(len(words))], r.Uint32())
		}
		names = append(names, layout.Name{Kind: layout.Report, Workspace: workspace, Asset: id})
		contents = append(contents, append(b, "{}]}"...))
	}
	return names, contents
}

// psql runs a script and returns how long it took.
func psql(b *testing.B, database *pgtest.Database, commands ...string) time.Duration {
	b.Helper()
	args := []string{"-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", database.URL()}
	for _, command := range commands {
		args = append(args, "-c", command)
	}
	start := time.Now()
	if out, err := exec.Command(pgtest.Tool(b, "psql"), args...).CombinedOutput(); err != nil {
		b.Fatalf("psql: %v\n%s", err, out)
	}
	return time.Since(start)
}

// copyFile writes paths and contents in the binary format of COPY.
func copyFile(b *testing.B, names []layout.Name, contents [][]byte) (path string) {
	b.Helper()
	file := append([]byte("PGCOPY\n\xff\r\n\x00"), make([]byte, 8)...)
	field := func(v []byte) {
		file = binary.BigEndian.AppendUint32(file, uint32(len(v)))
		file = append(file, v...)
	}
	for i, content := range contents {
		file = binary.BigEndian.AppendUint16(file, 2)
		field([]byte(names[i].String()))
		field(content)
	}
	file = binary.BigEndian.AppendUint16(file, 0xffff)
	path = filepath.Join(b.TempDir(), "copy")
	if err := os.WriteFile(path, file, 0o644); err != nil {
		b.Fatal(err)
	}
	return path
}

// BenchmarkAgainstCopy stores and reads 20,000 documents of 8 KiB, and lets
// psql copy the same bytes into and out of a bare table, compressed as
// PostgreSQL does by default and as the store does.
func BenchmarkAgainstCopy(b *testing.B) {
	const n = 20_000
	names, contents := reportsOf(n)
	path := copyFile(b, names, contents)
	var in, out, copyIn, copyOut, copyLZ4 time.Duration
	for b.Loop() {
		database := pgtest.New(b)
		db, err := CreatePostgres(b.Context(), database.URLAs(database.Role(b, "CREATE")))
		s := newTenant(b, opened(b, db, err), acme)
		database.Exec(b, "CREATE TABLE bare (path TEXT, content BYTEA); CREATE TABLE lz4 (path TEXT, content BYTEA COMPRESSION lz4)")
		copyIn += psql(b, database, `\copy bare from '`+path+`' (format binary)`)
		copyLZ4 += psql(b, database, `\copy lz4 from '`+path+`' (format binary)`)

		start := time.Now()
		tx := begin(b, s)
		for i, content := range contents {
			if err := tx.Put(b.Context(), names[i], int64(len(content)), bytes.NewReader(content)); err != nil {
				b.Fatal(err)
			}
		}
		if err := tx.Commit(b.Context(), record(1)); err != nil {
			b.Fatal(err)
		}
		in += time.Since(start)

		copyOut += psql(b, database, `\copy lz4 to '`+path+`.out' (format binary)`)
		start = time.Now()
		src, err := s.Snapshot(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		for e, err := range src.Entries(b.Context(), tenant.Selection{}) {
			if err != nil {
				b.Fatal(err)
			}
			if _, err := read(b.Context(), e); err != nil {
				b.Fatal(err)
			}
		}
		if err := src.Close(); err != nil {
			b.Fatal(err)
		}
		out += time.Since(start)
	}
	rate := func(d time.Duration) float64 { return float64(n*b.N) / d.Seconds() }
	b.ReportMetric(rate(in), "puts/s")
	b.ReportMetric(rate(out), "reads/s")
	b.ReportMetric(rate(copyIn), "copied-in/s")
	b.ReportMetric(rate(copyLZ4), "copied-in-lz4/s")
	b.ReportMetric(rate(copyOut), "copied-out-lz4/s")
	b.ReportMetric(peakMemory(), "peak-MiB")
}
