package sqlstore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/oneanalytics/oa-archive/internal/pgtest"
	"github.com/oneanalytics/oa-archive/layout"
	"github.com/oneanalytics/oa-archive/tenant"
	"github.com/oneanalytics/oa-archive/tenant/dirstore"
)

// inSchema returns the connection string with another schema.
func inSchema(dsn, schema string) string { return dsn + "&schema=" + url.QueryEscape(schema) }

func TestCreatePostgres(t *testing.T) {
	database := pgtest.New(t)
	owner := database.Role(t, "CREATE")
	dsn := database.URLAs(owner)
	_, err := OpenPostgres(t.Context(), dsn)
	wantError(t, err, "there is no schema", `"oa_archive"`)
	if !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v is not fs.ErrNotExist", err)
	}

	// Any number of programs may create it at once.
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			db, err := CreatePostgres(t.Context(), dsn)
			if err != nil {
				t.Error(err)
				return
			}
			if err := db.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	db, err := OpenPostgres(t.Context(), dsn)
	newTenant(t, opened(t, db, err), acme)

	for _, schema := range []string{"x", "Two words", `quo"te; DROP SCHEMA "oa_archive" CASCADE; --`, "ümläut", strings.Repeat("s", maxIdentifier), "$User", "a,b"} {
		db, err := CreatePostgres(t.Context(), inSchema(dsn, schema))
		store(t, newTenant(t, opened(t, db, err), acme), 1, map[string]string{"extensions/v/x": schema})
		db, err = OpenPostgres(t.Context(), inSchema(dsn, schema))
		s, err := opened(t, db, err).Tenant(t.Context(), acme.ID)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := contents(t.Context(), s); err != nil || string(got["extensions/v/x"]) != schema {
			t.Errorf("schema %q holds %q, %v", schema, got, err)
		}
	}
	if got := count(t, db, "SELECT COUNT(*) FROM documents"); got != 0 {
		t.Error("the default schema has changed")
	}
}

func TestSchemaMadeByAnotherRole(t *testing.T) {
	database := pgtest.New(t)
	owner := database.Role(t)
	dsn := database.URLAs(owner)
	_, err := CreatePostgres(t.Context(), dsn)
	wantError(t, err, "permission denied for database", "schema's owner")
	if !errors.Is(err, fs.ErrPermission) {
		t.Errorf("%v is not fs.ErrPermission", err)
	}
	database.Exec(t, "CREATE SCHEMA oa_archive AUTHORIZATION "+owner)
	_, err = OpenPostgres(t.Context(), dsn)
	wantError(t, err, "there is no schema")
	db, err := CreatePostgres(t.Context(), dsn)
	newTenant(t, opened(t, db, err), acme)
}

func TestPostgresRefuses(t *testing.T) {
	database := pgtest.New(t)
	database.Exec(t, `
		CREATE SCHEMA foreign_one; CREATE TABLE foreign_one.songs (title TEXT);
		CREATE SCHEMA foreign_two; CREATE TABLE foreign_two.schema_version (version INTEGER)`)
	ascii := "ascii_" + database.Name
	database.Exec(t, "CREATE DATABASE "+ascii+" TEMPLATE template0 ENCODING SQL_ASCII LOCALE 'C'")
	t.Cleanup(func() { database.Exec(t, "DROP DATABASE "+ascii+" WITH (FORCE)") })
	dsn := database.URL()
	for name, c := range map[string]struct{ dsn, want string }{
		"a foreign schema":              {inSchema(dsn, "foreign_one"), "belongs to another program"},
		"a foreign schema with version": {inSchema(dsn, "foreign_two"), "belongs to another program"},
		"a schema of PostgreSQL's":      {inSchema(dsn, "pg_temp"), "belongs to PostgreSQL"},
		"no schema":                     {inSchema(dsn, ""), "want a name of 1 to 63 bytes"},
		"a long schema":                 {inSchema(dsn, strings.Repeat("x", maxIdentifier+1)), "want a name of 1 to 63 bytes"},
		"a schema with NUL":             {inSchema(dsn, "a\x00b"), "cannot be read"},
		"a schema that means another":   {inSchema(dsn, "$user"), "belongs to PostgreSQL"},
		"another encoding":              {database.Server.URL(ascii, "postgres"), "has the encoding SQL_ASCII"},
		"no such database":              {database.Server.URL("nowhere", "postgres"), "does not exist"},
		"an unknown parameter":          {dsn + "&colour=red", "colour"},
		"nobody there":                  {"postgres://acme:s3cret@127.0.0.1:1/db?connect_timeout=5", "127.0.0.1"},
		"a bad port":                    {"postgres://acme:s3cret@host:port/db", "cannot be read"},
		"an unescaped password":         {"postgres://acme:s3cret/%zz@host/db", "cannot be read"},
		"a bad parameter":               {"postgres://acme:s3cret@host/db?sslmode=s3cret", "cannot be read"},
		"nothing":                       {"postgres://acme:s3cret@[::1", "cannot be read"},
	} {
		for _, open := range []func(context.Context, string) (*DB, error){OpenPostgres, CreatePostgres} {
			_, err := open(t.Context(), c.dsn)
			wantError(t, err, c.want)
			if strings.Contains(fmt.Sprintf("%v %+v %#v", err, err, err), "s3cret") {
				t.Errorf("%s: the error tells the password: %v", name, err)
			}
		}
	}
	if got := database.Value(t, "SELECT count(*) FROM pg_class WHERE relname = 'documents'"); got != "0" {
		t.Errorf("%s tables were made", got)
	}
}

