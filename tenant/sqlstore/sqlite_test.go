package sqlstore

import (
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/oneanalytics/oa-archive/layout"
	"github.com/oneanalytics/oa-archive/tenant"
)

// alter runs SQL in a database file behind the package's back.
func alter(t *testing.T, path, text string) {
	t.Helper()
	raw, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := raw.ExecContext(t.Context(), text); err != nil {
		t.Fatal(err)
	}
	if err := raw.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestOpenSQLiteRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		make func(path string) error
		want string
	}{
		"nothing":          {func(string) error { return nil }, "there is no database"},
		"a folder":         {func(path string) error { return os.Mkdir(path, 0o755) }, "is a folder, not a database file"},
		"an empty file":    {func(path string) error { return os.WriteFile(path, nil, 0o644) }, "is empty, not a database"},
		"a text":           {func(path string) error { return os.WriteFile(path, []byte(strings.Repeat("text\n", 1000)), 0o644) }, "is not a SQLite database"},
		"a short text":     {func(path string) error { return os.WriteFile(path, []byte("x"), 0o644) }, "is not a SQLite database"},
		"a device":         {func(path string) error { return os.Symlink("/dev/null", path) }, "is not a plain file"},
		"a dangling link":  {func(path string) error { return os.Symlink("nowhere", path) }, "there is no database"},
		"a read-only file": {func(path string) error { return os.WriteFile(path, make([]byte, 4096), 0o444) }, "is read-only"},
		"a foreign database": {func(path string) error {
			alter(t, path, "CREATE TABLE songs (title TEXT)")
			return nil
		}, "is a SQLite database of another program"},
		"a foreign database with an id": {func(path string) error {
			alter(t, path, "PRAGMA application_id = 7; CREATE TABLE schema_version (version INTEGER)")
			return nil
		}, "another program (application id 7)"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "x.db")
			if err := c.make(path); err != nil {
				t.Fatal(err)
			}
			before, _ := os.ReadFile(path)
			_, err := OpenSQLite(t.Context(), path)
			wantError(t, err, path, c.want)
			if missing := strings.HasPrefix(c.want, "there is no"); missing != errors.Is(err, fs.ErrNotExist) {
				t.Errorf("%v: is fs.ErrNotExist: %v", err, !missing)
			}
			if after, _ := os.ReadFile(path); string(after) != string(before) {
				t.Error("opening changed the file")
			}
			for _, suffix := range []string{"-wal", "-shm", "-journal"} {
				if _, err := os.Lstat(path + suffix); err == nil {
					t.Errorf("opening left %s", suffix)
				}
			}
		})
	}
}

func TestReadOnlyConnectionIsNoticed(t *testing.T) {
	db := create(t)
	raw, err := sql.Open("sqlite", "file:"+db.name+"?mode=ro")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = raw.Close() }()
	conn, err := raw.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	err = conn.Raw(func(c any) error { return checkWritable("x.db", c) })
	wantError(t, err, "x.db is read-only")
}

func TestCreateSQLiteRefuses(t *testing.T) {
	for _, taken := range []string{"x.db", "x.db-wal", "x.db-journal"} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, taken), []byte("precious"), 0o644); err != nil {
			t.Fatal(err)
		}
		_, err := CreateSQLite(t.Context(), filepath.Join(dir, "x.db"))
		wantError(t, err, taken, "file already exists")
		if !errors.Is(err, fs.ErrExist) {
			t.Errorf("%v is not fs.ErrExist", err)
		}
		if names, err := os.ReadDir(dir); err != nil || len(names) != 1 {
			t.Errorf("the folder holds %v, %v", names, err)
		}
	}
	_, err := CreateSQLite(t.Context(), filepath.Join(t.TempDir(), "missing", "x.db"))
	wantError(t, err, "no such file or directory")
}

func TestNewerSchemaIsRefused(t *testing.T) {
	db := create(t)
	alter(t, db.name, "UPDATE schema_version SET version = 99")
	_, err := OpenSQLite(t.Context(), db.name)
	wantError(t, err, "written by a newer oa-archive", "version 99", "versions up to 1")
	alter(t, db.name, "DELETE FROM schema_version")
	_, err = OpenSQLite(t.Context(), db.name)
	wantError(t, err, "is damaged", "schema_version has 0 rows")
}

