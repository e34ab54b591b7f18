package main

import (
	"errors"
	"os"
	"os/exec"
	"syscall"
)

// ownGroup lets a command be ended together with all that it has started.
func ownGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
}

// ownSession puts a command out of reach of the terminal's signals.
func ownSession(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} }

// syncAll returns when everything that was written is on the disk.
func syncAll() { syscall.Sync() }

// peakOf returns the greatest resident memory, in bytes, of a process that has
// ended, or of a process that it waited for.
func peakOf(state *os.ProcessState) (int64, error) {
	usage, ok := state.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0, errors.New("bench: the system does not say what a process used")
	}
	return usage.Maxrss << 10, nil
}