func TestRedactPostgres(t *testing.T) {
	t.Setenv("PGPASSWORD", "s3cret")
	for _, c := range []struct{ dsn, want string }{
		{"postgres://acme:s3cret@db.example/warehouse", "postgres://acme@db.example/warehouse"},
		{"postgresql://acme@db.example:6000/warehouse?password=s3cret&sslmode=disable", "postgresql://acme@db.example:6000/warehouse?sslmode=disable"},
		{"postgres://acme@db.example/warehouse?schema=two%20words&sslpassword=s3cret", "postgres://acme@db.example/warehouse?schema=two+words"},
		{"postgres:///warehouse?host=/run/postgresql&user=acme&password=s3cret", "postgres:///warehouse?host=/run/postgresql&user=acme"},
		{"postgres:///warehouse?host=/run/postgresql&user=acme&%70assword=s3cret", "postgres:///warehouse?host=/run/postgresql&user=acme"},
		{"host=db.example user=acme password='s3cret' dbname=warehouse", "postgres://acme@db.example/warehouse"},
		{"host=db.example user=acme password=s3cret port=6000 schema=x", "postgres://acme@db.example:6000/?schema=x"},
		{"postgres://acme:s3cret@one.example:1,two.example:2/warehouse", "postgres://acme@one.example:1/warehouse"},
		{"postgres://acme:s3cret@host:port/db", "postgres://…"},
		{"postgres://acme:s3cret%2F%23@host/db", "postgres://acme@host/db"},
		{"postgres://[::1]:5433/db?user=acme", "postgres://[::1]:5433/db?user=acme"},
	} {
		if got := RedactPostgres(c.dsn); got != c.want {
			t.Errorf("RedactPostgres(%q) = %s, want %s", c.dsn, got, c.want)
		}
	}
	// However the password is misspelt, it is not shown.
	for _, password := range []string{"s3/cret", "s3?cret", "s3#cret", "12#cret", "12/cret", "12?cret", "s3@cret", "s3:cret", "s3%cret", "s3 cret", "[s3cret", "s3\x00cret"} {
		got := RedactPostgres("postgres://acme:" + password + "@host/db")
		if strings.Contains(got, "s3") || strings.Contains(got, "cret") || strings.Contains(got, "12") {
			t.Errorf("password %q is shown: %s", password, got)
		}
	}
}

func TestNumbered(t *testing.T) {
	for query, want := range map[string]string{
		"":                             "",
		"SELECT 1":                     "SELECT 1",
		"a = ? AND b IN (?, ?)":        "a = $1 AND b IN ($2, $3)",
		"?" + strings.Repeat(",?", 10): "$1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11",
	} {
		if got := numbered(query); got != want {
			t.Errorf("numbered(%q) = %q, want %q", query, got, want)
		}
	}
}

