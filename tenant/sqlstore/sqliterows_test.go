//go:build !norows

package sqlstore

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/oneanalytics/oa-archive/layout"
	"github.com/oneanalytics/oa-archive/parquetio"
	"github.com/oneanalytics/oa-archive/tenant"
)

// parquetOf is rowsFile without a test.
func parquetOf(schema string, rows ...[]any) []byte {
	file, err := makeRows(schema, parquetio.WriterOptions{}, rows...)
	if err != nil {
		panic(err)
	}
	return file
}

// orders are rows whose columns have names that SQL stumbles over.
const orders = `id int64 not null, "\"; DROP TABLE documents; --" string, ID float64`

func order(n int) []any { return []any{int64(n), fmt.Sprint("Ж", n), nil} }

// rowsOf returns what the tenant has as rows of the only dataset, and their
// entry in the inventory.
func rowsOf(t *testing.T, s *Store) ([]byte, tenant.Entry) {
	t.Helper()
	all, err := contents(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range inventory(t, s.Inventory(t.Context())) {
		if e.Name == rowsName {
			return all[rowsPath], e
		}
	}
	return all[rowsPath], tenant.Entry{}
}

// wantTable checks the tenant's rows wherever they can be read.
func wantTable(t *testing.T, s *Store, want []byte) {
	t.Helper()
	got, listed := rowsOf(t, s)
	if !bytes.Equal(got, want) {
		t.Errorf("a snapshot has other rows, %d bytes", len(got))
	}
	if listed.Size != int64(len(want)) || listed.Digest != layout.DigestOf(want) {
		t.Errorf("the inventory has rows of %d bytes, digest %s; want %d, %s", listed.Size, listed.Digest, len(want), layout.DigestOf(want))
	}
	if later, err := read(t.Context(), listed); err != nil || !bytes.Equal(later, want) {
		t.Errorf("the inventory's entry has other rows: %d bytes, %v", len(later), err)
	}
}

func tables(t *testing.T, db *DB) int {
	t.Helper()
	return count(t, db, "SELECT COUNT(*) FROM sqlite_schema WHERE type = 'table' AND name GLOB 'rows_*'")
}

func TestRowsAreATableOfSQLite(t *testing.T) {
	db, at := createSQLite(t)
	s := newTenant(t, db, acme)
	first, second := parquetOf(orders, order(1), order(2), order(3)), parquetOf(orders, order(4))
	store(t, s, 1, map[string]string{rowsPath: string(first), marker: "{}"})
	wantTable(t, s, first)
	if n := count(t, db, "SELECT row_count FROM documents WHERE kind = 'rows' AND content IS NULL AND rows_schema IS NOT NULL"); n != 3 {
		t.Errorf("the list of documents says %d rows", n)
	}
	id := count(t, db, "SELECT id FROM documents WHERE kind = 'rows'")
	query := fmt.Sprintf(`SELECT COUNT(*) FROM %s WHERE "id" > 1 AND """; DROP TABLE documents; --" LIKE 'Ж%%' AND "ID_2" IS NULL`, rowsTable(int64(id)))
	if n := count(t, db, query); n != 2 {
		t.Errorf("%s: %d", query, n)
	}

	before, err := s.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = before.Close() }()
	var old tenant.Entry
	for e, err := range before.Entries(t.Context(), tenant.Selection{Rows: true}) {
		if err != nil {
			t.Fatal(err)
		}
		if e.Name == rowsName {
			old = e
		}
	}
	listed := inventory(t, s.Inventory(t.Context()))
	store(t, s, 2, map[string]string{rowsPath: string(second)})
	wantTable(t, s, second)
	if n := tables(t, db); n != 1 {
		t.Errorf("%d tables after rows were replaced, want 1", n)
	}
	if got, err := read(t.Context(), old); err != nil || !bytes.Equal(got, first) {
		t.Errorf("the snapshot has other rows after they were replaced: %d bytes, %v", len(got), err)
	}
	for _, e := range listed {
		if _, err := read(t.Context(), e); e.Name == rowsName && !errors.Is(err, tenant.ErrChanged) {
			t.Errorf("an entry listed before the rows were replaced: %v", err)
		}
	}

	tx := begin(t, s)
	put(t, tx, rowsPath, string(first))
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	wantTable(t, s, second)
	tx = begin(t, s)
	if err := tx.Delete(t.Context(), rowsName); err != nil {
		t.Fatal(err)
	}
	if err := tx.Commit(t.Context(), record(3)); err != nil {
		t.Fatal(err)
	}
	if got, listed := rowsOf(t, s); got != nil || listed.Size != 0 || tables(t, db) != 0 {
		t.Errorf("after rows were deleted there are %d bytes and %d tables", len(got), tables(t, db))
	}
	at.behind(t, "PRAGMA integrity_check")
}

