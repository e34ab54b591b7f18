package parquetio

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/decimal128"
)

// A Vector reads the values of one column of a record batch, or the elements
// of its lists. It refers to the memory of the array that it was made from and
// is valid as long as that is. Copy it freely; concurrent use is safe.
//
// Bool, Int, Uint, Float, Decimal, Bytes and List each serve some kinds only,
// and return nonsense or panic for others and for null values: check Null
// first.
type Vector struct {
	typ    Type
	n      int
	offset int
	valid  []byte // bit per value; nil: no nulls
	values []byte
	ends   []int32 // offsets of variable-length values or lists, ends[offset+i] is where value i begins
	elem   *Vector
}

// NewVector returns the vector over a, whose Arrow type must be t's.
func NewVector(t Type, a arrow.Array) (Vector, error) {
	got, err := TypeOfArrow(a.DataType())
	if err != nil {
		return Vector{}, err
	}
	if !got.Equal(t) {
		return Vector{}, fmt.Errorf("parquetio: array of %s where %s belongs", got, t)
	}
	return vectorOf(t, a.Data()), nil
}

// vectorOf trusts that d is of type t.
func vectorOf(t Type, d arrow.ArrayData) Vector {
	v := Vector{typ: t, n: d.Len(), offset: d.Offset()}
	buffers := d.Buffers()
	if buffers[0] != nil && d.NullN() != 0 {
		v.valid = buffers[0].Bytes()
	}
	if v.n == 0 { // an empty array may lack every buffer
		v.ends = []int32{0}
		if t.Kind == List {
			v.elem = &Vector{typ: *t.Elem}
		}
		v.offset = 0
		return v
	}
	switch t.Kind {
	case String, Binary, JSON:
		v.ends = arrow.Int32Traits.CastFromBytes(buffers[1].Bytes())
		if buffers[2] != nil {
			v.values = buffers[2].Bytes()
		}
	case List:
		v.ends = arrow.Int32Traits.CastFromBytes(buffers[1].Bytes())
		elem := vectorOf(*t.Elem, d.Children()[0])
		v.elem = &elem
	default:
		v.values = buffers[1].Bytes()
	}
	return v
}

// Len returns the number of values, nulls included.
func (v Vector) Len() int { return v.n }

// Type returns the type of the values.
func (v Vector) Type() Type { return v.typ }

// Null reports whether value i is null.
func (v Vector) Null(i int) bool {
	i += v.offset
	return v.valid != nil && v.valid[i/8]&(1<<(i%8)) == 0
}

// HasNulls reports whether some value may be null.
func (v Vector) HasNulls() bool { return v.valid != nil }

// Bool returns value i of a Bool.
func (v Vector) Bool(i int) bool {
	i += v.offset
	return v.values[i/8]&(1<<(i%8)) != 0
}

// Int returns value i of an integer kind other than Uint64, of a Date (days
// since 1970-01-01), a Time (units since midnight), or a Timestamp (units since
// 1970-01-01T00:00:00).
func (v Vector) Int(i int) int64 {
	i += v.offset
	switch v.typ.Kind {
	case Int8:
		return int64(int8(v.values[i]))
	case Uint8:
		return int64(v.values[i])
	case Int16:
		return int64(int16(binary.LittleEndian.Uint16(v.values[2*i:])))
	case Uint16:
		return int64(binary.LittleEndian.Uint16(v.values[2*i:]))
	case Uint32:
		return int64(binary.LittleEndian.Uint32(v.values[4*i:]))
	case Int32, Date:
		return int64(int32(binary.LittleEndian.Uint32(v.values[4*i:])))
	case Time:
		if v.typ.Unit == Milliseconds {
			return int64(int32(binary.LittleEndian.Uint32(v.values[4*i:])))
		}
	}
	return int64(binary.LittleEndian.Uint64(v.values[8*i:]))
}

// Uint returns value i of an unsigned integer kind.
func (v Vector) Uint(i int) uint64 {
	if v.typ.Kind == Uint64 {
		return binary.LittleEndian.Uint64(v.values[8*(v.offset+i):])
	}
	return uint64(v.Int(i))
}

// Float returns value i of a Float32 or Float64.
func (v Vector) Float(i int) float64 {
	if v.typ.Kind == Float32 {
		return float64(math.Float32frombits(binary.LittleEndian.Uint32(v.values[4*(v.offset+i):])))
	}
	return math.Float64frombits(binary.LittleEndian.Uint64(v.values[8*(v.offset+i):]))
}

// Float32 returns value i of a Float32, with all its bits where it is no number.
func (v Vector) Float32(i int) float32 {
	return math.Float32frombits(binary.LittleEndian.Uint32(v.values[4*(v.offset+i):]))
}

// Decimal returns value i of a Decimal, counted in units of its scale.
func (v Vector) Decimal(i int) decimal128.Num {
	b := v.values[16*(v.offset+i):]
	return decimal128.New(int64(binary.LittleEndian.Uint64(b[8:])), binary.LittleEndian.Uint64(b))
}

// Bytes returns value i of a String, Binary, JSON or UUID. The slice belongs
// to the array; do not change it.
func (v Vector) Bytes(i int) []byte {
	i += v.offset
	if v.typ.Kind == UUID {
		return v.values[16*i : 16*i+16 : 16*i+16]
	}
	return v.values[v.ends[i]:v.ends[i+1]:v.ends[i+1]]
}

// List returns the elements of value i of a List.
func (v Vector) List(i int) Vector {
	i += v.offset
	elem := *v.elem
	elem.offset += int(v.ends[i])
	elem.n = int(v.ends[i+1] - v.ends[i])
	return elem
}
