package archive_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/oneanalytics/oa-archive/archive"
	"github.com/oneanalytics/oa-archive/internal/frame"
	"github.com/oneanalytics/oa-archive/internal/ustar"
	"github.com/oneanalytics/oa-archive/internal/vectorgen"
)

// changing is a file that is not the same all the time.
type changing struct{ b []byte }

func (c *changing) ReadAt(p []byte, offset int64) (int, error) {
	return bytes.NewReader(c.b).ReadAt(p, offset)
}

// describe puts a report into words, but for the manifest's.
func describe(t testing.TB, r *archive.Report, err error) string {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	manifest := "none"
	if r.Manifest != nil {
		text, err := r.Manifest.Marshal()
		manifest = fmt.Sprintf("%s %v", text, err)
	}
	return fmt.Sprintf("%d entries of %d bytes in %d, %d dropped, incomplete %v, signed %v, %v %v\n%q\n%s",
		r.Entries, r.Bytes, r.FileSize, r.Dropped, r.Incomplete, r.Signed, r.Verdict.Level, r.Verdict.Reason, r.Findings, manifest)
}

// sameReports demands that it makes no difference to the report on b when its
// manifest is read, nor whether the archive was opened before, when it was good.
func sameReports(t testing.TB, what string, b, good []byte, opts archive.Options) {
	t.Helper()
	opts.Workers = 1
	inOrder, err := archive.VerifyInOrder(bytes.NewReader(b), int64(len(b)), opts)
	if inOrder == nil {
		if err != nil {
			t.Fatal(err)
		}
		return
	}
	want := describe(t, inOrder, err)
	first, err := archive.Verify(context.Background(), bytes.NewReader(b), int64(len(b)), opts)
	if got := describe(t, first, err); got != want {
		t.Errorf("%s: with the manifest read first:\n%s\nin order:\n%s", what, got, want)
	}
	if len(b) != len(good) {
		return
	}
	file := &changing{good}
	a, err := archive.Open(context.Background(), file, int64(len(good)), opts)
	if err != nil {
		t.Fatal(err)
	}
	file.b = b
	again, err := a.Verify(context.Background())
	if got := describe(t, again, err); got != want {
		t.Errorf("%s: changed after it was opened:\n%s\nin order:\n%s", what, got, want)
	}
}

func TestReportsDoNotDependOnWhenTheManifestIsRead(t *testing.T) {
	for name, v := range vectors(t) {
		if b := v.Build(); len(b) > 0 {
			sameReports(t, name, b, nil, archive.Options{AllowUnsigned: v.AllowUnsigned})
			sameReports(t, name+", limited", b, nil, archive.Options{AllowUnsigned: true, Limits: archive.Limits{Entries: 2, Findings: 2, Manifest: 900}})
		}
	}
	unsigned := func() vectorgen.Case { c := vectorgen.Base(); c.Signer = nil; return c }
	r := rand.New(rand.NewPCG(7, 8))
	for name, start := range map[string]func() vectorgen.Case{"signed": vectorgen.Base, "unsigned": unsigned} {
		good := start().Build()
		for i := range rounds(200) {
			sameReports(t, fmt.Sprint(name, " file ", i), mutate(r, good), good, archive.Options{AllowUnsigned: true})
			c := start()
			c.Tar = func(tar []byte) []byte {
				m := mutate(r, tar)
				return append(m, make([]byte, max(0, len(tar)-len(m)))...)[:len(tar)]
			}
			sameReports(t, fmt.Sprint(name, " tar ", i), c.Build(), good, archive.Options{AllowUnsigned: true})
		}
		for i := range 8 * len(good) {
			if testing.Short() && i%61 != 0 || i%23 != 0 {
				continue
			}
			b := bytes.Clone(good)
			b[i/8] ^= 1 << (i % 8)
			sameReports(t, fmt.Sprint(name, " bit ", i), b, good, archive.Options{AllowUnsigned: true})
		}
	}
	good := vectorgen.Base().Build()
	for i := range rounds(500) {
		ops := make([]byte, 4*(1+r.IntN(4)))
		for k := range ops {
			ops[k] = byte(r.Uint32())
		}
		if b := rearrange(ops); b != nil {
			sameReports(t, fmt.Sprint("rearranged ", i), b, good, archive.Options{})
		}
	}
	large := vectorgen.Large().Build()
	for i := range rounds(10) {
		sameReports(t, fmt.Sprint("large ", i), mutate(r, large), large, archive.Options{})
	}
}

