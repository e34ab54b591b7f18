package parquetio_test

import (
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/oneanalytics/oa-archive/parquetio"
)

// typeTexts are all kinds of types with the text that must never change.
var typeTexts = []struct {
	text string
	typ  parquetio.Type
}{
	{"bool", parquetio.Type{Kind: parquetio.Bool}},
	{"int8", parquetio.Type{Kind: parquetio.Int8}},
	{"int16", parquetio.Type{Kind: parquetio.Int16}},
	{"int32", parquetio.Type{Kind: parquetio.Int32}},
	{"int64", parquetio.Type{Kind: parquetio.Int64}},
	{"uint8", parquetio.Type{Kind: parquetio.Uint8}},
	{"uint16", parquetio.Type{Kind: parquetio.Uint16}},
	{"uint32", parquetio.Type{Kind: parquetio.Uint32}},
	{"uint64", parquetio.Type{Kind: parquetio.Uint64}},
	{"float32", parquetio.Type{Kind: parquetio.Float32}},
	{"float64", parquetio.Type{Kind: parquetio.Float64}},
	{"decimal(9,2)", parquetio.DecimalOf(9, 2)},
	{"decimal(18,0)", parquetio.DecimalOf(18, 0)},
	{"decimal(38,38)", parquetio.DecimalOf(38, 38)},
	{"date", parquetio.Type{Kind: parquetio.Date}},
	{"time(ms)", parquetio.TimeOf(parquetio.Milliseconds)},
	{"time(us)", parquetio.TimeOf(parquetio.Microseconds)},
	{"time(ns)", parquetio.TimeOf(parquetio.Nanoseconds)},
	{"timestamp(ms)", parquetio.TimestampOf(parquetio.Milliseconds, false)},
	{"timestamp(us, utc)", parquetio.TimestampOf(parquetio.Microseconds, true)},
	{"timestamp(ns)", parquetio.TimestampOf(parquetio.Nanoseconds, false)},
	{"string", parquetio.Type{Kind: parquetio.String}},
	{"binary", parquetio.Type{Kind: parquetio.Binary}},
	{"uuid", parquetio.Type{Kind: parquetio.UUID}},
	{"json", parquetio.Type{Kind: parquetio.JSON}},
	{"list<decimal(20,4)>", parquetio.ListOf(parquetio.DecimalOf(20, 4))},
	{"list<timestamp(us, utc) not null>", func() parquetio.Type {
		t := parquetio.ListOf(parquetio.TimestampOf(parquetio.Microseconds, true))
		t.ElemRequired = true
		return t
	}()},
}

func TestTypeText(t *testing.T) {
	for _, c := range typeTexts {
		if got := c.typ.String(); got != c.text {
			t.Errorf("text %q, want %q", got, c.text)
		}
		got, err := parquetio.ParseType(c.text)
		if err != nil || !got.Equal(c.typ) {
			t.Errorf("ParseType(%q) = %v, %v", c.text, got, err)
		}
		back, err := parquetio.TypeOfArrow(c.typ.Arrow())
		if err != nil || !back.Equal(c.typ) {
			t.Errorf("%s by way of Arrow is %v, %v", c.text, back, err)
		}
	}
}

func TestTypeTextWithSpaces(t *testing.T) {
	for _, text := range []string{" decimal( 9 , 2 ) ", "decimal(9, 2)"} {
		if got, err := parquetio.ParseType(text); err != nil || got.String() != "decimal(9,2)" {
			t.Errorf("ParseType(%q) = %v, %v", text, got, err)
		}
	}
}

