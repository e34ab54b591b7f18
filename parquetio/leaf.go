package parquetio

import (
	"fmt"
	"math"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/decimal128"
	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/file"
)

// A leafBuffer holds one column of the row group that a Writer fills, in the
// shape in which Parquet stores it: values without nulls, and a level for each
// slot. Its content depends on the rows alone, not on how they came in.
type leafBuffer struct {
	typ      Type // of the values: a list's element type
	physical parquet.Type
	width    int // bytes of a fixed-length value

	list         bool
	nullable     bool // the column, or the list as a whole
	elemNullable bool
	maxDef       int16

	def, rep []int16
	bools    []bool
	i32      []int32
	i64      []int64
	f32      []float32
	f64      []float64
	bytes    []byte // variable- and fixed-length values, one after another
	ends     []int  // where each variable-length value ends in bytes
}

func newLeafBuffer(c Column) *leafBuffer {
	b := &leafBuffer{typ: c.Type, nullable: c.Nullable}
	if c.Type.Kind == List {
		b.list, b.typ, b.elemNullable = true, *c.Type.Elem, !c.Type.ElemRequired
		b.maxDef++
	}
	for _, nullable := range []bool{b.nullable, b.elemNullable} {
		if nullable {
			b.maxDef++
		}
	}
	b.physical, b.width, _ = b.typ.physical()
	return b
}

// valueCost returns the memory of one value, apart from the bytes of one of
// variable length.
func (b *leafBuffer) valueCost() int64 {
	switch b.physical {
	case parquet.Types.Boolean:
		return 1
	case parquet.Types.Int32, parquet.Types.Float:
		return 4
	case parquet.Types.FixedLenByteArray:
		return int64(b.width)
	}
	return 8
}

// slotCost returns the memory of the levels of one slot.
func (b *leafBuffer) slotCost() int64 {
	cost := int64(0)
	if b.maxDef > 0 {
		cost += 2
	}
	if b.list {
		cost += 2
	}
	return cost
}

func (b *leafBuffer) reset() {
	b.def, b.rep = b.def[:0], b.rep[:0]
	b.bools, b.i32, b.i64, b.f32, b.f64 = b.bools[:0], b.i32[:0], b.i64[:0], b.f32[:0], b.f64[:0]
	b.bytes, b.ends = b.bytes[:0], b.ends[:0]
}

func (b *leafBuffer) level(rep, def int16) {
	if b.maxDef > 0 {
		b.def = append(b.def, def)
	}
	if b.list {
		b.rep = append(b.rep, rep)
	}
}

// appendRows appends rows i to before j of v. An error is that of row i+n.
func (b *leafBuffer) appendRows(v Vector, i, j int) (n int, err error) {
	if !b.list {
		return b.appendFlat(v, i, j)
	}
	listDef := int16(0)
	if b.nullable {
		listDef = 1
	}
	for row := i; row < j; row++ {
		if v.Null(row) {
			if !b.nullable {
				return row - i, errNull
			}
			b.level(0, 0)
			continue
		}
		elems := v.List(row)
		if elems.Len() == 0 {
			b.level(0, listDef)
			continue
		}
		for k := range elems.Len() {
			rep := int16(1)
			if k == 0 {
				rep = 0
			}
			if elems.Null(k) {
				if !b.elemNullable {
					return row - i, errNull
				}
				b.level(rep, b.maxDef-1)
				continue
			}
			b.level(rep, b.maxDef)
			if err := b.appendOne(elems, k); err != nil {
				return row - i, err
			}
		}
	}
	return j - i, nil
}

func (b *leafBuffer) appendFlat(v Vector, i, j int) (n int, err error) {
	if !v.HasNulls() {
		if b.maxDef > 0 {
			for range j - i {
				b.def = append(b.def, 1)
			}
		}
		if b.appendPlain(v, i, j) || b.appendTexts(v, i, j) {
			return j - i, nil
		}
	}
	for row := i; row < j; row++ {
		if v.HasNulls() {
			null := v.Null(row)
			switch {
			case null && !b.nullable:
				return row - i, errNull
			case null:
				b.def = append(b.def, 0)
				continue
			case b.maxDef > 0:
				b.def = append(b.def, 1)
			}
		}
		if err := b.appendOne(v, row); err != nil {
			return row - i, err
		}
	}
	return j - i, nil
}

// appendPlain appends a run of values that need no check and no conversion.
func (b *leafBuffer) appendPlain(v Vector, i, j int) bool {
	i, j = i+v.offset, j+v.offset
	switch b.typ.Kind {
	case Int32, Date, Uint32:
		b.i32 = append(b.i32, arrow.Int32Traits.CastFromBytes(v.values[4*i:4*j])...)
	case Int64, Uint64, Timestamp:
		b.i64 = append(b.i64, arrow.Int64Traits.CastFromBytes(v.values[8*i:8*j])...)
	case Float32:
		b.f32 = append(b.f32, arrow.Float32Traits.CastFromBytes(v.values[4*i:4*j])...)
	case Float64:
		b.f64 = append(b.f64, arrow.Float64Traits.CastFromBytes(v.values[8*i:8*j])...)
	case UUID:
		b.bytes = append(b.bytes, v.values[16*i:16*j]...)
	default:
		return false
	}
	return true
}

// appendOne appends value i of v, which is not null.
func (b *leafBuffer) appendOne(v Vector, i int) error {
	switch b.typ.Kind {
	case Bool:
		b.bools = append(b.bools, v.Bool(i))
	case Float32:
		b.f32 = append(b.f32, v.Float32(i))
	case Float64:
		b.f64 = append(b.f64, v.Float(i))
	case Decimal:
		return b.appendDecimal(v.Decimal(i))
	case String, Binary, JSON, UUID:
		return b.appendBytes(v.Bytes(i))
	default:
		return b.appendInt(v.Int(i))
	}
	return nil
}

