package dirstore

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"runtime"
	"slices"

	"golang.org/x/sync/errgroup"
)

// syncers is how many files are synced at once: a file system writes its
// journal once for all that wait.
const syncers = 16

// replaceFile writes one of the store's own files so that it appears complete
// and durable, or not at all.
func (s *Store) replaceFile(name string, content []byte) error {
	dir, base := path.Split(name)
	temp := dir + "." + base + ".tmp"
	if err := s.root.Remove(temp); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("dirstore: %w", err)
	}
	f, err := s.root.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return fmt.Errorf("dirstore: %w", err)
	}
	_, err = f.Write(content)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = s.root.Rename(temp, name)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("dirstore: write %s: %w", name, err), s.root.Remove(temp))
	}
	return s.syncFolder(path.Dir(name))
}

// syncFolder makes the names in a folder durable.
func (s *Store) syncFolder(dir string) error {
	if runtime.GOOS == "windows" {
		return nil // folders cannot be synced there
	}
	f, err := s.root.Open(dir)
	if err != nil {
		return fmt.Errorf("dirstore: %w", err)
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("dirstore: sync %s: %w", dir, err)
	}
	return nil
}

// syncFolders syncs the folders of all paths and the folders that these are
// in. Folders that are gone need no sync.
func (s *Store) syncFolders(paths []string) error {
	dirs := map[string]bool{".": true}
	for _, p := range paths {
		for dir := path.Dir(p); !dirs[dir]; dir = path.Dir(dir) {
			dirs[dir] = true
		}
	}
	var group errgroup.Group
	group.SetLimit(syncers)
	for dir := range dirs {
		group.Go(func() error {
			err := s.syncFolder(dir)
			if errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			return err
		})
	}
	return group.Wait()
}

// ancestors returns the folders above p, the outermost first, without ".".
func ancestors(p string) []string {
	var dirs []string
	for dir := path.Dir(p); dir != "."; dir = path.Dir(dir) {
		dirs = append(dirs, dir)
	}
	slices.Reverse(dirs)
	return dirs
}
