package superset

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/oneanalytics/oa-archive/layout"
	"github.com/oneanalytics/oa-archive/parquetio"
	"github.com/oneanalytics/oa-archive/tenant"
	"github.com/oneanalytics/oa-archive/tenant/tenanttest"
)

const ordersID = "aaaaaaaa-0000-4000-8000-000000000001"

// bundleWith is a bundle of one dataset, whose rows are in the file at data.
func bundleWith(data string, columns ...string) fstest.MapFS {
	var b strings.Builder
	fmt.Fprintf(&b, "table_name: orders\nuuid: %s\ndatabase_uuid: bbbbbbbb-0000-4000-8000-000000000001\nversion: 1.0.0\ndata: %s\nmetrics: []\ncolumns:\n", ordersID, data)
	for _, c := range columns {
		name, sql, _ := strings.Cut(c, " ")
		fmt.Fprintf(&b, "- column_name: %s\n  type: %s\n  groupby: true\n  is_dttm: false\n  expression: null\n", name, sql)
	}
	return fstest.MapFS{
		"metadata.yaml":                     {Data: []byte("version: 1.0.0\ntype: assets\ntimestamp: '2024-02-29T11:30:00+00:00'\n")},
		"datasets/examples/orders.yaml":     {Data: []byte(b.String())},
		"databases/not_read_of_this_bundle": {Data: nil},
	}
}

func ordersOf(t testing.TB, src *Source) (rows []byte, err error) {
	t.Helper()
	for e, err := range src.Entries(t.Context(), tenant.Selection{Rows: true}) {
		if err != nil {
			t.Fatal(err)
		}
		if e.Name.Kind != layout.Rows {
			continue
		}
		r, err := e.Open(t.Context())
		if err != nil {
			return nil, err
		}
		defer r.Close()
		return io.ReadAll(r)
	}
	return nil, nil
}

// table shows a Parquet file: its schema, then a line for each row.
func shownRows(t testing.TB, file []byte) string {
	t.Helper()
	f, err := parquetio.Open(bytes.NewReader(file), int64(len(file)), parquetio.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	fmt.Fprintln(&b, f.Schema())
	for batch, err := range f.Batches(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		vectors, err := parquetio.Vectors(f.Schema(), batch)
		if err != nil {
			t.Fatal(err)
		}
		for i := range int(batch.NumRows()) {
			for k, v := range vectors {
				if k > 0 {
					b.WriteByte('|')
				}
				if v.Null(i) {
					b.WriteString("null")
					continue
				}
				b.Write(v.AppendText(nil, i))
			}
			b.WriteByte('\n')
		}
	}
	return b.String()
}

func TestRows(t *testing.T) {
	bundle := bundleWith("https://example.org/raw/orders.csv", "id BIGINT", "price DOUBLE PRECISION", "net NUMERIC(12,2)", "paid BOOLEAN",
		"day DATE", "at TIMESTAMP WITHOUT TIME ZONE", "seen TIMESTAMP WITH TIME ZONE", "sent DATETIME", "note VARCHAR(10)")
	const text = "\ufeffid,price,net,paid,day,at,seen,sent,note,extra\n" +
		"1,2.50,2.5,True,2024-02-29,2024-02-29 11:30:00.123456,2024-02-29 12:30:00+01,,\"a, \"\"b\"\"\nc\",NA\n" +
		"2.0,N/A,-3,f,2/29/2024,2/29/2024,2024-02-29T11:30:00Z,2024-02-29T11:30:00.5Z,None,null\n" +
		"NaN,-1e300,0.10,,2024-02-29 00:00:00,,,2024-03-01T00:00:00Z,Пиво 啤酒 🍺,\n"
	const want = "id int64, price float64, net decimal(12,2), paid bool, day date, at timestamp(us), seen timestamp(us, utc), sent timestamp(us, utc), note string, extra string\n" +
		"1|2.5|2.50|true|2024-02-29|2024-02-29T11:30:00.123456|2024-02-29T11:30:00.000000Z|null|a, \"b\"\nc|NA\n" +
		"2|null|-3.00|false|2024-02-29|2024-02-29T00:00:00.000000|2024-02-29T11:30:00.000000Z|2024-02-29T11:30:00.500000Z|None|null\n" +
		"null|-1e+300|0.10|null|2024-02-29|null|null|2024-03-01T00:00:00.000000Z|Пиво 啤酒 🍺|null\n"
	data := fstest.MapFS{"orders.csv": {Data: []byte(text)}}
	src := open(t, bundle, Options{Tenant: acme, Data: data})
	file, err := ordersOf(t, src)
	if err != nil {
		t.Fatal(err)
	}
	if got := shownRows(t, file); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	again, err := ordersOf(t, src)
	if err != nil || !bytes.Equal(again, file) {
		t.Errorf("made again, the rows are other bytes: %v", err)
	}
	for name, doc := range documents(t, src) {
		if name.Kind == layout.Metadata && !strings.Contains(string(compact(t, doc)), `"mode":"import","version":1,"row_count":3`) {
			t.Errorf("the record is not that of imported rows: %s", doc)
		}
	}

	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	if _, err := z.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	bundle = bundleWith("https://example.org/orders.csv.gz", "id BIGINT", "price DOUBLE PRECISION", "net NUMERIC(12,2)", "paid BOOLEAN",
		"day DATE", "at TIMESTAMP WITHOUT TIME ZONE", "seen TIMESTAMP WITH TIME ZONE", "sent DATETIME", "note VARCHAR(10)")
	file, err = ordersOf(t, open(t, bundle, Options{Tenant: acme, Data: fstest.MapFS{"orders.csv.gz": {Data: zipped.Bytes()}}}))
	if err != nil || shownRows(t, file) != want {
		t.Errorf("compressed: %v", err)
	}
}

// TestRowsRefuse holds that a cell that does not fit is named by line and
// column, and is not repeated.
func TestRowsRefuse(t *testing.T) {
	for _, c := range []struct{ name, sql, text, says string }{
		{"integer", "BIGINT", "1.5", "is no whole number of 64 bits"},
		{"large", "INTEGER", "9223372036854775808", "is no whole number of 64 bits"},
		{"number", "FLOAT", "12,5", "is no number"},
		{"hexadecimal", "FLOAT", "0x1p4", "is no number"},
		{"too large", "DOUBLE PRECISION", "1e999", "is no number"},
		{"decimal", "NUMERIC(4, 1)", "1.25", "is no decimal number"},
		{"digits", "NUMERIC(4, 1)", "12345.0", `column "x"`},
		{"sign", "DECIMAL(4,1)", "-", "is no decimal number"},
		{"bool", "BOOLEAN", "maybe", "is neither true nor false"},
		{"date", "DATE", "2024-02-30", "is no date"},
		{"date with a time", "DATE", "2024-02-28 10:00:00", "is no date"},
		{"time", "TIMESTAMP", "noon", "is no time"},
		{"zone", "TIMESTAMP WITHOUT TIME ZONE", "2024-02-28T10:00:00Z", "a time with a zone where the column has none"},
		{"no zone", "TIMESTAMP WITH TIME ZONE", "2024-02-28T10:00:00", "a time with a zone where the column has none, or"},
		{"nanoseconds", "TIMESTAMP WITHOUT TIME ZONE", "2024-02-28 10:00:00.123456789", "orders.csv: line 4"},
		{"not UTF-8", "TEXT", "\xff\xfe", "orders.csv: line 4"},
	} {
		data := fstest.MapFS{"orders.csv": {Data: []byte("id,x\n1,\n\"2\",\n3,\"" + c.text + "\"\n")}}
		_, err := ordersOf(t, open(t, bundleWith("orders.csv", "id BIGINT", "x "+c.sql), Options{Tenant: acme, Data: data}))
		if err == nil || !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), "line 4") || c.name != "digits" && len(c.text) > 3 && strings.Contains(err.Error(), c.text) {
			t.Errorf("%s: %v, want line 4 and %q", c.name, err, c.says)
		}
	}
	for _, c := range []struct{ name, text, says string }{
		{"empty", "", "the file is empty"},
		{"two columns of a name", "a,a\n", `named "a"`},
		{"no name", "a,\n", "column 2"},
		{"a cell more", "a,b\n1,2\n1,2,3\n", "line 3"},
		{"an open quote", "a,b\n1,\"2\n", "line 2"},
		{"no gzip", "a,b\n", ""},
	} {
		file := "orders.csv"
		if c.name == "no gzip" {
			file += ".gz"
		}
		_, err := Open(bundleWith("https://h.example/"+file, "a TEXT"), Options{Tenant: acme, Data: fstest.MapFS{file: {Data: []byte(c.text)}}})
		if err == nil || !strings.Contains(err.Error(), file) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, want %q", c.name, err, c.says)
		}
	}
}

