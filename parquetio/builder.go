package parquetio

import (
	"errors"
	"math"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/bitutil"
	"github.com/apache/arrow-go/v18/arrow/decimal128"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet"
)

// A growing is a buffer of an allowance that doubles as it grows.
type growing struct{ buf *memory.Buffer }

func newGrowing(mem *allowance) growing { return growing{memory.NewResizableBuffer(mem)} }

// extend appends n bytes of any content and returns them.
func (g growing) extend(n int) []byte {
	old := g.buf.Len()
	if need := old + n; need > g.buf.Cap() {
		g.buf.Reserve(max(need, 2*g.buf.Cap(), 64))
	}
	g.buf.ResizeNoShrink(old + n)
	return g.buf.Bytes()[old:]
}

// A builder collects the decoded values of a leaf, flat or the elements of
// lists, into the buffers of an Arrow array.
type builder struct {
	typ    Type
	n      int
	nulls  int
	valid  growing // bit per value, empty until the first null
	values growing
	ends   growing // int32 offsets, first 0; variable length only
}

func newBuilder(t Type, mem *allowance) *builder {
	b := &builder{typ: t, valid: newGrowing(mem), values: newGrowing(mem), ends: newGrowing(mem)}
	return b
}

// size returns the memory in use, spare capacity apart.
func (b *builder) size() int64 {
	return int64(b.valid.buf.Len() + b.values.buf.Len() + b.ends.buf.Len())
}

func (b *builder) release() {
	b.valid.buf.Release()
	b.values.buf.Release()
	b.ends.buf.Release()
}

// A decoded is a run of values as the decoder returned them, without nulls.
// Which field is set follows from the physical type.
type decoded struct {
	bools []bool
	i32   []int32
	i64   []int64
	f32   []float32
	f64   []float64
	vars  []parquet.ByteArray
	fixed []parquet.FixedLenByteArray
}

// mark records which of the next slots are null: those whose level is below
// full. levels is nil where no slot can be null.
func (b *builder) mark(slots int, levels []int16, full int16) (nulls int) {
	for _, l := range levels {
		if l < full {
			nulls++
		}
	}
	if nulls == 0 && b.nulls == 0 {
		return 0
	}
	if b.nulls == 0 {
		bits := b.valid.extend(int(bitutil.BytesForBits(int64(b.n))))
		for i := range bits {
			bits[i] = 0xff
		}
	}
	had := b.valid.buf.Len()
	fresh := b.valid.extend(int(bitutil.BytesForBits(int64(b.n+slots))) - had)
	clear(fresh)
	bits := b.valid.buf.Bytes()
	for i := range slots {
		bitutil.SetBitTo(bits, b.n+i, levels == nil || levels[i] == full)
	}
	return nulls
}

// append appends slots, of which those with a level below full are null and the
// others have the values of d in order.
func (b *builder) append(d decoded, slots int, levels []int16, full int16) error {
	nulls := b.mark(slots, levels, full)
	if nulls == 0 {
		levels = nil
	}
	err := b.place(d, slots, levels, full)
	b.n += slots
	b.nulls += nulls
	return err
}

func (b *builder) place(d decoded, slots int, levels []int16, full int16) error {
	switch b.typ.Kind {
	case Bool:
		return b.placeBools(d.bools, slots, levels, full)
	case Int8, Uint8:
		return placeNarrow(b.values.extend(slots), 1, d.i32, b.typ, levels, full)
	case Int16, Uint16:
		return placeNarrow(b.values.extend(2*slots), 2, d.i32, b.typ, levels, full)
	case Int32, Uint32, Date:
		spread(arrow.Int32Traits.CastFromBytes(b.values.extend(4*slots)), d.i32, levels, full)
	case Int64, Uint64, Timestamp:
		spread(arrow.Int64Traits.CastFromBytes(b.values.extend(8*slots)), d.i64, levels, full)
	case Time:
		return b.placeTimes(d, slots, levels, full)
	case Float32:
		spread(arrow.Float32Traits.CastFromBytes(b.values.extend(4*slots)), d.f32, levels, full)
	case Float64:
		spread(arrow.Float64Traits.CastFromBytes(b.values.extend(8*slots)), d.f64, levels, full)
	case Decimal:
		return b.placeDecimals(d, slots, levels, full)
	case UUID:
		return b.placeUUIDs(d.fixed, slots, levels, full)
	default:
		return b.placeBytes(d, slots, levels, full)
	}
	return nil
}

// spread writes values to the slots of dst that are not null and zero to the
// others.
func spread[T any](dst, values []T, levels []int16, full int16) {
	if levels == nil {
		copy(dst, values)
		return
	}
	var zero T
	next := 0
	for i, l := range levels {
		if l == full {
			dst[i] = values[next]
			next++
		} else {
			dst[i] = zero
		}
	}
}

