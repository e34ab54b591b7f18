package pgrows_test

import (
	"io"
	"testing"
	"time"

	"github.com/oneanalytics/oa-archive/parquetio"
	"github.com/oneanalytics/oa-archive/tenant/sqlstore/internal/pgrows"
)

// flown returns a file of rows as those of scripts/flights.
func flown(b *testing.B) (parquetio.Schema, []byte) {
	schema := parse(b, "date timestamp(us), delay int64, distance int64, origin string, destination string")
	rows, begin := make([][]any, parquetio.GroupRows), time.Date(2001, 1, 1, 0, 0, 0, 0, time.UTC)
	for i := range rows {
		rows[i] = []any{begin.Add(time.Duration(i) * 10 * time.Second), i * 7919 % 181, i * 104729 % 2400, "ABCDEFGH"[i%6 : i%6+3], "STUVWXYZ"[i%5 : i%5+3]}
	}
	return schema, file(b, schema, rows...)
}

// BenchmarkReader encodes rows for COPY.
func BenchmarkReader(b *testing.B) {
	_, parquet := flown(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := copied(b, parquet); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*parquetio.GroupRows), "ns/row")
}

// BenchmarkDecoder decodes what COPY sends, a row at a time as the server does,
// and encodes it as Parquet.
func BenchmarkDecoder(b *testing.B) {
	schema, parquet := flown(b)
	stream, err := copied(b, parquet)
	if err != nil {
		b.Fatal(err)
	}
	const header, row = 19, 2 + 4*12 + 2*7
	b.ReportAllocs()
	for b.Loop() {
		w, err := parquetio.NewWriter(io.Discard, schema, parquetio.WriterOptions{})
		if err != nil {
			b.Fatal(err)
		}
		d := pgrows.NewDecoder(w)
		for rest := stream; err == nil && len(rest) > 0; {
			n := row
			if len(rest) == len(stream) {
				n += header
			}
			n = min(n, len(rest))
			_, err = d.Write(rest[:n])
			rest = rest[n:]
		}
		if errClose := d.Close(); err != nil || errClose != nil || d.Rows() != parquetio.GroupRows {
			b.Fatalf("%d rows, %v, %v", d.Rows(), err, errClose)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*parquetio.GroupRows), "ns/row")
}
