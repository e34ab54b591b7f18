package parquetio

import (
	"fmt"
	"math/big"

	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/schema"
)

const noField = -1 // no field id

var parquetUnits = [...]schema.TimeUnitType{Milliseconds: schema.TimeUnitMillis, Microseconds: schema.TimeUnitMicros, Nanoseconds: schema.TimeUnitNanos}

// physical returns how Parquet stores values of t: the physical type, its
// length when it is of fixed length, and the logical type.
func (t Type) physical() (parquet.Type, int, schema.LogicalType) {
	none := schema.NoLogicalType{}
	switch t.Kind {
	case Bool:
		return parquet.Types.Boolean, 0, none
	case Int8, Int16, Int32, Uint8, Uint16, Uint32:
		if t.Kind == Int32 {
			return parquet.Types.Int32, 0, none
		}
		bits, signed := t.Kind.integer()
		return parquet.Types.Int32, 0, schema.NewIntLogicalType(int8(bits), signed)
	case Int64:
		return parquet.Types.Int64, 0, none
	case Uint64:
		return parquet.Types.Int64, 0, schema.NewIntLogicalType(64, false)
	case Float32:
		return parquet.Types.Float, 0, none
	case Float64:
		return parquet.Types.Double, 0, none
	case Decimal:
		logical := schema.NewDecimalLogicalType(int32(t.Precision), int32(t.Scale))
		switch {
		case t.Precision <= 9:
			return parquet.Types.Int32, 0, logical
		case t.Precision <= 18:
			return parquet.Types.Int64, 0, logical
		}
		return parquet.Types.FixedLenByteArray, decimalWidth(t.Precision), logical
	case Date:
		return parquet.Types.Int32, 0, schema.DateLogicalType{}
	case Time:
		logical := schema.NewTimeLogicalType(false, parquetUnits[t.Unit])
		if t.Unit == Milliseconds {
			return parquet.Types.Int32, 0, logical
		}
		return parquet.Types.Int64, 0, logical
	case Timestamp:
		return parquet.Types.Int64, 0, schema.NewTimestampLogicalType(t.UTC, parquetUnits[t.Unit])
	case String:
		return parquet.Types.ByteArray, 0, schema.StringLogicalType{}
	case UUID:
		return parquet.Types.FixedLenByteArray, 16, schema.UUIDLogicalType{}
	case JSON:
		return parquet.Types.ByteArray, 0, schema.JSONLogicalType{}
	}
	return parquet.Types.ByteArray, 0, none
}

// integer returns the width and signedness of an integer kind; bits is 0 for
// other kinds.
func (k Kind) integer() (bits int, signed bool) {
	switch {
	case k >= Int8 && k <= Int64:
		return 8 << (k - Int8), true
	case k >= Uint8 && k <= Uint64:
		return 8 << (k - Uint8), false
	}
	return 0, false
}

// decimalWidth returns how many bytes hold a signed number of precision digits.
func decimalWidth(precision int) int {
	largest := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(precision)), nil)
	largest.Sub(largest, big.NewInt(1))
	return largest.BitLen()/8 + 1
}

func repetition(nullable bool) parquet.Repetition {
	if nullable {
		return parquet.Repetitions.Optional
	}
	return parquet.Repetitions.Required
}

// node returns the Parquet schema of the column.
func (c Column) node() (schema.Node, error) {
	if c.Type.Kind == List {
		elem, err := Column{Name: elementName, Type: *c.Type.Elem, Nullable: !c.Type.ElemRequired}.node()
		if err != nil {
			return nil, err
		}
		return schema.ListOfWithName(c.Name, elem, repetition(c.Nullable), noField)
	}
	physical, length, logical := c.Type.physical()
	return schema.NewPrimitiveNodeLogical(c.Name, repetition(c.Nullable), logical, physical, length, noField)
}

func (s Schema) node() (*schema.GroupNode, error) {
	fields := make(schema.FieldList, len(s))
	for i, c := range s {
		n, err := c.node()
		if err != nil {
			return nil, fmt.Errorf("parquetio: column %q: %w", c.Name, err)
		}
		fields[i] = n
	}
	return schema.NewGroupNode("schema", parquet.Repetitions.Required, fields, noField)
}

