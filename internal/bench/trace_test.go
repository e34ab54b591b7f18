package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestParseTrace(t *testing.T) {
	for name, c := range map[string]struct {
		trace string
		want  tally
		wrong string
	}{
		"one": {trace: `7 pread64(3</w/a>, "x) = 5"..., 64, 0) = 64`, want: tally{1, 64}},
		"other files and calls": {trace: `7 read(3</w/b>, "", 64) = 64
7 read(4</w/a>, "abc", 64) = 3
7 +++ exited with 0 +++`, want: tally{1, 3}},
		"its end and errors": {trace: "7 read(3</w/a>, \"\", 64) = 0\n7 read(3</w/a>, 0xc0, 64) = -1 EINTR (Interrupted system call)"},
		"two threads": {trace: `7 pread64(3</w/a>,  <unfinished ...>
8 pread64(3</w/a>,  <unfinished ...>
9 read(5</w/b>,  <unfinished ...>
8 <... pread64 resumed>"", 10, 4) = 10
9 <... read resumed>"", 10) = 9
7 <... pread64 resumed>"", 20, 4) = 20`, want: tally{2, 30}},
		"mapped":    {trace: `7 mmap(NULL, 64, PROT_READ, MAP_SHARED, 3</w/a>, 0) = 0x7f0000000000`, wrong: "mapped"},
		"no result": {trace: `7 read(3</w/a>, `, wrong: "no result"},
	} {
		got, err := parseTrace([]byte(c.trace), "/w/a")
		if c.wrong != "" {
			if err == nil || !strings.Contains(err.Error(), c.wrong) {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if err != nil || got != c.want {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

// TestCountReads counts what dd says that it reads.
func TestCountReads(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "file"), make([]byte, 100<<10), 0o644); err != nil {
		t.Fatal(err)
	}
	s := &stage{dir: dir, env: os.Environ()}
	got, err := countReads(t.Context(), s, "dd if=file of=/dev/null bs=10k count=3 status=none", "file")
	if err != nil {
		t.Fatalf("%v: install the Debian package strace", err)
	}
	if want := (tally{3, 30 << 10}); got != want {
		t.Errorf("%+v", got)
	}
}
