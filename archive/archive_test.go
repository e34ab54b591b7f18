package archive

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"testing/iotest"

	"github.com/oneanalytics/oa-archive/layout"
	"github.com/oneanalytics/oa-archive/manifest"
)

func openBytes(t testing.TB, b []byte, opts Options) *Archive {
	t.Helper()
	a, err := Open(context.Background(), bytes.NewReader(b), int64(len(b)), opts)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// countingReader counts reads and bytes.
type countingReader struct {
	r     io.ReaderAt
	reads atomic.Int64
	bytes atomic.Int64
}

func (c *countingReader) ReadAt(p []byte, off int64) (int, error) {
	c.reads.Add(1)
	c.bytes.Add(int64(len(p)))
	return c.r.ReadAt(p, off)
}

// manyReports is an archive of n small documents.
func manyReports(n int) []file {
	files := []file{{wsA + "/metadata.json", []byte("{}")}}
	for i := range n {
		content := fmt.Appendf(nil, `{"id":%d,"x":"%x"}`, i, noise(1200, byte(i)))
		files = append(files, file{fmt.Sprintf("%s/reports/%08x%s.json", wsA, i, id1[8:]), content})
	}
	return files
}

func TestOpenReadsLittle(t *testing.T) {
	files := manyReports(6000)
	b := build(t, options(t), files, true)
	c := &countingReader{r: bytes.NewReader(b)}
	a, err := Open(context.Background(), c, int64(len(b)), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if n := a.Sizes().Frames; n < 20 {
		t.Fatalf("only %d frames", n)
	}
	open := c.reads.Load()
	if got, err := a.ReadDocument(context.Background(), files[3000].path, 0); err != nil || !bytes.Equal(got, files[3000].content) {
		t.Fatal(err)
	}
	one := c.reads.Load()
	t.Logf("open: %d reads; with one report: %d reads, %d of %d bytes", open, one, c.bytes.Load(), len(b))
	if one > 6 {
		t.Errorf("%d reads to open and read one report", one)
	}
	for _, f := range files[3001:3050] {
		if _, err := a.ReadDocument(context.Background(), f.path, 0); err != nil {
			t.Fatal(err)
		}
	}
	if n := c.reads.Load(); n > one+2 {
		t.Errorf("neighbours cost %d more reads", n-one)
	}
	// Random chunks of a large entry touch their own frames only.
	large := build(t, options(t), largeFiles(), true)
	c = &countingReader{r: bytes.NewReader(large)}
	if a, err = Open(context.Background(), c, int64(len(large)), Options{}); err != nil {
		t.Fatal(err)
	}
	r, err := a.ReaderAt(largeFiles()[1].path)
	if err != nil {
		t.Fatal(err)
	}
	before := c.reads.Load()
	p := make([]byte, 100)
	if _, err := r.ReadAt(p, 5<<20); err != nil || !bytes.Equal(p, largeFiles()[1].content[5<<20:5<<20+100]) {
		t.Fatal(err)
	}
	if n := c.reads.Load() - before; n > 3 { // header, signature, chunk
		t.Errorf("%d reads for one chunk", n)
	}
}

func TestFS(t *testing.T) {
	for name, files := range map[string][]file{"signed": smallFiles(), "empty": nil} {
		a := openBytes(t, build(t, options(t), files, true), Options{})
		if err := fstest.TestFS(a, members(files, true)...); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	opts := options(t)
	opts.Signer, opts.Unsigned = nil, true
	a := openBytes(t, build(t, opts, smallFiles(), true), Options{AllowUnsigned: true})
	if err := fstest.TestFS(a, members(smallFiles(), false)...); err != nil {
		t.Errorf("unsigned: %v", err)
	}
	if _, err := a.Stat("signatures"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("signatures of an unsigned archive: %v", err)
	}
	for _, name := range []string{"/", "", "../x", "workspaces/", "nope", "signatures/nope.sig", wsA + "/report"} {
		if _, err := a.Open(name); err == nil {
			t.Errorf("opens %q", name)
		}
	}
	if _, err := a.ReadDir("audit/events.ndjson"); err == nil {
		t.Error("lists a file")
	}
	if _, err := a.ReadFile("audit"); err == nil {
		t.Error("reads a folder")
	}
}

func TestExtensionsWithSimilarNamesAreListed(t *testing.T) {
	var files []file
	for _, p := range []string{"a/x", "a-b", "a.c/d", "a0", "b/c/d", "b/c-d"} {
		files = append(files, file{"extensions/v/" + p, []byte(p)})
	}
	sortFiles(files)
	a := openBytes(t, build(t, options(t), files, true), Options{})
	if err := fstest.TestFS(a, members(files, true)...); err != nil {
		t.Error(err)
	}
}

func TestReadingEntries(t *testing.T) {
	files := largeFiles()
	a := openBytes(t, build(t, options(t), files, true), Options{})
	for _, f := range files {
		e, ok := a.Entry(f.path)
		if !ok || e.Size != int64(len(f.content)) || e.SHA256 != layout.DigestOf(f.content) {
			t.Errorf("Entry(%s) = %+v, %v", f.path, e, ok)
		}
		r, err := a.OpenEntry(context.Background(), f.path)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(iotest.HalfReader(r)); err != nil || !bytes.Equal(got, f.content) {
			t.Errorf("%s: OpenEntry: content differs, %v", f.path, err)
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
		if _, err := r.Read(make([]byte, 1)); err == nil || err == io.EOF {
			t.Errorf("reads after Close: %v", err)
		}
		r, _ = a.OpenEntry(context.Background(), f.path)
		var copied bytes.Buffer
		if n, err := io.Copy(&copied, r); n != int64(len(f.content)) || err != nil || !bytes.Equal(copied.Bytes(), f.content) {
			t.Errorf("%s: WriteTo: %d, %v", f.path, n, err)
		}
		at, err := a.ReaderAt(f.path)
		if err != nil {
			t.Fatal(err)
		}
		for range 20 {
			from := rand.IntN(len(f.content) + 1)
			p := make([]byte, rand.IntN(min(len(f.content)-from, 5<<20)+1))
			if n, err := at.ReadAt(p, int64(from)); n != len(p) || err != nil && err != io.EOF || !bytes.Equal(p, f.content[from:from+n]) {
				t.Fatalf("%s: ReadAt(%d bytes, %d) = %d, %v", f.path, len(p), from, n, err)
			}
		}
	}
	if _, err := a.ReadDocument(context.Background(), files[0].path, 1000); !errors.Is(err, ErrLimit) {
		t.Errorf("limit: %v", err)
	}
	for _, path := range []string{"nope", "manifest.json", layout.SignaturePath(files[0].path)} {
		if _, err := a.OpenEntry(context.Background(), path); !errors.Is(err, ErrNoEntry) {
			t.Errorf("OpenEntry(%s): %v", path, err)
		}
		if _, err := a.ReaderAt(path); !errors.Is(err, ErrNoEntry) {
			t.Errorf("ReaderAt(%s): %v", path, err)
		}
		if _, err := a.ReadDocument(context.Background(), path, 0); !errors.Is(err, ErrNoEntry) {
			t.Errorf("ReadDocument(%s): %v", path, err)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	r, err := a.OpenEntry(ctx, files[1].path)
	if err != nil {
		t.Fatal(err)
	}
	io.ReadFull(r, make([]byte, 5<<20))
	cancel()
	if _, err := io.Copy(io.Discard, r); !errors.Is(err, context.Canceled) {
		t.Errorf("after the context ended: %v", err)
	}
	if _, err := Open(ctx, bytes.NewReader(nil), 0, Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("Open with an ended context: %v", err)
	}
}

func TestSizes(t *testing.T) {
	files := largeFiles()
	b := build(t, options(t), files, true)
	a := openBytes(t, b, Options{})
	s := a.Sizes()
	if s.File != int64(len(b)) || s.Tar != int64(len(tarOf(t, b))) || s.Compressed+s.Tables != s.File || s.Ratio() < 1 || s.Manifest == 0 {
		t.Errorf("sizes %+v", s)
	}
	sum := int64(0)
	for _, f := range files {
		sum += int64(len(f.content))
		n, exact, ok := a.CompressedSize(f.path)
		if !ok || n <= 0 || exact != (len(f.content) > 1<<20-512) || n > int64(len(f.content))+2000 {
			t.Errorf("CompressedSize(%s of %d) = %d, %v, %v", f.path, len(f.content), n, exact, ok)
		}
	}
	if s.Content != sum {
		t.Errorf("content %d, want %d", s.Content, sum)
	}
	if _, _, ok := a.CompressedSize("nope"); ok {
		t.Error("size of nothing")
	}
}

func TestConcurrentUse(t *testing.T) {
	files := append(manyReports(2000)[:2001:2001], largeFiles()[5:]...)
	b := build(t, options(t), files, true)
	a := openBytes(t, b, Options{})
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			r := rand.New(rand.NewPCG(uint64(g), 1))
			for range 60 {
				f := files[r.IntN(len(files))]
				if got, err := a.ReadFile(f.path); err != nil || !bytes.Equal(got, f.content) {
					t.Errorf("%s: %v", f.path, err)
				}
				if _, err := a.ReadDir(wsA); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
}

// TestChangesAfterOpen changes the file under an open archive: what is read is
// right, or an error.
func TestChangesAfterOpen(t *testing.T) {
	files := append(smallFiles()[:7:7], file{"audit/events.ndjson", noise(5<<20, 1)})
	b := build(t, options(t), files, true)
	r := rand.New(rand.NewPCG(1, 1))
	refused := 0
	for range 150 {
		c := bytes.Clone(b)
		a := openBytes(t, c, Options{})
		c[r.IntN(len(c))] ^= 1 << r.IntN(8)
		for _, f := range files {
			got, err := a.ReadFile(f.path)
			if err == nil && !bytes.Equal(got, f.content) {
				t.Fatal("handed out changed content")
			}
			if err != nil {
				refused++
			}
		}
	}
	if refused == 0 {
		t.Error("no change was noticed")
	}
}

func TestReadErrorsAreNotDamage(t *testing.T) {
	b := build(t, options(t), largeFiles()[:3], true)
	broken := errors.New("connection reset")
	failing := readerAtFunc(func(p []byte, off int64) (int, error) {
		if off < int64(len(b))/2 {
			return 0, broken
		}
		return bytes.NewReader(b).ReadAt(p, off)
	})
	if _, err := Verify(context.Background(), failing, int64(len(b)), Options{}); !errors.Is(err, broken) {
		t.Errorf("Verify: %v", err)
	}
	a, err := Open(context.Background(), failing, int64(len(b)), Options{})
	if err != nil {
		t.Fatal(err)
	}
	var format *FormatError
	if _, err := a.ReadFile(largeFiles()[0].path); !errors.Is(err, broken) || errors.As(err, &format) {
		t.Errorf("ReadFile: %v", err)
	}
	stream := io.MultiReader(bytes.NewReader(b[:len(b)/2]), iotest.ErrReader(broken))
	if _, err := VerifyStream(context.Background(), stream, Options{}); !errors.Is(err, broken) {
		t.Errorf("VerifyStream: %v", err)
	}
	if _, err := Open(context.Background(), iotestReaderAt{broken}, 100, Options{}); !errors.Is(err, broken) {
		t.Errorf("Open: %v", err)
	}
}

type readerAtFunc func([]byte, int64) (int, error)

func (f readerAtFunc) ReadAt(p []byte, off int64) (int, error) { return f(p, off) }

type iotestReaderAt struct{ err error }

func (r iotestReaderAt) ReadAt([]byte, int64) (int, error) { return 0, r.err }

func TestOpenRefuses(t *testing.T) {
	b := build(t, options(t), smallFiles(), true)
	open := func(b []byte, opts Options) error {
		_, err := Open(context.Background(), bytes.NewReader(b), int64(len(b)), opts)
		return err
	}
	for _, c := range []struct {
		name string
		b    []byte
		want error
		code Code
	}{
		{"nothing", nil, ErrNotArchive, CodeNotArchive},
		{"something else", []byte("PK\x03\x04 and so on, but no archive of ours"), ErrNotArchive, CodeNotArchive},
		{"cut short", b[:len(b)-1], nil, CodeSeekTable},
		{"appended to", append(bytes.Clone(b), 0), nil, CodeSeekTable},
	} {
		err := open(c.b, Options{})
		var format *FormatError
		if !errors.As(err, &format) || format.Code != c.code || c.want != nil && !errors.Is(err, c.want) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	if err := open(b, Options{Limits: Limits{Entries: 3}}); !errors.Is(err, manifest.ErrLimit) {
		t.Errorf("entries: %v", err)
	}
	if err := open(b, Options{Limits: Limits{Manifest: 100}}); !errors.Is(err, ErrLimit) {
		t.Errorf("manifest: %v", err)
	}
}
