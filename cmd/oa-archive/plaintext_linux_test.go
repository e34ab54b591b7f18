package main

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// A witness knows pieces of what must not be written.
type witness map[[pieceSize]byte]string

const pieceSize = 24 // bytes; random bytes never have as many in common

// know takes pieces from all over a content.
func (w witness) know(what string, content []byte) {
	for at := 0; at+pieceSize <= len(content); at += pieceSize {
		piece := [pieceSize]byte(content[at:])
		if bytes.Count(piece[:], piece[:1]) < pieceSize/2 { // not the like of zeros
			w[piece] = what
		}
	}
}

// recognise returns what it finds in written, if anything.
func (w witness) recognise(written []byte) string {
	for at := 0; at+pieceSize <= len(written); at++ {
		if what, ok := w[[pieceSize]byte(written[at:])]; ok {
			return fmt.Sprintf("%s: %q", what, written[at:at+pieceSize])
		}
	}
	return ""
}

// seenOfWrite is how much of each write the trace shows.
const seenOfWrite = 4 << 10

// written returns what a command wrote to files, the beginning of each write, by
// path; "(deleted)" marks files without a name.
func written(t *testing.T, dir string, stdin []byte, args ...string) map[string][]byte {
	t.Helper()
	strace, err := exec.LookPath("strace")
	if err != nil {
		t.Fatal("this test needs strace: install the Debian package strace")
	}
	log, temp := filepath.Join(t.TempDir(), "trace"), filepath.Join(t.TempDir(), "tmp")
	if err := os.Mkdir(temp, 0o700); err != nil {
		t.Fatal(err)
	}
	line := []string{"-f", "-y", "-qq", "-xx", "-s", strconv.Itoa(seenOfWrite), "-o", log, "-e", "trace=write,pwrite64,writev,pwritev,pwritev2,sendfile,splice,copy_file_range,mmap", binary(t)}
	cmd := exec.Command(strace, append(line, args...)...)
	cmd.Dir, cmd.Stdin = dir, bytes.NewReader(stdin)
	cmd.Env = append(os.Environ(), "XDG_CONFIG_HOME="+dir, "XDG_STATE_HOME="+filepath.Join(dir, "state"), "TMPDIR="+temp, "SQLITE_TMPDIR="+temp)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%q: %v\n%s", args, err, out)
	}
	if left, err := os.ReadDir(temp); err != nil || len(left) > 0 {
		t.Errorf("%q leaves %v in the folder for temporary files, %v", args, left, err)
	}
	trace, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{}
	for line := range strings.Lines(string(trace)) {
		path, content := readCall(t, line)
		if path != "" {
			files[path] = append(files[path], content...)
		}
	}
	return files
}

// readCall reads a line of the trace: the path of the file to which the call
// writes, if it does, and what. A call that ends later has a second line, which
// says nothing of this.
func readCall(t *testing.T, line string) (path string, content []byte) {
	t.Helper()
	_, call, _ := strings.Cut(line, " ")
	name, arguments, called := strings.Cut(strings.TrimSpace(call), "(")
	if !called {
		return "", nil
	}
	_, arguments, _ = strings.Cut(arguments, "<")
	path, arguments, _ = strings.Cut(arguments, ">")
	if path = string(unhex(t, path)); !filepath.IsAbs(path) || strings.HasPrefix(path, "/dev/") {
		return "", nil // pipes, sockets, terminals; memory
	}
	switch name {
	case "write", "pwrite64":
		_, text, _ := strings.Cut(arguments, `"`)
		text, _, _ = strings.Cut(text, `"`)
		return path, unhex(t, text)
	case "mmap":
		// SQLite shares an index of its log among processes, which holds numbers.
		if strings.Contains(line, "PROT_WRITE") && strings.Contains(line, "MAP_SHARED") && !strings.HasSuffix(path, "-shm") {
			t.Errorf("%s is written through memory, which this test does not follow", path)
		}
		return "", nil
	}
	t.Errorf("%s is written by %s, which this test does not follow", path, name)
	return "", nil
}

// unhex reads what strace -xx writes; paths are as they are or escaped.
func unhex(t *testing.T, s string) []byte {
	t.Helper()
	if !strings.Contains(s, `\x`) {
		return []byte(s)
	}
	b, err := hex.DecodeString(strings.ReplaceAll(s, `\x`, ""))
	if err != nil {
		t.Fatalf("%q: %v", s, err)
	}
	return b
}

