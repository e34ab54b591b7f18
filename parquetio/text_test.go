package parquetio_test

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/oneanalytics/oa-archive/parquetio"
)

// oneBatch calls use with the only batch that rows make.
func oneBatch(t *testing.T, schema parquetio.Schema, rows [][]any, use func(batch arrow.RecordBatch)) {
	t.Helper()
	f := open(t, write(t, schema, parquetio.WriterOptions{}, rows), parquetio.Options{})
	for batch, err := range f.Batches(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		use(batch)
	}
}

func TestTextOfValues(t *testing.T) {
	day := func(y int, m time.Month, d int) time.Time { return time.Date(y, m, d, 0, 0, 0, 0, time.UTC) }
	for _, c := range []struct {
		typ        string
		value      any
		text, json string
	}{
		{"bool", true, "true", "true"},
		{"int8", -128, "-128", "-128"},
		{"int64", int64(1<<53 - 1), "9007199254740991", "9007199254740991"},
		{"int64", int64(1 << 53), "9007199254740992", `"9007199254740992"`},
		{"int64", int64(math.MinInt64), "-9223372036854775808", `"-9223372036854775808"`},
		{"uint64", uint64(math.MaxUint64), "18446744073709551615", `"18446744073709551615"`},
		{"uint64", 7, "7", "7"},
		{"uint32", uint32(math.MaxUint32), "4294967295", "4294967295"},
		{"float64", 0.1, "0.1", "0.1"},
		{"float64", 1e300, "1e+300", "1e+300"},
		{"float64", 1e20, "100000000000000000000", "100000000000000000000"},
		{"float64", 1e-7, "1e-07", "1e-07"},
		{"float64", math.Copysign(0, -1), "-0", "-0"},
		{"float64", math.NaN(), "NaN", `"NaN"`},
		{"float32", float32(0.1), "0.1", "0.1"},
		{"float32", float32(math.Inf(-1)), "-Infinity", `"-Infinity"`},
		{"decimal(5,2)", "-0.5", "-0.50", `"-0.50"`},
		{"decimal(5,2)", "+007.10", "7.10", `"7.10"`},
		{"decimal(38,0)", strings.Repeat("9", 38), strings.Repeat("9", 38), `"` + strings.Repeat("9", 38) + `"`},
		{"decimal(38,38)", "-0." + strings.Repeat("0", 37) + "1", "-0." + strings.Repeat("0", 37) + "1", `"-0.` + strings.Repeat("0", 37) + `1"`},
		{"date", day(2026, 2, 9), "2026-02-09", `"2026-02-09"`},
		{"date", day(-44, 3, 15), "-0044-03-15", `"-0044-03-15"`},
		{"date", day(12026, 3, 15), "+12026-03-15", `"+12026-03-15"`},
		{"date", day(0, 1, 1), "0000-01-01", `"0000-01-01"`},
		{"time(ms)", 24*time.Hour - time.Millisecond, "23:59:59.999", `"23:59:59.999"`},
		{"time(ns)", time.Nanosecond, "00:00:00.000000001", `"00:00:00.000000001"`},
		{"timestamp(us, utc)", time.Date(1969, 12, 31, 23, 59, 59, 999_999_000, time.UTC), "1969-12-31T23:59:59.999999Z", `"1969-12-31T23:59:59.999999Z"`},
		{"timestamp(ms)", time.Date(2026, 1, 2, 3, 4, 5, 6e6, time.UTC), "2026-01-02T03:04:05.006", `"2026-01-02T03:04:05.006"`},
		{"string", "a\"\\\n\t\r\x01\u2028\x7fä😀", "a\"\\\n\t\r\x01\u2028\x7fä😀", `"a\"\\\n\t\r\u0001\u2028\u007fä😀"`},
		{"json", "{\"a\":\n1.50}", "{\"a\":\n1.50}", `{"a": 1.50}`},
		{"binary", []byte{0, 0xff}, `\x00ff`, `"AP8="`},
		{"uuid", uuidText(10), uuidText(10), `"` + uuidText(10) + `"`},
		{"list<int64>", []any{1, nil, int64(1 << 60)}, `[1,null,"1152921504606846976"]`, `[1,null,"1152921504606846976"]`},
		{"list<string>", []any{}, "[]", "[]"},
		{"string", nil, "", "null"},
	} {
		oneBatch(t, mustSchema(t, "c "+c.typ), [][]any{{c.value}}, func(batch arrow.RecordBatch) {
			typ, err := parquetio.ParseType(c.typ)
			if err != nil {
				t.Fatal(err)
			}
			v, err := parquetio.NewVector(typ, batch.Column(0))
			if err != nil {
				t.Fatal(err)
			}
			if got := string(v.AppendText([]byte("x"), 0)); got != "x"+c.text {
				t.Errorf("%s %v: text %q, want %q", c.typ, c.value, got, c.text)
			}
			got := string(v.AppendJSON(nil, 0))
			if got != c.json || !json.Valid([]byte(got)) {
				t.Errorf("%s %v: JSON %s, want %s", c.typ, c.value, got, c.json)
			}
		})
	}
}

