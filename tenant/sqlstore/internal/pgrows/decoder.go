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

// Bounds of a batch that is handed to the Parquet writer.
const (
	batchRows  = 8 << 10
	batchBytes = 4 << 20
)

// A Decoder takes what COPY TO sends of a table's columns, [Ordinal] apart, and
// writes the rows as Parquet, which is encoded on a goroutine of its own. It
// implements [io.Writer] and is not safe for concurrent use. Values that the
// columns of the dataset do not have are [*parquetio.ValueError]s.
type Decoder struct {
	schema parquetio.Schema
	arrow  *arrow.Schema
	out    *parquetio.Writer

	begun, ended bool
	held         []byte // the beginning of a row whose end has not come yet
	row          int64  // how many rows have been decoded
	batch        *batch
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
	bytes   int // that their fields had
}

// NewDecoder returns a Decoder of rows of the schema of out, which belongs to
// the Decoder until Close has returned. Close must be called.
func NewDecoder(out *parquetio.Writer) *Decoder {
	schema := out.Schema()
	d := &Decoder{
		schema: schema, arrow: schema.Arrow(), out: out,
		free: make(chan *batch, 2), full: make(chan *batch), done: make(chan struct{}),
	}
	for range cap(d.free) {
		b := &batch{}
		for _, c := range schema {
			b.columns = append(b.columns, newColumn(c.Type))
		}
		d.free <- b
	}
	d.batch = <-d.free
	go d.write()
	return d
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
	b.rows, b.bytes = 0, 0
	return err
}

// flush hands the batch on and takes an empty one.
func (d *Decoder) flush() error {
	select {
	case d.full <- d.batch:
	case <-d.done:
		return d.failed
	}
	select {
	case d.batch = <-d.free:
	case <-d.done:
		return d.failed
	}
	return nil
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
	close(d.full)
	<-d.done
	if d.err == nil {
		d.err = d.failed
	}
	return d.err
}

// Rows returns how many rows have been decoded.
func (d *Decoder) Rows() int64 { return d.row }

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
		case int(fields) != len(d.schema):
			return nil, fmt.Errorf("%w: %d fields where %d belong", errForm, fields, len(d.schema))
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
