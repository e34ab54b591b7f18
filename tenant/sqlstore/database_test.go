package sqlstore

import (
	"context"
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/oneanalytics/oa-archive/internal/pgtest"
	"github.com/oneanalytics/oa-archive/layout"
	"github.com/oneanalytics/oa-archive/tenant"
)

// A place is where a test's database is.
type place struct {
	url    string                                 // what openURL takes
	behind func(tb testing.TB, statements string) // runs SQL behind the package's back
}

// openURL opens a database once more.
func openURL(ctx context.Context, url string) (*DB, error) {
	if strings.HasPrefix(url, "postgres:") {
		return OpenPostgres(ctx, url)
	}
	return OpenSQLite(ctx, url)
}

// A maker makes a database for the length of a test.
type maker func(testing.TB) (*DB, place)

var makers = map[string]maker{"SQLite": createSQLite, "PostgreSQL": createPostgres}

// onEach runs a test with each dialect.
func onEach(t *testing.T, check func(t *testing.T, fresh maker)) {
	for name, fresh := range makers {
		t.Run(name, func(t *testing.T) { check(t, fresh) })
	}
}

func createSQLite(tb testing.TB) (*DB, place) {
	tb.Helper()
	path := filepath.Join(tb.TempDir(), "tenants.db")
	db, err := CreateSQLite(tb.Context(), path)
	return opened(tb, db, err), place{
		url:    path,
		behind: func(tb testing.TB, statements string) { alter(tb, path, statements) },
	}
}

// createPostgres makes a schema that belongs to an ordinary role, which
// row-level security holds for.
func createPostgres(tb testing.TB) (*DB, place) {
	tb.Helper()
	database := pgtest.Common(tb)
	role := database.Role(tb, "CREATE")
	schema := "of_" + role
	dsn := inSchema(database.URLAs(role), schema)
	db, err := CreatePostgres(tb.Context(), dsn)
	return opened(tb, db, err), place{
		url: dsn,
		behind: func(tb testing.TB, statements string) {
			database.Exec(tb, "SET search_path = "+schema+"; "+strings.NewReplacer("CAST(", "", " AS BLOB)", "::bytea").Replace(statements))
		},
	}
}

func opened(tb testing.TB, db *DB, err error) *DB {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := db.Close(); err != nil {
			tb.Error(err)
		}
	})
	return db
}

func TestNewerSchemaIsRefused(t *testing.T) {
	onEach(t, func(t *testing.T, fresh maker) {
		_, at := fresh(t)
		at.behind(t, "UPDATE schema_version SET version = 99")
		_, err := openURL(t.Context(), at.url)
		wantError(t, err, "written by a newer oa-archive", "version 99", "versions up to 4")
		at.behind(t, "DELETE FROM schema_version")
		_, err = openURL(t.Context(), at.url)
		wantError(t, err, "is damaged", "schema_version has 0 rows")
	})
}

func TestMigrationsGoForward(t *testing.T) {
	onEach(t, func(t *testing.T, fresh maker) {
		db, _ := fresh(t)
		newTenant(t, db, acme)
		have, err := db.dialect.list()
		if err != nil {
			t.Fatal(err)
		}
		later := fstest.MapFS{}
		for _, m := range have {
			later[m.file] = &fstest.MapFile{Data: []byte(m.text)}
		}
		version := len(have)
		broken := fmt.Sprintf("%04d_broken.sql", version+2)
		later[fmt.Sprintf("%04d_labels.sql", version+1)] = &fstest.MapFile{Data: []byte("ALTER TABLE tenants ADD COLUMN label TEXT NOT NULL DEFAULT 'none'; CREATE TABLE more (x TEXT)")}
		later[broken] = &fstest.MapFile{Data: []byte("CREATE TABLE yet_more (x TEXT); CREATE TABEL")}
		db.dialect.migrations = later
		wantError(t, db.migrate(t.Context(), schemaVersion), "migration "+broken)
		if got := count(t, db, "SELECT version FROM schema_version"); got != version {
			t.Errorf("after a failed migration the schema has version %d", got)
		}
		for _, table := range []string{"more", "yet_more"} {
			if err := exists(t, db, table); err == nil {
				t.Errorf("a failed migration leaves table %s", table)
			}
		}
		delete(later, broken)
		for range 2 {
			if err := db.migrate(t.Context(), schemaVersion); err != nil {
				t.Fatal(err)
			}
		}
		if got := count(t, db, "SELECT version FROM schema_version"); got != version+1 {
			t.Errorf("the schema has version %d, want %d", got, version+1)
		}
		if got := count(t, db, "SELECT COUNT(*) FROM tenants WHERE label = 'none'"); got != 1 {
			t.Errorf("%d tenants were migrated, want 1", got)
		}
		db.dialect.migrations = fstest.MapFS{"0001_a.sql": {}, "0003_b.sql": {}}
		wantError(t, db.migrate(t.Context(), schemaVersion), "0003_b.sql: want number 2")
	})
}

