package parquetio

import (
	"encoding/binary"
	"math"

	"github.com/apache/arrow-go/v18/arrow/decimal128"
	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/metadata"
)

// Statistics are what a file claims about one column of one row group. They
// help to skip and to plan; nothing may rest on them.
type Statistics struct {
	Nulls    int64 // valid if HasNulls; of a list column: null and empty lists and null elements
	HasNulls bool
	// Min and Max bound the values that are not null, as [Vector.Value]
	// returns them; writers may shorten texts. nil: not known. NaN is not
	// counted in. Of a list column they bound the elements.
	Min, Max any
}

// Statistics returns what the file claims about a column that is read, by its
// position in Schema, in a row group. A claim that cannot be read is no claim.
func (f *File) Statistics(group, column int) Statistics {
	var out Statistics
	t := f.schema[column].Type
	if t.Kind == List {
		t = *t.Elem
	}
	err := guard(func() error {
		c, err := f.meta.RowGroup(group).ColumnChunk(f.leaves[f.picked[column]])
		if err != nil {
			return err
		}
		stats, err := c.Statistics()
		if err != nil || stats == nil {
			return err
		}
		if stats.HasNullCount() && stats.NullCount() >= 0 && stats.NullCount() <= c.NumValues() {
			out.Nulls, out.HasNulls = stats.NullCount(), true
		}
		if stats.HasMinMax() {
			out.Min, out.Max = bounds(t, c, stats)
		}
		return nil
	})
	if err != nil {
		return Statistics{}
	}
	return out
}

// Nulls returns how many nulls the file claims a column has over all row
// groups, and whether all of them say so. See [Statistics].
func (f *File) Nulls(column int) (nulls int64, ok bool) {
	for g := range f.meta.NumRowGroups() {
		s := f.Statistics(g, column)
		if !s.HasNulls {
			return 0, false
		}
		nulls += s.Nulls
	}
	return nulls, true
}

func bounds(t Type, c *metadata.ColumnChunkMetaData, stats metadata.TypedStatistics) (least, most any) {
	least, ok1 := boundValue(t, c.Type(), stats.EncodeMin())
	most, ok2 := boundValue(t, c.Type(), stats.EncodeMax())
	if !ok1 || !ok2 {
		return nil, nil
	}
	return least, most
}

// boundValue returns the value that Parquet's plain encoding b stands for.
func boundValue(t Type, physical parquet.Type, b []byte) (any, bool) {
	wide := func(n int) bool { return len(b) == n }
	switch physical {
	case parquet.Types.Boolean:
		return wide(1) && b[0] != 0, wide(1)
	case parquet.Types.Float:
		if wide(4) {
			return math.Float32frombits(binary.LittleEndian.Uint32(b)), true
		}
	case parquet.Types.Double:
		if wide(8) {
			return math.Float64frombits(binary.LittleEndian.Uint64(b)), true
		}
	case parquet.Types.Int32:
		if wide(4) {
			v := int64(int32(binary.LittleEndian.Uint32(b)))
			if t.Kind == Uint32 {
				v = int64(uint32(v))
			}
			return integerValue(t, v), true
		}
	case parquet.Types.Int64:
		if wide(8) {
			return integerValue(t, int64(binary.LittleEndian.Uint64(b))), true
		}
	default:
		return bytesBound(t, b)
	}
	return nil, false
}

func bytesBound(t Type, b []byte) (any, bool) {
	switch t.Kind {
	case Decimal:
		n, ok := bigEndian(b)
		return string(appendDecimal(nil, n, t.Scale)), ok
	case UUID:
		if len(b) != 16 {
			return nil, false
		}
		return string(appendUUID(nil, b)), true
	case String, JSON:
		return string(b), true
	}
	return append([]byte(nil), b...), true
}

// integerValue returns v, which a column of type t stores as an integer, as
// Vector.Value does.
func integerValue(t Type, v int64) any {
	switch t.Kind {
	case Decimal:
		return string(appendDecimal(nil, decimal128.FromI64(v), t.Scale))
	case Uint8, Uint16, Uint32, Uint64:
		return uint64(v)
	case Date:
		return dateTime(v)
	case Time:
		return timeOfDay(v, t.Unit)
	case Timestamp:
		return timestampTime(v, t.Unit)
	}
	return v
}
