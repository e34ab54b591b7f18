package parquetio

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/compress"
	"github.com/apache/arrow-go/v18/parquet/file"
)

// CreatedBy is what files of this package say about their writer. The number
// after "version" grows when the same rows would become other bytes.
const CreatedBy = "oa-archive version 1.0.0"

// Row groups end before a row that would pass one of the first two; see
// docs/decisions/0030-parquet-pages.md for the choice of figures. Together they
// keep the working set of a [Writer] under 64 MiB.
const (
	GroupRows  = 1 << 17  // rows of a row group
	GroupBytes = 16 << 20 // memory of a row group's values and levels
	MaxValue   = 8 << 20  // bytes of one value
	MaxRow     = 16 << 20 // memory of one row
	maxGroups  = 32 << 10 // DefaultLimits().RowGroups: Parquet numbers them with 15 bits
)

// Properties of what is written.
const (
	pageBytes  = 1 << 20
	statsBytes = 256 // longer minima and maxima are left out
)

// Compression says how pages are stored.
type Compression uint8

const (
	// Zstd compresses pages with zstd at the level of its number 1.
	Zstd Compression = iota
	// Uncompressed stores pages as they are.
	Uncompressed
)

// WriterOptions tune a [Writer]. The zero value is what archives use.
type WriterOptions struct {
	Compression Compression
}

// A Writer writes the rows of a dataset as one Parquet file. The bytes depend
// on the schema, the rows and their order, the options and the release of this
// module; not on how the rows were grouped when they came in, nor on time or
// machine. It holds at most one row group in memory, less than 64 MiB.
//
// It is not safe for concurrent use. After the first error every method
// returns that error, and what was written is no Parquet file.
type Writer struct {
	schema  Schema
	out     *file.Writer
	leaves  []*leafBuffer
	even    int64 // what every row costs
	costs   []int64
	rows    int64 // written or waiting
	waiting int64 // rows in leaves
	memory  int64 // their cost
	groups  int
	known   *arrow.Schema // the last schema found to be ours
	closed  bool
	err     error
}