func TestRowsOfOtherWriters(t *testing.T) {
	s := newTenant(t, create(t), acme)
	foreign, err := makeRows(orders, parquetio.WriterOptions{Compression: parquetio.Uncompressed}, order(1), order(2))
	if err != nil {
		t.Fatal(err)
	}
	want := parquetOf(orders, order(1), order(2))
	if bytes.Equal(foreign, want) {
		t.Fatal("the foreign file is not foreign")
	}
	for _, content := range [][]byte{foreign, want} {
		size, digest, err := s.KeptRows(t.Context(), rowsName, bytes.NewReader(content), int64(len(content)))
		if err != nil || size != int64(len(want)) || digest != layout.DigestOf(want) {
			t.Errorf("KeptRows = %d, %s, %v", size, digest, err)
		}
	}
	for n, content := range [][]byte{foreign, want} {
		store(t, s, n, map[string]string{rowsPath: string(content)})
		wantTable(t, s, want)
	}
}

func TestRowsChangedBySQL(t *testing.T) {
	db, at := createSQLite(t)
	s := newTenant(t, db, acme)
	store(t, s, 1, map[string]string{rowsPath: string(parquetOf(orders, order(1), order(2)))})
	table := rowsTable(int64(count(t, db, "SELECT id FROM documents WHERE kind = 'rows'")))
	for _, tt := range []struct {
		change string
		want   []byte
	}{
		{"INSERT INTO %s (id) VALUES (9)", parquetOf(orders, order(1), order(2), []any{int64(9), nil, nil})},
		{"DELETE FROM %s WHERE id = 1", parquetOf(orders, order(2), []any{int64(9), nil, nil})},
		{"UPDATE %s SET ID_2 = 0.5 WHERE id = 9", parquetOf(orders, order(2), []any{int64(9), nil, 0.5})},
		{"DELETE FROM %s", parquetOf(orders)},
	} {
		at.behind(t, fmt.Sprintf(tt.change, table))
		if n := count(t, db, "SELECT COUNT(*) FROM documents WHERE size = -1 AND sha256 = '' AND row_count IS NULL"); n != 1 {
			t.Errorf("%s: the list of documents did not notice", tt.change)
		}
		wantTable(t, s, tt.want)
	}
	at.behind(t, fmt.Sprintf("INSERT INTO %s VALUES (77, 1, 'a', 'not a number')", table))
	_, err := contents(t.Context(), s)
	wantError(t, err, rowsName.String(), `row 0, column "ID"`, "_row = 77", `the text is not NaN`)
	at.behind(t, fmt.Sprintf("ALTER TABLE %s ADD COLUMN more ANY", table))
	_, err = contents(t.Context(), s)
	wantError(t, err, rowsName.String(), table, `column "more" was added or renamed`)
	at.behind(t, "DROP TABLE "+table)
	_, err = contents(t.Context(), s)
	wantError(t, err, rowsName.String(), table, "there is no such table")
	// An import repairs it.
	want := parquetOf(orders, order(5))
	store(t, s, 2, map[string]string{rowsPath: string(want)})
	wantTable(t, s, want)
}

