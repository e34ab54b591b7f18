package sqlstore

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"

	"modernc.org/sqlite"
)

//go:embed migrations
var migrationFiles embed.FS

// applicationID is in the header of every database of this package; the first
// migration writes it.
const applicationID = 0x6F616172

// smallestPage is the length in bytes of the shortest database, of one page.
const smallestPage = 512

// Primary result codes of SQLite, https://www.sqlite.org/rescode.html.
const (
	sqliteBusy     = 5
	sqliteReadOnly = 8
	sqliteCantOpen = 14
	sqliteNotADB   = 26
)

func sqliteCode(err error) int {
	var e *sqlite.Error
	if errors.As(err, &e) {
		return e.Code() & 0xff
	}
	return 0
}

func sqliteDialect() (*dialect, error) {
	migrations, err := fs.Sub(migrationFiles, "migrations/sqlite")
	if err != nil {
		return nil, err
	}
	return &dialect{
		migrations: migrations,
		bind:       func(query string) string { return query },
		beginRead: func(ctx context.Context, conn *sql.Conn, _ string) error {
			// The first read of the transaction takes the snapshot.
			_, err := conn.ExecContext(ctx, "BEGIN; SELECT 1 FROM sqlite_schema")
			return err
		},
		beginWrite: func(ctx context.Context, conn *sql.Conn, _ string) error {
			// Without waiting in the database, where no context reaches.
			_, err := conn.ExecContext(ctx, "PRAGMA busy_timeout = 0; BEGIN IMMEDIATE")
			_, errReset := conn.ExecContext(ctx, "PRAGMA busy_timeout = 10000")
			if sqliteCode(err) == sqliteBusy {
				err = fmt.Errorf("%w: %w", errBusy, err)
			}
			return errors.Join(err, errReset)
		},
		commit: func(ctx context.Context, conn *sql.Conn) error {
			_, err := conn.ExecContext(ctx, "COMMIT")
			return err
		},
		setScope:  func(context.Context, *session, string) error { return nil },
		explain:   func(err error) error { return err },
		unsettled: func(error) bool { return false },
		newLoader: func(e entries) loader { return direct{e} },
		rows:      sqliteRows(),
		among: func(column string, numbers []int64) (string, any) {
			// A JSON array, because the number of placeholders is limited.
			list := make([]byte, 1, 16*len(numbers)+2)
			list[0] = '['
			for i, n := range numbers {
				if i > 0 {
					list = append(list, ',')
				}
				list = strconv.AppendInt(list, n, 10)
			}
			return column + " IN (SELECT value FROM json_each(?))", string(append(list, ']'))
		},
	}, nil
}

// direct stores every document at once: SQLite is in this process.
type direct struct{ entries }

func (l direct) flush(context.Context) error { return nil }

