package cli

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// A wholeFile is written under a temporary name in the folder that it is meant
// for, readable by its owner only, and appears when it is complete.
type wholeFile struct {
	*os.File
	path    string
	replace bool
	done    bool
}

// newWholeFile starts the file for path. Unless replace is set, a path that
// exists is an error that wraps fs.ErrExist, now or in publish.
func newWholeFile(path string, replace bool) (*wholeFile, error) {
	info, err := os.Lstat(path)
	switch {
	case err == nil && !replace:
		return nil, &fs.PathError{Op: "create", Path: path, Err: fs.ErrExist}
	case err == nil && !info.Mode().IsRegular():
		return nil, &fs.PathError{Op: "replace", Path: path, Err: errors.New("it is not a regular file")}
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".oa-archive-*.partial")
	if err != nil {
		return nil, err
	}
	return &wholeFile{File: f, path: path, replace: replace}, nil
}

// publish makes the file appear under its name, after it has reached the disk.
func (f *wholeFile) publish() error {
	if err := errors.Join(f.Sync(), f.File.Close()); err != nil {
		return err
	}
	if f.replace {
		err := os.Rename(f.Name(), f.path)
		f.done = err == nil
		return err
	}
	// A link never replaces what is there.
	err := os.Link(f.Name(), f.path)
	if err != nil && !errors.Is(err, fs.ErrExist) {
		// The file system has no links: take the name with an empty file,
		// which is then ours to replace.
		return f.publishOverOwn()
	}
	if err != nil {
		return err
	}
	f.done = true
	return os.Remove(f.Name())
}

func (f *wholeFile) publishOverOwn() error {
	own, err := os.OpenFile(f.path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	if err := errors.Join(own.Close(), os.Rename(f.Name(), f.path)); err != nil {
		return errors.Join(err, os.Remove(f.path))
	}
	f.done = true
	return nil
}

// Close removes what was not published.
func (f *wholeFile) Close() error {
	if f.done {
		return nil
	}
	err := f.File.Close()
	if errors.Is(err, fs.ErrClosed) {
		err = nil
	}
	return errors.Join(err, os.Remove(f.Name()))
}
