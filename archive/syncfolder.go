//go:build !windows && !js && !wasip1

package archive

import (
	"errors"
	"os"
	"syscall"
)

// syncFolder makes a new name in the folder durable. Some file systems do not
// know that and say so; nothing more can be done there.
func syncFolder(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	err = d.Sync()
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, syscall.ENOTSUP) {
		err = nil
	}
	return errors.Join(err, d.Close())
}
