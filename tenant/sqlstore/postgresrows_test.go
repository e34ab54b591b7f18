package sqlstore

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/oneanalytics/oa-archive/layout"
	"github.com/oneanalytics/oa-archive/parquetio"
	"github.com/oneanalytics/oa-archive/tenant"
)

// wantRows compares the rows that a tenant has with a file.
func wantRows(t *testing.T, s *Store, want []byte) {
	t.Helper()
	got, err := contents(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got[rowsPath], want) {
		t.Errorf("the rows are a file of %d bytes, not the one of %d that was brought in", len(got[rowsPath]), len(want))
	}
	for _, e := range inventory(t, s.Inventory(t.Context())) {
		if e.Name == rowsName && (e.Size != int64(len(want)) || e.Digest != layout.DigestOf(want)) {
			t.Errorf("the inventory has rows of %d bytes with the digest %s", e.Size, e.Digest)
		}
	}
}

// kindsOfRows is a column of every type with rows at the edges of its values.
var kindsOfRows = []struct {
	typ    string
	values [3]any
	sql    string // of the second value
}{
	{"bool", [3]any{false, true, nil}, "true"},
	{"int8", [3]any{math.MinInt8, math.MaxInt8, 0}, "127"},
	{"int16", [3]any{math.MinInt16, math.MaxInt16, nil}, "32767"},
	{"int32", [3]any{math.MinInt32, math.MaxInt32, nil}, "2147483647"},
	{"int64", [3]any{int64(math.MinInt64), int64(math.MaxInt64), nil}, "9223372036854775807"},
	{"uint8", [3]any{0, math.MaxUint8, nil}, "255"},
	{"uint16", [3]any{0, math.MaxUint16, nil}, "65535"},
	{"uint32", [3]any{0, uint32(math.MaxUint32), nil}, "4294967295"},
	{"uint64", [3]any{0, uint64(math.MaxUint64), nil}, "18446744073709551615"},
	{"float32", [3]any{float32(math.NaN()), float32(math.Inf(-1)), float32(math.SmallestNonzeroFloat32)}, "-Infinity"},
	{"float64", [3]any{math.Copysign(0, -1), math.MaxFloat64, math.Float64frombits(0x7ff0000000000001)}, "1.7976931348623157e+308"},
	{"decimal(38,9)", [3]any{"-99999999999999999999999999999.999999999", "0.000000001", nil}, "0.000000001"},
	{"decimal(5,0)", [3]any{"-99999", "10000", "0"}, "10000"},
	{"date", [3]any{time.Date(-4713, 11, 24, 0, 0, 0, 0, time.UTC), time.Date(2024, 2, 29, 0, 0, 0, 0, time.UTC), nil}, "2024-02-29"},
	{"time(ms)", [3]any{time.Duration(0), 24*time.Hour - time.Millisecond, nil}, "23:59:59.999"},
	{"time(us)", [3]any{time.Duration(0), 24*time.Hour - time.Microsecond, nil}, "23:59:59.999999"},
	{"time(ns)", [3]any{time.Duration(0), 24*time.Hour - time.Microsecond, nil}, "23:59:59.999999"},
	{"timestamp(ms)", [3]any{time.Date(-4713, 11, 24, 0, 0, 0, 0, time.UTC), time.UnixMilli(-1).UTC(), nil}, "1969-12-31 23:59:59.999"},
	{"timestamp(us, utc)", [3]any{time.UnixMicro(math.MaxInt64).UTC(), time.UnixMicro(1).UTC(), nil}, "1970-01-01 00:00:00.000001+00"},
	{"timestamp(ns)", [3]any{time.Unix(0, -1000).UTC(), time.Unix(0, 1000).UTC(), nil}, "1970-01-01 00:00:00.000001"},
	{"string", [3]any{"", "Ærø 東京 \u202e\\N\t\n'\"", nil}, "Ærø 東京 \u202e\\N\t\n'\""},
	{"binary", [3]any{[]byte{}, []byte{0, 0xff}, nil}, `\x00ff`},
	{"uuid", [3]any{asset, workspace, nil}, workspace},
	{"json", [3]any{`{"b":1, "a":"\u0000", "b":2}`, ` [ 1.0 ] `, nil}, ` [ 1.0 ] `},
}

