package sqliterows_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/oneanalytics/oa-archive/parquetio"
)

// Values that SQL from elsewhere has put into a table.
func TestForeignValues(t *testing.T) {
	for _, tt := range []struct {
		typ, sql string
		want     string // part of the error; empty: it is one of the type's values
	}{
		{"bool", "2", "is neither 0 nor 1"},
		{"int8", "128", "the number does not fit int8"},
		{"uint8", "-1", "the number does not fit uint8"},
		{"uint32", "4294967296", "the number does not fit uint32"},
		{"uint64", "-1", "the number does not fit uint64"},
		{"uint64", "'5'", "2⁶³ or more"},
		{"uint64", "'018446744073709551615'", "2⁶³ or more"},
		{"uint64", "'18446744073709551616'", "2⁶³ or more"},
		{"uint64", "1.5", "stored as REAL, which no uint64 is"},
		{"float32", "0.1", "number is not a float32"},
		{"float64", "'0.1'", "not NaN"},
		{"float64", "'NaN:7ff8000000000000'", ""},
		{"float64", "'NaN:7ff0000000000000'", "not NaN"},
		{"float32", "'NaN:7f800000'", "not NaN"},
		{"float64", "7", ""},
		{"float64", "9007199254740993", "stored as INTEGER, which no float64 is"},
		{"float64", "9223372036854775807", "stored as INTEGER"},
		{"float64", "x'00'", "stored as BLOB"},
		{"decimal(5,2)", "'1.234'", "more than 2 digits after the point"},
		{"decimal(5,2)", "'1000'", "does not fit decimal(5,2)"},
		{"decimal(5,2)", "'1e2'", "not a decimal number"},
		{"decimal(5,2)", "''", "not a decimal number"},
		{"decimal(5,2)", "'--1'", "not a decimal number"},
		{"decimal(5,2)", "'.5'", "not a decimal number"},
		{"decimal(5,2)", "'12.5000'", ""},
		{"decimal(5,2)", "-7", ""},
		{"date", "'2023-02-29'", "in the form 2006-01-02"},
		{"date", "'2023-2-9'", "in the form"},
		{"date", "'10000-01-01'", "in the form"},
		{"date", "'+9999-01-01'", "in the form"},
		{"date", "'-0000-01-01'", "in the form"},
		{"date", "'+99999999-01-01'", "in the form"},
		{"date", "'+99999999999999999999-01-01'", "in the form"},
		{"date", "'2023-02-29T'", "in the form"},
		{"time(ms)", "'24:00:00.000'", "in the form 15:04:05.000"},
		{"time(us)", "'12:00:00.000'", "in the form 15:04:05.000000"},
		{"timestamp(us)", "'2024-01-01 00:00:00.000000'", "in the form 2006-01-02T15:04:05.000000"},
		{"timestamp(ms, utc)", "'2024-01-01T00:00:00.000'", "in the form 2006-01-02T15:04:05.000Z"},
		{"timestamp(ns)", "'1677-09-21T00:12:43.145224191'", "in the form"},
		{"timestamp(ns)", "'2262-04-11T23:47:16.854775808'", "in the form"},
		{"timestamp(us)", "'+999999999-01-01T00:00:00.000000'", "in the form"},
		{"string", "cast(x'ff' as text)", "not UTF-8"},
		{"string", "7", ""},
		{"json", "'{'", "not one JSON value"},
		{"uuid", "'00000000-0000-4000-8000-0123456789AB'", "in the form"},
		{"uuid", "'{0000000-0000-4000-8000-0123456789a}'", "in the form"},
		{"list<int64>", "'1'", "not a JSON array"},
		{"list<int64>", "'[1'", "not a JSON array"},
		{"list<int64>", "'[1] 2'", "not a JSON array"},
		{"list<int64>", "'[1, [2]]'", "element 1: it is stored as a JSON array or object, which no int64 is"},
		{"list<int64>", "'[1.5]'", "element 0: the number does not fit int64"},
		{"list<int8>", "'[128]'", "element 0: the number does not fit int8"},
		{"list<int8>", "'[true]'", "element 0: it is stored as a JSON boolean"},
		{"list<int8>", `'["x"]'`, "element 0: it is stored as a JSON string"},
		{"list<bool>", "'[1]'", "element 0: it is stored as a JSON number"},
		{"list<bool>", `'["1"]'`, "element 0: it is stored as a JSON string"},
		{"list<string>", "'[1]'", "element 0: it is stored as a JSON number"},
		{"list<string not null>", "'[null]'", "element 0: it is null"},
		{"list<float64>", "'[1e999]'", "element 0: the number does not fit float64"},
		{"list<binary>", `'["/w"]'`, "element 0: it is not base64"},
		{"list<int64>", "' [ 1 , null ] '", ""},
	} {
		t.Run(tt.typ+" "+tt.sql, func(t *testing.T) {
			conn := database(t)
			table := mustTable(t, "t", mustSchema(t, "id int64, v "+tt.typ))
			load(t, conn, table, write(t, table.Schema(), [][]any{{int64(1), nil}}), parquetio.Options{})
			exec(t, conn, "INSERT INTO t VALUES (41, 2, "+tt.sql+")")
			_, err := dump(conn, table)
			if tt.want == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			var value *parquetio.ValueError
			if !errors.As(err, &value) || value.Row != 1 || value.Column != "v" || !strings.Contains(err.Error(), "_row = 41: ") || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want row 1, column v, %q", err, tt.want)
			}
		})
	}
}

