//go:build !linux

package main

import (
	"errors"
	"os"
	"os/exec"
)

// Elsewhere the harness builds, so that all packages do, and measures nothing.
func ownGroup(*exec.Cmd)   {}
func ownSession(*exec.Cmd) {}
func syncAll()             {}

func peakOf(*os.ProcessState) (int64, error) {
	return 0, errors.New("bench: only Linux is measured: there is no other /proc, strace and taskset")
}
