package pgrows

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/oneanalytics/oa-archive/parquetio"
)

// A column collects the values of a column as Arrow lays them out, so that its
// memory can be used again for the next batch.
type column struct {
	typ    parquetio.Type
	n      int
	nulls  int
	valid  []byte // bit per value, empty until the first null
	values []byte
	ends   []int32 // of values of variable length and of lists: 0, then the end of each
	elem   *column // of a list
	width  int     // bytes of a value in values; 0: of variable length, or bits
	arrow  arrow.DataType
}

func newColumn(t parquetio.Type) *column {
	c := &column{typ: t, arrow: t.Arrow()}
	switch t.Kind {
	case parquetio.List:
		c.elem = newColumn(*t.Elem)
		c.ends = []int32{0}
	case parquetio.String, parquetio.Binary, parquetio.JSON:
		c.ends = []int32{0}
	case parquetio.Bool:
	case parquetio.UUID, parquetio.Decimal:
		c.width = 16
	case parquetio.Int8, parquetio.Uint8:
		c.width = 1
	case parquetio.Int16, parquetio.Uint16:
		c.width = 2
	case parquetio.Int32, parquetio.Uint32, parquetio.Float32, parquetio.Date:
		c.width = 4
	default:
		c.width = 8
		if t.Kind == parquetio.Time && t.Unit == parquetio.Milliseconds {
			c.width = 4
		}
	}
	return c
}

// reset forgets the values.
func (c *column) reset() {
	c.n, c.nulls = 0, 0
	c.valid, c.values = c.valid[:0], c.values[:0]
	if c.ends != nil {
		c.ends = c.ends[:1]
	}
	if c.elem != nil {
		c.elem.reset()
	}
}

// data returns the Arrow array over the values. It refers to their memory.
func (c *column) data() arrow.ArrayData {
	var valid *memory.Buffer
	if c.nulls > 0 {
		valid = memory.NewBufferBytes(c.valid)
	}
	buffers := []*memory.Buffer{valid}
	if c.ends != nil {
		buffers = append(buffers, memory.NewBufferBytes(arrow.Int32Traits.CastToBytes(c.ends)))
	}
	if c.elem != nil {
		return array.NewData(c.arrow, c.n, buffers, []arrow.ArrayData{c.elem.data()}, c.nulls, 0)
	}
	return array.NewData(c.arrow, c.n, append(buffers, memory.NewBufferBytes(c.values)), nil, c.nulls, 0)
}

func (c *column) array() arrow.Array {
	d := c.data()
	if _, ok := c.arrow.(arrow.ExtensionType); ok {
		return array.NewExtensionData(d)
	}
	return array.MakeFromData(d)
}

// mark records whether value n is there.
func (c *column) mark(null bool) {
	if !null && c.nulls == 0 {
		return
	}
	if c.nulls == 0 { // all before it are there
		c.valid = c.valid[:0]
		for range c.n/8 + 1 {
			c.valid = append(c.valid, 0xff)
		}
	}
	for len(c.valid) <= c.n/8 {
		c.valid = append(c.valid, 0xff)
	}
	if null {
		c.valid[c.n/8] &^= 1 << (c.n % 8)
		c.nulls++
	}
}

// addNull appends null.
func (c *column) addNull() {
	c.mark(true)
	switch {
	case c.ends != nil:
		c.ends = append(c.ends, c.ends[c.n])
	case c.typ.Kind == parquetio.Bool:
		c.addBit(false)
	default:
		var zero [16]byte
		c.values = append(c.values, zero[:c.width]...)
	}
	c.n++
}

func (c *column) addBit(bit bool) {
	if c.n%8 == 0 {
		c.values = append(c.values, 0)
	}
	if bit {
		c.values[c.n/8] |= 1 << (c.n % 8)
	}
}

var (
	errLength   = errors.New("a value whose length is not that of its type")
	errRange    = errors.New("a number beyond the range of the column of the dataset")
	errTooLarge = errors.New("more than 2 GiB in a batch")
)

