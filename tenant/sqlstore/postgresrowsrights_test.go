package sqlstore

import (
	"testing"

	"github.com/oneanalytics/oa-archive/tenant"
)

func TestRolesAndRows(t *testing.T) {
	owner, at, roles := withRoles(t)
	newTenant(t, owner, acme)
	newTenant(t, owner, tenant.Info{ID: "other"})
	file := func(n int) []byte { return rowsFile(t, "n int64", []any{n}) }
	second := at.database.Role(t)
	at.database.Exec(t, "GRANT oa_importer TO "+second)
	for n, role := range []string{roles.importer, roles.owner, second, roles.importer} {
		db := openAs(t, at, role)
		s, err := db.Tenant(t.Context(), acme.ID)
		if err != nil {
			t.Fatal(err)
		}
		store(t, s, n, map[string]string{rowsPath: string(file(n))})
		wantRows(t, s, file(n))
		exporting, err := openAs(t, at, roles.exporter).Tenant(t.Context(), acme.ID)
		if err != nil {
			t.Fatal(err)
		}
		wantRows(t, exporting, file(n))
	}
	id := rowsID(t, at.database, acme.ID)
	table := "oa_archive.rows_" + id
	for role, statements := range map[string][]string{
		roles.exporter: {"INSERT INTO " + table + " (n) VALUES (1)", "UPDATE " + table + " SET n = 1", "DELETE FROM " + table, "TRUNCATE " + table, "DROP TABLE " + table,
			"SELECT oa_archive.create_rows(" + id + ", '{}', '{}', '{}')", "SELECT oa_archive.sweep_rows()", "CREATE TABLE oa_archive.mine ()"},
		roles.importer: {"UPDATE " + table + " SET n = 1", "DROP TABLE " + table, "CREATE TABLE oa_archive.mine ()", "SELECT oa_archive.finish_rows(" + id + ", 1)",
			"SELECT oa_archive.create_rows(" + id + ", '{}', '{}', '{}')"},
		roles.stranger: {"SELECT * FROM " + table},
	} {
		for _, statement := range statements {
			if err := asTenant(t, at.database.URLAs(role), acme.ID, statement, nil); err == nil {
				t.Errorf("%s may %s", role, statement)
			}
		}
	}
	for _, role := range []string{roles.exporter, roles.owner} {
		for scope, want := range map[string]int64{acme.ID: 1, "other": 0, "": 0} {
			var seen int64
			if err := asTenant(t, at.database.URLAs(role), scope, "SELECT * FROM "+table, &seen); err != nil || seen != want {
				t.Errorf("%s sees %d rows of acme as tenant %q, %v", role, seen, scope, err)
			}
		}
	}
	// A column's type is not a place for SQL.
	at.database.Exec(t, "INSERT INTO oa_archive.documents (tenant_id, sort_key, path, kind, size, sha256) VALUES ('acme', 'x', 'x', 'rows', 0, '')")
	waiting := at.database.Value(t, "SELECT id::text FROM oa_archive.documents WHERE path = 'x'")
	err := asTenant(t, at.database.URLAs(roles.importer), acme.ID, "SELECT oa_archive.create_rows("+waiting+", '{a}', '{int); DROP TABLE documents; --}', '{f}')", nil)
	wantError(t, err, "which no rows have")
}
