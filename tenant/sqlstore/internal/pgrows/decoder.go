package pgrows

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/oneanalytics/oa-archive/parquetio"
)

// Bounds of a batch that is handed to the Parquet writer, and of what waits for
// it. As many rows as make a row group may wait, so that the server goes on
// sending while one is compressed.
const (
	batchRows   = 8 << 10
	batchBytes  = 1 << 20
	mostBatches = parquetio.GroupRows / batchRows
	aheadBytes  = parquetio.GroupBytes
)

// A Decoder takes what COPY TO sends of a table, [Ordinal] first and then its
// other columns, and writes the rows as Parquet, which is encoded on a goroutine
// of its own. It implements [io.Writer] and is not safe for concurrent use.
// Values that the columns of the dataset do not have are
// [*parquetio.ValueError]s.
type Decoder struct {
	schema parquetio.Schema
	arrow  *arrow.Schema
	out    *parquetio.Writer

	begun, ended bool
	held         []byte // the beginning of a row whose end has not come yet
	row          int64  // how many rows have been decoded
	ordinal      int64  // of the last of them
	disordered   bool   // a row came after one with a greater ordinal, or the same
	batch        *batch
	idle         []*batch // empty
	made         int      // batches that there are
	waiting      int      // bytes of those in full, or being written
	free, full   chan *batch
	done         chan struct{}
	failed       error // of the writing goroutine; valid once done is closed
	err          error
	closed       bool
}

// A batch is the columns of some rows.
type batch struct {
	columns []*column
	rows    int
	bytes   int // that their fields had; the Decoder's to reset
}

// NewDecoder returns a Decoder of rows of the schema of out, which belongs to
// the Decoder until Close has returned. Close must be called.
func NewDecoder(out *parquetio.Writer) *Decoder {
	schema := out.Schema()
	d := &Decoder{
		schema: schema, arrow: schema.Arrow(), out: out,
		free: make(chan *batch, mostBatches), full: make(chan *batch, mostBatches), done: make(chan struct{}),
	}
	d.batch = d.empty()
	go d.write()
	return d
}

// empty returns a batch to fill, or nil when all are under way.
func (d *Decoder) empty() *batch {
	if n := len(d.idle); n > 0 {
		b := d.idle[n-1]
		d.idle = d.idle[:n-1]
		return b
	}
	if d.made == mostBatches {
		return nil
	}
	d.made++
	b := &batch{}
	for _, c := range d.schema {
		b.columns = append(b.columns, newColumn(c.Type))
	}
	return b
}

// back takes a batch that has been written.
func (d *Decoder) back(b *batch) {
	d.waiting -= b.bytes
	if b.bytes > 2*batchBytes { // a long row has made it grow
		d.made--
		return
	}
	b.bytes = 0
	d.idle = append(d.idle, b)
}

// write writes batches until there are no more, or until one is refused.
func (d *Decoder) write() {
	defer close(d.done)
	for b := range d.full {
		if d.failed = b.write(d.out, d.arrow); d.failed != nil {
			return
		}
		d.free <- b
	}
}

func (b *batch) write(out *parquetio.Writer, schema *arrow.Schema) error {
	arrays := make([]arrow.Array, len(b.columns))
	for i, c := range b.columns {
		arrays[i] = c.array()
	}
	record := array.NewRecordBatch(schema, arrays, int64(b.rows))
	err := out.Write(record)
	record.Release()
	for i, c := range b.columns {
		arrays[i].Release()
		c.reset()
	}
	b.rows = 0
	return err
}

// flush hands the batch on and takes an empty one.
func (d *Decoder) flush() error {
	select {
	case <-d.done:
		return d.failed
	default:
	}
	d.waiting += d.batch.bytes
	d.full <- d.batch // has room for all that there are
	d.batch = nil
	for len(d.free) > 0 {
		d.back(<-d.free)
	}
	for {
		if d.waiting <= aheadBytes {
			if d.batch = d.empty(); d.batch != nil {
				return nil
			}
		}
		select {
		case b := <-d.free:
			d.back(b)
		case <-d.done:
			return d.failed
		}
	}
}

