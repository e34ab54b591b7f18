package parquetio

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/parquet/metadata"
	"github.com/apache/arrow-go/v18/parquet/schema"
)

// Options say what to read of a file, and at what cost. The zero value reads
// every column and every row.
type Options struct {
	// Columns names the columns to read, in the order in which batches have
	// them; nil: all, in the file's order; empty, but not nil: none, to look at
	// what the file declares. Columns that are not named may have types that are
	// not supported, and nothing of them is read.
	Columns []string
	// RowGroups numbers the row groups to read, in this order; nil: all.
	RowGroups []int
	// BatchRows and BatchBytes bound a batch: it ends with the run of rows in
	// which it reaches one of them. 0: DefaultBatchRows, DefaultBatchBytes.
	BatchRows  int
	BatchBytes int64
	Limits     Limits
}

// Bounds of batches where [Options] has none.
const (
	DefaultBatchRows  = 32 << 10
	DefaultBatchBytes = 4 << 20
)

// A File is an open Parquet file. Its methods are safe for concurrent use if
// the reader that it was opened with is; every call of Batches reads for itself.
type File struct {
	r      io.ReaderAt
	size   int64
	opts   Options
	meta   *metadata.FileMetaData
	end    int64 // where the footer begins
	all    []FileColumn
	leaves []int // of each root column, its first leaf
	picked []int // positions in all, in the order of schema
	schema Schema
	arrow  *arrow.Schema
	groups []int
}

// A FileColumn is a column as the file declares it. Err is not nil where it is
// not supported: an [*UnsupportedError], and Column then has only a name.
type FileColumn struct {
	Column
	Err error
}

// A RowGroup is a part of a file that is read on its own.
type RowGroup struct {
	Rows  int64
	Bytes int64 // stored size of the columns that are read
}

// Open reads the footer of the Parquet file of size bytes in r and checks it
// against the limits and against itself. Errors are [ErrNotParquet],
// [*DamageError], [*LimitError], [*UnsupportedError], or those of r. Nothing
// needs to be closed; r must stay readable and unchanged while the File is used.
func Open(r io.ReaderAt, size int64, opts Options) (*File, error) {
	limits, err := opts.Limits.withDefaults()
	if err != nil {
		return nil, err
	}
	opts.Limits = limits
	if opts.BatchRows < 0 || opts.BatchBytes < 0 {
		return nil, fmt.Errorf("parquetio: batches of %d rows, %d bytes", opts.BatchRows, opts.BatchBytes)
	}
	if opts.BatchRows == 0 {
		opts.BatchRows = DefaultBatchRows
	}
	if opts.BatchBytes == 0 {
		opts.BatchBytes = DefaultBatchBytes
	}
	f := &File{r: r, size: size, opts: opts}
	if f.meta, f.end, err = readFooter(r, size, limits); err != nil {
		return nil, err
	}
	err = guard(func() error {
		f.declare()
		if err := f.pick(); err != nil {
			return err
		}
		return f.checkGroups()
	})
	if contained := (*panicError)(nil); errors.As(err, &contained) {
		err = &DamageError{RowGroup: -1, Err: err}
	}
	if err != nil {
		return nil, err
	}
	return f, nil
}

// declare lists the columns of the file.
func (f *File) declare() {
	root := f.meta.Schema.Root()
	leaf := 0
	for i := range root.NumFields() {
		n := root.Field(i)
		c, err := columnOfNode(n)
		c.Name = n.Name()
		f.all = append(f.all, FileColumn{Column: c, Err: err})
		f.leaves = append(f.leaves, leaf)
		leaf += countLeaves(n)
	}
}

func countLeaves(n schema.Node) int {
	group, ok := n.(*schema.GroupNode)
	if !ok {
		return 1
	}
	leaves := 0
	for i := range group.NumFields() {
		leaves += countLeaves(group.Field(i))
	}
	return leaves
}

// pick resolves the columns and row groups that the options name.
func (f *File) pick() error {
	byName := make(map[string]int, len(f.all))
	for i, c := range f.all {
		if _, twice := byName[c.Name]; twice {
			return &DamageError{RowGroup: -1, Column: c.Name, Err: errors.New("two columns have this name")}
		}
		byName[c.Name] = i
	}
	names := f.opts.Columns
	if names == nil {
		for _, c := range f.all {
			names = append(names, c.Name)
		}
	}
	for _, name := range names {
		i, ok := byName[name]
		if !ok {
			return fmt.Errorf("parquetio: no column %q in the file", name)
		}
		if err := f.all[i].Err; err != nil {
			return err
		}
		f.picked = append(f.picked, i)
		f.schema = append(f.schema, f.all[i].Column)
	}
	if err := f.schema.check(); err != nil && len(names) > 0 {
		return &UnsupportedError{Type: "its schema", Reason: err.Error()}
	}
	f.arrow = f.schema.Arrow()
	f.groups = f.opts.RowGroups
	if f.groups == nil {
		for g := range f.meta.NumRowGroups() {
			f.groups = append(f.groups, g)
		}
	}
	for _, g := range f.groups {
		if g < 0 || g >= f.meta.NumRowGroups() {
			return fmt.Errorf("parquetio: no row group %d in a file of %d", g, f.meta.NumRowGroups())
		}
	}
	return nil
}

