//go:build !unix

package dirstore

import (
	"io/fs"
	"os"
)

const openFlags = os.O_RDONLY

// identity tells files of one machine apart.
type identity struct{ info fs.FileInfo }

func identify(info fs.FileInfo) identity { return identity{info} }

func (i identity) same(as identity) bool { return os.SameFile(i.info, as.info) }

// sameDevice is not known here; a rename that crosses devices fails by itself.
func sameDevice(a, b fs.FileInfo) bool { return true }
