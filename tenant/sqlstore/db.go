package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/oneanalytics/oa-archive/tenant"
)

// DB is a database of tenants. It is safe for concurrent use.
type DB struct {
	name    string // for messages
	pool    *sql.DB
	dialect *dialect
}

// Close closes the database. Snapshots and transactions must have ended.
func (db *DB) Close() error {
	if err := db.pool.Close(); err != nil {
		return fmt.Errorf("sqlstore: close %s: %w", db.name, err)
	}
	return nil
}

// Tenants returns the tenants in the database, ordered by id.
func (db *DB) Tenants(ctx context.Context) ([]tenant.Info, error) {
	s, err := db.read(ctx, everyTenant)
	if err != nil {
		return nil, err
	}
	all, err := s.tenants(ctx)
	return all, errors.Join(err, s.rollback())
}

func (s *session) tenants(ctx context.Context) (all []tenant.Info, err error) {
	_, err = s.query(ctx, func(scan scanFunc) error {
		var t tenant.Info
		all = append(all, t)
		last := &all[len(all)-1]
		return scanTenant(scan, last)
	}, "SELECT id, name, region, jurisdiction, residency FROM tenants ORDER BY id")
	return all, err
}

func scanTenant(scan scanFunc, t *tenant.Info) error {
	var residency string
	if err := scan(&t.ID, &t.Name, &t.Region, &t.Jurisdiction, &residency); err != nil {
		return err
	}
	return decodeResidency(residency, t)
}

// CreateTenant adds a blank tenant. The error wraps [tenant.ErrExists] when
// its id is taken, and [tenant.ErrLocked] when ctx ends during an import.
func (db *DB) CreateTenant(ctx context.Context, t tenant.Info) error {
	if err := t.Check(); err != nil {
		return fmt.Errorf("sqlstore: %w", err)
	}
	s, err := db.write(ctx, t.ID)
	if err != nil {
		return err
	}
	if err := s.createTenant(ctx, t); err != nil {
		return errors.Join(err, s.rollback())
	}
	return s.commit(ctx)
}

func (s *session) createTenant(ctx context.Context, t tenant.Info) error {
	switch _, err := s.tenant(ctx, t.ID); {
	case err == nil:
		return fmt.Errorf("sqlstore: %s: %s: %w", s.db.name, t.ID, tenant.ErrExists)
	case !errors.Is(err, tenant.ErrNoTenant):
		return err
	}
	residency, err := encodeResidency(t.Residency)
	if err != nil {
		return fmt.Errorf("sqlstore: %w", err)
	}
	return s.exec(ctx, "INSERT INTO tenants (id, name, region, jurisdiction, residency) VALUES (?, ?, ?, ?, ?)", t.ID, t.Name, t.Region, t.Jurisdiction, residency)
}

// tenant returns the description of a tenant. The error wraps
// [tenant.ErrNoTenant] and names the tenants that there are.
func (s *session) tenant(ctx context.Context, id string) (t tenant.Info, err error) {
	n, err := s.query(ctx, func(scan scanFunc) error {
		return scanTenant(scan, &t)
	}, "SELECT id, name, region, jurisdiction, residency FROM tenants WHERE id = ?", id)
	if err != nil || n == 1 {
		return t, err
	}
	if err := s.db.dialect.setScope(ctx, s, everyTenant); err != nil {
		return t, err
	}
	all, err := s.tenants(ctx)
	if err == nil {
		err = s.db.dialect.setScope(ctx, s, id)
	}
	if err != nil {
		return t, err
	}
	return t, fmt.Errorf("sqlstore: %s: %w: %+q; %s", s.db.name, tenant.ErrNoTenant, id, enumerate(all))
}

// enumerate names up to ten tenants.
func enumerate(all []tenant.Info) string {
	const most = 10
	if len(all) == 0 {
		return "the database holds no tenants"
	}
	var ids []string
	for _, t := range all[:min(len(all), most)] {
		ids = append(ids, t.ID)
	}
	text := "it holds " + strings.Join(ids, ", ")
	if len(all) > most {
		text += fmt.Sprintf(" and %d more", len(all)-most)
	}
	return text
}

// Tenant returns the tenant with the given id. The error wraps
// [tenant.ErrNoTenant] and names the ids that exist when there is none.
func (db *DB) Tenant(ctx context.Context, id string) (*Store, error) {
	s, err := db.read(ctx, id)
	if err != nil {
		return nil, err
	}
	if _, err := s.tenant(ctx, id); err != nil {
		return nil, errors.Join(err, s.rollback())
	}
	return &Store{db: db, id: id}, s.rollback()
}
