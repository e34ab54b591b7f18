package dirstore

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"

	"github.com/oneanalytics/oa-archive/tenant"
)

// lockPause is how long a waiting import sleeps before it tries again.
const lockPause = 10 * time.Millisecond

// ignored is the content of the private folder's .gitignore: the journal of
// imports belongs to the tenant's history, the rest does not.
const ignored = "/lock\n/staging/\n/commit.json\n*.tmp\n"

// lock takes the import lock and returns the function that gives it back. The
// operating system gives it back when the process dies. The error wraps
// [tenant.ErrLocked] when ctx ends first.
func (s *Store) lock(ctx context.Context) (unlock func(), err error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("dirstore: lock %s: %w", s.path, err)
	}
	for {
		unlock, err := s.tryLock()
		if !errors.Is(err, tenant.ErrLocked) {
			return unlock, err
		}
		if err := pause(ctx); err != nil {
			return nil, fmt.Errorf("dirstore: %s: %w: %w", s.path, tenant.ErrLocked, err)
		}
	}
}

// pause sleeps between two tries.
func pause(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(lockPause):
		return nil
	}
}

// tryLock is lock, but does not wait: the error wraps [tenant.ErrLocked] when
// the lock is held.
func (s *Store) tryLock() (unlock func(), err error) {
	if err := s.makePrivate(); err != nil {
		return nil, err
	}
	l := flock.New(filepath.Join(s.path, filepath.FromSlash(lockFile)), flock.SetPermissions(0o644))
	held, err := l.TryLock()
	switch {
	case err != nil:
		return nil, errors.Join(fmt.Errorf("dirstore: lock %s: %w", s.path, err), l.Close())
	case !held:
		return nil, errors.Join(fmt.Errorf("dirstore: %s: %w", s.path, tenant.ErrLocked), l.Close())
	}
	unlock = func() { _ = l.Close() }
	if err := s.checkLock(l); err != nil {
		unlock()
		return nil, err
	}
	return unlock, nil
}

// checkLock makes sure that the locked file is this folder's, since the lock
// is taken by path and the folder may have been moved.
func (s *Store) checkLock(l *flock.Flock) error {
	locked, err := l.Stat()
	if err != nil {
		return fmt.Errorf("dirstore: lock %s: %w", s.path, err)
	}
	now, err := s.root.Lstat(lockFile)
	if err != nil {
		return fmt.Errorf("dirstore: lock %s: %w", s.path, err)
	}
	if !os.SameFile(locked, now) {
		return fmt.Errorf("dirstore: lock %s: the folder was moved or its %s replaced; open it again", s.path, private)
	}
	return nil
}

// makePrivate makes the folder of the store's own files, once.
func (s *Store) makePrivate() error {
	if err := s.root.Mkdir(private, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("dirstore: %w", err)
	}
	if err := s.checkPrivate(); err != nil {
		return err
	}
	if entry, err := s.root.Lstat(lockFile); err == nil && !entry.Mode().IsRegular() {
		return s.refuse(lockFile, entry.Mode())
	}
	if _, err := s.root.Lstat(ignoreFile); errors.Is(err, fs.ErrNotExist) {
		return s.replaceFile(ignoreFile, []byte(ignored))
	}
	return nil
}

// checkPrivate refuses a private folder that is something else, a link above
// all. It may be missing.
func (s *Store) checkPrivate() error {
	entry, err := s.root.Lstat(private)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("dirstore: %w", err)
	case !entry.IsDir():
		return s.refuse(private, entry.Mode())
	}
	return nil
}