func TestWrongTypes(t *testing.T) {
	for _, text := range []string{
		"", "integer", "Int64", "decimal", "decimal(0,0)", "decimal(39,0)", "decimal(9,10)", "decimal(9,-1)", "decimal(9)",
		"time", "time(s)", "time(us, utc)", "timestamp", "timestamp(us, UTC)", "timestamp(us", "int64(8)", "list", "list<>",
		"list<int64", "list<list<int64>>", "list<int64 null>", "(9,2)",
	} {
		if got, err := parquetio.ParseType(text); err == nil {
			t.Errorf("ParseType(%q) = %v", text, got)
		}
	}
	for _, typ := range []parquetio.Type{
		{}, {Kind: 99}, {Kind: parquetio.Int64, Precision: 3}, {Kind: parquetio.Int64, UTC: true},
		{Kind: parquetio.Time, Unit: parquetio.Microseconds, UTC: true}, {Kind: parquetio.List},
	} {
		if typ.Check() == nil {
			t.Errorf("%+v passes", typ)
		}
	}
}

func TestArrowTypesWithoutCounterpart(t *testing.T) {
	for _, dt := range []arrow.DataType{
		arrow.FixedWidthTypes.Timestamp_s, arrow.FixedWidthTypes.Time32s, arrow.FixedWidthTypes.Date64, arrow.BinaryTypes.LargeString,
		&arrow.TimestampType{Unit: arrow.Microsecond, TimeZone: "Europe/Berlin"}, &arrow.Decimal256Type{Precision: 40}, arrow.Null,
		arrow.StructOf(arrow.Field{Name: "a", Type: arrow.PrimitiveTypes.Int64}), arrow.ListOf(arrow.ListOf(arrow.PrimitiveTypes.Int64)),
		&arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int32, ValueType: arrow.BinaryTypes.String}, arrow.FixedWidthTypes.Float16,
	} {
		if got, err := parquetio.TypeOfArrow(dt); err == nil {
			t.Errorf("%s is taken for %s", dt, got)
		}
	}
}

func TestSchemaText(t *testing.T) {
	schema := parquetio.Schema{
		{Name: "id", Type: parquetio.Type{Kind: parquetio.Int64}},
		{Name: "unit price", Type: parquetio.DecimalOf(12, 2), Nullable: true},
		{Name: `a "b", c`, Type: parquetio.ListOf(parquetio.Type{Kind: parquetio.String})},
		{Name: "größe", Type: parquetio.TimestampOf(parquetio.Microseconds, true), Nullable: true},
		{Name: "9lives", Type: parquetio.Type{Kind: parquetio.UUID}, Nullable: true},
	}
	const text = `id int64 not null, "unit price" decimal(12,2), "a \"b\", c" list<string> not null, ` +
		`"größe" timestamp(us, utc), "9lives" uuid`
	if got := schema.String(); got != text {
		t.Errorf("text\n%s, want\n%s", got, text)
	}
	back, err := parquetio.ParseSchema(text)
	if err != nil || !back.Equal(schema) {
		t.Errorf("parsed %v, %v", back, err)
	}
	if back.Index("unit price") != 1 || back.Index("none") != -1 {
		t.Error("Index is wrong")
	}
	arrow, err := parquetio.SchemaOfArrow(schema.Arrow())
	if err != nil || !arrow.Equal(schema) {
		t.Errorf("by way of Arrow %v, %v", arrow, err)
	}
}

func TestWrongSchemas(t *testing.T) {
	for text, want := range map[string]string{
		"":                        "no column name",
		"id":                      "no column name",
		"id int64,":               "no column name",
		"id int64, id string":     `two columns are named "id"`,
		"a b int64":               "unknown type",
		`"" int64`:                "name",
		`"a\u0000b" int64`:        "without NUL",
		"a int64 notnull":         "unknown type",
		"a decimal(40,2)":         "precision",
		`"unfinished int64`:       "no column name",
		`"x"int64`:                "no column name",
		"a list<list<int64>>":     "element of a list",
		"a-b int64":               "no column name",
		"a timestamp(us, berlin)": "unknown type",
	} {
		if got, err := parquetio.ParseSchema(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("ParseSchema(%q) = %v, %v; want %q", text, got, err, want)
		}
	}
}
