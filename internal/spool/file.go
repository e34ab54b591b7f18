//go:build !js && !wasip1

package spool

import (
	"errors"
	"os"
)

var errNoFiles = errors.New("no temporary files on this system")

// createUnnamed creates a file with mode 0600 and removes its name at once.
// Where an open file cannot be removed (Windows), it returns the name.
func createUnnamed(dir string) (f *os.File, name string, err error) {
	f, err = os.CreateTemp(dir, ".oa-archive-spool-*")
	if err != nil {
		return nil, "", err
	}
	if os.Remove(f.Name()) != nil {
		name = f.Name()
	}
	return f, name, nil
}