func TestRowsOfEveryType(t *testing.T) {
	db, at, _ := withRoles(t)
	s, other := newTenant(t, db, acme), newTenant(t, db, tenant.Info{ID: "second"})
	var schema []string
	rows := make([][]any, 4) // the last is null throughout
	for i, k := range kindsOfRows {
		schema = append(schema, fmt.Sprintf("flat%d %s", i, k.typ), fmt.Sprintf("list%d list<%s>", i, k.typ))
		for row, v := range k.values {
			rows[row] = append(rows[row], v, [][]any{{}, {k.values[0], nil, v}, {nil}}[row])
		}
		rows[3] = append(rows[3], nil, nil)
	}
	file := rowsFile(t, strings.Join(schema, ", "), rows...)
	store(t, s, 1, map[string]string{rowsPath: string(file)})
	wantRows(t, s, file)
	got, err := contents(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	store(t, other, 1, map[string]string{rowsPath: string(got[rowsPath])})
	wantRows(t, other, file)
	if a, b := checksum(t, at.database, acme.ID), checksum(t, at.database, "second"); a != b {
		t.Errorf("the tables differ: %s, %s", a, b)
	}
	id := rowsID(t, at.database, acme.ID)
	for i, k := range kindsOfRows {
		if got := at.database.Value(t, fmt.Sprintf("SET timezone = 'UTC'; SELECT flat%d::text FROM oa_archive.rows_%s WHERE oa_row = 2", i, id)[len("SET timezone = 'UTC'; "):]); got != k.sql && !strings.HasPrefix(k.typ, "timestamp(us, utc)") {
			t.Errorf("%s is %q in SQL, want %q", k.typ, got, k.sql)
		}
	}
}

func TestRowsWithHostileNames(t *testing.T) {
	db, at, _ := withRoles(t)
	s := newTenant(t, db, acme)
	names := []string{
		`"; DROP TABLE documents; --`, `'`, `\`, "a b", "SELECT", "ctid", "oa_row", "tableoid", "c2", "?", "$1", "%I", "東京",
		strings.Repeat("x", 63), strings.Repeat("x", 64), strings.Repeat("x", 63) + "y", strings.Repeat("é", 400), "A", "a", "\n",
	}
	var schema parquetio.Schema
	var row []any
	for i, name := range names {
		schema = append(schema, parquetio.Column{Name: name, Type: parquetio.Type{Kind: parquetio.Int64}})
		row = append(row, i)
	}
	file := rowsFile(t, schema.String(), row, row)
	store(t, s, 1, map[string]string{
		"workspaces/" + workspace + "/metadata.json": `{"datasets":[{"id":"` + asset + `","name":"\"; DROP TABLE documents; --"}]}`,
		rowsPath: string(file),
	})
	wantRows(t, s, file)
	if got := at.database.Value(t, `SELECT "SELECT"::text || "c6"::text || """; DROP TABLE documents; --"::text FROM oa_archive.rows_`+rowsID(t, at.database, acme.ID)+" LIMIT 1"); got != "450" {
		t.Errorf("the columns are named otherwise: %s", got)
	}
}

func TestRowsThatATableCannotHold(t *testing.T) {
	db, _, _ := withRoles(t)
	s := newTenant(t, db, acme)
	store(t, s, 0, state(0))
	var wide []string
	for i := range 1600 {
		wide = append(wide, fmt.Sprintf("n%d bool", i+1))
	}
	for _, c := range []struct {
		file  []byte
		early bool // known before the values are looked at
		want  []string
	}{
		{rowsFile(t, strings.Join(wide, ", ")), true, []string{`column "n1600"`, "can have 1599"}},
		{[]byte("PAR1 or not"), true, []string{"not a Parquet file"}},
		{append(rowsFile(t, "a int64"), "PAR1"...), true, []string{"the Parquet file is damaged"}},
		{rowsFile(t, "a string", []any{"x"}, []any{"x\x00"}), false, []string{`row 1, column "a"`, "NUL"}},
		{rowsFile(t, "a timestamp(ns)", []any{time.Unix(0, 1)}), false, []string{`row 0, column "a"`, "nanoseconds"}},
	} {
		_, _, err := s.KeptRows(t.Context(), rowsName, bytes.NewReader(c.file), int64(len(c.file)))
		if refused, ok := errors.AsType[*tenant.RowsError](err); ok != c.early {
			t.Errorf("KeptRows: %v, %v", refused, err)
		}
		tx := begin(t, s)
		err = tx.Put(t.Context(), rowsName, -1, bytes.NewReader(c.file))
		wantError(t, err, c.want...)
		if err := tx.Rollback(); err != nil {
			t.Error(err)
		}
	}
	wantSomeStateIs(t, s, 0)
}

// TestForeignRows brings in files that other programs encoded otherwise.
func TestForeignRows(t *testing.T) {
	db, _, _ := withRoles(t)
	s := newTenant(t, db, acme)
	rows := [][]any{{1, "a"}, {2, nil}}
	foreign, err := makeRows("id int64, text string", parquetio.WriterOptions{Compression: parquetio.Uncompressed}, rows...)
	if err != nil {
		t.Fatal(err)
	}
	want := rowsFile(t, "id int64, text string", rows...)
	tx := begin(t, s)
	for _, keeper := range []any{s, tx, PostgresRows()} {
		for _, file := range [][]byte{foreign, want} {
			size, digest, err := keeper.(tenant.RowsKeeper).KeptRows(t.Context(), rowsName, bytes.NewReader(file), int64(len(file)))
			if err != nil || size != int64(len(want)) || digest != layout.DigestOf(want) {
				t.Errorf("%T keeps %d bytes, %s, %v; want %d", keeper, size, digest, err, len(want))
			}
		}
	}
	if err := tx.Put(t.Context(), rowsName, int64(len(foreign)), bytes.NewReader(foreign)); err != nil {
		t.Fatal(err)
	}
	if err := tx.Commit(t.Context(), record(1)); err != nil {
		t.Fatal(err)
	}
	wantRows(t, s, want)
}

// TestChangedRowsAreMeasuredAgain changes rows as a service does.
func TestChangedRowsAreMeasuredAgain(t *testing.T) {
	db, at, roles := withRoles(t)
	s := newTenant(t, db, acme)
	const schema = "id int64 not null, name string"
	for step, c := range []struct {
		role, sql string
		want      [][]any
	}{
		{roles.stranger, "UPDATE %s SET name = 'B' WHERE id = 2", [][]any{{1, "a"}, {2, "B"}}},
		{roles.stranger, "INSERT INTO %s (id, name) VALUES (0, 'last')", [][]any{{1, "a"}, {2, "b"}, {0, "last"}}},
		{roles.owner, "DELETE FROM %s WHERE id = 1", [][]any{{2, "b"}}},
		{roles.owner, "TRUNCATE %s", nil},
		{"", "UPDATE %s SET id = id + 1", [][]any{{2, "a"}, {3, "b"}}}, // a superuser, who need not name the tenant
	} {
		store(t, s, step, map[string]string{rowsPath: string(rowsFile(t, schema, []any{1, "a"}, []any{2, "b"}))})
		table := "oa_archive.rows_" + rowsID(t, at.database, acme.ID)
		statement := fmt.Sprintf(c.sql, table)
		if c.role == "" {
			at.database.Exec(t, statement)
		} else {
			at.database.Exec(t, "GRANT USAGE ON SCHEMA oa_archive TO "+roles.stranger+"; GRANT SELECT, INSERT, UPDATE ON "+table+" TO "+roles.stranger)
			if err := asTenant(t, at.database.URLAs(c.role), acme.ID, statement, nil); err != nil {
				t.Fatal(err)
			}
		}
		src, err := s.Snapshot(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for e, err := range src.Entries(t.Context(), tenant.Selection{Rows: true}) {
			if err != nil || e.Name == rowsName && (e.Size != -1 || !e.Digest.IsZero()) {
				t.Errorf("%s: the snapshot announces %d bytes, %s, %v", c.sql, e.Size, e.Digest, err)
			}
		}
		if err := src.Close(); err != nil {
			t.Fatal(err)
		}
		wantRows(t, s, rowsFile(t, schema, c.want...))
	}
}

// TestValuesThatServicesPutIn looks at values that no dataset has.
func TestValuesThatServicesPutIn(t *testing.T) {
	db, at, _ := withRoles(t)
	s := newTenant(t, db, acme)
	for step, c := range []struct{ typ, value, want string }{
		{"date", "'infinity'", "infinity"}, {"timestamp(us)", "'-infinity'", "infinity"}, {"decimal(4,2)", "'NaN'", "NaN"},
		{"time(us)", "'24:00:00'", "24:00:00"}, {"uint64", "-1", "range"}, {"int8", "128", "range"},
		{"timestamp(ms)", "'2026-01-01 00:00:00.000001'", "more digits"}, {"list<int64>", "'{{1,2},{3,4}}'", "2 dimensions"}, {"list<int64>", "'[0:1]={1,2}'", "begins with element 0"},
	} {
		store(t, s, step, map[string]string{rowsPath: string(rowsFile(t, "id int64, x "+c.typ, []any{1, nil}, []any{2, nil}))})
		at.database.Exec(t, "UPDATE oa_archive.rows_"+rowsID(t, at.database, acme.ID)+" SET x = "+c.value+" WHERE id = 2")
		_, err := contents(t.Context(), s)
		wantError(t, err, "rows.parquet", `row 1, column "x"`, c.want)
		wantError(t, firstError(s.Inventory(t.Context())), "rows.parquet", `row 1, column "x"`, c.want)
	}
}

// TestSnapshotKeepsReplacedRows holds a snapshot open while imports replace the
// rows that it has not read yet, and delete them.
func TestSnapshotKeepsReplacedRows(t *testing.T) {
	db, at, _ := withRoles(t)
	s := newTenant(t, db, acme)
	file := func(n int) []byte { return rowsFile(t, "n int64", []any{n}) }
	tables := func() string {
		return at.database.Value(t, "SELECT count(*)::text FROM pg_tables WHERE schemaname = 'oa_archive' AND tablename LIKE 'rows\\_%'")
	}
	store(t, s, 1, map[string]string{rowsPath: string(file(1))})
	src, err := s.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for n := 2; n <= 4; n++ {
		store(t, s, n, map[string]string{rowsPath: string(file(n))})
	}
	tx := begin(t, s)
	if err := tx.Delete(t.Context(), rowsName); err != nil {
		t.Fatal(err)
	}
	if err := tx.Commit(t.Context(), record(5)); err != nil {
		t.Fatal(err)
	}
	if got := tables(); got != "4" {
		t.Errorf("%s tables while a snapshot is open, want 4", got)
	}
	for e, err := range src.Entries(t.Context(), tenant.Selection{Rows: true}) {
		if err != nil {
			t.Fatal(err)
		}
		if got, err := read(t.Context(), e); err != nil || !bytes.Equal(got, file(1)) {
			t.Errorf("the snapshot has other rows, %v", err)
		}
	}
	if err := src.Close(); err != nil {
		t.Fatal(err)
	}
	store(t, s, 6, map[string]string{"extensions/v/x": "x"})
	if got := tables(); got != "0" {
		t.Errorf("%s tables remain", got)
	}
}