// TestImportsIntoTwoTenantsAtOnce: unlike in SQLite, only imports into one
// tenant wait for each other.
func TestImportsIntoTwoTenantsAtOnce(t *testing.T) {
	db, _ := createPostgres(t)
	other, _ := createPostgres(t)
	stores := []*Store{newTenant(t, db, acme), newTenant(t, db, tenant.Info{ID: "beta"}), newTenant(t, other, acme)}
	var open []tenant.Tx
	for i, s := range stores {
		tx := begin(t, s)
		put(t, tx, "audit/events.ndjson", fmt.Sprint(i))
		open = append(open, tx)
	}
	newTenant(t, db, tenant.Info{ID: "made meanwhile"[:4]})
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	if _, err := stores[0].Begin(ctx); !errors.Is(err, tenant.ErrLocked) {
		t.Errorf("Begin: %v, want tenant.ErrLocked", err)
	}
	for i, tx := range open {
		if err := tx.Commit(t.Context(), record(1)); err != nil {
			t.Fatal(err)
		}
		if got, err := contents(t.Context(), stores[i]); err != nil || string(got["audit/events.ndjson"]) != fmt.Sprint(i) {
			t.Errorf("tenant %d holds %v, %v", i, got, err)
		}
	}
}

// TestServerLimitsDoNotEndExports sets limits that would end an export which
// waits for its reader.
func TestServerLimitsDoNotEndExports(t *testing.T) {
	database := pgtest.New(t)
	owner := database.Role(t, "CREATE")
	database.Exec(t, "ALTER ROLE "+owner+" SET idle_in_transaction_session_timeout = '20ms'; ALTER ROLE "+owner+" SET statement_timeout = '20ms'; ALTER ROLE "+owner+` SET search_path = "$user"; ALTER ROLE `+owner+" SET default_transaction_read_only = on")
	// Tables take longer to make than that.
	database.Exec(t, "ALTER ROLE "+owner+" SET default_transaction_isolation = serializable")
	db, err := CreatePostgres(t.Context(), database.URLAs(owner))
	s := newTenant(t, opened(t, db, err), acme)
	store(t, s, 1, map[string]string{"extensions/v/x": "x"})
	src, err := s.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = src.Close() }()
	for e, err := range src.Entries(t.Context(), tenant.Selection{}) {
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(100 * time.Millisecond)
		if got, err := read(t.Context(), e); err != nil || string(got) != "x" {
			t.Errorf("%q, %v", got, err)
		}
	}
}

// TestSQLiteToPostgresToFolder holds that all stores have one inventory.
func TestSQLiteToPostgresToFolder(t *testing.T) {
	source, err := dirstore.Open("../../testdata/tenant")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = source.Close() }()
	described, err := source.Tenant(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	lite := newTenant(t, create(t), described)
	server := newTenant(t, first(createPostgres(t)), described)
	back, err := dirstore.Create(t.TempDir()+"/back", described)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = back.Close() }()
	carry(t, source, lite, 1)
	carry(t, lite, server, 2)
	carry(t, server, back, 3)
	want := summary(t, source)
	for name, target := range map[string]tenant.Target{"SQLite": lite, "PostgreSQL": server, "folder": back} {
		if got := summary(t, target); got != want || !strings.Contains(got, "metadata.json") {
			t.Errorf("the inventory of %s is\n%s\nwant\n%s", name, got, want)
		}
	}
}

// summary is an inventory as a text.
func summary(t *testing.T, target tenant.Target) string {
	t.Helper()
	var b strings.Builder
	for _, e := range inventory(t, target.Inventory(t.Context())) {
		fmt.Fprintln(&b, e.Name, e.Size, e.Digest)
	}
	return b.String()
}