// Close writes the rows that wait. It reports an error when the stream has not
// come to its end. The Parquet writer is left open.
func (d *Decoder) Close() error {
	if d.closed {
		return d.err
	}
	d.closed = true
	if d.err == nil && !d.ended {
		d.err = errors.New("the rows end in the middle")
	}
	if d.err == nil && d.batch.rows > 0 {
		d.err = d.flush()
	}
	for d.err != nil && len(d.full) > 0 {
		select { // what waits is in vain
		case <-d.full:
		default:
		}
	}
	close(d.full)
	<-d.done
	if d.err == nil {
		d.err = d.failed
	}
	return d.err
}

// Rows returns how many rows have been decoded.
func (d *Decoder) Rows() int64 { return d.row }

// Ordered reports whether the rows have come in the order of [Ordinal], each
// number once. Rows that did not are written all the same, as they came.
func (d *Decoder) Ordered() bool { return !d.disordered }

// Write implements [io.Writer].
func (d *Decoder) Write(p []byte) (int, error) {
	if d.err == nil {
		d.err = d.take(p)
	}
	if d.err != nil {
		return 0, d.err
	}
	return len(p), nil
}

// take decodes the rows that are complete. The server sends each row in a
// message of its own, so that there is mostly nothing to hold.
func (d *Decoder) take(p []byte) error {
	held := len(d.held) > 0
	if held {
		d.held = append(d.held, p...)
		p = d.held
	}
	rest, err := d.decode(p)
	if err != nil {
		return err
	}
	if held || len(rest) > 0 {
		d.held = append(d.held[:0], rest...)
	}
	return nil
}

var errForm = errors.New("the server's rows are not in the binary form of COPY")

func (d *Decoder) decode(p []byte) (rest []byte, err error) {
	if !d.begun {
		if p, d.begun, err = cutHeader(p); err != nil || !d.begun {
			return p, err
		}
	}
	for len(p) >= 2 {
		fields := binary.BigEndian.Uint16(p)
		switch {
		case d.ended:
			return nil, errForm
		case fields == trailer:
			d.ended = true
			p = p[2:]
			continue
		case int(fields) != len(d.schema)+1:
			return nil, fmt.Errorf("%w: %d fields where %d belong", errForm, fields, len(d.schema)+1)
		}
		body, complete := p[2:], true
		for range fields { // no value is taken before the row is there
			if _, _, body, complete = cutField(body); !complete {
				return p, nil
			}
		}
		if err := d.decodeRow(p[2 : len(p)-len(body)]); err != nil {
			return nil, err
		}
		p = body
	}
	return p, nil
}

// cutHeader cuts off what precedes the rows, once it is there as a whole.
func cutHeader(p []byte) (rest []byte, complete bool, err error) {
	n := min(len(p), len(signature))
	if !bytes.Equal(p[:n], signature[:n]) {
		return nil, false, errForm
	}
	fixed := len(signature) + 8
	if len(p) < fixed {
		return p, false, nil
	}
	extension := uint64(binary.BigEndian.Uint32(p[fixed-4:]))
	if binary.BigEndian.Uint32(p[fixed-8:]) != 0 || extension > 1<<16 {
		return nil, false, errForm
	}
	if uint64(len(p)) < uint64(fixed)+extension {
		return p, false, nil
	}
	return p[uint64(fixed)+extension:], true, nil
}

func (d *Decoder) decodeRow(p []byte) error {
	size := len(p)
	value, null, p, _ := cutField(p)
	if null || len(value) != 8 {
		return fmt.Errorf("%w: row %d has no number", errForm, d.row)
	}
	ordinal := int64(binary.BigEndian.Uint64(value))
	d.disordered = d.disordered || d.row > 0 && ordinal <= d.ordinal
	d.ordinal = ordinal
	for i, c := range d.batch.columns {
		value, null, rest, _ := cutField(p)
		p = rest
		if null {
			c.addNull()
			continue
		}
		if err := c.add(value); err != nil {
			return &parquetio.ValueError{Row: d.row, Column: d.schema[i].Name, Err: err}
		}
	}
	d.row++
	d.batch.rows++
	d.batch.bytes += size
	if d.batch.rows == batchRows || d.batch.bytes >= batchBytes {
		return d.flush()
	}
	return nil
}
