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

// identity tells files of one machine apart, as [os.SameFile] does.
type identity struct{ dev, ino uint64 }

func identify(info fs.FileInfo) identity {
	s, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return identity{}
	}
	return identity{uint64(s.Dev), uint64(s.Ino)}
}

func (i identity) same(as identity) bool { return i == as }

// sameDevice reports whether a file can be renamed from one to the other.
func sameDevice(a, b fs.FileInfo) bool {
	x, ok := a.Sys().(*syscall.Stat_t)
	y, ok2 := b.Sys().(*syscall.Stat_t)
	return !ok || !ok2 || x.Dev == y.Dev
}
