package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestMeasureCountsChildren(t *testing.T) {
	// The work is done by a grandchild, in memory that is its own.
	const text = `python3 -c 'x = bytearray(64 << 20); [i * i for i in range(2_000_000)]' | cat`
	r, err := measure(t.Context(), t.TempDir(), os.Environ(), text)
	if err != nil {
		t.Fatal(err)
	}
	if r.CPU <= 0.01 || r.Wall <= 0 {
		t.Errorf("a loop took %v s of processor in %v s", r.CPU, r.Wall)
	}
	if r.Peak < 64*mib || r.Peak > 1<<30 {
		t.Errorf("64 MiB were %d bytes", r.Peak)
	}
}

func TestMeasureFails(t *testing.T) {
	for text, want := range map[string]string{
		"echo no way >&2; exit 3": "exit status 3\nno way",
		"false | cat":             "exit status 1", // not only the last of a pipe counts
	} {
		_, err := measure(t.Context(), t.TempDir(), os.Environ(), text)
		if err == nil || !strings.HasPrefix(err.Error(), text+": ") || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// A command that is given up takes what it has started with it.
func TestMeasureEndsWithItsContext(t *testing.T) {
	dir := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		for {
			if _, err := os.Stat(filepath.Join(dir, "started")); err == nil {
				cancel()
				return
			}
			time.Sleep(time.Millisecond)
		}
	}()
	_, err := measure(ctx, dir, os.Environ(), "(touch started; sleep 600) | cat")
	if !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestSizeOf(t *testing.T) {
	dir := t.TempDir()
	for name, n := range map[string]int{"a": 3, "b/c": 5} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), make([]byte, n), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for path, want := range map[string]int64{"": 8, "b/c": 5} {
		if n, err := sizeOf(filepath.Join(dir, path)); n != want || err != nil {
			t.Errorf("%s: %d, %v", path, n, err)
		}
	}
	if _, err := sizeOf(filepath.Join(dir, "missing")); err == nil {
		t.Error("a file that is not there has a size")
	}
}
