package archive

import (
	"os"

	"golang.org/x/sys/unix"
)

// startWriteback asks the kernel to begin with writing a part of the file to the
// disk, without waiting for it. It is advice: what goes wrong on the way is
// reported by Sync, which has to follow.
func startWriteback(f *os.File, offset, size int64) {
	raw, err := f.SyscallConn()
	if err != nil {
		return
	}
	_ = raw.Control(func(fd uintptr) {
		_ = unix.SyncFileRange(int(fd), offset, size, unix.SYNC_FILE_RANGE_WRITE)
	})
}