func TestMigrationsGoForward(t *testing.T) {
	db := create(t)
	newTenant(t, db, acme)
	first, err := fs.ReadFile(db.dialect.migrations, "0001_documents.sql")
	if err != nil {
		t.Fatal(err)
	}
	db.dialect.migrations = fstest.MapFS{
		"0001_documents.sql": {Data: first},
		"0002_labels.sql":    {Data: []byte("ALTER TABLE tenants ADD COLUMN label TEXT NOT NULL DEFAULT 'none'; CREATE TABLE more (x TEXT)")},
		"0003_broken.sql":    {Data: []byte("CREATE TABLE yet_more (x TEXT); CREATE TABEL")},
	}
	wantError(t, db.migrate(t.Context(), schemaVersion), "migration 0003_broken.sql")
	if got := count(t, db, "SELECT version FROM schema_version"); got != 1 {
		t.Errorf("after a failed migration the schema has version %d", got)
	}
	if got := count(t, db, "SELECT COUNT(*) FROM sqlite_schema WHERE name IN ('more', 'yet_more')"); got != 0 {
		t.Error("a failed migration leaves tables")
	}
	delete(db.dialect.migrations.(fstest.MapFS), "0003_broken.sql")
	for range 2 {
		if err := db.migrate(t.Context(), schemaVersion); err != nil {
			t.Fatal(err)
		}
	}
	if got := count(t, db, "SELECT version FROM schema_version"); got != 2 {
		t.Errorf("the schema has version %d, want 2", got)
	}
	if got := count(t, db, "SELECT COUNT(*) FROM tenants WHERE label = 'none'"); got != 1 {
		t.Errorf("%d tenants were migrated, want 1", got)
	}
	db.dialect.migrations = fstest.MapFS{"0001_a.sql": {}, "0003_b.sql": {}}
	wantError(t, db.migrate(t.Context(), schemaVersion), "0003_b.sql: want number 2")
}

// count returns the one number that a query yields.
func count(t *testing.T, db *DB, query string) (n int) {
	t.Helper()
	if err := db.pool.QueryRowContext(t.Context(), query).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestSettingsOfConnections(t *testing.T) {
	db := create(t)
	for pragma, want := range map[string]int{"foreign_keys": 1, "synchronous": 2, "trusted_schema": 0, "busy_timeout": 10000, "application_id": applicationID} {
		if got := count(t, db, "PRAGMA "+pragma); got != want {
			t.Errorf("%s is %d, want %d", pragma, got, want)
		}
	}
	var mode string
	if err := db.pool.QueryRowContext(t.Context(), "PRAGMA journal_mode").Scan(&mode); err != nil || mode != "wal" {
		t.Errorf("journal mode %q, %v", mode, err)
	}
}

// TestLogIsTurnedOnAgain opens a copy that has lost its write-ahead log.
func TestLogIsTurnedOnAgain(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.db")
	db, err := CreateSQLite(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	alter(t, path, "PRAGMA journal_mode = DELETE")
	if db, err = OpenSQLite(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	var mode string
	if err := db.pool.QueryRowContext(t.Context(), "PRAGMA journal_mode").Scan(&mode); err != nil || mode != "wal" {
		t.Errorf("journal mode %q, %v", mode, err)
	}
}

// TestDamageIsNoticed alters rows behind the package's back.
func TestDamageIsNoticed(t *testing.T) {
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
			db := create(t)
			s := newTenant(t, db, acme)
			store(t, s, 1, map[string]string{small: "small", large: strings.Repeat("1", 1<<20) + strings.Repeat("2", 1<<20) + "3"})
			alter(t, db.name, c.statement)
			_, err := contents(t.Context(), s)
			wantError(t, err, c.want)
		})
	}
}

func TestNoOrphanedChunks(t *testing.T) {
	db := create(t)
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
}

func TestContentUpToOneChunkIsInItsRow(t *testing.T) {
	db := create(t)
	s := newTenant(t, db, acme)
	for i, c := range []struct{ size, chunks int }{{0, 0}, {chunkSize, 0}, {chunkSize + 1, 2}, {2 * chunkSize, 2}, {2*chunkSize + 1, 3}} {
		store(t, s, i+1, map[string]string{"extensions/v/x": strings.Repeat("x", c.size)})
		if got := count(t, db, "SELECT COUNT(*) FROM chunks"); got != c.chunks {
			t.Errorf("%d bytes are in %d chunks, want %d", c.size, got, c.chunks)
		}
		if got := count(t, db, "SELECT content IS NULL FROM documents"); (got == 1) != (c.chunks > 0) {
			t.Errorf("%d bytes: content is null: %d", c.size, got)
		}
	}
}

func TestErrorsNameTheTenantsFile(t *testing.T) {
	db := create(t)
	s := newTenant(t, db, acme)
	if _, err := db.pool.ExecContext(t.Context(), "DROP TABLE chunks; DROP TABLE documents"); err != nil {
		t.Fatal(err)
	}
	_, err := contents(t.Context(), s)
	wantError(t, err, db.name, "no such table")
	if errors.Is(err, tenant.ErrNoEntry) {
		t.Error(fmt.Sprint(err))
	}
}
