package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestProfileIsWritten(t *testing.T) {
	folder := t.TempDir()
	end, err := profile(folder)
	if err != nil {
		t.Fatal(err)
	}
	if err := end(); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"cpu.pprof", "memory.pprof"} {
		if b, err := os.ReadFile(filepath.Join(folder, name)); err != nil || len(b) < 2 || b[0] != 0x1f || b[1] != 0x8b {
			t.Errorf("%s is not a profile: %d bytes, %v", name, len(b), err)
		}
	}
}

func TestProfileRefuses(t *testing.T) {
	if _, err := profile(filepath.Join(t.TempDir(), "gone")); err == nil || !strings.Contains(err.Error(), "OA_PROFILE: ") {
		t.Errorf("a folder that is not there: %v", err)
	}
	end, err := profile("")
	if err != nil || end() != nil {
		t.Errorf("without a folder: %v", err)
	}
}
