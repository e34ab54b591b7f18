package parquetio

import (
	"fmt"
	"strconv"
	"strings"
)

// A Kind is the family of a [Type].
type Kind uint8

// The kinds of column types. The zero Kind is no type.
const (
	Bool Kind = iota + 1
	Int8
	Int16
	Int32
	Int64
	Uint8
	Uint16
	Uint32
	Uint64
	Float32
	Float64
	Decimal   // exact decimal number with Precision and Scale
	Date      // day of the proleptic Gregorian calendar
	Time      // time of day in Unit, 00:00 to before 24:00
	Timestamp // count of Unit since 1970-01-01T00:00:00, an instant when UTC is set
	String    // UTF-8 text
	Binary    // bytes
	UUID      // 16 bytes
	JSON      // one JSON value as UTF-8 text
	List      // zero or more values of type Elem
)

var kindNames = [...]string{
	Bool: "bool", Int8: "int8", Int16: "int16", Int32: "int32", Int64: "int64",
	Uint8: "uint8", Uint16: "uint16", Uint32: "uint32", Uint64: "uint64",
	Float32: "float32", Float64: "float64", Decimal: "decimal", Date: "date", Time: "time", Timestamp: "timestamp",
	String: "string", Binary: "binary", UUID: "uuid", JSON: "json", List: "list",
}

// String returns the name of the kind as it stands in the text of a type.
func (k Kind) String() string {
	if k == 0 || int(k) >= len(kindNames) {
		return fmt.Sprintf("kind(%d)", uint8(k))
	}
	return kindNames[k]
}

// A Unit is the resolution of a [Time] or [Timestamp].
type Unit uint8

// The units of time. Only these kinds have one.
const (
	Milliseconds Unit = iota + 1
	Microseconds
	Nanoseconds
)

var unitNames = [...]string{Milliseconds: "ms", Microseconds: "us", Nanoseconds: "ns"}

// String returns "ms", "us" or "ns".
func (u Unit) String() string {
	if u == 0 || int(u) >= len(unitNames) {
		return fmt.Sprintf("unit(%d)", uint8(u))
	}
	return unitNames[u]
}

// PerSecond returns how many units a second has.
func (u Unit) PerSecond() int64 {
	switch u {
	case Milliseconds:
		return 1e3
	case Microseconds:
		return 1e6
	}
	return 1e9
}

// MaxPrecision is the largest number of digits of a [Decimal].
const MaxPrecision = 38

// A Type is the type of a column. Types with a kind that takes no parameter are
// Type{Kind: k}; fields that the kind does not use must be zero. [Type.Check]
// tells whether a Type is one of those that this package writes.
type Type struct {
	Kind Kind
	// Precision and Scale of a Decimal: 1 ≤ Precision ≤ 38, 0 ≤ Scale ≤ Precision.
	Precision, Scale int
	// Unit of a Time or Timestamp.
	Unit Unit
	// UTC tells that a Timestamp counts instants; otherwise it is the reading
	// of a calendar and a clock somewhere.
	UTC bool
	// Elem is the type of a List's elements, itself no List, and ElemRequired
	// tells that no element is null.
	Elem         *Type
	ElemRequired bool
}

// DecimalOf returns the type of decimals with precision digits, scale of them
// after the point.
func DecimalOf(precision, scale int) Type {
	return Type{Kind: Decimal, Precision: precision, Scale: scale}
}

// TimeOf returns the type of times of day in unit.
func TimeOf(unit Unit) Type { return Type{Kind: Time, Unit: unit} }

// TimestampOf returns the type of timestamps in unit, with utc set of instants.
func TimestampOf(unit Unit, utc bool) Type { return Type{Kind: Timestamp, Unit: unit, UTC: utc} }

// ListOf returns the type of lists whose elements are of type elem or null.
func ListOf(elem Type) Type { return Type{Kind: List, Elem: &elem} }

// Check returns an error unless t is one of the types that docs/rows.md lists.
func (t Type) Check() error {
	if err := t.check(); err != nil {
		return fmt.Errorf("parquetio: %w", err)
	}
	return nil
}