// TestNoPlaintextReachesTheDisk follows everything that commands write while they
// make, read and copy encrypted archives. Nothing in it is a piece of the tenant, of
// the archive's frames, or of the secret key, but for what goes where a store is.
func TestNoPlaintextReachesTheDisk(t *testing.T) {
	s := newFaultStage(t)
	s.fresh(t)
	noise := make([]byte, 8<<20+1<<18) // does not compress, and is too large for a spool's memory
	_, _ = rand.NewChaCha8([32]byte{1}).Read(noise)
	if err := errors.Join(
		os.MkdirAll(filepath.Join(s.dir, "tenant", "extensions", "example.noise"), 0o700),
		os.WriteFile(filepath.Join(s.dir, "tenant", "extensions", "example.noise", "noise.bin"), noise, 0o600),
	); err != nil {
		t.Fatal(err)
	}
	run := func(name string, args ...string) []byte {
		cmd := exec.Command(name, args...)
		cmd.Dir = s.dir
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("%s %q: %v", name, args, err)
		}
		return out
	}
	run("age-keygen", "-o", "me.txt")
	if err := os.WriteFile(filepath.Join(s.dir, "me.pub"), run("age-keygen", "-y", "me.txt"), 0o600); err != nil {
		t.Fatal(err)
	}
	const fixed = " --unsigned --quiet --archive-id 019ac8e2-9c40-7000-8000-000000000001"
	t.Setenv("SOURCE_DATE_EPOCH", "1795000000") // the same archive each time
	create := strings.Fields("create --from dir:tenant" + fixed + " -o ")
	known := witness{}
	plain := written(t, s.dir, nil, append(create, "plain.oa-archive")...)
	frames, err := os.ReadFile(filepath.Join(s.dir, "plain.oa-archive"))
	if err != nil {
		t.Fatal(err)
	}
	known.know("the archive", frames)
	for path, content := range plain {
		if !strings.HasSuffix(path, ".partial") || known.recognise(content) == "" {
			t.Errorf("create wrote %d bytes to %s, none of which is known: the test does not test", len(content), path)
		}
	}
	known.know("an upload", noise)
	document, err := os.ReadFile(filepath.Join(s.dir, "tenant", "workspaces", "4a591021-9e5b-46ab-bf30-de2230823ddb", "metadata.json"))
	if err != nil {
		t.Fatal(err)
	}
	known.know("a document", document)
	secret, err := os.ReadFile(filepath.Join(s.dir, "me.txt"))
	if err != nil {
		t.Fatal(err)
	}
	known.know("the secret key", secret[bytes.Index(secret, []byte("AGE-SECRET")):])
	if len(known) < 300_000 || known.recognise(append([]byte("x"), document...)) == "" {
		t.Fatalf("%d pieces: the test does not test", len(known))
	}

	encrypted := func() []byte {
		b, err := os.ReadFile(filepath.Join(s.dir, "a.age"))
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	const with = " --identity me.txt --allow-unsigned --quiet"
	for _, c := range []struct {
		name, args string
		stdin      func() []byte
		wrote      string // part of the path of what is written at least; empty: nothing is
		target     string // path of the store, which may hold plaintext
	}{
		{"create", "create --from dir:tenant -o a.age --recipient me.pub" + fixed, nil, ".partial", ""},
		{"verify", "verify a.age" + with + " --allow-unknown-signer", nil, "", ""},
		{"verify a pipe", "verify -" + with, encrypted, "", ""},
		{"inspect a pipe", "inspect -" + with, encrypted, ".oa-archive-spool", ""},
		{"cat armored", "cat armored.age extensions/example.noise/noise.bin --identity me.txt --allow-unsigned --quiet", nil, ".oa-archive-spool", ""},
		{"diff", "diff a.age armored.age" + strings.ReplaceAll(with, " --allow-unsigned", ""), nil, ".oa-archive-spool", ""},
		{"rekey", "rekey a.age -o b.age --recipient me.pub --identity me.txt --quiet", nil, ".partial", ""},
		{"recover", "recover cut.age -o c.age --recipient me.pub --unsigned" + with, nil, ".partial", ""},
		{"recover a pipe", "recover - --identity me.txt --allow-unsigned --quiet", func() []byte { b := encrypted(); b[len(b)/2] ^= 1; return b }, ".oa-archive-spool", ""},
		{"import", "import a.age --into sqlite:target/t.db --create-tenant" + with, nil, "/target/", "/target/"},
		{"create from SQLite", "create --from sqlite:target/t.db -o d.age --recipient me.pub --unsigned --quiet", nil, ".partial", "/target/"},
		{"import into a folder", "import a.age --into dir:target/folder --create-tenant" + with, nil, "/target/", "/target/"},
		{"insurance", "import a.age --into dir:target/folder --on-conflict overwrite --confirm halvorsen-cycles --recipient me.pub" + with, nil, "/insurance/", "/target/"},
	} {
		switch c.name {
		case "cat armored":
			run("age", "-a", "-R", "me.pub", "-o", "armored.age", "plain.oa-archive")
		case "recover":
			b := encrypted()
			b = b[:len(b)-1000]
			b[len(b)/2] ^= 1
			if err := os.WriteFile(filepath.Join(s.dir, "cut.age"), b, 0o600); err != nil {
				t.Fatal(err)
			}
		case "import":
			if err := os.MkdirAll(filepath.Join(s.dir, "target"), 0o700); err != nil {
				t.Fatal(err)
			}
		case "insurance": // of the upload, which is edited here
			noise[0]++
			if err := os.WriteFile(filepath.Join(s.dir, "target", "folder", "extensions", "example.noise", "noise.bin"), noise, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		t.Run(c.name, func(t *testing.T) {
			var stdin []byte
			if c.stdin != nil {
				stdin = c.stdin()
			}
			found := false
			for path, content := range written(t, s.dir, stdin, strings.Fields(c.args)...) {
				if c.wrote == "" {
					t.Errorf("it writes %d bytes to %s", len(content), path)
				}
				found = found || strings.Contains(path, c.wrote)
				if what := known.recognise(content); what != "" && (c.target == "" || !strings.Contains(path, c.target)) {
					t.Errorf("%s holds %s", path, what)
				}
			}
			if c.wrote != "" && !found {
				t.Errorf("nothing is written to %s: the test does not test", c.wrote)
			}
		})
	}
}
