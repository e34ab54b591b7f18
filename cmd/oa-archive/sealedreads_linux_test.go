package main

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"filippo.io/age"
)

// TestCatReadsLittle counts the reads of the file, and their bytes, while cat
// shows one report out of a large archive, encrypted and not.
func TestCatReadsLittle(t *testing.T) {
	s := newFaultStage(t)
	noise := make([]byte, 24<<20)
	_, _ = rand.NewChaCha8([32]byte{2}).Read(noise)
	folder := filepath.Join(s.dir, "tenant", "extensions", "example.noise")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	key, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	for path, content := range map[string][]byte{
		filepath.Join(folder, "noise.bin"): noise, filepath.Join(s.dir, "key"): []byte(key.String()), filepath.Join(s.dir, "key.pub"): []byte(key.Recipient().String()),
	} {
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	returned := regexp.MustCompile(`pread64\(\d+<[^>]*/a\.(age|plain)>.*= (\d+)`)
	for _, c := range []struct{ create, cat string }{
		{"-o a.plain --plaintext", "a.plain"},
		{"-o a.age --recipient key.pub", "a.age --identity key"},
	} {
		if code, said, _ := traced(t, s.dir, "trace=none", strings.Fields("create --from dir:tenant --unsigned --quiet "+c.create)...); code != 0 {
			t.Fatal(said)
		}
		code, said, trace := traced(t, s.dir, "trace=pread64,mmap", strings.Fields("cat "+c.cat+" 13a86a9e --allow-unsigned --quiet")...)
		if code != 0 || !strings.Contains(said, "Board pack") {
			t.Fatalf("exit code %d:\n%s", code, said)
		}
		reads, total := 0, 0
		for _, call := range returned.FindAllStringSubmatch(trace, -1) {
			n, err := strconv.Atoi(call[2])
			if err != nil {
				t.Fatal(err)
			}
			reads, total = reads+1, total+n
		}
		if reads == 0 || reads > 8 || total > 1<<20 {
			t.Errorf("cat %s: %d reads, %d bytes\n%s", c.cat, reads, total, trace)
		}
		t.Logf("cat %s: %d reads, %d bytes", c.cat, reads, total)
	}
}
