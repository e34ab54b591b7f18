package bucket_test

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"math/rand/v2"
	"net/http"
	"testing"
	"time"

	"github.com/oneanalytics/oa-archive/bucket"
	"github.com/oneanalytics/oa-archive/internal/s3test"
	"github.com/oneanalytics/oa-archive/internal/weaklink"
)

func content(n int) []byte {
	b := make([]byte, n)
	rand.NewChaCha8([32]byte{3}).Read(b)
	return b
}

func parse(tb testing.TB, s string) bucket.Location {
	tb.Helper()
	at, err := bucket.Parse(s)
	if err != nil {
		tb.Fatal(err)
	}
	return at
}

// quick makes failures fail soon.
var quick = bucket.Options{Attempts: 4, Backoff: time.Millisecond, Stall: 2 * time.Second}

func store(t *testing.T, at bucket.Location, b []byte, opts bucket.WriterOptions) (*bucket.Receipt, error) {
	t.Helper()
	if opts.Attempts == 0 {
		opts.Options = quick
	}
	w, err := bucket.Create(t.Context(), at, opts)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err := w.Close(); err != nil {
			t.Logf("close: %v", err)
		}
	}()
	for piece := b; len(piece) > 0; {
		n := min(len(piece), 300_001)
		if _, err := w.Write(piece[:n]); err != nil {
			return nil, err
		}
		piece = piece[n:]
	}
	return w.Commit(t.Context())
}

func mustStore(t *testing.T, at bucket.Location, b []byte, opts bucket.WriterOptions) *bucket.Receipt {
	t.Helper()
	r, err := store(t, at, b, opts)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func open(t *testing.T, at bucket.Location, opts bucket.Options) *bucket.Object {
	t.Helper()
	o, err := bucket.Open(t.Context(), at, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := o.Close(); err != nil {
			t.Error(err)
		}
	})
	return o
}

func readAll(o *bucket.Object) ([]byte, error) {
	return io.ReadAll(io.NewSectionReader(o, 0, o.Size()))
}

func TestRoundTripS3(t *testing.T) {
	s3test.Root.Become(t)
	b := s3test.New(t)
	for name, size := range map[string]int{"empty": 0, "small": 1000, "one part": 8 << 20, "parts": 20<<20 + 17} {
		t.Run(name, func(t *testing.T) {
			want := content(size)
			at := parse(t, b.URL("folder/"+name+" æ.oa-archive"))
			r := mustStore(t, at, want, bucket.WriterOptions{})
			if !r.Seen || !r.Summed || r.Size != int64(size) || r.Version == "" {
				t.Errorf("receipt %+v", r)
			}
			o := open(t, at, quick)
			if o.Size() != int64(size) || o.Version() != r.Version {
				t.Errorf("size %d, version %q", o.Size(), o.Version())
			}
			got, err := readAll(o)
			if err != nil || !bytes.Equal(got, want) {
				t.Errorf("read %d bytes, %v", len(got), err)
			}
			if n, err := o.ReadAt(make([]byte, 10), int64(size)); n != 0 || !errors.Is(err, io.EOF) {
				t.Errorf("at the end: %d, %v", n, err)
			}
		})
	}
	if left := b.Unfinished(t); len(left) > 0 {
		t.Errorf("unfinished uploads: %q", left)
	}
}

func TestNothingIsReplaced(t *testing.T) {
	s3test.Root.Become(t)
	b := s3test.New(t)
	b.Put(t, "here", "before")
	for _, size := range []int{100, 17 << 20} {
		if _, err := store(t, parse(t, b.URL("here")), content(size), bucket.WriterOptions{}); !errors.Is(err, bucket.ErrExists) || !errors.Is(err, fs.ErrExist) {
			t.Errorf("%d bytes: %v", size, err)
		}
		// Somebody else creates it while it is written.
		late := "late" + string(rune('a'+size%7))
		w, err := bucket.Create(t.Context(), parse(t, b.URL(late)), bucket.WriterOptions{Options: quick})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(content(size)); err != nil {
			t.Fatal(err)
		}
		b.Put(t, late, "first")
		if _, err := w.Commit(t.Context()); !errors.Is(err, bucket.ErrExists) {
			t.Errorf("%d bytes, late: %v", size, err)
		}
		if err := w.Close(); err != nil {
			t.Error(err)
		}
		if got, _ := b.Get(t, late); string(got) != "first" {
			t.Errorf("it was replaced by %d bytes", len(got))
		}
	}
	if left := b.Unfinished(t); len(left) > 0 {
		t.Errorf("unfinished uploads: %q", left)
	}
	mustStore(t, parse(t, b.URL("here")), []byte("after"), bucket.WriterOptions{Replace: true})
	if got, _ := b.Get(t, "here"); string(got) != "after" {
		t.Errorf("it holds %q", got)
	}
}

// TestReadAfterReplace reads an object that is replaced in between.
func TestReadAfterReplace(t *testing.T) {
	s3test.Root.Become(t)
	b := s3test.New(t)
	b.Put(t, "k", string(content(3<<20)))
	o := open(t, parse(t, b.URL("k")), bucket.Options{Attempts: 2, Backoff: 1, Tail: -1})
	if _, err := o.ReadAt(make([]byte, 100), 0); err != nil {
		t.Fatal(err)
	}
	b.Put(t, "k", string(content(3<<20 + 1)[1:]))
	_, err := o.ReadAt(make([]byte, 100), 2<<20)
	if !errors.Is(err, bucket.ErrChanged) {
		t.Errorf("replaced: %v", err)
	}
	if _, err := o.ReadAt(make([]byte, 100), 0); !errors.Is(err, bucket.ErrChanged) {
		t.Errorf("the error does not stick: %v", err)
	}
}

func TestWholeInsteadOfPartIsRefused(t *testing.T) {
	s3test.Root.Become(t)
	b := s3test.New(t)
	b.Put(t, "k", string(content(3<<20)))
	p := weaklink.New(t, b.Server.Endpoint)
	p.Plan(func(int, *http.Request) weaklink.Fault { return weaklink.Fault{IgnoreRange: true} })
	o := open(t, parse(t, b.URLVia(p.URL, "k")), bucket.Options{Attempts: 2, Backoff: 1, Tail: -1})
	if _, err := o.ReadAt(make([]byte, 100), 0); err == nil {
		t.Error("a whole object passed for a part of it")
	}
}
