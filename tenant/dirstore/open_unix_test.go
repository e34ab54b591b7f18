//go:build unix

package dirstore

import (
	"os"
	"syscall"
	"testing"
)

func makePipe(path string) error { return syscall.Mkfifo(path, 0o644) }

func TestSameDevice(t *testing.T) {
	here, err := os.Stat(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	devices, err := os.Stat("/dev")
	if err != nil {
		t.Fatal(err)
	}
	if !sameDevice(here, here) || sameDevice(here, devices) {
		t.Error("a temporary folder and /dev are told to be on one device")
	}
}