func TestUpdateTakesTheOwner(t *testing.T) {
	db, at, roles := withRoles(t)
	db.dialect.migrations = fstest.MapFS{"0001_a.sql": {}, "0002_b.sql": {}, "0003_c.sql": {Data: []byte("CREATE TABLE more (x TEXT)")}}
	for _, role := range []string{roles.exporter, roles.importer} {
		other, err := OpenPostgres(t.Context(), at.database.URLAs(role))
		opened(t, other, err)
		other.dialect.migrations = db.dialect.migrations
		err = other.update(t.Context())
		wantError(t, err, "permission denied", "has version 2, this program needs version 3; open it once as the schema's owner")
	}
	if err := db.update(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestDump holds what the documentation says about pg_dump.
func TestDump(t *testing.T) {
	db, at, roles := withRoles(t)
	store(t, newTenant(t, db, acme), 1, map[string]string{"extensions/v/x": "seen in the dump"})
	dumper := at.database.Role(t)
	at.database.Exec(t, "ALTER ROLE "+dumper+" BYPASSRLS; GRANT pg_read_all_data TO "+dumper)
	for role, want := range map[string]string{dumper: `\\x` + fmt.Sprintf("%x", "seen in the dump"), roles.owner: "row-level security"} {
		out, err := exec.CommandContext(t.Context(), pgtest.Tool(t, "pg_dump"), "-n", "oa_archive", "-d", at.database.URLAs(role)).CombinedOutput()
		if !strings.Contains(string(out), want) || (err == nil) != (role == dumper) {
			t.Errorf("pg_dump as %s: %v, without %q:\n%s", role, err, want, out)
		}
	}
}

func TestTextThatIsNoneIsRefused(t *testing.T) {
	onEach(t, func(t *testing.T, fresh maker) {
		db, _ := fresh(t)
		s := newTenant(t, db, acme)
		for _, summary := range []string{"a\x00b", "\xff"} {
			tx := begin(t, s)
			rec := record(1)
			rec.Summary = summary
			wantError(t, tx.Commit(t.Context(), rec), "its summary", "is not text")
			if err := tx.Rollback(); err != nil {
				t.Fatal(err)
			}
		}
		name := layout.Name{Kind: layout.File, Workspace: workspace, Asset: asset}
		tx := begin(t, s)
		if err := tx.Put(t.Context(), name, -1, strings.NewReader("a\x00\xff")); err != nil {
			t.Fatal(err)
		}
		if err := tx.Commit(t.Context(), record(1)); err != nil {
			t.Fatal(err)
		}
	})
}

// TestRolesAreDocumented holds the SQL in the documentation to be what the
// program gives.
func TestRolesAreDocumented(t *testing.T) {
	page, err := os.ReadFile("../../docs/postgresql.md")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(page), "```sql\n"+PostgresRoles("")+"```\n") {
		t.Error("docs/postgresql.md does not show the SQL of PostgresRoles")
	}
}

// TestRowsAreFoundByKey counts the rows that the server looks at in an import
// that its planner has no statistics of.
func TestRowsAreFoundByKey(t *testing.T) {
	const n = 3000
	s := newTenant(t, first(createPostgres(t)), acme)
	tx := begin(t, s).(*tx)
	seen := func() (rows int) {
		_, err := tx.session.query(t.Context(), func(scan scanFunc) error { return scan(&rows) },
			"SELECT seq_tup_read + idx_tup_fetch FROM pg_stat_xact_user_tables WHERE relname = 'documents' AND schemaname = current_schema()")
		if err != nil {
			t.Fatal(err)
		}
		return rows
	}
	names, contents := reportsOf(n)
	before := seen()
	for _, step := range []struct {
		name string
		run  func()
		most int
	}{
		{"storing", func() {
			for i, name := range names {
				if err := tx.Put(t.Context(), name, -1, bytes.NewReader(contents[i])); err != nil {
					t.Fatal(err)
				}
			}
		}, n},
		{"reading back", func() {
			for _, e := range inventory(t, tx.Inventory(t.Context())) {
				if _, err := read(t.Context(), e); err != nil {
					t.Fatal(err)
				}
			}
		}, 3 * n},
		{"replacing", func() {
			for _, name := range names {
				if err := tx.Put(t.Context(), name, -1, strings.NewReader("{}")); err != nil {
					t.Fatal(err)
				}
			}
			if err := tx.flush(t.Context()); err != nil {
				t.Fatal(err)
			}
		}, 5 * n},
	} {
		step.run()
		now := seen()
		if now-before > step.most {
			t.Errorf("%s looks at %d rows, want at most %d", step.name, now-before, step.most)
		}
		before = now
	}
}