func TestCSV(t *testing.T) {
	schema := mustSchema(t, `id int64, "=name" string, "a,b" string`)
	rows := [][]any{
		{-1, "=1+1", `say "hi"`}, {2, "+x", nil}, {3, "-x", ""}, {4, "@x", " pad"}, {5, "\tx", "two\r\nlines"}, {6, "\rx", "NULL"}, {7, "plain", "a=b"},
	}
	oneBatch(t, schema, rows, func(batch arrow.RecordBatch) {
		table, err := parquetio.NewTable(schema, batch)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			opts parquetio.CSVOptions
			want string
		}{
			{parquetio.CSVOptions{}, "id,=name,\"a,b\"\r\n-1,=1+1,\"say \"\"hi\"\"\"\r\n2,+x,\r\n3,-x,\"\"\r\n4,@x,\" pad\"\r\n" +
				"5,\tx,\"two\r\nlines\"\r\n6,\"\rx\",NULL\r\n7,plain,a=b\r\n"},
			{parquetio.CSVOptions{GuardFormulas: true, Null: "NULL"}, "id,'=name,\"a,b\"\r\n-1,'=1+1,\"say \"\"hi\"\"\"\r\n2,'+x,NULL\r\n3,'-x,\r\n4,'@x,\" pad\"\r\n" +
				"5,'\tx,\"two\r\nlines\"\r\n6,\"'\rx\",\"NULL\"\r\n7,plain,a=b\r\n"},
		} {
			got := schema.AppendCSVHeader(nil, c.opts)
			for row := range table.Rows() {
				got = table.AppendCSV(got, row, c.opts)
			}
			if string(got) != c.want {
				t.Errorf("%+v:\n%q, want\n%q", c.opts, got, c.want)
			}
		}
	})
}

func TestNDJSON(t *testing.T) {
	schema := mustSchema(t, `"a\"b" int64, doc json, docs list<json>`)
	oneBatch(t, schema, [][]any{{1, "{\n}", []any{"[\r\n1]"}}, {nil, nil, nil}}, func(batch arrow.RecordBatch) {
		table, err := parquetio.NewTable(schema, batch)
		if err != nil {
			t.Fatal(err)
		}
		got := string(table.AppendNDJSON(table.AppendNDJSON(nil, 0), 1))
		const want = `{"a\"b":1,"doc":{ },"docs":[[  1]]}` + "\n" + `{"a\"b":null,"doc":null,"docs":null}` + "\n"
		if got != want {
			t.Errorf("%s, want %s", got, want)
		}
	})
}

func TestTableOfAnotherSchema(t *testing.T) {
	oneBatch(t, mustSchema(t, "a int64"), [][]any{{1}}, func(batch arrow.RecordBatch) {
		for _, text := range []string{"a int64, b int64", "a int32"} {
			if _, err := parquetio.NewTable(mustSchema(t, text), batch); err == nil {
				t.Errorf("a table of (%s)", text)
			}
		}
	})
}
