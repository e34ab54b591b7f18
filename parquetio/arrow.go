package parquetio

import (
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/extensions"
)

// elementName is what the Parquet specification calls the element of a list.
const elementName = "element"

var arrowUnits = [...]arrow.TimeUnit{Milliseconds: arrow.Millisecond, Microseconds: arrow.Microsecond, Nanoseconds: arrow.Nanosecond}

var arrowFixed = map[Kind]arrow.DataType{
	Bool: arrow.FixedWidthTypes.Boolean,
	Int8: arrow.PrimitiveTypes.Int8, Int16: arrow.PrimitiveTypes.Int16,
	Int32: arrow.PrimitiveTypes.Int32, Int64: arrow.PrimitiveTypes.Int64,
	Uint8: arrow.PrimitiveTypes.Uint8, Uint16: arrow.PrimitiveTypes.Uint16,
	Uint32: arrow.PrimitiveTypes.Uint32, Uint64: arrow.PrimitiveTypes.Uint64,
	Float32: arrow.PrimitiveTypes.Float32, Float64: arrow.PrimitiveTypes.Float64,
	Date: arrow.FixedWidthTypes.Date32, String: arrow.BinaryTypes.String, Binary: arrow.BinaryTypes.Binary,
	UUID: extensions.NewUUIDType(), JSON: jsonType(),
}

func jsonType() arrow.DataType {
	t, err := extensions.NewJSONType(arrow.BinaryTypes.String)
	if err != nil {
		panic(err) // a string is storage for JSON by Arrow's own definition
	}
	return t
}

// Arrow returns the Arrow type that holds t: the one of the same name, with
// decimal128 for decimals, date32 for dates, time32 or time64 by unit, a
// timestamp with zone "UTC" for instants, and the canonical extension types
// arrow.uuid and arrow.json. t must be valid.
func (t Type) Arrow() arrow.DataType {
	switch t.Kind {
	case Decimal:
		return &arrow.Decimal128Type{Precision: int32(t.Precision), Scale: int32(t.Scale)}
	case Time:
		if t.Unit == Milliseconds {
			return arrow.FixedWidthTypes.Time32ms
		}
		return &arrow.Time64Type{Unit: arrowUnits[t.Unit]}
	case Timestamp:
		zone := ""
		if t.UTC {
			zone = "UTC"
		}
		return &arrow.TimestampType{Unit: arrowUnits[t.Unit], TimeZone: zone}
	case List:
		return arrow.ListOfField(arrow.Field{Name: elementName, Type: t.Elem.Arrow(), Nullable: !t.ElemRequired})
	}
	return arrowFixed[t.Kind]
}

// Arrow returns the Arrow schema of the batches that hold rows of s, which must
// be valid. It carries no metadata.
func (s Schema) Arrow() *arrow.Schema {
	fields := make([]arrow.Field, len(s))
	for i, c := range s {
		fields[i] = arrow.Field{Name: c.Name, Type: c.Type.Arrow(), Nullable: c.Nullable}
	}
	return arrow.NewSchema(fields, nil)
}

// TypeOfArrow returns the type that an Arrow array of type dt holds. Types that
// no [Type] maps to are refused: seconds, zones other than UTC, decimals of
// other widths, large and view layouts, dictionaries, structs, maps.
func TypeOfArrow(dt arrow.DataType) (Type, error) {
	t, err := typeOfArrow(dt)
	if err != nil {
		return Type{}, fmt.Errorf("parquetio: %w", err)
	}
	return t, nil
}

func typeOfArrow(dt arrow.DataType) (Type, error) {
	for k, fixed := range arrowFixed {
		if arrow.TypeEqual(fixed, dt) {
			return Type{Kind: k}, nil
		}
	}
	var t Type
	switch dt := dt.(type) {
	case *arrow.Decimal128Type:
		t = DecimalOf(int(dt.Precision), int(dt.Scale))
	case *arrow.Time32Type:
		t = TimeOf(unitOfArrow(dt.Unit))
	case *arrow.Time64Type:
		t = TimeOf(unitOfArrow(dt.Unit))
	case *arrow.TimestampType:
		t = TimestampOf(unitOfArrow(dt.Unit), dt.TimeZone != "")
		if dt.TimeZone != "" && dt.TimeZone != "UTC" {
			t.Kind = 0
		}
	case *arrow.ListType:
		elem, err := typeOfArrow(dt.Elem())
		if err != nil {
			return Type{}, err
		}
		t = Type{Kind: List, Elem: &elem, ElemRequired: !dt.ElemField().Nullable}
	}
	if t.Kind == 0 || t.check() != nil {
		return Type{}, fmt.Errorf("the Arrow type %s has no counterpart", dt)
	}
	return t, nil
}

// SchemaOfArrow returns the schema of batches with schema s, and checks it.
func SchemaOfArrow(s *arrow.Schema) (Schema, error) {
	out := make(Schema, s.NumFields())
	for i, f := range s.Fields() {
		t, err := typeOfArrow(f.Type)
		if err != nil {
			return nil, fmt.Errorf("parquetio: column %q: %w", f.Name, err)
		}
		out[i] = Column{Name: f.Name, Type: t, Nullable: f.Nullable}
	}
	return out, out.Check()
}

func unitOfArrow(u arrow.TimeUnit) Unit {
	switch u {
	case arrow.Millisecond:
		return Milliseconds
	case arrow.Microsecond:
		return Microseconds
	case arrow.Nanosecond:
		return Nanoseconds
	}
	return 0
}
