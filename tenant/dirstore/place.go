package dirstore

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/oneanalytics/oa-archive/layout"
)

// checkPlace says whether an entry can be renamed to path, and what file
// stands there now (nil for none). Links, folders, files in place of folders
// and other file systems are found out before the commit, because after it
// the renames have to work.
func (t *tx) checkPlace(path string) (fs.FileInfo, error) {
	for _, dir := range ancestors(path) {
		missing, err := t.checkFolder(dir)
		if err != nil {
			return nil, err
		}
		if missing {
			return nil, t.checkBelow(path)
		}
	}
	stands, err := t.store.root.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, t.checkBelow(path)
	}
	if err != nil {
		return nil, fmt.Errorf("dirstore: %w", err)
	}
	if !stands.Mode().IsRegular() {
		return nil, t.store.refuse(path, stands.Mode())
	}
	if !sameDevice(stands, t.store.folder) {
		return nil, elsewhere(path)
	}
	return stands, nil
}

// checkFolder looks at one folder above a place; missing means that it will
// be made.
func (t *tx) checkFolder(dir string) (missing bool, err error) {
	if t.folders[dir] {
		return false, nil
	}
	if name, err := layout.Parse(dir); err == nil {
		if c, touched := t.changes[name]; touched {
			if c.staged == nil {
				return true, nil
			}
			return false, fmt.Errorf("dirstore: %s is an entry, so it cannot be the folder of another", dir)
		}
	}
	entry, err := t.store.root.Lstat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return true, nil
	case err != nil:
		return false, fmt.Errorf("dirstore: %w", err)
	case !entry.IsDir():
		return false, t.store.refuse(dir, entry.Mode())
	case !sameDevice(entry, t.store.folder):
		return false, elsewhere(dir)
	}
	t.folders[dir] = true
	return false, nil
}

// checkBelow refuses a path at which a folder will be needed.
func (t *tx) checkBelow(path string) error {
	if t.below[path] > 0 {
		return fmt.Errorf("dirstore: %s is the folder of another entry, so it cannot be an entry", path)
	}
	return nil
}

func elsewhere(path string) error {
	return fmt.Errorf("dirstore: %s is on another file system than the tenant's folder, so an import cannot take effect at once; copy it into the folder", path)
}
