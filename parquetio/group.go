package parquetio

import (
	"context"
	"errors"
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/parquet/metadata"
)

// A groupReader decodes the columns of a row group in step.
type groupReader struct {
	file    *File
	group   int
	src     *source
	mem     *allowance
	columns []*leafReader
	left    int64 // rows
	slab    int   // rows decoded of a column before the next
}

func (r *groupReader) open() error {
	f := r.file
	meta := f.meta.RowGroup(r.group)
	r.left = meta.NumRows()
	total := int64(0)
	chunks := make([]*metadata.ColumnChunkMetaData, len(f.picked))
	for k, i := range f.picked {
		c, err := meta.ColumnChunk(f.leaves[i])
		if err != nil {
			return r.fault(k, err)
		}
		chunks[k] = c
		total += min(c.TotalCompressedSize(), wholeBytes+1)
	}
	shared := &scratch{}
	for k, i := range f.picked {
		err := guard(func() error {
			start, size := chunkRange(chunks[k])
			leaf := f.meta.Schema.Column(f.leaves[i])
			pages := newPageReader(openChunk(r.src, start, size, total <= wholeBytes, r.mem),
				chunks[k].Compression(), leaf.PhysicalType(), chunks[k].NumValues(), f.opts.Limits, r.mem)
			r.columns = append(r.columns, newLeafReader(f.schema[k], leaf, pages, shared, r.mem))
			return nil
		})
		if err != nil {
			return r.fault(k, err)
		}
	}
	return nil
}

// next decodes a batch, which the caller releases.
func (r *groupReader) next(ctx context.Context) (arrow.RecordBatch, error) {
	opts := r.file.opts
	for _, c := range r.columns {
		c.begin()
	}
	rows, size := 0, int64(0)
	for rows < opts.BatchRows && size < opts.BatchBytes && r.left > 0 {
		n := int(min(int64(min(r.slab, opts.BatchRows-rows)), r.left))
		before := size
		size = 0
		for k, c := range r.columns {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			if err := guard(func() error { return c.read(n) }); err != nil {
				return nil, r.fault(k, err)
			}
			size += c.size()
		}
		rows += n
		r.left -= int64(n)
		switch grown := size - before; {
		case grown < opts.BatchBytes/16:
			r.slab = min(2*r.slab, slabRows)
		case grown > opts.BatchBytes/4:
			r.slab = max(1, r.slab/4)
		}
	}
	if r.left == 0 {
		for k, c := range r.columns {
			if err := guard(c.atEnd); err != nil {
				return nil, r.fault(k, err)
			}
		}
	}
	var batch arrow.RecordBatch
	if err := guard(func() error { batch = r.batch(rows); return nil }); err != nil {
		return nil, r.fault(0, err)
	}
	return batch, nil
}

// batch takes the columns of the batch under way.
func (r *groupReader) batch(rows int) arrow.RecordBatch {
	columns := make([]arrow.Array, len(r.columns))
	for k, c := range r.columns {
		d := c.finish()
		columns[k] = arrayOf(d)
		d.Release()
	}
	defer func() {
		for _, c := range columns {
			c.Release()
		}
	}()
	return array.NewRecordBatch(r.file.arrow, columns, int64(rows))
}

// fault gives an error of column k its place.
func (r *groupReader) fault(k int, err error) error {
	name := r.file.schema[k].Name
	if r.src.err != nil {
		return fmt.Errorf("parquetio: read row group %d, column %q: %w", r.group, name, r.src.err)
	}
	if limit := (*LimitError)(nil); errors.As(err, &limit) {
		limit.Column = name
		return limit
	}
	return &DamageError{RowGroup: r.group, Column: name, Err: err}
}

func (r *groupReader) close() {
	for _, c := range r.columns {
		c.close()
	}
}
