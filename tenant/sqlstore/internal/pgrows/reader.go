package pgrows

import (
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"io/fs"
	"math"
	"sync"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/oneanalytics/oa-archive/parquetio"
)

// signature begins every stream of binary COPY; flags and the length of an
// extension, both zero, follow it.
var signature = []byte("PGCOPY\n\xff\r\n\x00")

const (
	trailer   = 0xffff     // where the number of fields stands
	nullField = 0xffffffff // where the length of a field stands
)

// pieceBytes is how much is encoded at once, up to one row more: with it, what
// the driver reads and sends at once, 64 KiB.
const pieceBytes = 60 << 10

// A Reader encodes the rows of a Parquet file for COPY FROM, numbered from 1. The
// file is decoded on a goroutine of its own, a batch ahead. It implements
// [io.Reader]. Values that PostgreSQL cannot hold are [*parquetio.ValueError]s.
type Reader struct {
	schema  parquetio.Schema
	ahead   *ahead
	batch   arrow.RecordBatch // whose rows are being encoded; may be nil
	columns []field
	left    int   // rows of the batch that are still to be encoded
	at      int   // the next of them
	row     int64 // how many rows have been encoded
	buf     []byte
	out     []byte // what of buf has not been read
	begun   bool
	err     error
	mu      sync.Mutex // the driver may give up while its goroutine still reads
}

// NewReader returns a Reader of the rows of f. Close must be called.
func NewReader(ctx context.Context, f *parquetio.File) *Reader {
	return &Reader{schema: f.Schema(), columns: make([]field, len(f.Schema())), ahead: readAhead(ctx, f)}
}

// Close gives up what is left of the rows. It waits for a Read that runs.
func (r *Reader) Close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ahead.close()
	r.release()
	r.err = cmp.Or(r.err, fs.ErrClosed)
}

// release lets go of the batch.
func (r *Reader) release() {
	if r.batch != nil {
		r.batch.Release()
		r.batch = nil
	}
}

// Rows returns how many rows have been encoded.
func (r *Reader) Rows() int64 { return r.row }

// Err returns the error that ended the rows, or nil.
func (r *Reader) Err() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.err == io.EOF {
		return nil
	}
	return r.err
}

// Read implements [io.Reader].
func (r *Reader) Read(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for len(r.out) == 0 {
		if r.err != nil {
			return 0, r.err
		}
		r.err = r.fill()
		r.out = r.buf
	}
	n := copy(p, r.out)
	r.out = r.out[n:]
	return n, nil
}

// fill encodes the next piece. With io.EOF it is the last one.
func (r *Reader) fill() error {
	r.buf = r.buf[:0]
	if !r.begun {
		r.begun = true
		r.buf = append(r.buf, signature...)
		r.buf = append(r.buf, make([]byte, 8)...)
	}
	for len(r.buf) < pieceBytes {
		if r.left == 0 {
			if err := r.take(); err != nil {
				return err
			}
			continue
		}
		if err := r.encodeRow(); err != nil {
			r.buf = r.buf[:0]
			return err
		}
	}
	return nil
}

// take takes the next batch.
func (r *Reader) take() error {
	r.release()
	batch, err := r.ahead.next()
	switch {
	case err == io.EOF:
		r.buf = binary.BigEndian.AppendUint16(r.buf, trailer)
		return err
	case err != nil:
		r.buf = r.buf[:0]
		return err
	}
	r.batch = batch
	for i, c := range r.schema {
		v, err := parquetio.NewVector(c.Type, batch.Column(i))
		if err != nil {
			return err
		}
		r.columns[i] = fieldOf(v)
	}
	r.left, r.at = int(batch.NumRows()), 0
	return nil
}

func (r *Reader) encodeRow() (err error) {
	b := binary.BigEndian.AppendUint16(r.buf, uint16(len(r.columns)+1))
	b = binary.BigEndian.AppendUint32(b, 8)
	b = binary.BigEndian.AppendUint64(b, uint64(r.row+1))
	for i := range r.columns {
		f := &r.columns[i]
		if f.nulls && f.v.Null(r.at) {
			b = binary.BigEndian.AppendUint32(b, nullField)
			continue
		}
		if b, err = f.append(b, &f.v, r.at); err != nil {
			return &parquetio.ValueError{Row: r.row, Column: r.schema[i].Name, Err: err}
		}
	}
	r.buf = b
	r.row++
	r.at++
	r.left--
	return nil
}

// A field encodes the values of one column of a batch.
type field struct {
	v      parquetio.Vector
	nulls  bool
	append appender
}

// An appender appends the length and the value of value i, which is not null.
type appender func(dst []byte, v *parquetio.Vector, i int) ([]byte, error)

func fieldOf(v parquetio.Vector) field {
	return field{v: v, nulls: v.HasNulls(), append: appenderOf(v.Type())}
}