// checkGroups checks what the footer says of every row group, and of the chunks
// that will be read.
func (f *File) checkGroups() error {
	rows := int64(0)
	for g := range f.meta.NumRowGroups() {
		group := f.meta.RowGroup(g)
		if group.NumRows() < 0 || group.NumRows() > f.meta.GetNumRows()-rows {
			return &DamageError{RowGroup: g, Err: fmt.Errorf("%d rows, after %d of the file's %d", group.NumRows(), rows, f.meta.GetNumRows())}
		}
		rows += group.NumRows()
		if group.NumColumns() != f.meta.Schema.NumColumns() {
			return &DamageError{RowGroup: g, Err: fmt.Errorf("%d columns where the schema has %d", group.NumColumns(), f.meta.Schema.NumColumns())}
		}
		for _, i := range f.picked {
			c, err := group.ColumnChunk(f.leaves[i])
			if err == nil {
				err = f.checkChunk(group, c, i)
			}
			if unsupported := (*UnsupportedError)(nil); errors.As(err, &unsupported) {
				return err
			}
			if err != nil {
				return &DamageError{RowGroup: g, Column: f.all[i].Name, Err: err}
			}
		}
	}
	if rows != f.meta.GetNumRows() {
		return &DamageError{RowGroup: -1, Err: fmt.Errorf("%d rows, but %d in the row groups", f.meta.GetNumRows(), rows)}
	}
	return nil
}

func (f *File) checkChunk(group *metadata.RowGroupMetaData, c *metadata.ColumnChunkMetaData, column int) error {
	leaf := f.meta.Schema.Column(f.leaves[column])
	start, size := chunkRange(c)
	switch {
	case c.CryptoMetadata() != nil:
		return &UnsupportedError{Column: f.all[column].Name, Type: "Parquet encryption", Reason: "decrypt the file first"}
	case c.FilePath() != "":
		return &UnsupportedError{Column: f.all[column].Name, Type: "a chunk in another file", Reason: "all rows must be in one file"}
	case !codecs[c.Compression()]:
		return &UnsupportedError{Column: f.all[column].Name, Type: "compression " + c.Compression().String(),
			Reason: "write the file with zstd, snappy, gzip, brotli, lz4_raw or none"}
	case c.Type() != leaf.PhysicalType():
		return fmt.Errorf("stored as %s, declared as %s", c.Type(), leaf.PhysicalType())
	case start < int64(len(magic)) || size < 0 || start > f.end || size > f.end-start:
		return fmt.Errorf("%d bytes at %d are not between the file's magic and its footer at %d", size, start, f.end)
	case c.NumValues() < group.NumRows() || leaf.MaxRepetitionLevel() == 0 && c.NumValues() != group.NumRows():
		return fmt.Errorf("%d values in %d rows", c.NumValues(), group.NumRows())
	}
	return nil
}

// chunkRange returns where the pages of c are.
func chunkRange(c *metadata.ColumnChunkMetaData) (start, size int64) {
	start = c.DataPageOffset()
	if c.HasDictionaryPage() && c.DictionaryPageOffset() > 0 {
		start = min(start, c.DictionaryPageOffset())
	}
	return start, c.TotalCompressedSize()
}

// Schema returns the columns that Batches yields.
func (f *File) Schema() Schema { return f.schema }

// Columns returns every column that the file declares.
func (f *File) Columns() []FileColumn { return f.all }

// Rows returns how many rows the whole file has, whatever was selected.
func (f *File) Rows() int64 { return f.meta.GetNumRows() }

// RowGroups describes every row group of the file, whatever was selected.
func (f *File) RowGroups() []RowGroup {
	groups := make([]RowGroup, f.meta.NumRowGroups())
	for g := range groups {
		meta := f.meta.RowGroup(g)
		groups[g].Rows = meta.NumRows()
		for _, i := range f.picked {
			if c, err := meta.ColumnChunk(f.leaves[i]); err == nil {
				groups[g].Bytes += c.TotalCompressedSize()
			}
		}
	}
	return groups
}

// CreatedBy returns what the file says wrote it. It is a claim.
func (f *File) CreatedBy() string { return f.meta.GetCreatedBy() }

// IsOurs reports whether the file claims to be written by this package, by this
// release or another one.
func (f *File) IsOurs() bool { return strings.HasPrefix(f.CreatedBy(), "oa-archive version ") }

// Batches yields the selected rows as record batches with the schema
// [Schema.Arrow] of Schema. A batch lies in one row group. The first error ends
// the iteration: [*DamageError], [*LimitError], an error of the reader, or
// ctx.Err().
//
// A batch belongs to the iterator, which releases it when the loop body
// returns; a body that keeps it calls Retain, and Release when done, on any
// goroutine. What is retained counts against Limits.Memory. Decoding happens on
// the calling goroutine.
func (f *File) Batches(ctx context.Context) iter.Seq2[arrow.RecordBatch, error] {
	return func(yield func(arrow.RecordBatch, error) bool) {
		mem := &allowance{max: f.opts.Limits.Memory}
		for _, g := range f.groups {
			if !f.readGroup(ctx, g, mem, yield) {
				return
			}
		}
	}
}

// readGroup yields the batches of one row group, and reports whether to go on.
func (f *File) readGroup(ctx context.Context, g int, mem *allowance, yield func(arrow.RecordBatch, error) bool) bool {
	src := &source{r: f.r}
	r := &groupReader{file: f, group: g, src: src, mem: mem, slab: 16}
	defer r.close()
	if err := r.open(); err != nil {
		return yield(nil, err) && false
	}
	for r.left > 0 {
		batch, err := r.next(ctx)
		if err != nil {
			return yield(nil, err) && false
		}
		more := func() bool {
			defer batch.Release()
			return yield(batch, nil)
		}()
		if !more {
			return false
		}
	}
	return true
}
