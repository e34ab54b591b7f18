package dirstore

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"github.com/oneanalytics/oa-archive/tenant"
)

// Abort implements [tenant.Aborter]. It also removes files that were to
// replace the store's own when a process died.
func (s *Store) Abort(ctx context.Context) (tenant.Abandoned, error) {
	var found tenant.Abandoned
	if err := ctx.Err(); err != nil {
		return found, err
	}
	unlock, err := s.tryLock()
	if err != nil {
		return found, err
	}
	defer unlock()
	pending, err := s.pending()
	if err != nil {
		return found, err
	}
	if pending == nil {
		if found.Files, found.Bytes, err = s.staged(); err != nil {
			return found, fmt.Errorf("dirstore: look at an abandoned import: %w", err)
		}
	}
	if err := s.settleLocked(); err != nil {
		return found, err
	}
	if id := s.finished.Load(); id != nil {
		found.Finished = *id
	}
	return found, s.sweep()
}

// staged counts the files that an import has staged.
func (s *Store) staged() (files int, bytes int64, err error) {
	err = fs.WalkDir(s.root.FS(), staging, func(_ string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		info, err := entry.Info()
		if err == nil {
			files++
			bytes += info.Size()
		}
		return err
	})
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	return files, bytes, err
}

// sweep removes what replaceFile leaves behind when it dies.
func (s *Store) sweep() error {
	entries, err := fs.ReadDir(s.root.FS(), private)
	if err != nil {
		return fmt.Errorf("dirstore: %w", err)
	}
	for _, entry := range entries {
		if name := entry.Name(); strings.HasPrefix(name, ".") && strings.HasSuffix(name, ".tmp") {
			if err := s.root.Remove(path.Join(private, name)); err != nil {
				return fmt.Errorf("dirstore: %w", err)
			}
		}
	}
	return nil
}
