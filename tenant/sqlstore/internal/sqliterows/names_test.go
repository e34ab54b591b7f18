package sqliterows_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/oneanalytics/oa-archive/parquetio"
	"github.com/oneanalytics/oa-archive/tenant/sqlstore/internal/sqliterows"
)

func columns(names ...string) (s parquetio.Schema) {
	for _, name := range names {
		s = append(s, parquetio.Column{Name: name, Type: parquetio.Type{Kind: parquetio.Int64}, Nullable: true})
	}
	return s
}

func TestColumnNames(t *testing.T) {
	long := strings.Repeat("ж", 300)
	for _, tt := range []struct {
		names, want []string
	}{
		{[]string{"id", "rowid", "oid", "_rowid_", "select"}, []string{"id", "rowid", "oid", "_rowid_", "select"}},
		{[]string{`"; DROP TABLE x; --`, "'", "a\nb", " ", "日本", `""`}, []string{`"; DROP TABLE x; --`, "'", "a\nb", " ", "日本", `""`}},
		{[]string{"A", "a", "a_2", "É", "é"}, []string{"A", "a_3", "a_2", "É", "é"}},
		{[]string{"_row", "_ROW", "_row_2"}, []string{"_row_3", "_ROW_4", "_row_2"}},
		{[]string{long, long + "x", "b"}, []string{long[:152] + "_2", long[:152] + "_3", "b"}},
	} {
		table := mustTable(t, "t", columns(tt.names...))
		if got := table.Columns(); !slices.Equal(got, tt.want) {
			t.Errorf("columns %q are called %q, want %q", tt.names, got, tt.want)
		}
	}
}

func TestStrangeNames(t *testing.T) {
	conn := database(t)
	exec(t, conn, `CREATE TABLE x (n INTEGER)`)
	schema := columns(`"; DROP TABLE x; --`, "x", "X", "_row", "_ROW", "rowid", "OID", "_rowid_", "日本", "\t", "?", "$1", "[a]", "`", strings.Repeat(`"`, 1024), strings.Repeat(`"`, 1023)+"a")
	row := make([]any, len(schema))
	for i := range row {
		row[i] = int64(i)
	}
	for _, name := range []string{`"; DROP TABLE x; --`, "select", "日本", "[x]", "x y"} {
		table := mustTable(t, name, schema)
		file := write(t, schema, [][]any{row, row})
		load(t, conn, table, file, parquetio.Options{})
		for _, statement := range table.Triggers("INSERT INTO x VALUES (1)") {
			exec(t, conn, statement)
		}
		if got := mustDump(t, conn, table); !bytes.Equal(got, file) {
			t.Errorf("table %q: other rows came out", name)
		}
		exec(t, conn, table.Drop())
	}
	exec(t, conn, `SELECT n FROM x`)
}

func TestWidth(t *testing.T) {
	names := make([]string, sqliterows.MaxColumns+1)
	for i := range names {
		names[i] = strings.Repeat(`"`, 1000) + fmt.Sprint(i)
	}
	_, err := sqliterows.New("t", columns(names...))
	var limit *parquetio.LimitError
	if !errors.As(err, &limit) || limit.Max != 1999 || limit.Need != 2000 {
		t.Errorf("2,000 columns: %v", err)
	}
	conn := database(t)
	schema := columns(names[1:]...)
	table := mustTable(t, "t", schema)
	row := make([]any, len(schema))
	row[7] = int64(7)
	file := write(t, schema, [][]any{row, row, row})
	load(t, conn, table, file, parquetio.Options{})
	if got := mustDump(t, conn, table); !bytes.Equal(got, file) {
		t.Error("other rows came out of the widest table")
	}
}

func TestNamesThatCannotBe(t *testing.T) {
	for _, tt := range []struct {
		table  string
		schema parquetio.Schema
		want   string
	}{
		{"", columns("a"), "cannot name a table"},
		{"a\x00b", columns("a"), "cannot name a table"},
		{"t", columns(""), "column 1"},
		{"t", columns("a", "b\x00c"), "column 2"},
		{"t", columns("a", "a"), "two columns"},
		{"t", nil, "0 columns"},
	} {
		if _, err := sqliterows.New(tt.table, tt.schema); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("table %q (%v): error %v, want %q", tt.table, tt.schema, err, tt.want)
		}
	}
}

func TestChangedColumns(t *testing.T) {
	for _, tt := range []struct{ change, want string }{
		{`ALTER TABLE t ADD COLUMN c INTEGER`, `"c" was added or renamed`},
		{`ALTER TABLE t RENAME COLUMN a TO c`, `"c" was added or renamed`},
		{`ALTER TABLE t DROP COLUMN b`, `"b" is gone`},
		{`DROP TABLE t`, "no such table"},
		{`DROP TABLE t; CREATE TABLE t (a, b)`, `first column is "a"`},
	} {
		conn := database(t)
		table := mustTable(t, "t", columns("a", "b"))
		load(t, conn, table, write(t, table.Schema(), [][]any{{int64(1), nil}}), parquetio.Options{})
		exec(t, conn, tt.change)
		if _, err := dump(conn, table); !errors.Is(err, sqliterows.ErrChanged) || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", tt.change, err, tt.want)
		}
	}
	conn := database(t)
	table := mustTable(t, "t", columns("a", "b"))
	load(t, conn, table, write(t, table.Schema(), nil), parquetio.Options{})
	exec(t, conn, `VACUUM`)
	if err := raw(conn, func(c driver) error { return table.Check(context.Background(), c) }); err != nil {
		t.Error(err)
	}
}