func (l direct) add(ctx context.Context, r row) error {
	if _, err := l.remove(ctx, r.name); err != nil {
		return err
	}
	var content any
	if r.content != nil {
		content = r.content
	}
	return l.session.exec(ctx, `INSERT INTO documents (tenant_id, sort_key, path, kind, workspace_id, asset_id, name, owner, size, sha256, content)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		l.tenant, sortKey(r.name), r.path, r.name.Kind.String(), orNull(r.name.Workspace), orNull(r.name.Asset), orNull(r.title), orNull(r.owner),
		r.size, r.digest.String(), content)
}

func (l direct) caption(ctx context.Context, captions []caption) error {
	for _, c := range captions {
		err := l.session.exec(ctx, "UPDATE documents SET name = ?, owner = ? WHERE tenant_id = ? AND sort_key = ?",
			orNull(c.title), orNull(c.owner), l.tenant, c.key)
		if err != nil {
			return err
		}
	}
	return nil
}

// OpenSQLite opens the database in the file at path, which must have been
// made by [CreateSQLite]; the error wraps [fs.ErrNotExist] when it is missing.
// A schema of an earlier version is brought up to date; one of a later version
// is refused. The file and its folder must be writable, because readers keep
// their marks in files beside it.
func OpenSQLite(ctx context.Context, path string) (*DB, error) {
	if err := checkFile(path); err != nil {
		return nil, err
	}
	db, err := openFile(path)
	if err != nil {
		return nil, err
	}
	if err := db.checkSQLite(ctx); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	if err := db.update(ctx); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

// CreateSQLite makes a database without tenants in a new file at path,
// readable by its owner only. The error wraps [fs.ErrExist] when there is a
// file already. The file appears complete or not at all.
func CreateSQLite(ctx context.Context, path string) (*DB, error) {
	for _, name := range []string{path, path + "-wal", path + "-journal"} {
		if _, err := os.Lstat(name); err == nil {
			return nil, fmt.Errorf("sqlstore: create %s: %s: %w", path, name, fs.ErrExist)
		}
	}
	temp, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*.tmp")
	if err != nil {
		return nil, fmt.Errorf("sqlstore: create %s: %w", path, err)
	}
	name := temp.Name()
	err = temp.Close()
	if err == nil {
		err = fillFile(ctx, name)
	}
	if err == nil {
		err = appear(name, path)
	}
	if errRemove := os.Remove(name); err == nil && errRemove != nil && !errors.Is(errRemove, fs.ErrNotExist) {
		err = errRemove
	}
	if err != nil {
		return nil, fmt.Errorf("sqlstore: create %s: %w", path, err)
	}
	return OpenSQLite(ctx, path)
}

// fillFile turns an empty file into a database without tenants.
func fillFile(ctx context.Context, name string) error {
	db, err := openFile(name)
	if err != nil {
		return err
	}
	if _, err = db.pool.ExecContext(ctx, "PRAGMA journal_mode = WAL"); err == nil {
		err = db.migrate(ctx, noVersion)
	}
	return errors.Join(err, db.Close())
}

// appear gives a finished file its name, unless that is taken.
func appear(name, path string) error {
	err := os.Link(name, path)
	if err != nil && !errors.Is(err, fs.ErrExist) {
		// A file system without links.
		if _, taken := os.Lstat(path); taken == nil {
			return fs.ErrExist
		}
		err = os.Rename(name, path)
	}
	if err != nil || runtime.GOOS == "windows" {
		return err
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// checkFile refuses what cannot be a database. It does not open the file:
// closing it again would take away the locks that SQLite may have on it in
// this process.
func checkFile(path string) error {
	file, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("sqlstore: there is no database %s: %w", path, fs.ErrNotExist)
	case err != nil:
		return fmt.Errorf("sqlstore: %w", err)
	case file.IsDir():
		return fmt.Errorf("sqlstore: %s is a folder, not a database file", path)
	case !file.Mode().IsRegular():
		return fmt.Errorf("sqlstore: %s is not a plain file, so it cannot be a database", path)
	case file.Size() == 0:
		return fmt.Errorf("sqlstore: %s is empty, not a database", path)
	case file.Size() < smallestPage:
		return fmt.Errorf("sqlstore: %s is not a SQLite database", path)
	case file.Mode().Perm()&0o222 == 0:
		return readOnly(path)
	}
	return nil
}

func readOnly(path string) error {
	return fmt.Errorf("sqlstore: %s is read-only; SQLite needs to write beside it even to read, so make it writable or open a copy", path)
}

// openFile opens a pool of connections; nothing is read yet.
func openFile(path string) (*DB, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("sqlstore: %w", err)
	}
	d, err := sqliteDialect()
	if err != nil {
		return nil, err
	}
	slashed := filepath.ToSlash(abs)
	if !strings.HasPrefix(slashed, "/") {
		slashed = "/" + slashed
	}
	name := url.URL{Scheme: "file", Path: slashed, RawQuery: url.Values{
		"mode": {"rw"}, "_defensive": {"1"}, "_dqs": {"0"}, "_error_rc": {"1"},
		"_pragma": {"busy_timeout(10000)", "foreign_keys(1)", "synchronous(FULL)", "trusted_schema(0)", "cell_size_check(1)", "journal_size_limit(67108864)"},
	}.Encode()}
	pool, err := sql.Open("sqlite", name.String())
	if err != nil {
		return nil, fmt.Errorf("sqlstore: %s: %w", path, err)
	}
	return &DB{name: path, pool: pool, dialect: d}, nil
}

// checkSQLite makes sure that the file is one of ours before anything is
// written to it.
func (db *DB) checkSQLite(ctx context.Context) error {
	var id int64
	err := db.pool.QueryRowContext(ctx, "PRAGMA application_id").Scan(&id)
	switch code := sqliteCode(err); {
	case code == sqliteNotADB:
		return fmt.Errorf("sqlstore: %s is not a SQLite database", db.name)
	case code == sqliteCantOpen:
		return fmt.Errorf("sqlstore: %s: SQLite cannot open it; it and its folder must be readable and writable: %w", db.name, err)
	case code == sqliteReadOnly:
		return readOnly(db.name)
	case err != nil:
		return fmt.Errorf("sqlstore: %s: %w", db.name, err)
	case id != applicationID:
		return fmt.Errorf("sqlstore: %s is a SQLite database of another program (application id %d)", db.name, id)
	}
	conn, err := db.pool.Conn(ctx)
	if err != nil {
		return fmt.Errorf("sqlstore: %s: %w", db.name, err)
	}
	return errors.Join(conn.Raw(func(raw any) error { return checkWritable(db.name, raw) }), db.checkLog(ctx), conn.Close())
}

// checkWritable notices that SQLite fell back to reading only.
func checkWritable(name string, raw any) error {
	c, ok := raw.(interface{ IsReadOnly(string) (bool, error) })
	if !ok {
		return fmt.Errorf("sqlstore: %s: the driver does not tell whether the database can be written", name)
	}
	only, err := c.IsReadOnly("main")
	if err != nil {
		return fmt.Errorf("sqlstore: %s: %w", name, err)
	}
	if only {
		return readOnly(name)
	}
	return nil
}

// checkLog makes sure of the write-ahead log, without which an import would
// lock out every reader. A copy of a database may have lost it.
func (db *DB) checkLog(ctx context.Context) error {
	var mode string
	if err := db.pool.QueryRowContext(ctx, "PRAGMA journal_mode = WAL").Scan(&mode); err != nil {
		return fmt.Errorf("sqlstore: %s: %w", db.name, err)
	}
	if mode != "wal" {
		return fmt.Errorf("sqlstore: %s lies where SQLite cannot keep a write-ahead log; move it to a local disk", db.name)
	}
	return nil
}
