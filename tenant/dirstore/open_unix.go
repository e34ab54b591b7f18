//go:build unix

package dirstore

import (
	"io/fs"
	"os"
	"syscall"
)

// openFlags opens for reading without waiting for a writer where a named pipe
// has taken a file's place.
const openFlags = os.O_RDONLY | syscall.O_NONBLOCK

// sameDevice reports whether a file can be renamed from one to the other.
func sameDevice(a, b fs.FileInfo) bool {
	x, ok := a.Sys().(*syscall.Stat_t)
	y, ok2 := b.Sys().(*syscall.Stat_t)
	return !ok || !ok2 || x.Dev == y.Dev
}
