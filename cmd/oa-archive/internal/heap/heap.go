// Package heap keeps the garbage collector out of the first milliseconds of a
// program.
//
// The runtime collects for the first time at 4 MiB, which package initialisation
// alone allocates, and then again every few MiB: a command that reads one entry of
// an archive would collect three times and be done. Programs import this package
// for its effect on the first collection, which comes at 32 MiB instead. Those
// that follow come when the runtime plans them, so the memory of a long run stays
// what it was.
//
// Who sets GOGC or GOMEMLIMIT (package runtime, "Environment Variables") has
// decided, and the package does nothing.
package heap

import (
	"os"
	"runtime"
	"runtime/debug"
)

// The runtime collects first at 4 MiB × percent / 100, and then whenever the heap
// has grown by percent of what was left.
const (
	firstPercent = 800
	percent      = 100 // the runtime's own
)

func init() {
	if os.Getenv("GOGC") == "" && os.Getenv("GOMEMLIMIT") == "" {
		postpone()
	}
}

// postpone puts the next collection off. Once it has happened, the object that
// nothing refers to is gone, and the runtime's own percentage holds again.
func postpone() {
	debug.SetGCPercent(firstPercent)
	gone := new([64]byte) // too large to share its memory with others
	runtime.AddCleanup(gone, func(int) { debug.SetGCPercent(percent) }, 0)
}
