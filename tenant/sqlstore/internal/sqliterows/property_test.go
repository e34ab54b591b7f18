package sqliterows_test

import (
	"bytes"
	"fmt"
	"math"
	"math/big"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/oneanalytics/oa-archive/parquetio"
)

var kinds = []string{"bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float32", "float64",
	"decimal(38,9)", "decimal(9,9)", "decimal(18,0)", "decimal(19,2)", "date", "time(ms)", "time(us)", "time(ns)", "timestamp(ms)", "timestamp(us)", "timestamp(ns)",
	"timestamp(ms, utc)", "timestamp(us, utc)", "timestamp(ns, utc)", "string", "binary", "uuid", "json"}

func drawSchema(r *rapid.T) parquetio.Schema {
	var schema parquetio.Schema
	taken := map[string]bool{}
	for range rapid.IntRange(1, 7).Draw(r, "columns") {
		text := rapid.SampledFrom(kinds).Draw(r, "type")
		if rapid.IntRange(0, 3).Draw(r, "list") == 0 {
			text = "list<" + text + rapid.SampledFrom([]string{">", " not null>"}).Draw(r, "elements")
		}
		typ, err := parquetio.ParseType(text)
		if err != nil {
			r.Fatal(err)
		}
		name := rapid.OneOf(rapid.StringMatching(`(?i)[ab_"]{1,2}`), rapid.StringMatching(`[^\x00]{1,20}`), rapid.SampledFrom([]string{"_row", "_ROW", "rowid", "a_2"})).Draw(r, "name")
		if !taken[name] {
			taken[name] = true
			schema = append(schema, parquetio.Column{Name: name, Type: typ, Nullable: rapid.Bool().Draw(r, "nullable")})
		}
	}
	return schema
}

func drawRows(r *rapid.T, schema parquetio.Schema) [][]any {
	rows := make([][]any, rapid.IntRange(0, 50).Draw(r, "rows"))
	for i := range rows {
		rows[i] = make([]any, len(schema))
		for k, c := range schema {
			if !c.Nullable || rapid.IntRange(0, 4).Draw(r, "null") > 0 {
				rows[i][k] = drawValue(r, c.Type)
			}
		}
	}
	for range rapid.IntRange(0, 3).Draw(r, "doublings") {
		rows = append(rows, rows...)
	}
	return rows
}

// drawValue draws a value of t as Writer.AppendRow takes it.
func drawValue(r *rapid.T, t parquetio.Type) any {
	switch t.Kind {
	case parquetio.Bool:
		return rapid.Bool().Draw(r, "bool")
	case parquetio.Int8:
		return rapid.Int8().Draw(r, "int8")
	case parquetio.Int16:
		return rapid.Int16().Draw(r, "int16")
	case parquetio.Int32:
		return rapid.Int32().Draw(r, "int32")
	case parquetio.Int64:
		return rapid.Int64().Draw(r, "int64")
	case parquetio.Uint8:
		return rapid.Uint8().Draw(r, "uint8")
	case parquetio.Uint16:
		return rapid.Uint16().Draw(r, "uint16")
	case parquetio.Uint32:
		return rapid.Uint32().Draw(r, "uint32")
	case parquetio.Uint64:
		return rapid.Uint64().Draw(r, "uint64")
	case parquetio.Float32:
		return math.Float32frombits(rapid.Uint32().Draw(r, "float32"))
	case parquetio.Float64:
		return rapid.OneOf(rapid.Float64(), rapid.Map(rapid.Uint64(), math.Float64frombits), rapid.Just(math.NaN()), rapid.Just(math.Copysign(0, -1))).Draw(r, "float64")
	case parquetio.Decimal:
		digits := rapid.IntRange(1, t.Precision).Draw(r, "digits")
		n := new(big.Int).SetBytes(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(r, "decimal"))
		n.Mod(n, new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(digits)), nil))
		if rapid.Bool().Draw(r, "negative") {
			n.Neg(n)
		}
		return n
	case parquetio.Date:
		return time.Unix(int64(rapid.Int32().Draw(r, "day"))*86400, 0).UTC()
	case parquetio.Time:
		unit := int64(time.Second) / t.Unit.PerSecond()
		return time.Duration(rapid.Int64Range(0, 86400*t.Unit.PerSecond()-1).Draw(r, "time") * unit)
	case parquetio.Timestamp:
		n := rapid.Int64().Draw(r, "timestamp")
		return map[parquetio.Unit]func(int64) time.Time{parquetio.Milliseconds: time.UnixMilli, parquetio.Microseconds: time.UnixMicro,
			parquetio.Nanoseconds: func(n int64) time.Time { return time.Unix(0, n) }}[t.Unit](n).UTC()
	case parquetio.String:
		return rapid.String().Draw(r, "string")
	case parquetio.Binary:
		return append([]byte{}, rapid.SliceOf(rapid.Byte()).Draw(r, "binary")...)
	case parquetio.UUID:
		return fmt.Sprintf("00000000-0000-4000-8000-%012x", rapid.Uint64Max(1<<48-1).Draw(r, "uuid"))
	case parquetio.JSON:
		return rapid.SampledFrom([]string{"null", "1.50", "{\"b\":1,\n \"a\":[]}", "\"é\""}).Draw(r, "json")
	}
	list := []any{}
	for range rapid.IntRange(0, 4).Draw(r, "length") {
		if !t.ElemRequired && rapid.IntRange(0, 3).Draw(r, "null element") == 0 {
			list = append(list, nil)
			continue
		}
		list = append(list, drawValue(r, *t.Elem))
	}
	return list
}

// Whatever the columns and rows are, the file that comes out of the table is
// the one that went in.
func TestFilesComeOutAsTheyWentIn(t *testing.T) {
	conn := database(t)
	rapid.Check(t, func(r *rapid.T) {
		schema := drawSchema(r)
		table := mustTable(r, rapid.StringMatching(`[^\x00]{0,5}"?t`).Draw(r, "table"), schema)
		rows := drawRows(r, schema)
		file := write(r, schema, rows)
		defer exec(r, conn, table.Drop())
		load(r, conn, table, file, parquetio.Options{BatchRows: rapid.IntRange(0, 70).Draw(r, "batch rows")})
		if got := mustDump(r, conn, table); !bytes.Equal(got, file) {
			r.Fatalf("table of (%s): other rows came out", schema)
		}
	})
}