// placeNarrow writes integers that Parquet stores in 32 bits as width bytes.
func placeNarrow(dst []byte, width int, values []int32, t Type, levels []int16, full int16) error {
	next := 0
	for i := range len(dst) / width {
		v := int32(0)
		if levels == nil || levels[i] == full {
			v = values[next]
			next++
			if err := checkRange(t, int64(v)); err != nil {
				return err
			}
		}
		dst[width*i] = byte(v)
		if width == 2 {
			dst[2*i+1] = byte(v >> 8)
		}
	}
	return nil
}

func (b *builder) placeBools(values []bool, slots int, levels []int16, full int16) error {
	had := b.values.buf.Len()
	clear(b.values.extend(int(bitutil.BytesForBits(int64(b.n+slots))) - had))
	bits := b.values.buf.Bytes()
	next := 0
	for i := range slots {
		if levels == nil || levels[i] == full {
			bitutil.SetBitTo(bits, b.n+i, values[next])
			next++
		}
	}
	return nil
}

func (b *builder) placeTimes(d decoded, slots int, levels []int16, full int16) error {
	for _, v := range d.i32 {
		if err := checkRange(b.typ, int64(v)); err != nil {
			return err
		}
	}
	for _, v := range d.i64 {
		if err := checkRange(b.typ, v); err != nil {
			return err
		}
	}
	if b.typ.Unit == Milliseconds {
		spread(arrow.Int32Traits.CastFromBytes(b.values.extend(4*slots)), d.i32, levels, full)
	} else {
		spread(arrow.Int64Traits.CastFromBytes(b.values.extend(8*slots)), d.i64, levels, full)
	}
	return nil
}

var errDecimalWide = errors.New("a decimal with more digits than its type has")

func (b *builder) placeDecimals(d decoded, slots int, levels []int16, full int16) error {
	out := arrow.Decimal128Traits.CastFromBytes(b.values.extend(16 * slots))
	next := 0
	for i := range out {
		out[i] = decimal128.Num{}
		if levels != nil && levels[i] < full {
			continue
		}
		n, ok := d.decimal(next)
		if !ok || !fits(n, b.typ.Precision) {
			return errDecimalWide
		}
		out[i] = n
		next++
	}
	return nil
}

func (d decoded) decimal(i int) (decimal128.Num, bool) {
	switch {
	case d.i32 != nil:
		return decimal128.FromI64(int64(d.i32[i])), true
	case d.i64 != nil:
		return decimal128.FromI64(d.i64[i]), true
	case d.fixed != nil:
		return bigEndian(d.fixed[i])
	}
	return bigEndian(d.vars[i])
}

func (b *builder) placeUUIDs(values []parquet.FixedLenByteArray, slots int, levels []int16, full int16) error {
	out := b.values.extend(16 * slots)
	clear(out)
	next := 0
	for i := range slots {
		if levels == nil || levels[i] == full {
			copy(out[16*i:16*i+16], values[next])
			next++
		}
	}
	return nil
}

var errBatchBytes = errors.New("a batch with 2 GiB or more in one column")

func (b *builder) placeBytes(d decoded, slots int, levels []int16, full int16) error {
	if b.ends.buf.Len() == 0 {
		clear(b.ends.extend(4))
	}
	total := 0
	for _, v := range d.vars {
		if err := checkBytes(b.typ.Kind, v); err != nil {
			return err
		}
		total += len(v)
	}
	for _, v := range d.fixed {
		total += len(v)
	}
	end := b.values.buf.Len()
	if end+total > math.MaxInt32 {
		return errBatchBytes
	}
	out := b.values.extend(total)[:0]
	ends := arrow.Int32Traits.CastFromBytes(b.ends.extend(4 * slots))
	next := 0
	for i := range slots {
		if levels == nil || levels[i] == full {
			if d.fixed != nil {
				out = append(out, d.fixed[next]...)
			} else {
				out = append(out, d.vars[next]...)
			}
			next++
		}
		ends[i] = int32(end + len(out))
	}
	return nil
}

// data returns the array's data and gives up the builder's hold on it.
func (b *builder) data() arrow.ArrayData {
	defer b.release()
	buffers := []*memory.Buffer{nil, b.values.buf}
	if b.nulls > 0 {
		buffers[0] = b.valid.buf
	}
	switch b.typ.Kind {
	case String, Binary, JSON:
		if b.ends.buf.Len() == 0 {
			clear(b.ends.extend(4))
		}
		buffers = []*memory.Buffer{buffers[0], b.ends.buf, b.values.buf}
	}
	return array.NewData(b.typ.Arrow(), b.n, buffers, nil, b.nulls, 0)
}

// arrayOf makes the array over d.
func arrayOf(d arrow.ArrayData) arrow.Array {
	if _, ok := d.DataType().(arrow.ExtensionType); ok {
		return array.NewExtensionData(d)
	}
	return array.MakeFromData(d)
}
