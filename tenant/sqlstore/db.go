package sqlstore

import (
	"context"
	"errors"

	"github.com/oneanalytics/oa-archive/tenant"
)

var errUnwritten = errors.New("sqlstore: not written yet")

// DB is a database of tenants. It is safe for concurrent use.
type DB struct{}

// OpenSQLite opens the database in the file at path, which must exist.
func OpenSQLite(ctx context.Context, path string) (*DB, error) { return nil, errUnwritten }

// CreateSQLite makes a database without tenants in a new file at path.
func CreateSQLite(ctx context.Context, path string) (*DB, error) { return nil, errUnwritten }

// Tenants returns the tenants in the database, ordered by id.
func (db *DB) Tenants(ctx context.Context) ([]tenant.Info, error) { return nil, errUnwritten }

// CreateTenant adds a blank tenant.
func (db *DB) CreateTenant(ctx context.Context, info tenant.Info) error { return errUnwritten }

// Tenant returns the tenant with the given id.
func (db *DB) Tenant(ctx context.Context, id string) (*Store, error) { return nil, errUnwritten }

// Close closes the database.
func (db *DB) Close() error { return nil }

// Store is one tenant in a database.
type Store struct{}

// Snapshot returns the tenant's present state.
func (s *Store) Snapshot(ctx context.Context) (tenant.Source, error) { return nil, errUnwritten }

// Target returns the store as what an import changes.
func (s *Store) Target() tenant.Target { return nil }

// Close releases the store; the database stays open.
func (s *Store) Close() error { return nil }
