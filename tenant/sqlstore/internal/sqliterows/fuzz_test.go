package sqliterows

import (
	"testing"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/oneanalytics/oa-archive/parquetio"
)

// FuzzStoredText looks for text that is taken as a value, but then written in
// a way that is not taken or is another value.
func FuzzStoredText(f *testing.F) {
	for typ, texts := range map[string][]string{
		"uint64":                 {"18446744073709551615", "9223372036854775808", "5"},
		"float32":                {"NaN", "NaN:7fc00001", "NaN:7f800000"},
		"float64":                {"NaN", "NaN:fff8000000000001"},
		"decimal(38,9)":          {"-1.5", "99999999999999999999999999999.999999999", "00.000"},
		"decimal(9,0)":           {"999999999", "1.0"},
		"date":                   {"2024-02-29", "-0001-12-31", "+5881580-07-11", "0000-01-01"},
		"time(ms)":               {"23:59:59.999"},
		"time(ns)":               {"00:00:00.000000001"},
		"timestamp(ms, utc)":     {"-292275055-05-16T16:47:04.192Z", "+292278994-08-17T07:12:55.807Z"},
		"timestamp(us)":          {"1970-01-01T00:00:00.000000"},
		"timestamp(ns)":          {"1677-09-21T00:12:43.145224192", "2262-04-11T23:47:16.854775807"},
		"string":                 {"", "日本"},
		"uuid":                   {"00000000-0000-4000-8000-0123456789ab"},
		"json":                   {"{\"a\":\n1}", "null"},
		"list<int64>":            {"[]", "[1,null,\"9223372036854775807\"]", " [ -0 ] "},
		"list<uint64>":           {"[1,\"18446744073709551615\"]"},
		"list<float32>":          {"[0.1,-0,\"NaN\",\"-Infinity\",\"NaN:7fc00001\",1e39]"},
		"list<float64 not null>": {"[1e-400,\"Infinity\"]"},
		"list<bool>":             {"[true,false,null]"},
		"list<json>":             {"[\"null\",null]"},
		"list<binary>":           {"[\"\",\"/wA=\"]"},
		"list<decimal(5,2)>":     {"[\"1.50\"]"},
		"list<date>":             {"[\"2024-01-01\"]"},
		"list<string>":           {"[\"\\u0000\",\"\\ud834\\udd1e\"]"},
	} {
		for _, text := range texts {
			f.Add(typ, text)
		}
	}
	f.Fuzz(func(t *testing.T, typ, text string) {
		kind, err := parquetio.ParseType(typ)
		if err != nil {
			return
		}
		first, ok := through(t, kind, text)
		if !ok {
			return
		}
		again := first
		if s, ok := first.(string); ok {
			if again, ok = through(t, kind, s); !ok {
				t.Fatalf("%s %q is taken, but then written as %q, which is not", typ, text, s)
			}
		}
		if again != first {
			t.Fatalf("%s %q is written as %#v, and that as %#v", typ, text, first, again)
		}
	})
}

// through returns what is stored for the value that text is taken for.
func through(t *testing.T, typ parquetio.Type, text string) (any, bool) {
	b := array.NewBuilder(memory.DefaultAllocator, typ.Arrow())
	defer b.Release()
	if _, err := newSink(typ, true, b).put(text); err != nil {
		return nil, false
	}
	a := b.NewArray()
	defer a.Release()
	v, err := parquetio.NewVector(typ, a)
	if err != nil {
		t.Fatal(err)
	}
	stored, plain := encoder{v}.plain(0)
	if !plain {
		stored = string(encoder{v}.appendText(nil, 0))
	}
	return stored, true
}
