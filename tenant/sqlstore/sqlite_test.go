package sqlstore

import (
	"database/sql"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// alter runs SQL in a database file behind the package's back.
func alter(tb testing.TB, path, text string) {
	tb.Helper()
	raw, err := sql.Open("sqlite", path)
	if err != nil {
		tb.Fatal(err)
	}
	if _, err := raw.ExecContext(tb.Context(), text); err != nil {
		tb.Fatal(err)
	}
	if err := raw.Close(); err != nil {
		tb.Fatal(err)
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

func TestSettingsOfConnections(t *testing.T) {
	db := create(t)
	for pragma, want := range map[string]int{"foreign_keys": 1, "synchronous": 2, "trusted_schema": 0, "busy_timeout": 10000, "application_id": applicationID} {
		var got int
		if err := db.pool.QueryRowContext(t.Context(), "PRAGMA "+pragma).Scan(&got); err != nil || got != want {
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
