package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/oneanalytics/oa-archive/cmd/oa-archive/internal/render"
	"github.com/oneanalytics/oa-archive/tenant"
	"github.com/oneanalytics/oa-archive/tenant/dirstore"
	"github.com/oneanalytics/oa-archive/tenant/sqlstore"
)

// storeSpec is a parsed STORE.
type storeSpec struct {
	scheme string // dir, sqlite or postgres
	path   string // for postgres the whole connection string, which may hold a password
}

const hintStore = "a store is dir:FOLDER, sqlite:FILE or postgres://USER@HOST/DATABASE"

// parseStore reads STORE. flag is what it was given to, for the message.
func parseStore(flag, s string) (storeSpec, error) {
	scheme, path, ok := strings.Cut(s, ":")
	switch {
	case s == "":
		return storeSpec{}, usagef(hintStore, "%s is missing", flag)
	case scheme == "postgres" || scheme == "postgresql":
		if !strings.HasPrefix(path, "//") {
			return storeSpec{}, usagef(hintStore, "%s: a PostgreSQL store begins with %s://", flag, scheme)
		}
		return storeSpec{"postgres", s}, nil
	case !ok || (scheme != "dir" && scheme != "sqlite"):
		hint := hintStore
		if fi, err := os.Stat(s); err == nil && fi.IsDir() {
			hint = "did you mean dir:" + s + "? " + hint
		} else if err == nil {
			hint = "did you mean sqlite:" + s + "? " + hint
		}
		if strings.Contains(s, "@") { // and perhaps a password before it
			return storeSpec{}, usagef(hint, "%s: this is not a store", flag)
		}
		return storeSpec{}, usagef(hint, "%s: %q is not a store", flag, s)
	case path == "":
		return storeSpec{}, usagef(hintStore, "%s: %q lacks the path", flag, s)
	}
	return storeSpec{scheme, path}, nil
}

// isStore tells a STORE from a FILE where both may stand.
func isStore(s string) bool {
	for _, scheme := range []string{"dir:", "sqlite:", "postgres:", "postgresql:"} {
		if strings.HasPrefix(s, scheme) {
			return true
		}
	}
	return false
}

// String is what may be shown: without passwords.
func (s storeSpec) String() string {
	if s.scheme == "postgres" {
		return sqlstore.RedactPostgres(s.path)
	}
	return s.scheme + ":" + s.path
}

// shown returns a STORE or FILE as it may be shown.
func shown(arg string) string {
	if strings.HasPrefix(arg, "postgres:") || strings.HasPrefix(arg, "postgresql:") {
		return sqlstore.RedactPostgres(arg)
	}
	return arg
}

// missing reports whether there is no file or folder of the store.
func (s storeSpec) missing() bool {
	_, err := os.Stat(s.path)
	return s.scheme != "postgres" && errors.Is(err, fs.ErrNotExist)
}

// store is one tenant of a store, open.
type store struct {
	tenantStore
	spec storeSpec
	db   *sqlstore.DB // beneath an SQL store
}

// tenantStore is what the stores have in common.
type tenantStore interface {
	Snapshot(ctx context.Context) (tenant.Source, error)
	Target() tenant.Target
	Close() error
}

func (s *store) Close() error {
	err := s.tenantStore.Close()
	if s.db != nil {
		err = errors.Join(err, s.db.Close())
	}
	return err
}

// openStore opens the tenant with the given id, or the only one when id is
// empty. A store that does not exist is an error wrapping [fs.ErrNotExist], a
// tenant that does not is one wrapping [tenant.ErrNoTenant].
func openStore(ctx context.Context, spec storeSpec, id string) (*store, error) {
	if spec.missing() {
		return nil, at("store "+spec.String(), fs.ErrNotExist)
	}
	open := sqlstore.OpenSQLite
	switch spec.scheme {
	case "dir":
		return openFolder(ctx, spec, id)
	case "postgres":
		open = sqlstore.OpenPostgres
	}
	db, err := open(ctx, spec.path)
	if err != nil {
		return nil, at("store "+spec.String(), err)
	}
	s, err := openDatabase(ctx, db, spec, id)
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return s, nil
}

func openFolder(ctx context.Context, spec storeSpec, id string) (*store, error) {
	s, err := dirstore.Open(spec.path)
	if err != nil {
		return nil, at("store "+spec.String(), err)
	}
	if id != "" {
		t, err := s.Target().Tenant(ctx)
		if err == nil && t.ID != id {
			err = fmt.Errorf("store %s: %w: it holds %q, not %q", spec, tenant.ErrNoTenant, t.ID, id)
		}
		if err != nil {
			return nil, errors.Join(err, s.Close())
		}
	}
	return &store{tenantStore: s, spec: spec}, nil
}

func openDatabase(ctx context.Context, db *sqlstore.DB, spec storeSpec, id string) (*store, error) {
	if id == "" {
		all, err := db.Tenants(ctx)
		switch {
		case err != nil:
			return nil, at("store "+spec.String(), err)
		case len(all) == 0:
			return nil, fmt.Errorf("store %s: %w: it holds none", spec, tenant.ErrNoTenant)
		case len(all) > 1:
			return nil, usagef("pass --tenant ID", "store %s holds %s: %s", spec, render.Plural(int64(len(all)), "tenant"), listTenants(all))
		}
		id = all[0].ID
	}
	s, err := db.Tenant(ctx, id)
	if err != nil {
		return nil, at("store "+spec.String(), err)
	}
	return &store{tenantStore: s, spec: spec, db: db}, nil
}

// listTenants names the first tenants of a store.
func listTenants(all []tenant.Info) string {
	const shown = 8
	var names []string
	for i, t := range all {
		if i == shown {
			names = append(names, "…")
			break
		}
		names = append(names, t.ID)
	}
	return strings.Join(names, ", ")
}

// createStore makes a blank tenant, and the store around it when there is none.
// undo takes back what was made, as far as that is safe: a store that was
// there before keeps the blank tenant.
func createStore(ctx context.Context, spec storeSpec, who tenant.Info) (s *store, undo func(), err error) {
	undo = func() {}
	isNew := spec.missing()
	if isNew {
		undo = func() { removeStore(spec) }
	}
	if spec.scheme == "dir" {
		d, err := dirstore.Create(spec.path, who)
		if err != nil {
			return nil, undo, at("store "+spec.String(), err)
		}
		return &store{tenantStore: d, spec: spec}, undo, nil
	}
	create := sqlstore.OpenSQLite
	switch {
	case spec.scheme == "postgres":
		create = sqlstore.CreatePostgres // the schema stays, whatever happens
	case isNew:
		create = sqlstore.CreateSQLite
	}
	db, err := create(ctx, spec.path)
	if err != nil {
		return nil, undo, at("store "+spec.String(), err)
	}
	if err := db.CreateTenant(ctx, who); err != nil {
		return nil, undo, errors.Join(at("store "+spec.String(), err), db.Close())
	}
	s, err = openDatabase(ctx, db, spec, who.ID)
	if err != nil {
		return nil, undo, errors.Join(err, db.Close())
	}
	return s, undo, nil
}

// removeStore deletes a store that this process has created.
func removeStore(spec storeSpec) {
	if spec.scheme == "dir" {
		_ = os.RemoveAll(spec.path)
		return
	}
	for _, suffix := range []string{"", "-wal", "-shm", "-journal"} {
		_ = os.Remove(spec.path + suffix)
	}
}