// columnOfNode returns the column that a field of a file's schema stands for.
// What it refuses, and why, is listed in docs/rows.md.
func columnOfNode(n schema.Node) (Column, error) {
	refuse := func(typ, reason string) (Column, error) {
		return Column{}, &UnsupportedError{Column: n.Name(), Type: typ, Reason: reason}
	}
	c := Column{Name: n.Name(), Nullable: n.RepetitionType() == parquet.Repetitions.Optional}
	if leaf, ok := n.(*schema.PrimitiveNode); ok {
		t, reason := typeOfLeaf(leaf)
		if reason != "" {
			return refuse(leafName(leaf), reason)
		}
		c.Type = t
		if n.RepetitionType() == parquet.Repetitions.Repeated { // a list of one level, from before LIST
			c.Type = Type{Kind: List, Elem: &t, ElemRequired: true}
		}
		return c, nil
	}
	group := n.(*schema.GroupNode)
	if _, ok := n.LogicalType().(schema.ListLogicalType); !ok {
		return refuse(groupName(group), "columns of columns have no counterpart in a table")
	}
	if n.RepetitionType() == parquet.Repetitions.Repeated || group.NumFields() != 1 || group.Field(0).RepetitionType() != parquet.Repetitions.Repeated {
		return refuse("list", "it is not laid out as the specification says")
	}
	elem := group.Field(0)
	if inner, ok := elem.(*schema.GroupNode); ok {
		if inner.NumFields() != 1 || inner.Name() == "array" || inner.Name() == n.Name()+"_tuple" {
			return refuse("list of struct", "columns of columns have no counterpart in a table")
		}
		elem = inner.Field(0)
		if elem.RepetitionType() == parquet.Repetitions.Repeated {
			return refuse("list of list", "lists nest one deep")
		}
	}
	leaf, ok := elem.(*schema.PrimitiveNode)
	if !ok {
		return refuse("list of "+groupName(elem.(*schema.GroupNode)), "the elements of a list must be plain values")
	}
	t, reason := typeOfLeaf(leaf)
	if reason != "" {
		return refuse("list of "+leafName(leaf), reason)
	}
	c.Type = Type{Kind: List, Elem: &t, ElemRequired: elem.RepetitionType() != parquet.Repetitions.Optional}
	return c, nil
}

// typeOfLeaf returns the type of a leaf, or the reason why it has none.
func typeOfLeaf(n *schema.PrimitiveNode) (t Type, reason string) {
	physical := n.PhysicalType()
	if physical == parquet.Types.Int96 {
		return t, "it does not say whether it counts from UTC; write it as TIMESTAMP"
	}
	switch logical := n.LogicalType().(type) {
	case schema.NoLogicalType, nil:
		return typeOfPhysical(physical), ""
	case schema.IntLogicalType:
		return typeOfInteger(int(logical.BitWidth()), logical.IsSigned()), ""
	case schema.DecimalLogicalType:
		t = DecimalOf(int(logical.Precision()), int(logical.Scale()))
	case schema.DateLogicalType:
		t.Kind = Date
	case schema.TimeLogicalType:
		t = TimeOf(unitOfParquet(logical.TimeUnit()))
	case schema.TimestampLogicalType:
		t = TimestampOf(unitOfParquet(logical.TimeUnit()), logical.IsAdjustedToUTC())
	case schema.StringLogicalType, schema.EnumLogicalType:
		t.Kind = String
	case schema.UUIDLogicalType:
		t.Kind = UUID
	case schema.JSONLogicalType:
		t.Kind = JSON
	default:
		return t, "no type of a table holds it exactly"
	}
	if err := t.check(); err != nil {
		return Type{}, err.Error()
	}
	if !stores(t, physical, n.TypeLength()) {
		return Type{}, "the logical type does not fit its physical type"
	}
	return t, ""
}

// stores reports whether a column of type t may be stored as physical.
func stores(t Type, physical parquet.Type, length int) bool {
	wants, n, _ := t.physical()
	if t.Kind != Decimal {
		return wants == physical && (n == 0 || n == length)
	}
	switch physical {
	case parquet.Types.Int32:
		return t.Precision <= 9
	case parquet.Types.Int64:
		return t.Precision <= 18
	case parquet.Types.FixedLenByteArray:
		return length > 0 && length <= 1024
	}
	return physical == parquet.Types.ByteArray
}

func typeOfPhysical(physical parquet.Type) Type {
	switch physical {
	case parquet.Types.Boolean:
		return Type{Kind: Bool}
	case parquet.Types.Int32:
		return Type{Kind: Int32}
	case parquet.Types.Int64:
		return Type{Kind: Int64}
	case parquet.Types.Float:
		return Type{Kind: Float32}
	case parquet.Types.Double:
		return Type{Kind: Float64}
	}
	return Type{Kind: Binary}
}

func typeOfInteger(bits int, signed bool) Type {
	kind := Uint8
	if signed {
		kind = Int8
	}
	for ; bits > 8; bits /= 2 {
		kind++
	}
	return Type{Kind: kind}
}

func unitOfParquet(u schema.TimeUnitType) Unit {
	switch u {
	case schema.TimeUnitMillis:
		return Milliseconds
	case schema.TimeUnitMicros:
		return Microseconds
	case schema.TimeUnitNanos:
		return Nanoseconds
	}
	return 0
}

func leafName(n *schema.PrimitiveNode) string {
	if logical := n.LogicalType(); logical != nil && logical.IsValid() && !logical.IsNone() {
		return n.PhysicalType().String() + " (" + logical.String() + ")"
	}
	return n.PhysicalType().String()
}

func groupName(n *schema.GroupNode) string {
	switch n.LogicalType().(type) {
	case schema.MapLogicalType:
		return "map"
	case schema.ListLogicalType:
		return "list"
	case schema.VariantLogicalType:
		return "variant"
	}
	return "struct"
}
