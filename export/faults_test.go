package export

import (
	"bytes"
	"context"
	"errors"
	"io"
	"iter"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/oneanalytics/oa-archive/archive"
	"github.com/oneanalytics/oa-archive/tenant"
)

// A faultySource lets the call that its countdown reaches fail: of itself, and of
// the contents that it hands out.
type faultySource struct {
	tenant.Source
	left *atomic.Int64
	hit  func() error
}

func (f faultySource) fault() error {
	if f.left.Add(-1) == 0 {
		return f.hit()
	}
	return nil
}

func (f faultySource) Tenant(ctx context.Context) (tenant.Info, error) {
	if err := f.fault(); err != nil {
		return tenant.Info{}, err
	}
	return f.Source.Tenant(ctx)
}

func (f faultySource) Entries(ctx context.Context, sel tenant.Selection) iter.Seq2[tenant.Entry, error] {
	return func(yield func(tenant.Entry, error) bool) {
		for e, err := range f.Source.Entries(ctx, sel) {
			if fault := f.fault(); fault != nil {
				yield(tenant.Entry{}, fault)
				return
			}
			open := e.Open
			e.Open = func(ctx context.Context) (io.ReadCloser, error) {
				if err := f.fault(); err != nil {
					return nil, err
				}
				r, err := open(ctx)
				return faultyContent{r, f}, err
			}
			if !yield(e, err) {
				return
			}
		}
	}
}

func (f faultySource) Omissions(ctx context.Context, sel tenant.Selection) ([]tenant.Omission, error) {
	if err := f.fault(); err != nil {
		return nil, err
	}
	return f.Source.(tenant.OmissionLister).Omissions(ctx, sel)
}

type faultyContent struct {
	io.ReadCloser
	f faultySource
}

func (c faultyContent) Read(p []byte) (int, error) {
	if err := c.f.fault(); err != nil {
		return 0, err
	}
	return c.ReadCloser.Read(p)
}

func (c faultyContent) Close() error {
	return errors.Join(c.ReadCloser.Close(), c.f.fault())
}

// TestFailingSources lets every call of a source fail, and cancels the context at
// every fifth: nothing appears under the archive's name, or beside it.
func TestFailingSources(t *testing.T) {
	fixed := writerOptions(t)
	fixed.ID = "019ac8e2-9c40-7000-8000-000000000001"
	sel := tenant.Selection{Rows: true, Audit: true}
	dir := t.TempDir()
	name := filepath.Join(dir, "a.oa-archive")
	once := func(ctx context.Context, n int64, hit func() error) (calls int64, err error) {
		var left atomic.Int64
		left.Store(n)
		file, err := archive.CreateFile(name, archive.FileOptions{})
		if err != nil {
			t.Fatal(err)
		}
		_, err = Export(ctx, faultySource{open(t, "../testdata/tenant"), &left, hit}, file, Options{Writer: fixed, Selection: sel})
		if err == nil {
			err = file.Commit(ctx)
		}
		if closed := file.Close(); closed != nil {
			t.Fatal(closed)
		}
		return n - left.Load(), err
	}
	calls, err := once(context.Background(), 1<<40, nil)
	if err != nil || calls < 100 {
		t.Fatalf("%d calls, %v", calls, err)
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	nothing := func(what string, n int64) {
		t.Helper()
		if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
			t.Fatalf("%s at call %d leaves %v, %v", what, n, left, err)
		}
	}
	if err := os.Remove(name); err != nil {
		t.Fatal(err)
	}
	for n := int64(1); n <= calls; n++ {
		if _, err := once(context.Background(), n, func() error { return errFault }); !errors.Is(err, errFault) {
			t.Fatalf("a fault at call %d: %v", n, err)
		}
		nothing("a fault", n)
		if n%5 != 0 {
			continue
		}
		ctx, cancel := context.WithCancel(context.Background())
		_, err := once(ctx, n, func() error { cancel(); return nil })
		if cancel(); err != nil {
			if !errors.Is(err, context.Canceled) {
				t.Fatalf("cancelled at call %d: %v", n, err)
			}
			nothing("a cancelled context", n)
			continue
		}
		// It was done before anybody looked.
		if got, err := os.ReadFile(name); err != nil || !bytes.Equal(got, want) {
			t.Fatalf("cancelled at call %d: another archive, %v", n, err)
		}
		if err := os.Remove(name); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%d calls", calls)
}