func (t Type) check() error {
	plain := Type{Kind: t.Kind}
	switch t.Kind {
	case Decimal:
		if t.Precision < 1 || t.Precision > MaxPrecision || t.Scale < 0 || t.Scale > t.Precision {
			return fmt.Errorf("decimal(%d,%d): precision must be 1 to %d and scale 0 to precision", t.Precision, t.Scale, MaxPrecision)
		}
		plain.Precision, plain.Scale = t.Precision, t.Scale
	case Time, Timestamp:
		if t.Unit < Milliseconds || t.Unit > Nanoseconds {
			return fmt.Errorf("%s without a unit of ms, us or ns", t.Kind)
		}
		plain.Unit = t.Unit
		plain.UTC = t.UTC && t.Kind == Timestamp
	case List:
		if t.Elem == nil || t.Elem.Kind == List {
			return fmt.Errorf("the element of a list must be a type other than list")
		}
		if err := t.Elem.check(); err != nil {
			return err
		}
		plain.Elem, plain.ElemRequired = t.Elem, t.ElemRequired
	case 0:
		return fmt.Errorf("no type")
	default:
		if t.Kind > List {
			return fmt.Errorf("unknown %s", t.Kind)
		}
	}
	if plain != t {
		return fmt.Errorf("%s has parameters of another type", t.Kind)
	}
	return nil
}

// Equal reports whether t and u are the same type.
func (t Type) Equal(u Type) bool {
	if t.Elem != nil && u.Elem != nil {
		if !t.Elem.Equal(*u.Elem) {
			return false
		}
		t.Elem, u.Elem = nil, nil
	}
	return t == u
}

// String returns the text of the type, which [ParseType] reads: the kind's name,
// with parameters decimal(38,9), time(us), timestamp(us), timestamp(us, utc),
// list<int64>, list<int64 not null>. The text of a type never changes.
func (t Type) String() string {
	switch t.Kind {
	case Decimal:
		return fmt.Sprintf("decimal(%d,%d)", t.Precision, t.Scale)
	case Time:
		return "time(" + t.Unit.String() + ")"
	case Timestamp:
		if t.UTC {
			return "timestamp(" + t.Unit.String() + ", utc)"
		}
		return "timestamp(" + t.Unit.String() + ")"
	case List:
		if t.Elem == nil {
			return "list<>"
		}
		if t.ElemRequired {
			return "list<" + t.Elem.String() + " not null>"
		}
		return "list<" + t.Elem.String() + ">"
	}
	return t.Kind.String()
}

// ParseType reads the text that [Type.String] writes. Spaces around parameters
// do not matter.
func ParseType(text string) (Type, error) {
	t, err := checkedType(text)
	if err != nil {
		return Type{}, fmt.Errorf("parquetio: %w", err)
	}
	return t, nil
}

func checkedType(text string) (Type, error) {
	t, ok := parseType(strings.TrimSpace(text))
	if !ok {
		return Type{}, fmt.Errorf("unknown type %q", text)
	}
	return t, t.check()
}

func parseType(text string) (t Type, ok bool) {
	if inner, found := strings.CutPrefix(text, "list<"); found {
		inner, found = strings.CutSuffix(inner, ">")
		inner, required := strings.CutSuffix(inner, " not null")
		elem, ok := parseType(strings.TrimSpace(inner))
		return Type{Kind: List, Elem: &elem, ElemRequired: required}, found && ok
	}
	name, rest, parameters := strings.Cut(text, "(")
	for k, n := range kindNames {
		if n == name && n != "" {
			t.Kind = Kind(k)
		}
	}
	if !parameters {
		return t, t.Kind != 0
	}
	rest, closed := strings.CutSuffix(rest, ")")
	args := strings.Split(rest, ",")
	for i := range args {
		args[i] = strings.TrimSpace(args[i])
	}
	switch {
	case t.Kind == Decimal && len(args) == 2:
		var errP, errS error
		t.Precision, errP = strconv.Atoi(args[0])
		t.Scale, errS = strconv.Atoi(args[1])
		return t, closed && errP == nil && errS == nil
	case t.Kind == Timestamp && len(args) == 2:
		t.UTC, ok = args[1] == "utc", args[1] == "utc"
	case (t.Kind == Time || t.Kind == Timestamp) && len(args) == 1:
		ok = true
	}
	for u, n := range unitNames {
		if n == args[0] && n != "" {
			t.Unit = Unit(u)
		}
	}
	return t, ok && closed && t.Unit != 0
}
