package archive_test

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/oneanalytics/oa-archive/archive"
	"github.com/oneanalytics/oa-archive/internal/vectorgen"
	"github.com/oneanalytics/oa-archive/manifest"
	"github.com/oneanalytics/oa-archive/testdata"
)

var update = flag.Bool("update", false, "write testdata/vectors anew")

const vectorDir = "../testdata/vectors"

// TestUpdateVectors writes the vectors when asked to.
func TestUpdateVectors(t *testing.T) {
	if !*update {
		return
	}
	for _, pattern := range []string{"*.oa-archive", "*.txt"} {
		old, err := filepath.Glob(filepath.Join(vectorDir, pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range old {
			if err := os.Remove(name); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, v := range vectorgen.Vectors() {
		for suffix, content := range map[string][]byte{".oa-archive": v.Build(), ".txt": []byte(v.Sidecar())} {
			if err := os.WriteFile(filepath.Join(vectorDir, v.Name+suffix), content, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// vectors reads the committed vectors.
func vectors(t testing.TB) map[string]vectorgen.Vector {
	t.Helper()
	all := make(map[string]vectorgen.Vector)
	sidecars, err := fs.Glob(testdata.FS, "vectors/*.txt")
	if err != nil || len(sidecars) < 100 {
		t.Fatalf("%d vectors, %v", len(sidecars), err)
	}
	for _, sidecar := range sidecars {
		name := strings.TrimSuffix(filepath.Base(sidecar), ".txt")
		text, err := fs.ReadFile(testdata.FS, sidecar)
		if err != nil {
			t.Fatal(err)
		}
		v, err := vectorgen.ParseSidecar(name, string(text))
		if err != nil {
			t.Fatal(err)
		}
		b, err := fs.ReadFile(testdata.FS, "vectors/"+name+".oa-archive")
		if err != nil {
			t.Fatal(err)
		}
		v.Build = func() []byte { return b }
		all[name] = v
	}
	return all
}

// TestVectorsAreComplete holds the committed vectors against the generator's
// list.
func TestVectorsAreComplete(t *testing.T) {
	committed := vectors(t)
	for _, v := range vectorgen.Vectors() {
		c, ok := committed[v.Name]
		if !ok || c.Sidecar() != v.Sidecar() {
			t.Errorf("vector %s is not committed as the generator makes it: run go test ./archive -run UpdateVectors -update", v.Name)
		}
		delete(committed, v.Name)
	}
	for name := range committed {
		t.Errorf("vector %s is not in the generator", name)
	}
}

// finding is what all ways of reading must agree on.
func find(findings []archive.Finding, v vectorgen.Vector) bool {
	return slices.ContainsFunc(findings, func(f archive.Finding) bool { return string(f.Code) == v.Code && f.Rule == v.Rule })
}

func TestVectors(t *testing.T) {
	for name, v := range vectors(t) {
		t.Run(name, func(t *testing.T) {
			b := v.Build()
			opts := archive.Options{AllowUnsigned: v.AllowUnsigned}
			random, err := archive.Verify(context.Background(), bytes.NewReader(b), int64(len(b)), opts)
			if err != nil {
				t.Fatal(err)
			}
			stream, err := archive.VerifyStream(context.Background(), bytes.NewReader(b), opts)
			if err != nil {
				t.Fatal(err)
			}
			readErr := readAll(b, opts)
			openErr := openAll(b, opts)
			if v.Code == "" {
				if !random.OK() || !stream.OK() || readErr != nil || openErr != nil {
					t.Errorf("refused:\n%v\n%v\n%v\n%v", random.Findings, stream.Findings, readErr, openErr)
				}
				return
			}
			if !find(random.Findings, v) || !find(stream.Findings, v) {
				t.Errorf("want %s (%s), Verify finds\n%v\nVerifyStream finds\n%v", v.Code, v.Rule, random.Findings, stream.Findings)
			}
			if readErr == nil {
				t.Error("Reader accepts it")
			}
			if openErr == nil && !slices.Contains(unseenByOpen, name) {
				t.Error("Open and reading everything accept it")
			}
			if openErr != nil && slices.Contains(unseenByOpen, name) {
				t.Errorf("Open and reading everything refuse it: take it from the list (%v)", openErr)
			}
			for _, f := range random.Findings {
				checkText(t, f)
			}
			for code, want := range map[archive.Code]error{archive.CodeVersion: manifest.ErrNewerFormat, archive.CodeCritical: manifest.ErrUnknownCritical, archive.CodeNotArchive: archive.ErrNotArchive} {
				if v.Code == string(code) && (!errors.Is(random.Err(), want) || !errors.Is(stream.Err(), want) || !errors.Is(readErr, want) || !errors.Is(openErr, want) && openErr != nil) {
					t.Errorf("errors do not wrap %v:\n%v\n%v\n%v\n%v", want, random.Err(), stream.Err(), readErr, openErr)
				}
			}
		})
	}
}

// unseenByOpen lists what does not concern the bytes of any file in the
// archive, so that only a full verification looks at it: the global header.
var unseenByOpen = []string{"global-other-record", "global-bad-id", "global-other-time", "hint-tenant", "hint-id", "hint-later-format"}

// checkText demands that a finding says where and what, without raw bytes.
func checkText(t *testing.T, f archive.Finding) {
	t.Helper()
	text := f.Error()
	if !strings.HasPrefix(text, "archive: ") || !strings.HasSuffix(text, "("+f.Rule+", "+string(f.Code)+")") || strings.Contains(text, "archive: archive") {
		t.Errorf("text %q", text)
	}
	for _, r := range text {
		if r < ' ' || r > '~' {
			t.Errorf("text %q holds %q", text, r)
		}
	}
	var format *archive.FormatError
	var signature *archive.SignatureError
	if !errors.As(f.Err, &format) && !errors.As(f.Err, &signature) {
		t.Errorf("%T is no typed error", f.Err)
	}
}

// readAll reads an archive with a Reader.
func readAll(b []byte, opts archive.Options) error {
	r, err := archive.NewReader(bytes.NewReader(b), opts)
	if err != nil {
		return err
	}
	for {
		if _, err := r.NextUnverified(); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		if _, err := io.Copy(io.Discard, r); err != nil {
			return err
		}
	}
}

// openAll opens an archive and reads every file in it.
func openAll(b []byte, opts archive.Options) error {
	a, err := archive.Open(context.Background(), bytes.NewReader(b), int64(len(b)), opts)
	if err != nil {
		return err
	}
	return fs.WalkDir(a, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		f, err := a.Open(path)
		if err != nil {
			return err
		}
		defer f.Close()
		_, err = io.Copy(io.Discard, f)
		return err
	})
}
