package archive

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/oneanalytics/oa-archive/internal/ustar"
	"github.com/oneanalytics/oa-archive/layout"
)

// run calls another program and fails the test when it complains in any way.
func run(t *testing.T, dir string, stdin []byte, name string, args ...string) string {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil {
		t.Fatalf("this test needs the program %s: install tar, libarchive-tools, zstd, openssh-client and python3", name)
	}
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	cmd.Stdin = bytes.NewReader(stdin)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil || stderr.Len() > 0 {
		t.Fatalf("%s %q: %v\n%s", name, args, err, stderr.Bytes())
	}
	return stdout.String()
}

const pythonReader = `
import sys, tarfile, hashlib, json
out = []
with tarfile.open(fileobj=sys.stdin.buffer, mode="r|") as tar:
    for m in tar:
        assert m.isreg() and m.mode == 0o644 and m.uid == 0 and m.gid == 0 and m.uname == "" and m.gname == "", m
        out.append([m.name, m.size, m.mtime, hashlib.sha256(tar.extractfile(m).read()).hexdigest()])
    pax = tar.pax_headers
print(json.dumps({"files": out, "pax": pax}))
`

// members lists the paths that other programs must see, in order.
func members(files []file, signed bool) []string {
	var paths []string
	for _, f := range append(slices.Clone(files), file{path: layout.ManifestPath}) {
		paths = append(paths, f.path)
		if signed {
			paths = append(paths, layout.SignaturePath(f.path))
		}
	}
	return paths
}

func TestOtherProgramsReadArchives(t *testing.T) {
	cases := []struct {
		name     string
		files    []file
		known    bool
		unsigned bool
		extended bool // sizes above 1 MiB stand in extended headers
	}{
		{"small, signed", smallFiles(), true, false, false},
		{"large, sizes known", largeFiles(), true, false, false},
		{"large, sizes not known", largeFiles(), false, false, false},
		{"unsigned", smallFiles(), true, true, false},
		{"empty tenant", nil, true, false, false},
		{"extended headers", largeFiles()[:4], false, false, true},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if c.extended {
				defer ustar.SetMaxSizeForTest(1 << 20)()
			}
			opts := options(t)
			if c.unsigned {
				opts.Signer, opts.Unsigned = nil, true
			}
			b := build(t, opts, c.files, c.known)
			if r := both(t, b, Options{AllowUnsigned: c.unsigned}); !r.OK() {
				t.Fatal(r.Err())
			}
			checkWithPrograms(t, b, c.files, !c.unsigned)
		})
	}
}

func checkWithPrograms(t *testing.T, b []byte, files []file, signed bool) {
	dir := t.TempDir()
	archive := filepath.Join(dir, "x.oa-archive")
	if err := os.WriteFile(archive, b, 0o600); err != nil {
		t.Fatal(err)
	}
	run(t, dir, nil, "zstd", "-tq", archive)
	want := strings.Join(members(files, signed), "\n") + "\n"
	if got := run(t, dir, nil, "tar", "--zstd", "-tf", archive); got != want {
		t.Errorf("tar lists\n%s\nwant\n%s", got, want)
	}
	if got := run(t, dir, nil, "bsdtar", "-tf", archive); got != want {
		t.Errorf("bsdtar lists\n%s\nwant\n%s", got, want)
	}
	if got := run(t, dir, nil, "tar", "--zstd", "-tvf", archive); strings.Count(got, "-rw-r--r-- 0/0 ") != strings.Count(want, "\n") {
		t.Errorf("tar -v lists\n%s", got)
	}
	for _, program := range []string{"tar", "bsdtar"} {
		into := filepath.Join(dir, program)
		os.Mkdir(into, 0o700)
		args := []string{"-xf", archive, "-C", into}
		if program == "tar" {
			args = append([]string{"--zstd"}, args...)
		}
		run(t, dir, nil, program, args...)
		compareTree(t, program, into, files, signed)
	}
	checkWithPython(t, dir, archive, files, signed)
	if signed {
		checkWithSSHKeygen(t, filepath.Join(dir, "tar"), files)
	}
}

// compareTree compares what a program has extracted.
func compareTree(t *testing.T, program, dir string, files []file, signed bool) {
	var got []string
	filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			rel, _ := filepath.Rel(dir, path)
			got = append(got, rel)
		}
		return err
	})
	want := members(files, signed)
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("%s extracts %q, want %q", program, got, want)
	}
	for _, f := range files {
		if content, err := os.ReadFile(filepath.Join(dir, f.path)); err != nil || !bytes.Equal(content, f.content) {
			t.Errorf("%s extracts %s differently: %v", program, f.path, err)
		}
	}
}

func checkWithPython(t *testing.T, dir, archive string, files []file, signed bool) {
	tar := run(t, dir, nil, "zstd", "-dcq", archive)
	var seen struct {
		Files [][]any
		Pax   map[string]string
	}
	if err := json.Unmarshal([]byte(run(t, dir, []byte(tar), "python3", "-c", pythonReader)), &seen); err != nil {
		t.Fatal(err)
	}
	var paths []string
	digests := make(map[string]string)
	for _, f := range seen.Files {
		paths = append(paths, f[0].(string))
		digests[f[0].(string)] = f[3].(string)
		if f[2].(float64) != float64(testTime.Unix()) {
			t.Errorf("python: the time of %v is %v", f[0], f[2])
		}
	}
	if !slices.Equal(paths, members(files, signed)) {
		t.Errorf("python lists %q", paths)
	}
	for _, f := range files {
		if digests[f.path] != layout.DigestOf(f.content).String() {
			t.Errorf("python reads %s differently", f.path)
		}
	}
	if seen.Pax["OAARCHIVE.id"] != testID || seen.Pax["OAARCHIVE.tenant"] != "acme" || seen.Pax["OAARCHIVE.format"] != "1.0" {
		t.Errorf("python reads the global header as %v", seen.Pax)
	}
}

// checkWithSSHKeygen verifies every signature of an unpacked archive with
// ssh-keygen, and demands that none verifies elsewhere.
func checkWithSSHKeygen(t *testing.T, dir string, files []file) {
	allowed := filepath.Join(t.TempDir(), "allowed_signers")
	line := testSigner(t, 1).PublicKey().AllowedSignersLine("backup@example.com")
	if err := os.WriteFile(allowed, line, 0o600); err != nil {
		t.Fatal(err)
	}
	verify := func(ns, path string) error {
		content, err := os.ReadFile(filepath.Join(dir, path))
		if err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command("ssh-keygen", "-Y", "verify", "-f", allowed, "-I", "backup@example.com", "-n", ns, "-s", filepath.Join(dir, layout.SignaturePath(path)))
		cmd.Stdin = bytes.NewReader(content)
		return cmd.Run()
	}
	for _, f := range append(slices.Clone(files), file{path: layout.ManifestPath}) {
		if err := verify(namespace(testID, f.path), f.path); err != nil {
			t.Errorf("ssh-keygen refuses the signature of %s: %v", f.path, err)
		}
		if verify(namespace(testID, wsA+"/files/"+strings.Repeat("0", 8)+id1[8:]), f.path) == nil {
			t.Errorf("ssh-keygen accepts the signature of %s for another path", f.path)
		}
	}
	if verify(namespace("019a9b3c-0000-7000-8000-000000000002", layout.ManifestPath), layout.ManifestPath) == nil {
		t.Error("ssh-keygen accepts the manifest's signature for another archive")
	}
}