// NewWriter returns a Writer of rows of schema to w. It writes the file's first
// bytes at once. The Writer does not close w.
func NewWriter(w io.Writer, schema Schema, opts WriterOptions) (*Writer, error) {
	if err := schema.Check(); err != nil {
		return nil, err
	}
	codec := compress.Codecs.Zstd
	switch opts.Compression {
	case Zstd:
	case Uncompressed:
		codec = compress.Codecs.Uncompressed
	default:
		return nil, fmt.Errorf("parquetio: unknown compression %d", opts.Compression)
	}
	root, err := schema.node()
	if err != nil {
		return nil, err
	}
	props := append(encodings(schema),
		parquet.WithCreatedBy(CreatedBy), parquet.WithVersion(parquet.V2_LATEST), parquet.WithDataPageVersion(parquet.DataPageV1),
		parquet.WithDictionaryDefault(false), parquet.WithStats(true), parquet.WithMaxStatsSize(statsBytes), parquet.WithPageIndexEnabled(true),
		parquet.WithDataPageSize(pageBytes), parquet.WithBatchSize(runSlots),
		parquet.WithCompression(codec), parquet.WithCompressionLevel(1))
	out := &Writer{schema: schema}
	for _, c := range schema {
		leaf := newLeafBuffer(c)
		out.leaves = append(out.leaves, leaf)
		out.even += leaf.evenCost()
	}
	err = guard(func() (err error) {
		// The library closes a sink that can be closed; ours belongs to the caller.
		out.out, err = file.NewParquetWriterWithError(struct{ io.Writer }{w}, root, file.WithWriterProps(parquet.NewWriterProperties(props...)))
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("parquetio: write: %w", err)
	}
	return out, nil
}

// encodings chooses how values are laid out in pages: numbers as differences,
// lengths of texts apart from the texts; see docs/decisions/0030-parquet-pages.md.
// The library finds a column's encoding by its dotted path, so where a name with
// dots makes two paths alike both keep the plain encoding.
func encodings(schema Schema) (props []parquet.WriterProperty) {
	chosen := make(map[string]parquet.Encoding, len(schema))
	for _, c := range schema {
		path, t := c.Name, c.Type
		if t.Kind == List {
			path, t = path+".list."+elementName, *t.Elem
		}
		encoding := parquet.Encodings.Plain
		switch physical, _, _ := t.physical(); physical {
		case parquet.Types.Int32, parquet.Types.Int64:
			encoding = parquet.Encodings.DeltaBinaryPacked
		case parquet.Types.ByteArray:
			encoding = parquet.Encodings.DeltaLengthByteArray
		}
		if _, twice := chosen[path]; twice {
			encoding = parquet.Encodings.Plain
		}
		chosen[path] = encoding
	}
	for path, encoding := range chosen {
		props = append(props, parquet.WithEncodingFor(path, encoding))
	}
	return props
}

// Schema returns the schema that the Writer was made with.
func (w *Writer) Schema() Schema { return w.schema }

// Rows returns how many rows were given to the Writer.
func (w *Writer) Rows() int64 { return w.rows }

// Write appends the rows of batch, whose columns must have the names, types and
// nullability of the schema, in its order. It copies what it needs: batch may
// be released or reused afterwards. A value that the schema does not admit is a
// [*ValueError] or, if it is too large, a [*LimitError].
func (w *Writer) Write(batch arrow.RecordBatch) error {
	if err := w.usable(); err != nil {
		return err
	}
	if err := w.checkBatch(batch); err != nil {
		return w.fail(err)
	}
	n := int(batch.NumRows())
	vectors := make([]Vector, len(w.leaves))
	w.costs = slices.Grow(w.costs[:0], n)[:n]
	for row := range w.costs {
		w.costs[row] = w.even
	}
	for i, leaf := range w.leaves {
		vectors[i] = vectorOf(w.schema[i].Type, batch.Column(i).Data())
		leaf.rowCosts(vectors[i], w.costs)
	}
	for start := 0; start < n; {
		end, err := w.admit(start, n)
		if err != nil {
			return w.fail(err)
		}
		for i, leaf := range w.leaves {
			if good, err := leaf.appendRows(vectors[i], start, end); err != nil {
				return w.fail(w.valueError(w.rows+int64(good), i, err))
			}
		}
		w.rows += int64(end - start)
		w.waiting += int64(end - start)
		start = end
	}
	return nil
}

// admit returns the end of the rows from start that go into the current row
// group, at least one, after writing out a group that is full.
func (w *Writer) admit(start, n int) (end int, err error) {
	for end = start; end < n; end++ {
		cost := w.costs[end]
		if cost > MaxRow {
			return 0, &LimitError{Limit: "MaxRow", Max: MaxRow, Need: cost}
		}
		if waiting := w.waiting + int64(end-start); waiting == GroupRows || waiting > 0 && w.memory+cost > GroupBytes {
			if end > start {
				return end, nil
			}
			if err := w.flush(); err != nil {
				return 0, err
			}
		}
		w.memory += cost
	}
	return end, nil
}

func (w *Writer) checkBatch(batch arrow.RecordBatch) error {
	if batch.Schema() == w.known {
		return nil
	}
	got, err := SchemaOfArrow(batch.Schema())
	if err != nil {
		return err
	}
	if !got.Equal(w.schema) {
		return fmt.Errorf("parquetio: batch of (%s) where (%s) belongs", got, w.schema)
	}
	w.known = batch.Schema()
	return nil
}

func (w *Writer) valueError(row int64, column int, err error) error {
	if limit := (*LimitError)(nil); errors.As(err, &limit) {
		limit.Column = w.schema[column].Name
		return limit
	}
	return &ValueError{Row: row, Column: w.schema[column].Name, Err: err}
}

// flush writes the rows that wait as a row group.
func (w *Writer) flush() error {
	if w.waiting == 0 {
		return nil
	}
	if w.groups++; w.groups > maxGroups {
		return &LimitError{Limit: "RowGroups", Max: maxGroups, Need: int64(w.groups)}
	}
	err := guard(func() error {
		group, err := w.out.AppendRowGroupChecked()
		if err != nil {
			return err
		}
		for _, leaf := range w.leaves {
			column, err := group.NextColumn()
			if err != nil {
				return err
			}
			if err := leaf.writeTo(column); err != nil {
				return err
			}
			leaf.reset()
		}
		return group.Close()
	})
	w.waiting, w.memory = 0, 0
	if err != nil {
		return fmt.Errorf("parquetio: write: %w", err)
	}
	return nil
}

// Close writes what waits and the footer. A file without them is no Parquet
// file, so a Writer that is not closed leaves nothing that a reader takes for
// complete; nothing else needs to be freed.
func (w *Writer) Close() error {
	if w.closed || w.err != nil {
		return w.err
	}
	if err := w.flush(); err != nil {
		return w.fail(err)
	}
	if err := guard(w.out.Close); err != nil {
		return w.fail(fmt.Errorf("parquetio: write footer: %w", err))
	}
	w.closed = true
	return nil
}

func (w *Writer) usable() error {
	if w.closed {
		return errors.New("parquetio: the writer is closed")
	}
	return w.err
}

func (w *Writer) fail(err error) error {
	w.err = err
	return err
}

// Copy writes the selected rows of src to dst, whose schema must equal
// src.Schema(). It does not close dst. Copying a file of another writer gives
// the canonical file of its rows.
func Copy(ctx context.Context, dst *Writer, src *File) error {
	if !src.Schema().Equal(dst.Schema()) {
		return fmt.Errorf("parquetio: copy rows of (%s) to (%s)", src.Schema(), dst.Schema())
	}
	for batch, err := range src.Batches(ctx) {
		if err != nil {
			return err
		}
		if err := dst.Write(batch); err != nil {
			return err
		}
	}
	return nil
}
