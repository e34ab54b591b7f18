package sqliterows_test

import (
	"bytes"
	"context"
	"database/sql"
	sqldriver "database/sql/driver"
	"errors"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"strings"
	"testing"
	"time"

	_ "modernc.org/sqlite"

	"github.com/oneanalytics/oa-archive/parquetio"
	"github.com/oneanalytics/oa-archive/tenant/sqlstore/internal/sqliterows"
)

type driver = sqldriver.Conn

type fataler interface {
	Helper()
	Fatalf(format string, args ...any)
}

// database opens one connection to an empty database.
func database(t testing.TB) *sql.Conn {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(t.TempDir(), "rows.db")+"?_dqs=0&_pragma=journal_mode(WAL)&_pragma=synchronous(OFF)")
	if err != nil {
		t.Fatal(err)
	}
	conn, err := db.Conn(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(conn.Close(), db.Close()); err != nil {
			t.Error(err)
		}
	})
	return conn
}

func exec(t fataler, conn *sql.Conn, query string, args ...any) {
	t.Helper()
	if _, err := conn.ExecContext(context.Background(), query, args...); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
}

func raw(conn *sql.Conn, f func(driver) error) error {
	return conn.Raw(func(c any) error { return f(c.(driver)) })
}

func mustSchema(t fataler, text string) parquetio.Schema {
	t.Helper()
	s, err := parquetio.ParseSchema(text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return s
}

func mustTable(t fataler, name string, schema parquetio.Schema) *sqliterows.Table {
	t.Helper()
	table, err := sqliterows.New(name, schema)
	if err != nil {
		t.Fatalf("New: %v", err)
	}
	return table
}

// write returns the file of rows.
func write(t fataler, schema parquetio.Schema, rows [][]any) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := parquetio.NewWriter(&out, schema, parquetio.WriterOptions{})
	if err != nil {
		t.Fatalf("NewWriter: %v", err)
	}
	for _, row := range rows {
		if err := w.AppendRow(row); err != nil {
			t.Fatalf("AppendRow: %v", err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatalf("Close: %v", err)
	}
	return out.Bytes()
}

// load creates the table and stores the rows of a file in it.
func load(t fataler, conn *sql.Conn, table *sqliterows.Table, file []byte, opts parquetio.Options) int64 {
	t.Helper()
	f, err := parquetio.Open(bytes.NewReader(file), int64(len(file)), opts)
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	exec(t, conn, table.Create())
	exec(t, conn, "BEGIN")
	var rows int64
	err = raw(conn, func(c driver) error {
		rows, err = table.Load(context.Background(), c, f.Batches(context.Background()))
		return err
	})
	if err != nil {
		t.Fatalf("Load: %v", err)
	}
	exec(t, conn, "COMMIT")
	return rows
}

// dump returns the file of the table's rows.
func dump(conn *sql.Conn, table *sqliterows.Table) ([]byte, error) {
	var out bytes.Buffer
	w, err := parquetio.NewWriter(&out, table.Schema(), parquetio.WriterOptions{})
	if err != nil {
		return nil, err
	}
	for r := table.Reader(); ; {
		err := raw(conn, func(c driver) error {
			batch, err := r.Next(context.Background(), c)
			if err != nil {
				return err
			}
			defer batch.Release()
			return w.Write(batch)
		})
		if err == io.EOF {
			err = w.Close()
			return out.Bytes(), err
		}
		if err != nil {
			return nil, err
		}
	}
}

func mustDump(t fataler, conn *sql.Conn, table *sqliterows.Table) []byte {
	t.Helper()
	file, err := dump(conn, table)
	if err != nil {
		t.Fatalf("read the table: %v", err)
	}
	return file
}

// edges has a column of every kind and its extreme values, one a row.
var edges = []struct {
	typ    string
	values []any
	stored string // the first value as SQLite prints it
}{
	{"bool", []any{true, false}, "1"},
	{"int8", []any{int64(-128), int64(127), int64(0)}, "-128"},
	{"int16", []any{int64(-1 << 15), int64(1<<15 - 1)}, "-32768"},
	{"int32", []any{int64(-1 << 31), int64(1<<31 - 1)}, "-2147483648"},
	{"int64", []any{int64(math.MinInt64), int64(math.MaxInt64), int64(-1)}, "-9223372036854775808"},
	{"uint8", []any{uint64(255), uint64(0)}, "255"},
	{"uint16", []any{uint64(1<<16 - 1)}, "65535"},
	{"uint32", []any{uint64(1<<32 - 1)}, "4294967295"},
	{"uint64", []any{uint64(math.MaxUint64), uint64(1 << 63), uint64(1<<63 - 1), uint64(0)}, "'18446744073709551615'"},
	{"float32", []any{float32(0.1), float32(math.Inf(1)), float32(math.Inf(-1)), float32(math.NaN()), float32(math.Copysign(0, -1)), float32(math.MaxFloat32),
		float32(math.SmallestNonzeroFloat32), math.Float32frombits(0xffc00001)}, "0.100000001490116"},
	{"float64", []any{math.Float64frombits(0x7ff8000000000000), math.NaN(), math.Float64frombits(0xfff0000000000001), math.Inf(1), math.Inf(-1), math.Copysign(0, -1), 0.0,
		math.MaxFloat64, math.SmallestNonzeroFloat64, 0.1, 1e300, 5.0, float64(1 << 60)}, "'NaN'"},
	{"decimal(38,9)", []any{"-99999999999999999999999999999.999999999", "99999999999999999999999999999.999999999", "0.000000000", "-0.000000001"},
		"'-99999999999999999999999999999.999999999'"},
	{"decimal(38,38)", []any{"-0.99999999999999999999999999999999999999", "0.00000000000000000000000000000000000000"}, "'-0.99999999999999999999999999999999999999'"},
	{"decimal(5,0)", []any{"-99999", "0", "7"}, "'-99999'"},
	{"date", []any{day(0, 1, 1), day(-1, 12, 31), day(-4712, 1, 1), day(9999, 12, 31), day(10000, 1, 1), day(2024, 2, 29), day(1900, 2, 28), time.Unix(-86400<<31, 0).UTC(), time.Unix(86400*(1<<31-1), 0).UTC()}, "'0000-01-01'"},
	{"time(ms)", []any{time.Duration(0), 24*time.Hour - time.Millisecond}, "'00:00:00.000'"},
	{"time(us)", []any{time.Duration(0), 24*time.Hour - time.Microsecond}, "'00:00:00.000000'"},
	{"time(ns)", []any{time.Duration(1), 24*time.Hour - time.Nanosecond}, "'00:00:00.000000001'"},
	{"timestamp(ms)", []any{time.UnixMilli(math.MinInt64).UTC(), time.UnixMilli(math.MaxInt64).UTC(), time.UnixMilli(-1).UTC()}, "'-292275055-05-16T16:47:04.192'"},
	{"timestamp(us)", []any{time.UnixMicro(math.MinInt64).UTC(), time.UnixMicro(math.MaxInt64).UTC(), day(-44, 3, 15)}, "'-290308-12-21T19:59:05.224192'"},
	{"timestamp(ns)", []any{time.Unix(0, math.MinInt64).UTC(), time.Unix(0, math.MaxInt64).UTC(), time.Unix(0, 1).UTC()}, "'1677-09-21T00:12:43.145224192'"},
	{"timestamp(us, utc)", []any{day(2024, 2, 29), day(12024, 2, 29)}, "'2024-02-29T00:00:00.000000Z'"},
	{"string", []any{"", "日本語", "שלום", "a\x00b", "line\nbreak", "'; DROP TABLE x; --", "123", strings.Repeat("ñ", 5000)}, "''"},
	{"binary", []any{[]byte{}, []byte{0, 255}, []byte("text")}, "X''"},
	{"uuid", []any{"00000000-0000-4000-8000-0123456789ab", "ffffffff-ffff-ffff-ffff-ffffffffffff"}, "'00000000-0000-4000-8000-0123456789ab'"},
	{"json", []any{" {\"b\" : 1,\r\n\"a\": 1.50}", "null", `"é"`, "1e400"}, "' {\"b\" : 1,\r\n\"a\": 1.50}'"},
	{"list<int64>", []any{[]any{}, []any{nil}, []any{int64(1), nil, int64(math.MinInt64)}, []any{int64(1 << 53)}}, "'[]'"},
	{"list<uint64 not null>", []any{[]any{uint64(math.MaxUint64), uint64(0), uint64(1 << 53)}}, "'[\"18446744073709551615\",0,\"9007199254740992\"]'"},
	{"list<bool>", []any{[]any{true, nil, false}}, "'[true,null,false]'"},
	{"list<int8>", []any{[]any{int64(-128)}}, "'[-128]'"},
	{"list<string>", []any{[]any{"", nil, "a\"b\\", "日\n\u2028", "null"}}, "'[\"\",null,\"a\\\"b\\\\\",\"日\\n\\u2028\",\"null\"]'"},
	{"list<json>", []any{[]any{"null", nil, "{\n}"}}, "'[\"null\",null,\"{\\n}\"]'"},
	{"list<float32>", []any{[]any{float32(0.1), float32(math.NaN()), float32(math.Copysign(0, -1)), float32(math.Inf(-1)), math.Float32frombits(0x7fc00002)}},
		"'[0.1,\"NaN\",-0,\"-Infinity\",\"NaN:7fc00002\"]'"},
	{"list<float64>", []any{[]any{0.1, math.NaN(), 1e-300, math.Inf(1)}}, "'[0.1,\"NaN:7ff8000000000001\",1e-300,\"Infinity\"]'"},
	{"list<binary>", []any{[]any{[]byte{}, []byte{255, 0}, nil}}, "'[\"\",\"/wA=\",null]'"},
	{"list<decimal(38,2)>", []any{[]any{"-0.01", nil}}, "'[\"-0.01\",null]'"},
	{"list<date>", []any{[]any{day(-1, 1, 1)}}, "'[\"-0001-01-01\"]'"},
	{"list<time(ns)>", []any{[]any{time.Duration(7)}}, "'[\"00:00:00.000000007\"]'"},
	{"list<timestamp(ms, utc)>", []any{[]any{day(2024, 1, 1), nil}}, "'[\"2024-01-01T00:00:00.000Z\",null]'"},
	{"list<uuid>", []any{[]any{"00000000-0000-4000-8000-0123456789ab"}}, "'[\"00000000-0000-4000-8000-0123456789ab\"]'"},
}

func day(year, month, day int) time.Time {
	return time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
}

func TestEveryTypeAndItsEdges(t *testing.T) {
	conn := database(t)
	for i, e := range edges {
		t.Run(e.typ, func(t *testing.T) {
			table := mustTable(t, fmt.Sprint("rows ", i), mustSchema(t, "v "+e.typ))
			var rows [][]any
			for _, v := range e.values {
				rows = append(rows, []any{v}, []any{nil})
			}
			file := write(t, table.Schema(), rows)
			if n := load(t, conn, table, file, parquetio.Options{}); n != int64(len(rows)) {
				t.Errorf("%d rows loaded, want %d", n, len(rows))
			}
			if got := mustDump(t, conn, table); !bytes.Equal(got, file) {
				t.Errorf("other rows came out of the table")
			}
			var stored string
			var nulls int
			query := fmt.Sprintf(`SELECT (SELECT quote(v) FROM %[1]s WHERE _row = 1), (SELECT count(*) FROM %[1]s WHERE v IS NULL AND _row %% 2 = 0)`, sqliterows.Quote(fmt.Sprint("rows ", i)))
			if err := conn.QueryRowContext(context.Background(), query).Scan(&stored, &nulls); err != nil {
				t.Fatal(err)
			}
			if e.typ == "float32" {
				stored = stored[:min(len(stored), len(e.stored))]
			}
			if stored != e.stored || nulls != len(e.values) {
				t.Errorf("stored %s and %d nulls, want %s and %d", stored, nulls, e.stored, len(e.values))
			}
		})
	}
}

func TestRequiredColumns(t *testing.T) {
	conn := database(t)
	for i, e := range edges {
		table := mustTable(t, fmt.Sprint("t", i), mustSchema(t, "v "+e.typ+" not null"))
		var rows [][]any
		for _, v := range e.values {
			rows = append(rows, []any{v})
		}
		file := write(t, table.Schema(), rows)
		load(t, conn, table, file, parquetio.Options{})
		if got := mustDump(t, conn, table); !bytes.Equal(got, file) {
			t.Errorf("%s: other rows came out of the table", e.typ)
		}
		if _, err := conn.ExecContext(context.Background(), fmt.Sprintf("UPDATE t%d SET v = NULL", i)); err == nil {
			t.Errorf("%s: SQLite took NULL for a column that is not nullable", e.typ)
		}
	}
}

// The array of a column whose values are all empty has no bytes at all.
func TestOnlyEmptyValues(t *testing.T) {
	conn := database(t)
	table := mustTable(t, "t", mustSchema(t, "b binary, s string, l list<binary>"))
	file := write(t, table.Schema(), [][]any{{[]byte{}, "", []any{[]byte{}}}})
	load(t, conn, table, file, parquetio.Options{})
	if got := mustDump(t, conn, table); !bytes.Equal(got, file) {
		t.Error("other rows came out of the table")
	}
}

func TestEmptyTable(t *testing.T) {
	conn := database(t)
	table := mustTable(t, "t", mustSchema(t, "id int64 not null, l list<json>"))
	file := write(t, table.Schema(), nil)
	if n := load(t, conn, table, file, parquetio.Options{}); n != 0 {
		t.Errorf("%d rows", n)
	}
	if got := mustDump(t, conn, table); !bytes.Equal(got, file) {
		t.Error("another file came out of the table")
	}
}