func TestTenantsKeepTheirRowsApart(t *testing.T) {
	db := create(t)
	a, b := newTenant(t, db, acme), newTenant(t, db, tenant.Info{ID: "other", Name: "Other"})
	ours, theirs := parquetOf(orders, order(1)), parquetOf("x bool", []any{true})
	store(t, a, 1, map[string]string{rowsPath: string(ours)})
	store(t, b, 1, map[string]string{rowsPath: string(theirs)})
	wantTable(t, a, ours)
	wantTable(t, b, theirs)
	tx := begin(t, a)
	if err := tx.Delete(t.Context(), rowsName); err != nil {
		t.Fatal(err)
	}
	if err := tx.Commit(t.Context(), record(2)); err != nil {
		t.Fatal(err)
	}
	wantTable(t, b, theirs)
}

func TestRowsThatSQLiteCannotHold(t *testing.T) {
	db := create(t)
	s := newTenant(t, db, acme)
	var wide []string
	row := make([]any, 2000)
	for i := range row {
		wide = append(wide, fmt.Sprintf("c%d int8", i))
	}
	for _, tt := range []struct {
		content []byte
		column  string
		parts   []string
	}{
		{parquetOf(strings.Join(wide, ", "), row), "c1999", []string{`column "c1999"`, "2000 columns, of which SQLite can hold 1999"}},
		{[]byte("PAR1"), "", []string{"not a Parquet file"}},
	} {
		_, _, err := s.KeptRows(t.Context(), rowsName, bytes.NewReader(tt.content), int64(len(tt.content)))
		var refused *tenant.RowsError
		if !errors.As(err, &refused) || refused.Column != tt.column {
			t.Errorf("KeptRows: %v", err)
		}
		wantError(t, err, tt.parts...)
		tx := begin(t, s)
		err = tx.Put(t.Context(), rowsName, int64(len(tt.content)), bytes.NewReader(tt.content))
		if !errors.As(err, &refused) {
			t.Errorf("Put: %v", err)
		}
		wantError(t, err, append(tt.parts, rowsPath)...)
		if err := tx.Rollback(); err != nil {
			t.Fatal(err)
		}
	}
	if n := tables(t, db); n != 0 {
		t.Errorf("%d tables", n)
	}
}

// A database of an earlier release keeps the rows that it has as bytes.
func TestRowsFromBeforeTables(t *testing.T) {
	db, at := createSQLite(t)
	all, err := db.dialect.list()
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	at.behind(t, `DROP TRIGGER documents_retire_rows; DROP TABLE retired_rows; ALTER TABLE documents DROP COLUMN rows_schema; ALTER TABLE documents DROP COLUMN row_count;
		ALTER TABLE imports DROP COLUMN insurance; ALTER TABLE imports DROP COLUMN insurance_manifest; ALTER TABLE imports DROP COLUMN undoes;
		ALTER TABLE tenants DROP COLUMN residency;
		UPDATE schema_version SET version = 1; INSERT INTO tenants VALUES ('acme', 'Acme', '', '')`)
	content := parquetOf(orders, order(1))
	at.behind(t, fmt.Sprintf(`INSERT INTO documents (tenant_id, sort_key, path, kind, size, sha256, content) VALUES ('acme', '%s', '%s', 'rows', %d, '%s', x'%x')`,
		sortKey(rowsName), rowsPath, len(content), layout.DigestOf(content), content))
	db, err = OpenSQLite(t.Context(), at.url)
	opened(t, db, err)
	s, err := db.Tenant(t.Context(), "acme")
	if err != nil {
		t.Fatal(err)
	}
	wantTable(t, s, content)
	if n := count(t, db, "SELECT version FROM schema_version"); n != len(all) || tables(t, db) != 0 {
		t.Errorf("version %d with %d tables", n, tables(t, db))
	}
	store(t, s, 1, map[string]string{rowsPath: string(content)})
	wantTable(t, s, content)
	if n := tables(t, db); n != 1 {
		t.Errorf("%d tables after an import", n)
	}
}