func appenderOf(t parquetio.Type) appender {
	switch t.Kind {
	case parquetio.Bool:
		return appendBool
	case parquetio.Int8, parquetio.Int16, parquetio.Uint8:
		return func(dst []byte, v *parquetio.Vector, i int) ([]byte, error) {
			return binary.BigEndian.AppendUint16(append(dst, 0, 0, 0, 2), uint16(v.Int(i))), nil
		}
	case parquetio.Int32, parquetio.Uint16:
		return func(dst []byte, v *parquetio.Vector, i int) ([]byte, error) {
			return binary.BigEndian.AppendUint32(append(dst, 0, 0, 0, 4), uint32(v.Int(i))), nil
		}
	case parquetio.Int64, parquetio.Uint32:
		return func(dst []byte, v *parquetio.Vector, i int) ([]byte, error) { return appendLong(dst, v.Int(i)), nil }
	case parquetio.Uint64:
		return func(dst []byte, v *parquetio.Vector, i int) ([]byte, error) {
			return appendUnsigned(dst, unsigned{lo: v.Uint(i)}, positive, 0), nil
		}
	case parquetio.Float32:
		return func(dst []byte, v *parquetio.Vector, i int) ([]byte, error) {
			return binary.BigEndian.AppendUint32(append(dst, 0, 0, 0, 4), math.Float32bits(v.Float32(i))), nil
		}
	case parquetio.Float64:
		return func(dst []byte, v *parquetio.Vector, i int) ([]byte, error) {
			return appendLong(dst, int64(math.Float64bits(v.Float(i)))), nil
		}
	case parquetio.Decimal:
		return func(dst []byte, v *parquetio.Vector, i int) ([]byte, error) {
			return appendNumeric(dst, v.Decimal(i), t.Scale), nil
		}
	case parquetio.Date:
		return func(dst []byte, v *parquetio.Vector, i int) ([]byte, error) {
			day, err := dateTo(v.Int(i))
			return binary.BigEndian.AppendUint32(append(dst, 0, 0, 0, 4), uint32(day)), err
		}
	case parquetio.Time:
		return func(dst []byte, v *parquetio.Vector, i int) ([]byte, error) {
			n, err := micros(v.Int(i), t.Unit)
			return appendLong(dst, n), err
		}
	case parquetio.Timestamp:
		return func(dst []byte, v *parquetio.Vector, i int) ([]byte, error) {
			n, err := timestampTo(v.Int(i), t.Unit)
			return appendLong(dst, n), err
		}
	case parquetio.List:
		return listAppender(*t.Elem)
	case parquetio.String:
		return appendText
	}
	return appendBytes
}

func appendLong(dst []byte, n int64) []byte {
	return binary.BigEndian.AppendUint64(append(dst, 0, 0, 0, 8), uint64(n))
}

func appendBool(dst []byte, v *parquetio.Vector, i int) ([]byte, error) {
	bit := byte(0)
	if v.Bool(i) {
		bit = 1
	}
	return append(dst, 0, 0, 0, 1, bit), nil
}

func appendBytes(dst []byte, v *parquetio.Vector, i int) ([]byte, error) {
	value := v.Bytes(i)
	return append(binary.BigEndian.AppendUint32(dst, uint32(len(value))), value...), nil
}

var errNUL = errors.New("text with a NUL character, which PostgreSQL does not have")

func appendText(dst []byte, v *parquetio.Vector, i int) ([]byte, error) {
	value := v.Bytes(i)
	if bytes.IndexByte(value, 0) >= 0 {
		return dst, errNUL
	}
	return append(binary.BigEndian.AppendUint32(dst, uint32(len(value))), value...), nil
}

// listAppender encodes arrays: the number of dimensions, whether there are
// nulls, the type of the elements, length and lower bound of the dimension, and
// the elements as fields.
func listAppender(elem parquetio.Type) appender {
	one, oid := appenderOf(elem), bindingOf(elem).oid
	return func(dst []byte, v *parquetio.Vector, i int) (_ []byte, err error) {
		elems := v.List(i)
		start := len(dst)
		dst = binary.BigEndian.AppendUint32(dst, 0) // the length, known at the end
		dimensions, nulls := uint32(1), uint32(0)
		if elems.Len() == 0 {
			dimensions = 0
		}
		if elems.HasNulls() {
			nulls = 1
		}
		dst = binary.BigEndian.AppendUint32(dst, dimensions)
		dst = binary.BigEndian.AppendUint32(dst, nulls)
		dst = binary.BigEndian.AppendUint32(dst, oid)
		if dimensions == 1 {
			dst = binary.BigEndian.AppendUint32(dst, uint32(elems.Len()))
			dst = binary.BigEndian.AppendUint32(dst, 1)
		}
		for k := range elems.Len() {
			if elems.Null(k) {
				dst = binary.BigEndian.AppendUint32(dst, nullField)
				continue
			}
			if dst, err = one(dst, &elems, k); err != nil {
				return dst, err
			}
		}
		binary.BigEndian.PutUint32(dst[start:], uint32(len(dst)-start-4))
		return dst, nil
	}
}