// add appends the value whose binary form is b.
func (c *column) add(b []byte) error {
	var err error
	switch c.typ.Kind {
	case parquetio.List:
		err = c.addList(b)
	case parquetio.String, parquetio.Binary, parquetio.JSON:
		if len(c.values)+len(b) > math.MaxInt32 {
			return errTooLarge
		}
		c.values = append(c.values, b...)
		c.ends = append(c.ends, int32(len(c.values)))
	case parquetio.Bool:
		if len(b) != 1 {
			return errLength
		}
		c.addBit(b[0] != 0)
	case parquetio.UUID:
		if len(b) != 16 {
			return errLength
		}
		c.values = append(c.values, b...)
	case parquetio.Decimal, parquetio.Uint64:
		err = c.addNumeric(b)
	case parquetio.Int64, parquetio.Float64, parquetio.Uint32, parquetio.Time, parquetio.Timestamp:
		if len(b) != 8 {
			return errLength
		}
		err = c.addLong(int64(binary.BigEndian.Uint64(b)))
	case parquetio.Int32, parquetio.Float32, parquetio.Date, parquetio.Uint16:
		if len(b) != 4 {
			return errLength
		}
		err = c.addInt(int32(binary.BigEndian.Uint32(b)))
	default:
		if len(b) != 2 {
			return errLength
		}
		err = c.addShort(int16(binary.BigEndian.Uint16(b)))
	}
	if err != nil {
		return err
	}
	c.mark(false)
	c.n++
	return nil
}

func (c *column) addNumeric(b []byte) error {
	if c.typ.Kind == parquetio.Uint64 {
		u, minus, err := numeric(b, 0)
		if err == nil && (u.hi != 0 || minus && !u.zero()) {
			err = errRange
		}
		c.values = binary.LittleEndian.AppendUint64(c.values, u.lo)
		return err
	}
	n, err := decimal(b, c.typ.Scale)
	c.values = binary.LittleEndian.AppendUint64(c.values, n.LowBits())
	c.values = binary.LittleEndian.AppendUint64(c.values, uint64(n.HighBits()))
	return err
}

func (c *column) addLong(v int64) (err error) {
	switch c.typ.Kind {
	case parquetio.Uint32:
		if v < 0 || v > math.MaxUint32 {
			return errRange
		}
	case parquetio.Time:
		v, err = timeFrom(v, c.typ.Unit)
	case parquetio.Timestamp:
		v, err = timestampFrom(v, c.typ.Unit)
	}
	if c.width == 4 {
		c.values = binary.LittleEndian.AppendUint32(c.values, uint32(v))
	} else {
		c.values = binary.LittleEndian.AppendUint64(c.values, uint64(v))
	}
	return err
}

func (c *column) addInt(v int32) (err error) {
	switch c.typ.Kind {
	case parquetio.Uint16:
		if v < 0 || v > math.MaxUint16 {
			return errRange
		}
		c.values = binary.LittleEndian.AppendUint16(c.values, uint16(v))
		return nil
	case parquetio.Date:
		v, err = dateFrom(v)
	}
	c.values = binary.LittleEndian.AppendUint32(c.values, uint32(v))
	return err
}

func (c *column) addShort(v int16) error {
	switch {
	case c.typ.Kind == parquetio.Int16:
		c.values = binary.LittleEndian.AppendUint16(c.values, uint16(v))
		return nil
	case c.typ.Kind == parquetio.Int8 && (v < math.MinInt8 || v > math.MaxInt8),
		c.typ.Kind == parquetio.Uint8 && (v < 0 || v > math.MaxUint8):
		return errRange
	}
	c.values = append(c.values, byte(v))
	return nil
}

// addList appends an array; see listAppender.
func (c *column) addList(b []byte) error {
	if len(b) < 12 {
		return errLength
	}
	dimensions := binary.BigEndian.Uint32(b)
	b = b[12:]
	switch {
	case dimensions == 0 && len(b) == 0:
		c.ends = append(c.ends, c.ends[c.n])
		return nil
	case dimensions != 1:
		return fmt.Errorf("an array of %d dimensions; a list has one", dimensions)
	case len(b) < 8:
		return errLength
	}
	count, lower := binary.BigEndian.Uint32(b), int32(binary.BigEndian.Uint32(b[4:]))
	if lower != 1 {
		return fmt.Errorf("an array that begins with element %d; a list begins with 1", lower)
	}
	b = b[8:]
	for k := range count {
		value, null, rest, ok := cutField(b)
		if !ok {
			return errLength
		}
		b = rest
		if null {
			c.elem.addNull()
			continue
		}
		if err := c.elem.add(value); err != nil {
			return fmt.Errorf("element %d: %w", k+1, err)
		}
	}
	if len(b) != 0 {
		return errLength
	}
	c.ends = append(c.ends, int32(c.elem.n))
	return nil
}

// cutField cuts the first field off b. It is not ok when b ends within it.
func cutField(b []byte) (value []byte, null bool, rest []byte, ok bool) {
	if len(b) < 4 {
		return nil, false, b, false
	}
	n := binary.BigEndian.Uint32(b)
	b = b[4:]
	if n == nullField {
		return nil, true, b, true
	}
	if uint64(n) > uint64(len(b)) {
		return nil, false, b, false
	}
	return b[:n], false, b[n:], true
}