// A STRICT table does not take what its columns cannot hold in the first place.
func TestStrictColumns(t *testing.T) {
	conn := database(t)
	exec(t, conn, mustTable(t, "t", mustSchema(t, "i int64, s string, b binary, d date")).Create())
	for column, value := range map[string]string{"i": "'x'", "s": "x'00'", "b": "'text'", "d": "x'00'"} {
		if _, err := conn.ExecContext(context.Background(), "INSERT INTO t ("+column+") VALUES ("+value+")"); err == nil {
			t.Errorf("column %s took %s", column, value)
		}
	}
}

func TestTriggers(t *testing.T) {
	conn := database(t)
	exec(t, conn, "CREATE TABLE registry (id INTEGER, digest TEXT); INSERT INTO registry VALUES (1, 'x'), (2, 'y')")
	table := mustTable(t, "t", columns("a"))
	load(t, conn, table, write(t, table.Schema(), [][]any{{int64(1)}, {int64(2)}}), parquetio.Options{})
	for _, statement := range table.Triggers("UPDATE registry SET digest = NULL WHERE id = 1 AND digest IS NOT NULL") {
		exec(t, conn, statement)
	}
	for _, change := range []string{"INSERT INTO t (a) VALUES (3)", "UPDATE t SET a = 4 WHERE a = 3", "DELETE FROM t WHERE a = 4", "DELETE FROM t",
		"REPLACE INTO t VALUES (0, 5)", "INSERT INTO t VALUES (0, 5) ON CONFLICT DO UPDATE SET a = 6"} {
		exec(t, conn, "UPDATE registry SET digest = 'x'")
		exec(t, conn, change)
		var digest sql.NullString
		var other string
		if err := conn.QueryRowContext(context.Background(), "SELECT (SELECT digest FROM registry WHERE id = 1), (SELECT digest FROM registry WHERE id = 2)").Scan(&digest, &other); err != nil {
			t.Fatal(err)
		}
		if digest.Valid || other != "x" {
			t.Errorf("%s: the registry says %v and %q", change, digest, other)
		}
	}
}