func TestDatasetsWithoutRows(t *testing.T) {
	data := fstest.MapFS{"orders.csv": {Data: []byte("a\n1\n")}}
	for _, address := range []string{"https://h.example/other.csv", "''", "null", "7", "https://h.example/..", "'::'", "https://h.example/"} {
		rows, err := ordersOf(t, open(t, bundleWith(address, "a TEXT"), Options{Tenant: acme, Data: data}))
		if rows != nil || err != nil {
			t.Errorf("%s: %d bytes, %v", address, len(rows), err)
		}
	}
}

func TestRowsThatChange(t *testing.T) {
	data := fstest.MapFS{"orders.csv": {Data: []byte("a\n1\n")}}
	src := open(t, bundleWith("orders.csv", "a BIGINT"), Options{Tenant: acme, Data: data})
	for _, text := range []string{"a\n2\n", "a\n1\n2\n", "a,b\n1,2\n"} {
		data["orders.csv"] = &fstest.MapFile{Data: []byte(text)}
		if _, err := ordersOf(t, src); !errors.Is(err, tenant.ErrChanged) {
			t.Errorf("%q: %v", text, err)
		}
	}
	delete(data, "orders.csv")
	if _, err := ordersOf(t, src); !errors.Is(err, tenant.ErrChanged) {
		t.Errorf("gone: %v", err)
	}
}

func TestSourceWithRowsKeepsItsPromises(t *testing.T) {
	data := fstest.MapFS{"orders.csv": {Data: []byte("a\n" + strings.Repeat("1\n", 5000))}}
	tenanttest.RunSource(t, func(tb testing.TB) tenant.Source {
		return open(tb, bundleWith("orders.csv", "a BIGINT"), Options{Tenant: acme, Data: data})
	})
}

func FuzzReadTime(f *testing.F) {
	f.Add("2024-02-29 11:30:00.123456")
	f.Add("2/29/2024")
	f.Fuzz(func(t *testing.T, text string) {
		for _, sql := range []string{"BIGINT", "DOUBLE", "NUMERIC(9,3)", "BOOLEAN", "DATE", "TIMESTAMP WITH TIME ZONE", "DATETIME", "TEXT"} {
			typ, read := rowType(sql)
			if value, err := read(text); err == nil && value == nil {
				t.Errorf("%q as %s (%s) is nothing", text, sql, typ)
			}
		}
	})
}
