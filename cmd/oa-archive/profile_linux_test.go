package main

import (
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// profiles checks that the folder holds one whole profile of each kind.
func profiles(t *testing.T, folder string) {
	t.Helper()
	for _, kind := range []string{"cpu", "memory"} {
		text, err := os.ReadFile(filepath.Join(folder, kind+".pprof"))
		if err != nil {
			t.Error(err)
			continue
		}
		r, err := gzip.NewReader(bytes.NewReader(text))
		if err != nil {
			t.Errorf("%s is no profile: %v", kind, err)
			continue
		}
		if n, err := io.Copy(io.Discard, r); n == 0 || err != nil {
			t.Errorf("%s: %d bytes, %v", kind, n, err)
		}
	}
}

func TestProfiles(t *testing.T) {
	for name, c := range map[string]struct {
		args []string
		exit int
	}{
		"success": {[]string{"version"}, 0},
		"failure": {[]string{"verify", "missing.oa-archive"}, 1},
		"usage":   {[]string{"verify"}, 2},
	} {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			cmd := exec.Command("oa-archive", c.args...)
			cmd.Env = append(os.Environ(), "OA_PROFILE="+folder)
			out, _ := cmd.CombinedOutput()
			if code := cmd.ProcessState.ExitCode(); code != c.exit {
				t.Errorf("exit %d: %s", code, out)
			}
			profiles(t, folder)
		})
	}
}

func TestProfileOfAnInterruptedRun(t *testing.T) {
	folder := t.TempDir()
	cmd := exec.Command("oa-archive", "ls", "-")
	cmd.Env = append(os.Environ(), "OA_PROFILE="+folder)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	// Once more than a pipe holds is through, the command is reading. It begins as an
	// archive does, so that the command waits for the rest.
	if _, err := in.Write(append([]byte("\x28\xb5\x2f\xfd"), make([]byte, 1<<20)...)); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != 130 {
		t.Errorf("exit %d", code)
	}
	profiles(t, folder)
}

func TestProfileNowhere(t *testing.T) {
	cmd := exec.Command("oa-archive", "version")
	cmd.Env = append(os.Environ(), "OA_PROFILE="+filepath.Join(t.TempDir(), "missing"))
	out, err := cmd.CombinedOutput()
	if err == nil || !strings.Contains(string(out), "OA_PROFILE: open ") {
		t.Errorf("%v: %s", err, out)
	}
}
