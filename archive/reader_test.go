package archive

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/oneanalytics/oa-archive/layout"
)

func sortFiles(files []file) {
	slices.SortFunc(files, func(a, b file) int {
		x, _ := layout.Parse(a.path)
		y, _ := layout.Parse(b.path)
		return layout.Compare(x, y)
	})
}

func TestReaderTakesAnyPieces(t *testing.T) {
	files := append(smallFiles()[:7:7], file{"audit/events.ndjson", text(3<<20, "event ")})
	b := build(t, options(t), files, true)
	for name, r := range map[string]io.Reader{
		"whole": bytes.NewReader(b), "one byte": iotest.OneByteReader(bytes.NewReader(b)),
		"halves": iotest.HalfReader(bytes.NewReader(b)), "early EOF": iotest.DataErrReader(bytes.NewReader(b)),
	} {
		reader, err := NewReader(r, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := reader.Read(make([]byte, 1)); err == nil {
			t.Errorf("%s: reads before NextUnverified", name)
		}
		for _, f := range files {
			h, err := reader.NextUnverified()
			if err != nil || h.Path != f.path {
				t.Fatalf("%s: %+v, %v", name, h, err)
			}
			if err := iotest.TestReader(io.LimitReader(readOnly{reader}, int64(len(f.content))), f.content); len(f.content) < 10_000 && err != nil {
				t.Errorf("%s: %s: %v", name, f.path, err)
			}
		}
		if reader.Manifest() != nil || reader.Report() != nil {
			t.Errorf("%s: a manifest before the end", name)
		}
		for range 2 {
			if _, err := reader.NextUnverified(); err != io.EOF {
				t.Fatalf("%s: at the end: %v", name, err)
			}
		}
		if reader.Manifest().ID != testID || !reader.Report().OK() {
			t.Errorf("%s: report %+v", name, reader.Report())
		}
	}
}

// readOnly hides everything but Read.
type readOnly struct{ io.Reader }

// TestReaderAgreesWithVerify reads damaged archives to their end.
func TestReaderAgreesWithVerify(t *testing.T) {
	b := build(t, options(t), smallFiles()[:4], true)
	for i := 0; i < 8*len(b); i += 7 {
		c := bytes.Clone(b)
		c[i/8] ^= 1 << (i % 8)
		r, err := NewReader(bytes.NewReader(c), Options{Workers: 1})
		if err != nil {
			t.Fatal(err)
		}
		for err == nil {
			_, err = r.NextUnverified()
		}
		if err == io.EOF {
			t.Fatalf("bit %d: accepted", i)
		}
		var format *FormatError
		var signature *SignatureError
		if !errors.As(err, &format) && !errors.As(err, &signature) {
			t.Errorf("bit %d: %v is no typed error", i, err)
		}
		if _, again := r.NextUnverified(); again != err {
			t.Errorf("bit %d: the error does not stick: %v", i, again)
		}
		if _, again := r.Read(make([]byte, 1)); again == nil || again == io.EOF {
			t.Errorf("bit %d: Read after the error: %v", i, again)
		}
		if r.Manifest() != nil {
			t.Errorf("bit %d: there is a manifest", i)
		}
	}
}

func TestSpool(t *testing.T) {
	b := build(t, options(t), largeFiles(), true)
	dir := t.TempDir()
	s, err := Spool(context.Background(), iotest.HalfReader(bytes.NewReader(b)), dir)
	if err != nil {
		t.Fatal(err)
	}
	if s.Size() != int64(len(b)) {
		t.Errorf("size %d, want %d", s.Size(), len(b))
	}
	a, err := Open(context.Background(), s, s.Size(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := a.ReadFile(largeFiles()[4].path); err != nil || !bytes.Equal(got, largeFiles()[4].content) {
		t.Errorf("content differs: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if left, _ := os.ReadDir(dir); len(left) > 0 {
		t.Errorf("left behind %v", left)
	}
	broken := errors.New("broken pipe")
	if _, err := Spool(context.Background(), iotest.ErrReader(broken), dir); !errors.Is(err, broken) {
		t.Errorf("Spool: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Spool(ctx, bytes.NewReader(b), dir); !errors.Is(err, context.Canceled) {
		t.Errorf("Spool: %v", err)
	}
}

// TestCancel ends the context while a read blocks for ever.
func TestCancel(t *testing.T) {
	b := build(t, options(t), largeFiles(), true)
	pr, pw := io.Pipe()
	defer pr.Close()
	go pw.Write(b[:len(b)/2])
	ctx, cancel := context.WithCancel(context.Background())
	blocked := make(chan struct{})
	calls := 0
	time.AfterFunc(100*time.Millisecond, func() { cancel(); close(blocked) })
	_, err := VerifyStream(ctx, pr, Options{Progress: func(int64, int64) { calls++ }})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("VerifyStream: %v", err)
	}
	<-blocked
	seen := calls
	if _, err := Verify(ctx, bytes.NewReader(b), int64(len(b)), Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("Verify: %v", err)
	}
	if calls != seen {
		t.Error("Progress was called after the return")
	}
}

func TestProgress(t *testing.T) {
	b := build(t, options(t), largeFiles(), true)
	for _, total := range []int64{int64(len(b)), -1} {
		last := int64(0)
		progress := func(done, of int64) {
			if done < last || of != total {
				t.Errorf("progress %d of %d after %d", done, of, last)
			}
			last = done
		}
		var err error
		if total > 0 {
			_, err = Verify(context.Background(), bytes.NewReader(b), total, Options{Progress: progress})
		} else {
			_, err = VerifyStream(context.Background(), bytes.NewReader(b), Options{Progress: progress})
		}
		if err != nil || last != int64(len(b)) {
			t.Errorf("progress ends at %d of %d: %v", last, len(b), err)
		}
	}
}

func TestFiles(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "x.oa-archive")
	b := build(t, options(t), smallFiles(), true)
	write := func(opts FileOptions, content []byte) error {
		f, err := CreateFile(path, opts)
		if err != nil {
			return err
		}
		defer f.Close()
		if _, err := os.Stat(path); err == nil && !opts.Replace {
			t.Error("the file appears before Commit")
		}
		if _, err := f.Write(content); err != nil {
			return err
		}
		return f.Commit(context.Background())
	}
	onlyTheFile := func(what string, want []byte) {
		t.Helper()
		names, _ := os.ReadDir(dir)
		if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, want) || len(names) != 1 {
			t.Errorf("%s: %d files, %v", what, len(names), err)
		}
	}
	if err := write(FileOptions{}, b); err != nil {
		t.Fatal(err)
	}
	onlyTheFile("first", b)
	if info, _ := os.Stat(path); info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v", info.Mode())
	}
	if err := write(FileOptions{}, b); !errors.Is(err, os.ErrExist) {
		t.Errorf("a second time: %v", err)
	}
	other := build(t, options(t), smallFiles()[:2], true)
	if err := write(FileOptions{Replace: true}, other); err != nil {
		t.Error(err)
	}
	onlyTheFile("replaced", other)
	if err := write(FileOptions{Replace: true}, b[:len(b)-5]); err == nil {
		t.Error("publishes half an archive")
	}
	onlyTheFile("after half an archive", other)

	f, err := OpenFile(context.Background(), path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := f.ReadFile(smallFiles()[0].path); err != nil || !bytes.Equal(got, smallFiles()[0].content) {
		t.Error(err)
	}
	if r, err := f.Verify(context.Background(), Options{}); err != nil || !r.OK() {
		t.Errorf("Verify: %v, %v", r, err)
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
	if _, err := OpenFile(context.Background(), filepath.Join(dir, "absent"), Options{}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("absent file: %v", err)
	}
	if _, err := OpenFile(context.Background(), dir, Options{}); err == nil || !strings.Contains(err.Error(), "not a regular file") {
		t.Errorf("folder: %v", err)
	}
}

func TestFileIsNotPublished(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "x.oa-archive")
	b := build(t, options(t), smallFiles(), true)
	start := func() *FileWriter {
		f, err := CreateFile(path, FileOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write(b); err != nil {
			t.Fatal(err)
		}
		return f
	}
	empty := func(what string) {
		t.Helper()
		if names, _ := os.ReadDir(dir); len(names) > 0 {
			t.Errorf("%s: left behind %v", what, names)
		}
	}
	f := start()
	f.Close()
	f.Close()
	empty("closed without Commit")
	if err := f.Commit(context.Background()); err == nil {
		t.Error("Commit after Close")
	}

	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	f = start()
	if err := f.Commit(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("Commit: %v", err)
	}
	f.Close()
	empty("cancelled")

	f = start()
	if err := os.WriteFile(path, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := f.Commit(context.Background()); !errors.Is(err, os.ErrExist) {
		t.Errorf("Commit over a file that appeared meanwhile: %v", err)
	}
	f.Close()
	if got, _ := os.ReadFile(path); string(got) != "mine" {
		t.Error("replaced a file that appeared meanwhile")
	}
	os.Remove(path)

	f = start()
	temp := f.temp
	os.Rename(temp, temp+"2")
	os.WriteFile(temp, b, 0o600)
	mustContain(t, f.Commit(context.Background()), "replaced by another")
	f.Close()
	os.Remove(temp + "2")
	empty("swapped")
	if _, err := CreateFile(filepath.Join(dir, "absent", "x"), FileOptions{}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no folder: %v", err)
	}
	os.Mkdir(path, 0o700)
	if _, err := CreateFile(path, FileOptions{Replace: true}); err == nil {
		t.Error("would replace a folder")
	}
}