// TestDamageIsNoticed alters rows behind the package's back.
func TestDamageIsNoticed(t *testing.T) {
	onEach(t, func(t *testing.T, fresh maker) {
		const small, large = "extensions/v/small", "workspaces/" + workspace + "/files/" + asset
		for name, c := range map[string]struct{ statement, want string }{
			"content changed":      {"UPDATE documents SET content = CAST('SMALL' AS BLOB) WHERE path = '" + small + "'", small + " is damaged: its content does not have the digest"},
			"content shortened":    {"UPDATE documents SET content = CAST('smal' AS BLOB) WHERE path = '" + small + "'", small + " is damaged: its pieces do not have the size"},
			"content longer":       {"UPDATE documents SET content = CAST('smaller' AS BLOB) WHERE path = '" + small + "'", small + " is damaged: its pieces do not have the size"},
			"piece lost":           {"DELETE FROM chunks WHERE seq = 1", large + " is damaged: its pieces do not have the size"},
			"last piece lost":      {"DELETE FROM chunks WHERE seq = 2", large + " is damaged: its pieces do not have the size"},
			"pieces swapped":       {"UPDATE chunks SET seq = 1 - seq + 10 WHERE seq < 2; UPDATE chunks SET seq = seq - 10 WHERE seq > 2", large + " is damaged: its content does not have the digest"},
			"piece of wrong size":  {"UPDATE chunks SET content = CAST('x' AS BLOB) WHERE seq = 0", large + " is damaged: its pieces do not have the size"},
			"size changed":         {"UPDATE documents SET size = size + 1", large + " is damaged: its pieces do not have the size"},
			"path changed":         {"UPDATE documents SET path = 'extensions/v/other' WHERE path = '" + small + "'", "does not go with its path"},
			"path outside":         {"UPDATE documents SET path = '../../etc/passwd' WHERE path = '" + small + "'", `path "../../etc/passwd"`},
			"manifest":             {"UPDATE documents SET path = 'manifest.json', sort_key = '9' WHERE path = '" + small + "'", "does not go with its path"},
			"sort key changed":     {"UPDATE documents SET sort_key = '0' WHERE path = '" + small + "'", "does not go with its path"},
			"digest changed":       {"UPDATE documents SET sha256 = 'xyz' WHERE path = '" + small + "'", "want 64 lower-case hexadecimal digits"},
			"digest of other data": {"UPDATE documents SET sha256 = '" + layout.DigestOf(nil).String() + "' WHERE path = '" + small + "'", "does not have the digest"},
		} {
			t.Run(name, func(t *testing.T) {
				db, at := fresh(t)
				s := newTenant(t, db, acme)
				store(t, s, 1, map[string]string{small: "small", large: strings.Repeat("1", 1<<20) + strings.Repeat("2", 1<<20) + "3"})
				at.behind(t, c.statement)
				_, err := contents(t.Context(), s)
				wantError(t, err, c.want)
			})
		}
	})
}

func TestNoOrphanedChunks(t *testing.T) {
	onEach(t, func(t *testing.T, fresh maker) {
		db, _ := fresh(t)
		s := newTenant(t, db, acme)
		const large = "workspaces/" + workspace + "/files/" + asset
		store(t, s, 1, map[string]string{large: strings.Repeat("x", 5<<20)})
		if got := count(t, db, "SELECT COUNT(*) FROM chunks"); got != 5 {
			t.Errorf("%d chunks, want 5", got)
		}
		store(t, s, 2, map[string]string{large: strings.Repeat("x", 2<<20)})
		if got := count(t, db, "SELECT COUNT(*) FROM chunks"); got != 2 {
			t.Errorf("%d chunks after replacing, want 2", got)
		}
		tx := begin(t, s)
		name, err := layout.Parse(large)
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(tx.Delete(t.Context(), name), tx.Commit(t.Context(), record(3))); err != nil {
			t.Fatal(err)
		}
		if got := count(t, db, "SELECT COUNT(*) FROM chunks"); got != 0 {
			t.Errorf("%d chunks after deleting, want 0", got)
		}
	})
}

func TestContentUpToOneChunkIsInItsRow(t *testing.T) {
	onEach(t, func(t *testing.T, fresh maker) {
		db, _ := fresh(t)
		s := newTenant(t, db, acme)
		for i, c := range []struct{ size, chunks int }{{0, 0}, {chunkSize, 0}, {chunkSize + 1, 2}, {2 * chunkSize, 2}, {2*chunkSize + 1, 3}} {
			store(t, s, i+1, map[string]string{"extensions/v/x": strings.Repeat("x", c.size)})
			if got := count(t, db, "SELECT COUNT(*) FROM chunks"); got != c.chunks {
				t.Errorf("%d bytes are in %d chunks, want %d", c.size, got, c.chunks)
			}
			if got := count(t, db, "SELECT COUNT(*) FROM documents WHERE content IS NULL"); (got == 1) != (c.chunks > 0) {
				t.Errorf("%d bytes: content is null: %d", c.size, got)
			}
		}
	})
}

func TestErrorsNameTheTenantsFile(t *testing.T) {
	onEach(t, func(t *testing.T, fresh maker) {
		db, at := fresh(t)
		s := newTenant(t, db, acme)
		at.behind(t, "DROP TABLE chunks; DROP TABLE documents")
		_, err := contents(t.Context(), s)
		wantError(t, err, db.name, "documents", map[string]string{"SQLite": "no such table", "PostgreSQL": "does not exist"}[path.Base(t.Name())])
		if errors.Is(err, tenant.ErrNoEntry) {
			t.Error(fmt.Sprint(err))
		}
	})
}

// count returns the one number that a query yields in the scope of acme.
func count(t *testing.T, db *DB, query string) (n int) {
	t.Helper()
	s, err := db.read(t.Context(), acme.ID)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := s.query(t.Context(), func(scan scanFunc) error { return scan(&n) }, query)
	if err := errors.Join(err, s.rollback()); err != nil || rows != 1 {
		t.Fatalf("%s: %d rows, %v", query, rows, err)
	}
	return n
}

// exists returns an error when there is no such table.
func exists(t *testing.T, db *DB, table string) error {
	t.Helper()
	s, err := db.read(t.Context(), acme.ID)
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.query(t.Context(), func(scanFunc) error { return nil }, "SELECT 1 FROM "+table)
	return errors.Join(err, s.rollback())
}
