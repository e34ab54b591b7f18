package parquetio

import (
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"math/big"
	"time"

	"github.com/apache/arrow-go/v18/arrow/decimal128"
)

// Value returns value i as a Go value, or nil for null:
//
//	Bool                  bool
//	Int8 to Int64         int64
//	Uint8 to Uint64       uint64
//	Float32, Float64      float32, float64
//	Decimal               string with all digits of the scale, "-12.50"
//	Date                  time.Time at midnight UTC
//	Time                  time.Duration since midnight
//	Timestamp             time.Time in UTC, also where the type is not of instants
//	String, JSON          string
//	Binary                []byte, a copy
//	UUID                  string of lower-case hexadecimal with hyphens
//	List                  []any
//
// [Writer.AppendRow] takes all of these back.
func (v Vector) Value(i int) any {
	if v.Null(i) {
		return nil
	}
	switch v.typ.Kind {
	case Bool:
		return v.Bool(i)
	case Float32:
		return float32(v.Float(i))
	case Float64:
		return v.Float(i)
	case Decimal:
		return string(appendDecimal(nil, v.Decimal(i), v.typ.Scale))
	case String, JSON:
		return string(v.Bytes(i))
	case Binary:
		return append([]byte{}, v.Bytes(i)...)
	case UUID:
		return string(appendUUID(nil, v.Bytes(i)))
	case List:
		elems := v.List(i)
		out := make([]any, elems.Len())
		for k := range out {
			out[k] = elems.Value(k)
		}
		return out
	}
	return integerValue(v.typ, v.Int(i))
}

func dateTime(days int64) time.Time { return time.Unix(days*86400, 0).UTC() }

func timeOfDay(v int64, u Unit) time.Duration { return time.Duration(v * (1e9 / u.PerSecond())) }

func timestampTime(v int64, u Unit) time.Time {
	switch u {
	case Milliseconds:
		return time.UnixMilli(v).UTC()
	case Microseconds:
		return time.UnixMicro(v).UTC()
	}
	return time.Unix(0, v).UTC()
}

// AppendRow appends one row, given as a Go value for each column: those that
// [Vector.Value] returns, and besides any Go integer for an integer or for a
// decimal of scale 0 that it fits; a []byte for String, JSON or Decimal; a
// *big.Int for a Decimal, counted in units of its scale; a [16]byte for UUID.
// No value is rounded: one that the column's type cannot hold exactly is a
// [*ValueError]. A Date must be midnight UTC. The Writer keeps none of the
// values.
func (w *Writer) AppendRow(values []any) error {
	if err := w.usable(); err != nil {
		return err
	}
	if len(values) != len(w.schema) {
		return w.fail(fmt.Errorf("parquetio: row %d: %d values for %d columns", w.rows, len(values), len(w.schema)))
	}
	cost := int64(0)
	for i, leaf := range w.leaves {
		cost += leaf.goCost(values[i])
	}
	w.costs = append(w.costs[:0], cost)
	if _, err := w.admit(0, 1); err != nil {
		return w.fail(err)
	}
	for i, leaf := range w.leaves {
		if err := leaf.appendGo(values[i]); err != nil {
			return w.fail(w.valueError(w.rows, i, err))
		}
	}
	w.rows++
	w.waiting++
	return nil
}

// goCost returns evenCost and what rowCosts adds for the same value in a vector.
func (b *leafBuffer) goCost(v any) int64 {
	if !b.list {
		return b.slotCost() + b.valueCost() + b.variableCost(v)
	}
	cost := b.slotCost()
	elems, _ := v.([]any)
	for _, e := range elems {
		cost += b.slotCost() + b.valueCost() + b.variableCost(e)
	}
	return cost
}

func (b *leafBuffer) variableCost(v any) int64 {
	switch b.typ.Kind {
	case String, Binary, JSON:
		switch v := v.(type) {
		case string:
			return int64(len(v))
		case []byte:
			return int64(len(v))
		}
	}
	return 0
}

// appendGo appends one row of the column.
func (b *leafBuffer) appendGo(v any) error {
	if !b.list {
		return b.appendSlot(v, 0, 0, b.maxDef, b.nullable)
	}
	listDef := b.maxDef - 1
	if b.elemNullable {
		listDef--
	}
	elems, ok := v.([]any)
	switch {
	case v == nil && b.nullable:
		b.level(0, 0)
		return nil
	case v == nil:
		return errNull
	case !ok:
		return wrongGo(v, ListOf(b.typ))
	case len(elems) == 0:
		b.level(0, listDef)
	}
	for k, e := range elems {
		if err := b.appendSlot(e, int16(min(k, 1)), b.maxDef-1, b.maxDef, b.elemNullable); err != nil {
			return fmt.Errorf("element %d: %w", k, err)
		}
	}
	return nil
}

func (b *leafBuffer) appendSlot(v any, rep, nullDef, fullDef int16, nullable bool) error {
	if v == nil {
		if !nullable {
			return errNull
		}
		b.level(rep, nullDef)
		return nil
	}
	b.level(rep, fullDef)
	return b.appendScalar(v)
}

func (b *leafBuffer) appendScalar(v any) error {
	switch b.typ.Kind {
	case Bool:
		x, ok := v.(bool)
		if !ok {
			return wrongGo(v, b.typ)
		}
		b.bools = append(b.bools, x)
	case Float32, Float64:
		return b.appendFloat(v)
	case Decimal:
		n, err := decimalOfGo(v, b.typ)
		if err != nil {
			return err
		}
		return b.appendDecimal(n)
	case String, JSON, Binary:
		switch x := v.(type) {
		case string:
			return b.appendBytes([]byte(x))
		case []byte:
			return b.appendBytes(x)
		}
		return wrongGo(v, b.typ)
	case UUID:
		u, err := uuidOfGo(v)
		if err != nil {
			return err
		}
		return b.appendBytes(u[:])
	default:
		n, err := integerOfGo(v, b.typ)
		if err != nil {
			return err
		}
		return b.appendInt(n)
	}
	return nil
}

