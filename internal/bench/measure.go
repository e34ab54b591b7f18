package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// A run is what one run of a command took.
type run struct {
	Wall   float64 `json:"wall_seconds"`
	CPU    float64 `json:"cpu_seconds"`              // user and system, children included
	Server float64 `json:"server_seconds,omitempty"` // computed by PostgreSQL on its behalf
	Peak   int64   `json:"peak_bytes"`               // resident memory of its largest process
}

// longest is how long one command may take.
const longest = 20 * time.Minute

// shell returns a command that bash runs in dir. When ctx ends, the command and
// all that it has started are killed.
func shell(ctx context.Context, dir string, env []string, text string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "bash", "-o", "pipefail", "-c", text)
	cmd.Dir, cmd.Env = dir, env
	ownGroup(cmd)
	cmd.WaitDelay = 10 * time.Second
	return cmd
}

// execute runs a command, whose output is only for the error when it fails.
func execute(cmd *exec.Cmd, text string) error {
	var said bytes.Buffer
	if cmd.Stdout == nil {
		cmd.Stdout = &said
	}
	cmd.Stderr = &said
	err := cmd.Run()
	if err == nil {
		return nil
	}
	tail := said.Bytes()
	tail = tail[max(0, len(tail)-2000):]
	return fmt.Errorf("%s: %w\n%s", text, err, bytes.TrimSpace(tail))
}

// measure runs a command to its end. What was written before is brought to the
// disk first, so that nobody pays for another's writing.
func measure(ctx context.Context, dir string, env []string, text string) (run, error) {
	ctx, cancel := context.WithTimeout(ctx, longest)
	defer cancel()
	cmd := shell(ctx, dir, env, text)
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		return run{}, err
	}
	defer null.Close()
	cmd.Stdout = null
	syncAll()
	start := time.Now()
	err = execute(cmd, text)
	took := time.Since(start)
	if ctx.Err() != nil {
		return run{}, errors.Join(context.Cause(ctx), err)
	}
	if err != nil {
		return run{}, err
	}
	most, err := peakOf(cmd.ProcessState)
	if err != nil {
		return run{}, err
	}
	return run{
		Wall: took.Seconds(),
		CPU:  (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds(),
		Peak: most,
	}, nil
}

// sizeOf returns the bytes of the files at path.
func sizeOf(path string) (size int64, err error) {
	err = filepath.WalkDir(path, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		info, err := d.Info()
		if err == nil {
			size += info.Size()
		}
		return err
	})
	return size, err
}

// environment returns the environment that all commands get: nothing of the
// user's settings, and everything that the programs keep in the stage's folder.
func environment(dir string, more ...string) []string {
	env := []string{
		"PATH=" + filepath.Join(dir, "bin") + string(os.PathListSeparator) + os.Getenv("PATH"),
		"HOME=" + dir, "TMPDIR=" + dir, "XDG_CONFIG_HOME=" + dir, "XDG_STATE_HOME=" + filepath.Join(dir, "state"),
		"LC_ALL=C.UTF-8", "OA_ARCHIVE_TRUST=corpus/trusted",
		"BORG_BASE_DIR=" + filepath.Join(dir, "borg"), "BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK=yes", "BORG_RELOCATED_REPO_ACCESS_IS_OK=yes",
		"RESTIC_PASSWORD=bench", "RESTIC_CACHE_DIR=" + filepath.Join(dir, "restic-cache"),
	}
	for _, name := range []string{"GOMEMLIMIT", "GOMAXPROCS", "GODEBUG", "OA_PROFILE"} {
		if v, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+v)
		}
	}
	return append(env, more...)
}

// firstLine is what a program says of its version.
func firstLine(text []byte) string {
	line, _, _ := strings.Cut(strings.TrimSpace(string(text)), "\n")
	return line
}