// Rows go out in the order of _row: those that SQL adds come last, and
// VACUUM does not change it.
func TestOrder(t *testing.T) {
	conn := database(t)
	table := mustTable(t, "t", columns("a"))
	load(t, conn, table, write(t, table.Schema(), [][]any{{int64(3)}, {int64(1)}, {int64(2)}}), parquetio.Options{})
	exec(t, conn, "INSERT INTO t (a) VALUES (0); DELETE FROM t WHERE a = 1; VACUUM; INSERT INTO t VALUES (-9223372036854775808, 7), (9223372036854775807, 8)")
	want := write(t, table.Schema(), [][]any{{int64(7)}, {int64(3)}, {int64(2)}, {int64(0)}, {int64(8)}})
	if got := mustDump(t, conn, table); !bytes.Equal(got, want) {
		t.Error("rows come in another order")
	}
}

func TestManyBatches(t *testing.T) {
	conn := database(t)
	table := mustTable(t, "t", mustSchema(t, "id int64 not null, note string"))
	var rows [][]any
	for i := range 20_000 {
		row := []any{int64(i), nil}
		if i%1000 == 0 {
			row[1] = strings.Repeat("x", 1<<20)
		}
		rows = append(rows, row)
	}
	file := write(t, table.Schema(), rows)
	load(t, conn, table, file, parquetio.Options{BatchRows: 777})
	r, batches, most := table.Reader(), 0, 0
	for {
		err := raw(conn, func(c driver) error {
			batch, err := r.Next(context.Background(), c)
			if err == nil {
				batches, most = batches+1, max(most, int(batch.NumRows()))
				batch.Release()
			}
			return err
		})
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if batches < 5 || most > 8<<10 {
		t.Errorf("%d batches, the longest of %d rows", batches, most)
	}
	if got := mustDump(t, conn, table); !bytes.Equal(got, file) {
		t.Error("other rows came out")
	}
}

func TestCancelled(t *testing.T) {
	conn := database(t)
	table := mustTable(t, "t", columns("a"))
	exec(t, conn, table.Create())
	file := write(t, table.Schema(), [][]any{{int64(1)}, {int64(2)}, {int64(3)}})
	f, err := parquetio.Open(bytes.NewReader(file), int64(len(file)), parquetio.Options{BatchRows: 1})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var rows int64
	err = raw(conn, func(c driver) error {
		rows, err = table.Load(ctx, c, after(f.Batches(context.Background()), 2, cancel))
		return err
	})
	if !errors.Is(err, context.Canceled) || rows != 2 {
		t.Errorf("%d rows loaded, error %v", rows, err)
	}
	err = raw(conn, func(c driver) error { _, err := table.Reader().Next(ctx, c); return err })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("Next: %v", err)
	}
	broken := errors.New("broken")
	err = raw(conn, func(c driver) error {
		_, err := table.Load(context.Background(), c, func(yield func(arrow.RecordBatch, error) bool) { yield(nil, broken) })
		return err
	})
	if !errors.Is(err, broken) {
		t.Errorf("Load: %v", err)
	}
}

// after calls f when n elements have been taken.
func after(seq iter.Seq2[arrow.RecordBatch, error], n int, f func()) iter.Seq2[arrow.RecordBatch, error] {
	return func(yield func(arrow.RecordBatch, error) bool) {
		for b, err := range seq {
			if n == 0 {
				f()
			}
			n--
			if !yield(b, err) {
				return
			}
		}
	}
}

func TestTooLong(t *testing.T) {
	for _, tt := range []struct{ typ, sql, want string }{
		{"string", fmt.Sprintf("printf('%%.*c', %d, 'x')", parquetio.MaxValue+1), "more than the 8388608 that a string can have"},
		{"binary", fmt.Sprintf("zeroblob(%d)", parquetio.MaxValue+1), "more than the 8388608 that a binary can have"},
	} {
		conn := database(t)
		table := mustTable(t, "t", mustSchema(t, "v "+tt.typ))
		exec(t, conn, table.Create())
		exec(t, conn, "INSERT INTO t (v) VALUES ("+tt.sql+")")
		if _, err := dump(conn, table); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v", tt.typ, err)
		}
	}
}
