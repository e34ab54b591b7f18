package sqlstore

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
)

// A migration brings the schema from one version to the next.
type migration struct {
	version int
	file    string
	text    string
}

// migrations returns the dialect's migrations in order, which are numbered
// 1, 2, 3, … without gaps.
func (d *dialect) list() ([]migration, error) {
	files, err := fs.Glob(d.migrations, "*.sql")
	if err != nil {
		return nil, err
	}
	slices.Sort(files)
	var all []migration
	for i, file := range files {
		number, _, _ := strings.Cut(path.Base(file), "_")
		if version, err := strconv.Atoi(number); err != nil || version != i+1 {
			return nil, fmt.Errorf("sqlstore: migration %s: want number %d", file, i+1)
		}
		text, err := fs.ReadFile(d.migrations, file)
		if err != nil {
			return nil, err
		}
		all = append(all, migration{i + 1, file, string(text)})
	}
	return all, nil
}

// update brings the schema of a database that has one to the newest version.
// When it is that already, nothing is written, and no import is waited for.
func (db *DB) update(ctx context.Context) error {
	all, err := db.dialect.list()
	if err != nil {
		return err
	}
	s, err := db.read(ctx, noTenant)
	if err != nil {
		return err
	}
	now, err := schemaVersion(ctx, s)
	if err = errors.Join(err, s.rollback()); err != nil {
		return err
	}
	if now == len(all) {
		return nil
	}
	err = db.migrate(ctx, schemaVersion)
	if errors.Is(err, fs.ErrPermission) {
		return fmt.Errorf("sqlstore: %s: its schema has version %d, this program needs version %d; open it once as the schema's owner: %w", db.name, now, len(all), err)
	}
	return err
}

// migrate brings the schema from the version that it has to the newest, in
// one transaction. A database that is newer is refused: this program could
// damage what it does not know.
func (db *DB) migrate(ctx context.Context, version func(context.Context, *session) (int, error)) error {
	all, err := db.dialect.list()
	if err != nil {
		return err
	}
	s, err := db.write(ctx, noTenant)
	if err != nil {
		return err
	}
	defer func() { _ = s.rollback() }() // nothing is lost that was to be kept
	now, err := version(ctx, s)
	if err != nil {
		return err
	}
	if now > len(all) {
		return fmt.Errorf("sqlstore: %s was written by a newer oa-archive: its schema has version %d, this program knows versions up to %d; use the newer program", db.name, now, len(all))
	}
	if now == len(all) {
		return nil
	}
	for _, m := range all[now:] {
		if err := s.script(ctx, m.text); err != nil {
			return fmt.Errorf("sqlstore: %s: migration %s: %w", db.name, m.file, err)
		}
	}
	if err := s.exec(ctx, "DELETE FROM schema_version"); err != nil {
		return err
	}
	if err := s.exec(ctx, "INSERT INTO schema_version (version) VALUES (?)", len(all)); err != nil {
		return err
	}
	return s.commit(ctx)
}

// schemaVersion is the version of a database that has one.
func schemaVersion(ctx context.Context, s *session) (version int, err error) {
	n, err := s.query(ctx, func(scan scanFunc) error { return scan(&version) }, "SELECT version FROM schema_version")
	if err == nil && (n != 1 || version < 1) {
		err = fmt.Errorf("sqlstore: %s is damaged: table schema_version has %d rows, the last with version %d", s.db.name, n, version)
	}
	return version, err
}

// noVersion is the version of an empty database.
func noVersion(context.Context, *session) (int, error) { return 0, nil }
