package dirstore

import (
	"context"
	"errors"

	"github.com/oneanalytics/oa-archive/tenant"
)

var errUnwritten = errors.New("dirstore: not written yet")

// Store is a tenant in a folder. It implements [tenant.Target] and
// [tenant.Journal], and is safe for concurrent use.
type Store struct{}

// Open opens the tenant folder at path.
func Open(path string) (*Store, error) { return nil, errUnwritten }

// Create makes a blank tenant in the folder at path.
func Create(path string, info tenant.Info) (*Store, error) { return nil, errUnwritten }

// Snapshot returns the tenant's present state.
func (s *Store) Snapshot(ctx context.Context) (tenant.Source, error) { return nil, errUnwritten }

// Target returns the store as what an import changes.
func (s *Store) Target() tenant.Target { return nil }

// Close releases the folder.
func (s *Store) Close() error { return nil }