// appendInt appends a value of an integer or time kind; a Uint64 comes as the
// int64 of the same bits.
func (b *leafBuffer) appendInt(v int64) error {
	if err := checkRange(b.typ, v); err != nil {
		return err
	}
	if b.physical == parquet.Types.Int32 {
		b.i32 = append(b.i32, int32(v))
	} else {
		b.i64 = append(b.i64, v)
	}
	return nil
}

func (b *leafBuffer) appendDecimal(n decimal128.Num) error {
	if !fits(n, b.typ.Precision) {
		return fmt.Errorf("the number has more than %d digits", b.typ.Precision)
	}
	switch b.physical {
	case parquet.Types.Int32:
		b.i32 = append(b.i32, int32(n.LowBits()))
	case parquet.Types.Int64:
		b.i64 = append(b.i64, int64(n.LowBits()))
	default:
		start := len(b.bytes)
		b.bytes = append(b.bytes, make([]byte, b.width)...)
		putBigEndian(b.bytes[start:], n)
	}
	return nil
}

func (b *leafBuffer) appendBytes(v []byte) error {
	if len(v) > MaxValue {
		return &LimitError{Limit: "MaxValue", Max: MaxValue, Need: int64(len(v))}
	}
	if err := checkBytes(b.typ.Kind, v); err != nil {
		return err
	}
	b.bytes = append(b.bytes, v...)
	if b.width == 0 {
		b.ends = append(b.ends, len(b.bytes))
	}
	return nil
}

// Runs of variable-length values that are handed to the encoder at once end
// with the row in which they reach runSlots slots or runBytes bytes, so that
// pages stay near their size.
const (
	runSlots = 1024
	runBytes = 256 << 10
)

// writeTo writes the column to w.
func (b *leafBuffer) writeTo(w file.ColumnChunkWriter) error {
	var err error
	switch w := w.(type) {
	case *file.BooleanColumnChunkWriter:
		_, err = w.WriteBatch(b.bools, b.def, b.rep)
	case *file.Int32ColumnChunkWriter:
		_, err = w.WriteBatch(b.i32, b.def, b.rep)
	case *file.Int64ColumnChunkWriter:
		_, err = w.WriteBatch(b.i64, b.def, b.rep)
	case *file.Float32ColumnChunkWriter:
		_, err = w.WriteBatch(b.f32, b.def, b.rep)
	case *file.Float64ColumnChunkWriter:
		_, err = w.WriteBatch(b.f64, b.def, b.rep)
	case *file.ByteArrayColumnChunkWriter:
		err = writeRuns(b, func(i int) (parquet.ByteArray, int) {
			start := 0
			if i > 0 {
				start = b.ends[i-1]
			}
			return b.bytes[start:b.ends[i]], b.ends[i] - start
		}, w.WriteBatch)
	case *file.FixedLenByteArrayColumnChunkWriter:
		err = writeRuns(b, func(i int) (parquet.FixedLenByteArray, int) {
			return b.bytes[i*b.width : (i+1)*b.width], b.width
		}, w.WriteBatch)
	default:
		err = fmt.Errorf("no writer for %s", b.typ)
	}
	return err
}

// writeRuns writes values that are slices, a run at a time.
func writeRuns[T any](b *leafBuffer, value func(i int) (T, int), write func(values []T, def, rep []int16) (int64, error)) error {
	slots := len(b.def)
	if b.maxDef == 0 {
		slots = b.valueCount()
	}
	run := make([]T, 0, runSlots)
	next := 0
	for start := 0; start < slots; {
		run = run[:0]
		size, end := 0, start
		for ; end < slots && (end-start < runSlots && size < runBytes || b.list && b.rep[end] != 0); end++ {
			if b.maxDef == 0 || b.def[end] == b.maxDef {
				v, n := value(next)
				run = append(run, v)
				next++
				size += n
			}
		}
		if _, err := write(run, slotRange(b.def, start, end), slotRange(b.rep, start, end)); err != nil {
			return err
		}
		start = end
	}
	return nil
}

func (b *leafBuffer) valueCount() int {
	if b.width > 0 {
		return len(b.bytes) / b.width
	}
	return len(b.ends)
}

func slotRange(levels []int16, start, end int) []int16 {
	if len(levels) == 0 {
		return nil
	}
	return levels[start:end]
}

// evenCost returns what every row costs in memory, whatever its value.
func (b *leafBuffer) evenCost() int64 {
	if b.list {
		return b.slotCost()
	}
	return b.slotCost() + b.valueCost()
}

// rowCosts adds to costs what the rows of v cost beyond evenCost.
func (b *leafBuffer) rowCosts(v Vector, costs []int64) {
	if !b.list && v.ends == nil {
		return
	}
	for row := range costs {
		switch {
		case v.Null(row):
		case b.list:
			costs[row] += b.listCost(v.List(row))
		default:
			costs[row] += int64(v.ends[v.offset+row+1] - v.ends[v.offset+row])
		}
	}
}

func (b *leafBuffer) listCost(elems Vector) int64 {
	cost := int64(elems.Len()) * (b.slotCost() + b.valueCost())
	if elems.ends == nil {
		return cost
	}
	for k := range elems.Len() {
		if !elems.Null(k) {
			cost += int64(len(elems.Bytes(k)))
		}
	}
	return min(cost, math.MaxInt32)
}