func (b *leafBuffer) appendFloat(v any) error {
	switch x := v.(type) {
	case float32:
		if b.typ.Kind == Float32 {
			b.f32 = append(b.f32, x)
		} else {
			b.f64 = append(b.f64, float64(x))
		}
		return nil
	case float64:
		if b.typ.Kind == Float64 {
			b.f64 = append(b.f64, x)
			return nil
		}
		if float64(float32(x)) != x && !math.IsNaN(x) {
			return errors.New("the number is not exactly a float32")
		}
		b.f32 = append(b.f32, float32(x))
		return nil
	}
	return wrongGo(v, b.typ)
}

func wrongGo(v any, t Type) error { return fmt.Errorf("a Go %T is not a %s", v, t) }

var errInexact = errors.New("more digits of time than the column has")

// integerOfGo returns what a column of an integer or time kind stores for v.
func integerOfGo(v any, t Type) (int64, error) {
	switch t.Kind {
	case Date:
		x, ok := v.(time.Time)
		if !ok {
			return 0, wrongGo(v, t)
		}
		if x.Unix()%86400 != 0 || x.Nanosecond() != 0 {
			return 0, errors.New("the time is not midnight UTC")
		}
		return x.Unix() / 86400, nil
	case Time:
		x, ok := v.(time.Duration)
		if !ok {
			return 0, wrongGo(v, t)
		}
		unit := 1e9 / t.Unit.PerSecond()
		if int64(x)%unit != 0 {
			return 0, errInexact
		}
		return int64(x) / unit, nil
	case Timestamp:
		x, ok := v.(time.Time)
		if !ok {
			return 0, wrongGo(v, t)
		}
		return timestampOfGo(x, t.Unit)
	}
	n, err := wholeOfGo(v, t)
	if err != nil {
		return 0, err
	}
	if t.Kind == Uint64 && n.IsUint64() {
		return int64(n.Uint64()), nil
	}
	if t.Kind == Uint64 || !n.IsInt64() {
		return 0, fmt.Errorf("the number does not fit %s", t)
	}
	return n.Int64(), nil
}

func timestampOfGo(x time.Time, u Unit) (int64, error) {
	unit := 1e9 / u.PerSecond()
	if int64(x.Nanosecond())%unit != 0 {
		return 0, errInexact
	}
	n := new(big.Int).Mul(big.NewInt(x.Unix()), big.NewInt(u.PerSecond()))
	n.Add(n, big.NewInt(int64(x.Nanosecond())/unit))
	if !n.IsInt64() {
		return 0, fmt.Errorf("the time is out of range in %s", u)
	}
	return n.Int64(), nil
}

// wholeOfGo returns the whole number that v is.
func wholeOfGo(v any, t Type) (*big.Int, error) {
	switch x := v.(type) {
	case int64:
		return big.NewInt(x), nil
	case int:
		return big.NewInt(int64(x)), nil
	case int32:
		return big.NewInt(int64(x)), nil
	case int16:
		return big.NewInt(int64(x)), nil
	case int8:
		return big.NewInt(int64(x)), nil
	case uint64:
		return new(big.Int).SetUint64(x), nil
	case uint:
		return new(big.Int).SetUint64(uint64(x)), nil
	case uint32:
		return big.NewInt(int64(x)), nil
	case uint16:
		return big.NewInt(int64(x)), nil
	case uint8:
		return big.NewInt(int64(x)), nil
	}
	return nil, wrongGo(v, t)
}

func decimalOfGo(v any, t Type) (decimal128.Num, error) {
	switch x := v.(type) {
	case string:
		return parseDecimal(x, t)
	case []byte:
		return parseDecimal(string(x), t)
	case *big.Int:
		if x.BitLen() > 127 {
			return decimal128.Num{}, fmt.Errorf("the number does not fit %s", t)
		}
		return decimal128.FromBigInt(x), nil
	}
	n, err := wholeOfGo(v, t)
	if err != nil {
		return decimal128.Num{}, err
	}
	if t.Scale != 0 {
		return decimal128.Num{}, fmt.Errorf("a Go %T for a %s could be meant with or without its scale; give text", v, t)
	}
	return decimal128.FromBigInt(n), nil
}

var errUUID = errors.New("not a UUID of lower-case hexadecimal with hyphens")

func uuidOfGo(v any) (u [16]byte, err error) {
	switch x := v.(type) {
	case [16]byte:
		return x, nil
	case string:
		if len(x) != 36 {
			return u, errUUID
		}
		if _, err := hex.Decode(u[:], []byte(x[:8]+x[9:13]+x[14:18]+x[19:23]+x[24:])); err != nil || string(appendUUID(nil, u[:])) != x {
			return u, errUUID
		}
		return u, nil
	}
	return u, wrongGo(v, Type{Kind: UUID})
}

func appendUUID(dst, u []byte) []byte {
	for i, part := range [][]byte{u[:4], u[4:6], u[6:8], u[8:10], u[10:16]} {
		if i > 0 {
			dst = append(dst, '-')
		}
		dst = hex.AppendEncode(dst, part)
	}
	return dst
}
