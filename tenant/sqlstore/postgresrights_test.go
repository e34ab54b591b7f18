package sqlstore

import (
	"context"
	"errors"
	"io/fs"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/oneanalytics/oa-archive/internal/pgtest"
	"github.com/oneanalytics/oa-archive/tenant"
)

type roleNames struct{ owner, exporter, importer, stranger string }

type rolePlace struct{ database *pgtest.Database }

// withRoles makes a database, opened as its owner, with a role of each sort.
func withRoles(t *testing.T) (*DB, rolePlace, roleNames) {
	t.Helper()
	database := pgtest.New(t)
	roles := roleNames{database.Role(t, "CREATE"), database.Role(t), database.Role(t), database.Role(t)}
	db, err := CreatePostgres(t.Context(), database.URLAs(roles.owner))
	opened(t, db, err)
	for range 2 { // it may be run again
		database.Exec(t, PostgresRoles(""))
	}
	database.Exec(t, "GRANT oa_exporter TO "+roles.exporter+"; GRANT oa_importer TO "+roles.importer)
	return db, rolePlace{database}, roles
}

func openAs(t *testing.T, at rolePlace, role string) *DB {
	t.Helper()
	db, err := OpenPostgres(t.Context(), at.database.URLAs(role))
	return opened(t, db, err)
}

func TestExporterOnlyReads(t *testing.T) {
	owner, at, roles := withRoles(t)
	store(t, newTenant(t, owner, acme), 1, map[string]string{"extensions/v/x": "x"})
	db := openAs(t, at, roles.exporter)
	s, err := db.Tenant(t.Context(), acme.ID)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := contents(t.Context(), s); err != nil || string(got["extensions/v/x"]) != "x" {
		t.Errorf("%v, %v", got, err)
	}
	if all, err := s.Imports(t.Context()); err != nil || len(all) != 1 {
		t.Errorf("Imports: %v, %v", all, err)
	}
	if all, err := db.Tenants(t.Context()); err != nil || len(all) != 1 {
		t.Errorf("Tenants: %v, %v", all, err)
	}
	_, err = s.Begin(t.Context())
	refused := map[string]error{"Begin": err, "CreateTenant": db.CreateTenant(t.Context(), tenant.Info{ID: "new"})}
	for call, err := range refused {
		wantError(t, err, "this role may not import", "a member of oa_importer", db.name)
		if !errors.Is(err, fs.ErrPermission) {
			t.Errorf("%s: %v is not fs.ErrPermission", call, err)
		}
	}
	// Refused imports hold no lock.
	store(t, newStore(t, owner, acme.ID), 2, nil)
	if _, err := CreatePostgres(t.Context(), at.database.URLAs(roles.exporter)); err != nil {
		t.Errorf("CreatePostgres of what is there: %v", err)
	}
	for _, statement := range []string{
		"INSERT INTO tenants VALUES ('x', 'x', 'x', 'x')", "DELETE FROM documents", "UPDATE chunks SET seq = 1", "DELETE FROM imports",
		"TRUNCATE documents CASCADE", "DROP TABLE chunks", "CREATE TABLE more (x TEXT)",
	} {
		err := asTenant(t, at.database.URLAs(roles.exporter), acme.ID, statement, nil)
		if err == nil || !strings.Contains(err.Error(), "42501") {
			t.Errorf("%s: %v, want it refused for lack of rights", statement, err)
		}
	}
}

func newStore(t *testing.T, db *DB, id string) *Store {
	t.Helper()
	s, err := db.Tenant(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestImporterImports(t *testing.T) {
	_, at, roles := withRoles(t)
	db := openAs(t, at, roles.importer)
	s := newTenant(t, db, acme)
	const large = "workspaces/" + workspace + "/files/" + asset
	store(t, s, 1, map[string]string{"extensions/v/x": "x", large: strings.Repeat("x", 3<<20), marker: `{"files":[{"id":"` + asset + `","name":"n"}]}`})
	store(t, s, 2, map[string]string{large: "small now"})
	if got, err := contents(t.Context(), s); err != nil || len(got) != 3 {
		t.Errorf("%d entries, %v", len(got), err)
	}
	for _, statement := range []string{"DELETE FROM imports", "UPDATE imports SET summary = ''", "DELETE FROM tenants", "DROP TABLE chunks", "ALTER TABLE documents DISABLE ROW LEVEL SECURITY"} {
		err := asTenant(t, at.database.URLAs(roles.importer), acme.ID, statement, nil)
		if err == nil || !strings.Contains(err.Error(), "42501") {
			t.Errorf("%s: %v, want it refused for lack of rights", statement, err)
		}
	}
}

func TestStrangerIsToldWhatToDo(t *testing.T) {
	_, at, roles := withRoles(t)
	for _, open := range []func(context.Context, string) (*DB, error){OpenPostgres, CreatePostgres} {
		_, err := open(t.Context(), at.database.URLAs(roles.stranger))
		wantError(t, err, "may not use schema", "oa_exporter or oa_importer")
		if !errors.Is(err, fs.ErrPermission) {
			t.Errorf("%v is not fs.ErrPermission", err)
		}
	}
}

// asTenant runs a statement written by hand in the scope of a tenant and
// commits it; affected is set to the number of rows.
func asTenant(t *testing.T, dsn, id, statement string, affected *int64) error {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.Background()) }()
	return pgx.BeginFunc(t.Context(), conn, func(tx pgx.Tx) error {
		if _, err := tx.Exec(t.Context(), "SET LOCAL search_path = oa_archive"); err != nil {
			return err
		}
		if id != "" {
			if _, err := tx.Exec(t.Context(), "SELECT set_config('oa_archive.tenant', $1, true)", id); err != nil {
				return err
			}
		}
		tag, err := tx.Exec(t.Context(), statement)
		if err == nil && affected != nil {
			*affected = tag.RowsAffected()
		}
		return err
	})
}