// namedArchives returns right archives of the same size, of tenants with
// different names, and the first with the second's name put in after it was
// signed.
func namedArchives(t *testing.T) (one, other, altered []byte) {
	t.Helper()
	named := func(name, afterwards string) []byte {
		c := vectorgen.Base()
		c.Tenant.Name = name
		c.Signed = func(text string) string { return strings.Replace(text, name, afterwards, 1) }
		c.Encode = func(_ int, content []byte) []byte { return frame.AppendStored(nil, content) }
		return c.Build()
	}
	one, other, altered = named("Acme", "Acme"), named("Ecma", "Ecma"), named("Acme", "Ecma")
	if len(one) != len(other) || len(one) != len(altered) || bytes.Equal(one, other) || bytes.Equal(altered, other) {
		t.Fatalf("archives of %d, %d and %d bytes", len(one), len(other), len(altered))
	}
	return one, other, altered
}

// TestManifestChangesAfterOpening exchanges an open archive for another. The
// report is about what is there.
func TestManifestChangesAfterOpening(t *testing.T) {
	one, other, altered := namedArchives(t)
	file := &changing{one}
	a, err := archive.Open(context.Background(), file, int64(len(one)), archive.Options{})
	if err != nil {
		t.Fatal(err)
	}
	r, err := a.Verify(context.Background())
	if err != nil || !r.OK() || r.Manifest != a.Manifest() {
		t.Errorf("unchanged: %v, %v; the manifest is the open archive's: %v", r.Err(), err, r.Manifest == a.Manifest())
	}
	file.b = other
	if r, err = a.Verify(context.Background()); err != nil || !r.OK() || r.Manifest.Tenant.Name != "Ecma" {
		t.Errorf("exchanged: %v, %v, tenant %q", r.Err(), err, r.Manifest.Tenant.Name)
	}
	file.b = altered
	if r, err = a.Verify(context.Background()); err != nil || r.OK() || r.Findings[0].Code != archive.CodeBadSignature {
		t.Errorf("altered: %v, %v", r.Err(), err)
	}
	sameReports(t, "altered", altered, one, archive.Options{})
	sameReports(t, "exchanged", other, one, archive.Options{})
}

// TestEntryReachesIntoTheManifest lets the last entry claim more than it has:
// then the manifest's frame is read after all, from the beginning.
func TestEntryReachesIntoTheManifest(t *testing.T) {
	c := vectorgen.Base()
	c.Signer = nil
	c.Members = func(m []vectorgen.Member) []vectorgen.Member {
		last := &m[len(m)-2]
		last.Header = ustar.AppendFile(nil, last.Path, int64(len(last.Content)+len(last.Padding)+700), vectorgen.Created.Unix())
		return m
	}
	b := c.Build()
	began := 0
	opts := archive.Options{AllowUnsigned: true, Content: func(path string, _ int64) io.Writer {
		if strings.HasSuffix(path, "metadata.json") {
			began++
		}
		return nil
	}}
	r, err := archive.Verify(context.Background(), bytes.NewReader(b), int64(len(b)), opts)
	if err != nil || r.OK() {
		t.Fatalf("%v, %v", r, err)
	}
	if began != 2 {
		t.Errorf("it was read %d times from the beginning, want 2", began)
	}
	opts.Content = nil
	sameReports(t, "a long entry", b, nil, opts)
}
