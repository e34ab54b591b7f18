package parquetio_test

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/oneanalytics/oa-archive/parquetio"
)

// flights opens three million rows that another program wrote. They lie beside
// the repository; where they do not there is nothing to test, which on CI is a
// failure.
func flights(t testing.TB) (io.ReaderAt, int64) {
	t.Helper()
	data := os.Getenv("OA_SHARED_DATA")
	if data == "" {
		data = filepath.Join("..", "..", "shared", "data")
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

// counting counts what is read.
type counting struct {
	io.ReaderAt
	bytes, calls atomic.Int64
}

func (c *counting) ReadAt(b []byte, at int64) (int, error) {
	c.bytes.Add(int64(len(b)))
	c.calls.Add(1)
	return c.ReaderAt.ReadAt(b, at)
}

func TestFlightsReadLittle(t *testing.T) {
	r, size := flights(t)
	c := &counting{ReaderAt: r}
	f, err := parquetio.Open(c, size, parquetio.Options{Columns: []string{"distance"}, RowGroups: []int{4}})
	if err != nil {
		t.Fatal(err)
	}
	const footer = 32 << 10
	if n := c.bytes.Load(); n > footer || c.calls.Load() > 3 {
		t.Errorf("opening reads %d bytes in %d calls", n, c.calls.Load())
	}
	rows := int64(0)
	for batch, err := range f.Batches(context.Background()) {
		if err != nil {
			t.Fatal(err)
		}
		rows += batch.NumRows()
	}
	group := f.RowGroups()[4]
	if rows != group.Rows || rows == 0 {
		t.Errorf("%d rows of %d", rows, group.Rows)
	}
	if n := c.bytes.Load(); n > footer+group.Bytes || c.calls.Load() > 4 {
		t.Errorf("one column of %d bytes in one row group reads %d bytes of %d in %d calls", group.Bytes, n, size, c.calls.Load())
	}
}

func TestFlights(t *testing.T) {
	r, size := flights(t)
	f, err := parquetio.Open(r, size, parquetio.Options{Columns: []string{"origin", "date", "delay"}, RowGroups: []int{0}})
	if err != nil {
		t.Fatal(err)
	}
	if f.Rows() != 3_000_000 || f.IsOurs() || f.CreatedBy() != "Polars" || len(f.Columns()) != 5 ||
		f.Schema().String() != "origin string, date timestamp(us), delay int64" {
		t.Fatalf("%d rows by %s: %s", f.Rows(), f.CreatedBy(), f.Schema())
	}
	s := f.Statistics(0, 0)
	if s.Nulls != 0 || !s.HasNulls || s.Min != "ABE" || s.Max != "YAK" {
		t.Errorf("statistics %+v", s)
	}
	low, high, rows := time.Unix(1<<40, 0), time.Time{}, int64(0)
	for batch, err := range f.Batches(context.Background()) {
		if err != nil {
			t.Fatal(err)
		}
		if batch.NumRows() > parquetio.DefaultBatchRows {
			t.Errorf("a batch of %d rows", batch.NumRows())
		}
		rows += batch.NumRows()
		dates, err := parquetio.NewVector(f.Schema()[1].Type, batch.Column(1))
		if err != nil {
			t.Fatal(err)
		}
		for i := range dates.Len() {
			at := dates.Value(i).(time.Time)
			if at.Before(low) {
				low = at
			}
			if at.After(high) {
				high = at
			}
		}
	}
	if s := f.Statistics(0, 1); low != s.Min || high != s.Max || rows != f.RowGroups()[0].Rows {
		t.Errorf("%d rows from %v to %v; statistics say %+v", rows, low, high, s)
	}
}

func benchmarkRead(b *testing.B, r io.ReaderAt, size int64) {
	for b.Loop() {
		f, err := parquetio.Open(r, size, parquetio.Options{})
		if err != nil {
			b.Fatal(err)
		}
		for _, err := range f.Batches(context.Background()) {
			if err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(3e6*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}

// BenchmarkReadFlights decodes three million rows of another writer.
func BenchmarkReadFlights(b *testing.B) {
	r, size := flights(b)
	benchmarkRead(b, r, size)
}

// BenchmarkWriteFlights encodes them from batches in memory, and
// BenchmarkReadCanonicalFlights decodes the result.
func BenchmarkWriteFlights(b *testing.B) {
	for name, compression := range map[string]parquetio.Compression{"zstd": parquetio.Zstd, "uncompressed": parquetio.Uncompressed} {
		b.Run(name, func(b *testing.B) {
			schema, batches := flightBatches(b)
			size := int64(0)
			for b.Loop() {
				var out countingWriter
				w, err := parquetio.NewWriter(&out, schema, parquetio.WriterOptions{Compression: compression})
				if err != nil {
					b.Fatal(err)
				}
				for _, batch := range batches {
					if err := w.Write(batch); err != nil {
						b.Fatal(err)
					}
				}
				if err := w.Close(); err != nil {
					b.Fatal(err)
				}
				size = out.n
			}
			b.ReportMetric(3e6*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
			b.ReportMetric(float64(size), "file-bytes")
		})
	}
}

func BenchmarkReadCanonicalFlights(b *testing.B) {
	for name, compression := range map[string]parquetio.Compression{"zstd": parquetio.Zstd, "uncompressed": parquetio.Uncompressed} {
		b.Run(name, func(b *testing.B) {
			r, size := flights(b)
			f, err := parquetio.Open(r, size, parquetio.Options{})
			if err != nil {
				b.Fatal(err)
			}
			var out bytes.Buffer
			w, err := parquetio.NewWriter(&out, f.Schema(), parquetio.WriterOptions{Compression: compression})
			if err != nil {
				b.Fatal(err)
			}
			if err := parquetio.Copy(context.Background(), w, f); err != nil {
				b.Fatal(err)
			}
			if err := w.Close(); err != nil {
				b.Fatal(err)
			}
			benchmarkRead(b, bytes.NewReader(out.Bytes()), int64(out.Len()))
		})
	}
}

type countingWriter struct{ n int64 }

func (w *countingWriter) Write(b []byte) (int, error) {
	w.n += int64(len(b))
	return len(b), nil
}

func flightBatches(b *testing.B) (parquetio.Schema, []arrow.RecordBatch) {
	r, size := flights(b)
	f, err := parquetio.Open(r, size, parquetio.Options{Limits: parquetio.Limits{Memory: 1 << 30}})
	if err != nil {
		b.Fatal(err)
	}
	var batches []arrow.RecordBatch
	for batch, err := range f.Batches(context.Background()) {
		if err != nil {
			b.Fatal(err)
		}
		batch.Retain()
		batches = append(batches, batch)
	}
	return f.Schema(), batches
}