// TestTenantsAreKeptApart tries, with SQL written by hand, to reach one tenant
// in the scope of another, or in none.
func TestTenantsAreKeptApart(t *testing.T) {
	owner, at, roles := withRoles(t)
	const large = "workspaces/" + workspace + "/files/" + asset
	beta := tenant.Info{ID: "beta", Name: "Beta"}
	for _, who := range []tenant.Info{acme, beta} {
		store(t, newTenant(t, owner, who), 1, map[string]string{"extensions/v/x": who.ID, large: strings.Repeat(who.ID, 1<<20)})
	}
	before := at.database.Value(t, fingerprint)
	of := func(table, column, id string) string { return table + " WHERE " + column + " = '" + id + "'" }
	betaDocument := at.database.Value(t, "SELECT id FROM oa_archive.documents WHERE tenant_id = 'beta' AND content IS NULL")

	for _, role := range []string{roles.owner, roles.importer} {
		dsn := at.database.URLAs(role)
		for _, scope := range []string{"acme", "", "*", "gamma"} {
			for _, table := range []string{"documents", "chunks", "imports"} {
				for _, statement := range []string{
					"SELECT 1 FROM " + of(table, "tenant_id", "beta"),
					"DELETE FROM " + of(table, "tenant_id", "beta"),
					"UPDATE " + table + " SET tenant_id = 'beta' WHERE tenant_id = 'beta'",
				} {
					var n int64
					if err := asTenant(t, dsn, scope, statement, &n); err == nil && n != 0 {
						t.Errorf("%s, in scope %q: %s reaches %d rows", role, scope, statement, n)
					}
				}
			}
			for _, statement := range []string{
				"INSERT INTO documents (tenant_id, sort_key, path, kind, size, sha256) VALUES ('beta', 'k', 'p', 'file', 0, '')",
				"INSERT INTO chunks (tenant_id, document_id, seq, content) VALUES ('beta', " + betaDocument + ", 9, '')",
				// Through the foreign key, which does not look at policies.
				"INSERT INTO chunks (tenant_id, document_id, seq, content) VALUES ('acme', " + betaDocument + ", 9, '')",
				"INSERT INTO chunks (document_id, seq, content) VALUES (" + betaDocument + ", 0, '')",
				"INSERT INTO imports (tenant_id, id, archive_id, content_hash, plan, at, summary) VALUES ('beta', 'x', '', '', '', '', '')",
			} {
				if err := asTenant(t, dsn, scope, statement, nil); err == nil {
					t.Errorf("%s, in scope %q: %s is possible", role, scope, statement)
				}
			}
		}
		// One's own rows are not handed to others, and the list is of ids only.
		for _, statement := range []string{"UPDATE documents SET tenant_id = 'beta' WHERE sort_key < '9'", "UPDATE chunks SET tenant_id = 'beta'"} {
			if err := asTenant(t, dsn, "acme", statement, nil); err == nil {
				t.Errorf("%s: %s is possible", role, statement)
			}
		}
		for scope, want := range map[string]int64{"acme": 1, "": 0, "*": 2, "gamma": 0} {
			var n int64
			if err := asTenant(t, dsn, scope, "SELECT 1 FROM tenants", &n); err != nil || n != want {
				t.Errorf("%s, in scope %q: %d tenants, %v; want %d", role, scope, n, err, want)
			}
		}
		if err := asTenant(t, dsn, "*", "INSERT INTO tenants VALUES ('*', '', '', '')", nil); err == nil && role != roles.owner {
			t.Errorf("%s makes a tenant of all tenants", role)
		}
		if n := int64(0); asTenant(t, dsn, "*", "DELETE FROM tenants WHERE id <> '*'", &n) == nil && n != 0 {
			t.Errorf("%s deletes %d tenants in the scope of the list", role, n)
		}
	}
	if after := at.database.Value(t, fingerprint); after != before {
		t.Errorf("the rows have changed from %s to %s", before, after)
	}
}

const fingerprint = `SELECT md5(string_agg(t, ';' ORDER BY t)) FROM (
	SELECT documents::text AS t FROM oa_archive.documents UNION ALL SELECT md5(chunks::text) FROM oa_archive.chunks UNION ALL SELECT imports::text FROM oa_archive.imports) AS rows`
