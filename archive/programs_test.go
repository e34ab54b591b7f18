package archive_test

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"github.com/oneanalytics/oa-archive/archive"
	"github.com/oneanalytics/oa-archive/internal/vectorgen"
	"github.com/oneanalytics/oa-archive/layout"
	"github.com/oneanalytics/oa-archive/testdata"
)

// A sight is what a program sees in an archive: a line "path digest" for each
// member, in order; or why it sees nothing.
type sight struct {
	Lines []string
	Err   string
}

func digestOf(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}

// ourSight is what a caller of this package sees with random access; false when
// the archive is refused.
func ourSight(t testing.TB, b []byte, opts archive.Options) (lines []string, ok bool) {
	t.Helper()
	r, err := archive.Verify(context.Background(), bytes.NewReader(b), int64(len(b)), opts)
	if err != nil {
		t.Fatal(err)
	}
	if !r.OK() {
		return nil, false
	}
	a, err := archive.Open(context.Background(), bytes.NewReader(b), int64(len(b)), opts)
	if err != nil {
		t.Fatalf("Verify accepts, Open refuses: %v", err)
	}
	paths := []string{}
	for _, e := range a.Manifest().Entries {
		paths = append(paths, e.Path)
	}
	for _, path := range append(paths, layout.ManifestPath) {
		names := []string{path}
		if a.Signed() {
			names = append(names, layout.SignaturePath(path))
		}
		for _, name := range names {
			content, err := a.ReadFile(name)
			if err != nil {
				t.Fatalf("Verify accepts, reading %s fails: %v", name, err)
			}
			lines = append(lines, name+" "+digestOf(content))
		}
	}
	return lines, true
}

// streamSight is what a caller sees who reads front to back: entries only.
func streamSight(b []byte, opts archive.Options) (lines []string, err error) {
	r, err := archive.NewReader(bytes.NewReader(b), opts)
	for err == nil {
		var h archive.Header
		if h, err = r.NextUnverified(); err == nil {
			var content []byte
			content, err = io.ReadAll(r)
			lines = append(lines, h.Path+" "+digestOf(content))
		}
	}
	if err == io.EOF {
		err = nil
	}
	return lines, err
}

// entriesOf leaves signatures and the manifest out.
func entriesOf(lines []string) []string {
	return slices.DeleteFunc(slices.Clone(lines), func(line string) bool {
		return strings.HasPrefix(line, "signatures/") || strings.HasPrefix(line, layout.ManifestPath+" ")
	})
}

// goSight is what Go's archive/tar sees behind a lenient decoder of zstd.
func goSight(b []byte) (s sight) {
	d, err := zstd.NewReader(bytes.NewReader(b), zstd.WithDecoderConcurrency(1))
	if err != nil {
		return sight{Err: err.Error()}
	}
	defer d.Close()
	r := tar.NewReader(d)
	for {
		h, err := r.Next()
		if err == io.EOF {
			return s
		}
		var content []byte
		if err == nil {
			content, err = io.ReadAll(r)
		}
		if err != nil {
			return sight{Err: err.Error()}
		}
		if h.Typeflag != tar.TypeXGlobalHeader {
			s.Lines = append(s.Lines, h.Name+" "+digestOf(content))
		}
	}
}

// pythonSights reads archives with Python's tarfile behind the zstd program.
const pythonSights = `
import hashlib, io, json, subprocess, sys, tarfile
sights = []
for path in sys.stdin.read().split("\n"):
    try:
        z = subprocess.run(["zstd", "-dcq", path], capture_output=True)
        if z.returncode:
            raise ValueError(z.stderr.decode("utf-8", "replace"))
        lines = []
        with tarfile.open(fileobj=io.BytesIO(z.stdout), mode="r|", errorlevel=2) as tar:
            for m in tar:
                f = tar.extractfile(m)
                lines.append(m.name + " " + hashlib.sha256(f.read() if f else b"").hexdigest())
        sights.append({"Lines": lines})
    except Exception as e:
        sights.append({"Err": repr(e)})
print(json.dumps(sights))
`

// otherSights asks all other programs about the files. Only those that unpack
// is true for are unpacked by tar programs, others are hostile: listed only.
func otherSights(t *testing.T, files []string, unpack []bool) map[string][]sight {
	t.Helper()
	for _, program := range []string{"tar", "bsdtar", "zstd", "python3"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Fatalf("this test needs the program %s: install tar, libarchive-tools, zstd and python3", program)
		}
	}
	python := exec.Command("python3", "-c", pythonSights)
	python.Stdin = strings.NewReader(strings.Join(files, "\n"))
	out, err := python.Output()
	if err != nil {
		t.Fatalf("python3: %v", err)
	}
	all := map[string][]sight{}
	var parsed []sight
	if err := json.Unmarshal(out, &parsed); err != nil || len(parsed) != len(files) {
		t.Fatalf("python3: %d sights of %d, %v", len(parsed), len(files), err)
	}
	all["python"] = parsed
	for i, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all["archive/tar"] = append(all["archive/tar"], goSight(b))
		all["tar"] = append(all["tar"], tarSight(t, file, unpack[i], "tar", "--zstd", "--warning=no-timestamp"))
		all["bsdtar"] = append(all["bsdtar"], tarSight(t, file, unpack[i], "bsdtar"))
	}
	return all
}

