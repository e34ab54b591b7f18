package dirstore

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"

	"github.com/oneanalytics/oa-archive/tenant"
)

// The store's own files, relative to the tenant's folder.
const (
	tenantFile  = "tenant.json"
	private     = ".oa-archive"
	lockFile    = private + "/lock"
	staging     = private + "/staging"
	commitFile  = private + "/commit.json"
	journalFile = private + "/imports.ndjson"
	ignoreFile  = private + "/.gitignore"
)

// Store is a tenant in a folder. It implements [tenant.Target] and
// [tenant.Journal], and is safe for concurrent use.
type Store struct {
	path   string // absolute, for messages and the lock
	root   *os.Root
	folder fs.FileInfo

	finished atomic.Pointer[string] // id of an import that this store has finished for a process that died
}

// Open opens the tenant folder at path, which has a tenant.json. The error
// wraps [tenant.ErrNoTenant] when the folder or that file is missing. An
// import that a crash left half applied is finished, unless another process
// is at it.
func Open(path string) (*Store, error) {
	s, err := openFolder(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("dirstore: %w: there is no folder %s", tenant.ErrNoTenant, path)
	}
	if err != nil {
		return nil, err
	}
	if _, err := s.readTenant(); err != nil {
		return nil, errors.Join(err, s.root.Close())
	}
	if err := s.trySettle(); err != nil && !errors.Is(err, tenant.ErrLocked) {
		return nil, errors.Join(err, s.root.Close())
	}
	return s, nil
}

// Create makes a blank tenant in the folder at path, which is made when
// missing. A folder that is a tenant already is refused with an error wrapping
// [tenant.ErrExists], and so is one with any file in it whose name does not
// begin with a dot.
func Create(path string, t tenant.Info) (*Store, error) {
	if err := t.Check(); err != nil {
		return nil, fmt.Errorf("dirstore: %w", err)
	}
	if err := os.MkdirAll(path, 0o755); err != nil {
		return nil, fmt.Errorf("dirstore: make %s: %w", path, err)
	}
	s, err := openFolder(path)
	if err != nil {
		return nil, err
	}
	if err := s.create(t); err != nil {
		return nil, errors.Join(err, s.root.Close())
	}
	return s, nil
}

func (s *Store) create(t tenant.Info) error {
	if err := s.checkEmpty(); err != nil {
		return err
	}
	unlock, err := s.lock(context.Background())
	if err != nil {
		return err
	}
	defer unlock()
	if err := s.checkEmpty(); err != nil {
		return err
	}
	return s.writeTenant(t)
}

// checkEmpty refuses a folder in which a blank tenant has no place.
func (s *Store) checkEmpty() error {
	if _, err := s.root.Lstat(tenantFile); err == nil {
		return fmt.Errorf("dirstore: %s: %w", s.path, tenant.ErrExists)
	}
	if _, err := s.root.Lstat(journalFile); err == nil {
		return fmt.Errorf("dirstore: %s holds the imports of another tenant: remove %s, or choose another folder", s.path, private)
	}
	names, err := readNames(s.root)
	if err != nil {
		return fmt.Errorf("dirstore: read %s: %w", s.path, err)
	}
	for _, name := range names {
		if !strings.HasPrefix(name, ".") {
			return fmt.Errorf("dirstore: %s is neither a tenant nor empty: it holds %s; choose a new folder", s.path, printable(name))
		}
	}
	return nil
}

func openFolder(path string) (*Store, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("dirstore: %w", err)
	}
	root, err := os.OpenRoot(abs)
	if err != nil {
		return nil, fmt.Errorf("dirstore: %w", err)
	}
	folder, err := root.Stat(".")
	if err != nil {
		return nil, errors.Join(fmt.Errorf("dirstore: %w", err), root.Close())
	}
	return &Store{path: abs, root: root, folder: folder}, nil
}

// Close releases the folder. Snapshots and transactions of the store end with
// it.
func (s *Store) Close() error { return s.root.Close() }

// Target returns the store itself.
func (s *Store) Target() tenant.Target { return s }

// Tenant reads tenant.json.
func (s *Store) Tenant(ctx context.Context) (tenant.Info, error) {
	if err := ctx.Err(); err != nil {
		return tenant.Info{}, err
	}
	return s.readTenant()
}

// Snapshot lists the folder. The result implements [tenant.OmissionLister].
// Its entries state their sizes; digests are known only of files that changed
// within the last two seconds.
func (s *Store) Snapshot(ctx context.Context) (tenant.Source, error) {
	t, err := s.readTenant()
	if err != nil {
		return nil, err
	}
	found, err := s.list(ctx)
	if err != nil {
		return nil, err
	}
	return &snapshot{store: s, tenant: t, found: found}, nil
}

// Inventory implements [tenant.Target]. It reads every file to know its
// digest.
func (s *Store) Inventory(ctx context.Context) iter.Seq2[tenant.Entry, error] {
	return func(yield func(tenant.Entry, error) bool) {
		found, err := s.list(ctx)
		if err != nil {
			yield(tenant.Entry{}, err)
			return
		}
		s.yieldDigested(ctx, found.files, yield)
	}
}

// yieldDigested yields files with their digests, each computed just before.
func (s *Store) yieldDigested(ctx context.Context, files []file, yield func(tenant.Entry, error) bool) {
	for _, f := range files {
		err := ctx.Err()
		if err == nil && f.digest.IsZero() {
			f.digest, err = f.hash(ctx)
		}
		if err != nil {
			yield(tenant.Entry{}, err)
			return
		}
		if !yield(f.entry(nil), nil) {
			return
		}
	}
}

// printable quotes a file's name unless it is safe on a terminal.
func printable(name string) string {
	for _, c := range []byte(name) {
		if c <= ' ' || c > '~' {
			return fmt.Sprintf("%+q", name)
		}
	}
	return name
}
