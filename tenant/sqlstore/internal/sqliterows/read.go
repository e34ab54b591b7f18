package sqliterows

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"math"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/oneanalytics/oa-archive/parquetio"
)

// A batch ends with the row in which it reaches one of these.
const (
	batchRows  = 8 << 10
	batchBytes = 4 << 20
)

// A Reader reads the rows of a table in the order of [Ordinal]. It is not safe
// for concurrent use.
type Reader struct {
	table *Table
	query string
	next  int64 // the smallest ordinal that was not read
	rows  int64 // how many were read
	ended bool
}

// Reader returns a Reader of all rows.
func (t *Table) Reader() *Reader {
	name, ordinal := Quote(t.name), Quote(Ordinal)
	query := fmt.Sprintf("SELECT * FROM %s WHERE %s >= ? ORDER BY %s LIMIT %d", name, ordinal, ordinal, batchRows)
	return &Reader{table: t, query: query, next: math.MinInt64}
}

// errFull ends a batch that has as many bytes as it may.
var errFull = errors.New("the batch is full")

// Next returns the next batch, which the caller releases, or [io.EOF] after
// the last one. Between calls nothing of the Reader is open on conn. A value
// that the schema does not admit, which only SQL from elsewhere can have put
// there, is a [*parquetio.ValueError], and columns that have changed are
// [ErrChanged]; the Reader is of no use after an error.
func (r *Reader) Next(ctx context.Context, conn driver.Conn) (arrow.RecordBatch, error) {
	if r.ended {
		return nil, io.EOF
	}
	if r.next == math.MinInt64 {
		if err := r.table.Check(ctx, conn); err != nil {
			return nil, err
		}
	}
	b := newBatch(r.table, r.rows)
	defer b.builder.Release()
	err := each(ctx, conn, r.query, []driver.NamedValue{{Ordinal: 1, Value: r.next}}, func(row []driver.Value) error {
		last, ok := row[0].(int64)
		if !ok || len(row) != len(b.sinks)+1 {
			return fmt.Errorf("sqliterows: table %+q: %w", r.table.name, ErrChanged)
		}
		if err := b.add(last, row[1:]); err != nil {
			return fmt.Errorf("sqliterows: table %+q: %w", r.table.name, err)
		}
		if r.ended = last == math.MaxInt64; !r.ended {
			r.next = last + 1
		}
		if b.bytes >= batchBytes {
			return errFull
		}
		return nil
	})
	switch {
	case err != nil && err != errFull:
		return nil, err
	case b.rows == 0:
		r.ended = true
		return nil, io.EOF
	}
	r.rows += int64(b.rows)
	return b.builder.NewRecordBatch(), nil
}

// A batch collects rows.
type batch struct {
	builder *array.RecordBuilder
	table   *Table
	sinks   []sink
	before  int64 // rows of earlier batches
	rows    int
	bytes   int
}

func newBatch(t *Table, before int64) *batch {
	b := &batch{builder: array.NewRecordBuilder(memory.DefaultAllocator, t.schema.Arrow()), table: t, before: before}
	for i, c := range t.schema {
		b.sinks = append(b.sinks, newSink(c.Type, c.Nullable, b.builder.Field(i)))
	}
	return b
}

func (b *batch) add(ordinal int64, row []driver.Value) error {
	for i, v := range row {
		n, err := b.sinks[i].put(v)
		if err != nil {
			return &parquetio.ValueError{Row: b.before + int64(b.rows), Column: b.table.schema[i].Name,
				Err: fmt.Errorf("where %s = %d: %w", Ordinal, ordinal, err)}
		}
		b.bytes += n
	}
	b.rows++
	return nil
}