// tarSight lists with a tar program, and unpacks.
func tarSight(t *testing.T, file string, unpack bool, program string, args ...string) (s sight) {
	t.Helper()
	dir := t.TempDir()
	run := func(more ...string) ([]byte, error) {
		cmd := exec.Command(program, append(slices.Clone(args), more...)...)
		var stderr strings.Builder
		cmd.Stderr = &stderr
		out, err := cmd.Output()
		if err == nil && stderr.Len() > 0 {
			err = fmt.Errorf("%s", stderr.String())
		}
		return out, err
	}
	list, err := run("-tf", file)
	if err == nil && unpack {
		_, err = run("-xf", file, "-C", dir)
	}
	if err != nil {
		return sight{Err: err.Error()}
	}
	if !unpack {
		return sight{Lines: strings.Split(string(list), "\n")}
	}
	for name := range strings.Lines(string(list)) {
		name = strings.TrimSuffix(name, "\n")
		content, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			return sight{Err: err.Error()}
		}
		s.Lines = append(s.Lines, name+" "+digestOf(content))
	}
	return s
}

// compareSights demands that whatever we accept looks the same to everybody,
// and returns how many files we refuse that a program reads without complaint.
func compareSights(t *testing.T, files []string, opts func(file string) archive.Options) (alone map[string]int, refused int) {
	t.Helper()
	ours, accepted := make([][]string, len(files)), make([]bool, len(files))
	for i, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if ours[i], accepted[i] = ourSight(t, b, opts(file)); !accepted[i] {
			refused++
			continue
		}
		if stream, err := streamSight(b, opts(file)); err != nil || !slices.Equal(stream, entriesOf(ours[i])) {
			t.Errorf("%s: front to back we see\n%s (%v)\nat random\n%s", file, strings.Join(stream, "\n"), err, strings.Join(ours[i], "\n"))
		}
	}
	alone = map[string]int{}
	for program, sights := range otherSights(t, files, accepted) {
		for i, file := range files {
			switch {
			case accepted[i] && !slices.Equal(sights[i].Lines, ours[i]):
				t.Errorf("%s: %s sees\n%s%s\nwe accept and see\n%s", file, program, strings.Join(sights[i].Lines, "\n"), sights[i].Err, strings.Join(ours[i], "\n"))
			case !accepted[i] && sights[i].Err == "":
				alone[program]++
			}
		}
	}
	return alone, refused
}

// TestOtherProgramsSeeNothingElse shows every vector and every archive that was
// kept to other programs. What we accept must look the same to all of them.
func TestOtherProgramsSeeNothingElse(t *testing.T) {
	dir := t.TempDir()
	all := vectors(t)
	var files []string
	for name, v := range all {
		files = append(files, filepath.Join(dir, name))
		if err := os.WriteFile(files[len(files)-1], v.Build(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	kept, err := fs.Glob(testdata.FS, "archives/*.oa-archive")
	if err != nil || len(kept) == 0 {
		t.Fatalf("%d archives, %v", len(kept), err)
	}
	for _, name := range kept {
		files = append(files, filepath.Join("../testdata", name))
	}
	alone, refused := compareSights(t, files, func(file string) archive.Options {
		v, isVector := all[filepath.Base(file)]
		return archive.Options{AllowUnsigned: v.AllowUnsigned || !isVector}
	})
	t.Logf("%d files, %d refused by us; without complaint read of these: %v", len(files), refused, alone)
}

// TestOtherProgramsOnRearrangements does the same with archives that were taken
// apart and put together again by chance.
func TestOtherProgramsOnRearrangements(t *testing.T) {
	dir := t.TempDir()
	r := rand.New(rand.NewPCG(7, 8))
	var files []string
	for i := range rounds(150) {
		ops := make([]byte, 4*(1+r.IntN(4)))
		for j := range ops {
			ops[j] = byte(r.Uint32())
		}
		b := rearrange(ops)
		if b == nil {
			continue
		}
		files = append(files, filepath.Join(dir, fmt.Sprint(i)))
		if err := os.WriteFile(files[len(files)-1], b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	alone, refused := compareSights(t, files, func(string) archive.Options { return archive.Options{} })
	t.Logf("%d files, %d refused by us; without complaint read of these: %v", len(files), refused, alone)
}

// FuzzReaders searches for an archive on which our ways of reading differ, or
// which we accept and Go's archive/tar sees otherwise. The input says how a
// right archive is taken apart and put together again; see rearrange.
func FuzzReaders(f *testing.F) {
	for kind := range byte(rearrangements) {
		f.Add([]byte{kind, 1, 2, 3})
		f.Add([]byte{kind, 200, 100, 50, kind, 3, 2, 1})
	}
	good := vectorgen.Base().Build()
	f.Fuzz(func(t *testing.T, ops []byte) {
		b := rearrange(ops[:min(len(ops), 4*8)])
		if b == nil {
			return
		}
		r := agree(t, b, archive.Options{})
		if !r.OK() {
			return
		}
		ours, _ := ourSight(t, b, archive.Options{})
		if theirs := goSight(b); !slices.Equal(theirs.Lines, ours) {
			t.Fatalf("archive/tar sees\n%q\nwe accept and see\n%q", theirs, ours)
		}
		if stream, err := streamSight(b, archive.Options{}); err != nil || !slices.Equal(stream, entriesOf(ours)) {
			t.Fatalf("front to back %q, %v\nat random %q", stream, err, ours)
		}
		want, _ := ourSight(t, good, archive.Options{})
		if !signedAnew(ops) && !slices.Equal(ours, want) {
			t.Fatalf("without the key, content was changed:\n%q", ours)
		}
	})
}
