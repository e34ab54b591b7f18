package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/oneanalytics/oa-archive/cmd/oa-archive/internal/cli"
)

// What docs/assurance.md promises of the command: its memory, whatever file it
// is given. The kernel refuses a process more writable memory than hardMemory;
// what the process had resident at most, code included, is held against
// mostMemory, and mostForDocuments where a document of the greatest size is
// understood, not only verified.
const (
	hardMemory       = 448 << 20
	mostMemory       = 256 << 20
	mostForDocuments = 384 << 20
)

const peakFile = "OA_TEST_PEAK_FILE" // where limited writes its peak

func init() { commands["oa-archive-limited"] = limited }

// limited is the command under the kernel's limit of memory. At its end it
// writes how much memory it had resident at most.
func limited() {
	limit := syscall.Rlimit{Cur: hardMemory, Max: hardMemory}
	if err := syscall.Setrlimit(syscall.RLIMIT_DATA, &limit); err != nil {
		fmt.Fprintln(os.Stderr, "setrlimit:", err)
		os.Exit(99)
	}
	code := cli.Main(os.Args[1:])
	status, err := os.ReadFile("/proc/self/status")
	if err == nil {
		err = os.WriteFile(os.Getenv(peakFile), status, 0o600)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(99)
	}
	os.Exit(code)
}

// An ending is how a limited command ended.
type ending struct {
	code int
	said string // both outputs, their beginning
	peak int64  // bytes; -1 when it died before it could tell
}

// A headWriter keeps the beginning of what is written.
type headWriter []byte

func (h *headWriter) Write(p []byte) (int, error) {
	*h = append(*h, p[:min(len(p), 1<<16-len(*h))]...)
	return len(p), nil
}

// runLimited runs the command with limited memory in dir.
func runLimited(t *testing.T, dir string, stdin io.Reader, args ...string) ending {
	t.Helper()
	if testing.Short() {
		t.Skip("the race detector takes memory of its own")
	}
	path, err := exec.LookPath("oa-archive-limited")
	if err != nil {
		t.Fatal(err)
	}
	peak := t.TempDir() + "/peak"
	cmd := exec.Command(path, args...)
	cmd.Dir, cmd.Stdin = dir, stdin
	cmd.Env = append(os.Environ(), peakFile+"="+peak, "XDG_CONFIG_HOME="+dir, "XDG_STATE_HOME="+dir)
	var said headWriter
	cmd.Stdout, cmd.Stderr = &said, &said
	err = cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	e := ending{code: cmd.ProcessState.ExitCode(), said: string(said), peak: -1}
	status, err := os.ReadFile(peak)
	if err != nil {
		return e
	}
	for line := range strings.Lines(string(status)) {
		if kib, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			n, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(kib), " kB"), 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			e.peak = n << 10
		}
	}
	return e
}

// TestHardMemoryIsHard keeps the limit itself honest: a process that wants more
// memory does not get it.
func TestHardMemoryIsHard(t *testing.T) {
	if e := runLimited(t, t.TempDir(), nil, "--help"); e.code != 0 || e.peak <= 0 || e.peak > mostMemory {
		t.Errorf("--help: %+v", e)
	}
	cmd := exec.Command("sh", "-c", fmt.Sprintf("ulimit -d %d; exec python3 -c 'bytearray(%d)'", hardMemory>>10, hardMemory))
	if out, err := cmd.CombinedOutput(); err == nil || !strings.Contains(string(out), "MemoryError") {
		t.Errorf("a process got more memory than the limit: %v %s", err, out)
	}
}
