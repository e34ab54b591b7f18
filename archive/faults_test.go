package archive

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/oneanalytics/oa-archive/manifest"
	"github.com/oneanalytics/oa-archive/sign"
)

// A countdown does something at its n-th call; 0 never comes.
type countdown struct {
	left int64
	do   func()
}

func (c *countdown) tick() (now bool) {
	if atomic.AddInt64(&c.left, -1) == 0 {
		if c.do != nil {
			c.do()
		}
		return true
	}
	return false
}

// A faultyReader fails at the n-th read, or hands out less than it should and
// says that this was all.
type faultyReader struct {
	r     *bytes.Reader
	count countdown
	err   error // nil: a short read, once
}

func (f *faultyReader) ReadAt(p []byte, off int64) (int, error) {
	if !f.count.tick() {
		return f.r.ReadAt(p, off)
	}
	if f.err != nil {
		return 0, f.err
	}
	n, _ := f.r.ReadAt(p[:len(p)/2], off)
	return n, io.EOF
}

func (f *faultyReader) Read(p []byte) (int, error) {
	if !f.count.tick() {
		return f.r.Read(p[:min(len(p), 4096)])
	}
	if f.err != nil {
		return 0, f.err
	}
	return 0, io.EOF
}

// readers are the ways to read an archive.
var readers = map[string]func(context.Context, *faultyReader, int64) error{
	"Verify": func(ctx context.Context, r *faultyReader, size int64) error {
		report, err := Verify(ctx, r, size, Options{Workers: 1})
		if err == nil {
			err = report.Err()
		}
		return err
	},
	"VerifyStream": func(ctx context.Context, r *faultyReader, _ int64) error {
		report, err := VerifyStream(ctx, struct{ io.Reader }{r}, Options{Workers: 1})
		if err == nil {
			err = report.Err()
		}
		return err
	},
	"Open": func(ctx context.Context, r *faultyReader, size int64) error {
		a, err := Open(ctx, r, size, Options{Workers: 1})
		if err != nil {
			return err
		}
		for _, e := range a.Manifest().Entries {
			content, err := a.OpenEntry(ctx, e.Path)
			if err != nil {
				return err
			}
			_, err = io.Copy(io.Discard, content)
			if err = errors.Join(err, content.Close()); err != nil {
				return err
			}
		}
		return nil
	},
	"Spool": func(ctx context.Context, r *faultyReader, _ int64) error {
		s, err := Spool(ctx, struct{ io.Reader }{r}, "")
		if err != nil {
			return err
		}
		defer s.Close()
		report, err := Verify(ctx, s, s.Size(), Options{Workers: 1})
		if err == nil {
			err = report.Err()
		}
		return err
	},
}

// TestReadFaults lets each read fail, come short, and be the one during which the
// caller loses interest. No reader takes what it has seen for the whole.
func TestReadFaults(t *testing.T) {
	b := build(t, options(t), append(smallFiles()[:7:7], file{"audit/events.ndjson", noise(9<<20, 1)}), true)
	broken := errors.New("input/output error")
	for name, read := range readers {
		t.Run(name, func(t *testing.T) {
			for fault, err := range map[string]error{"error": broken, "short read": nil, "cancelled": context.Canceled} {
				faults := 0
				for n := int64(1); ; n += 1 + n/8 {
					ctx, cancel := context.WithCancel(context.Background())
					r := &faultyReader{r: bytes.NewReader(b), err: err, count: countdown{left: n}}
					if fault == "cancelled" {
						r.count.do = cancel
					}
					got := read(ctx, r, int64(len(b)))
					cancel()
					if r.count.left > 0 {
						if got != nil {
							t.Errorf("%s %d, which did not come: %v", fault, n, got)
						}
						break
					}
					faults++
					if got == nil || fault == "error" && !errors.Is(got, broken) || fault == "cancelled" && !errors.Is(got, context.Canceled) {
						t.Errorf("%s at read %d: %v", fault, n, got)
					}
				}
				if faults < 4 {
					t.Errorf("only %d reads met with a %s", faults, fault)
				}
			}
		})
	}
}

// A faultySink takes less than it is given at the n-th write, or fails.
type faultySink struct {
	bytes.Buffer
	count countdown
	err   error
}

func (f *faultySink) Write(p []byte) (int, error) {
	if f.count.tick() {
		n, _ := f.Buffer.Write(p[:len(p)/2])
		return n, f.err
	}
	return f.Buffer.Write(p)
}

// TestSinkFaults fails each write of an archive. The error is the writer's, it
// sticks, and nobody accepts what was written.
func TestSinkFaults(t *testing.T) {
	files := append(smallFiles()[:7:7], file{"audit/events.ndjson", noise(9<<20, 1)})
	for _, err := range []error{syscall.ENOSPC, syscall.EIO, nil} {
		faults := 0
		for n := int64(1); ; n++ {
			sink := &faultySink{count: countdown{left: n}, err: err}
			got := writeAll(t, sink, files)
			if sink.count.left > 0 {
				if got != nil {
					t.Errorf("%v at write %d, which did not come: %v", err, n, got)
				}
				break
			}
			faults++
			want := err
			if want == nil {
				want = io.ErrShortWrite
			}
			if !errors.Is(got, want) {
				t.Errorf("%v at write %d: %v", err, n, got)
			}
			if r := both(t, sink.Bytes(), Options{}); r.OK() {
				t.Errorf("%v at write %d: what was written is accepted", err, n)
			}
		}
		if faults < 3 {
			t.Errorf("only %d writes met with %v", faults, err)
		}
	}
}

func writeAll(t *testing.T, out io.Writer, files []file) error {
	t.Helper()
	w, err := NewWriter(out, options(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		e, err := w.Create(Header{f.path, int64(len(f.content))})
		if err != nil {
			break
		}
		if _, err := e.Write(f.content); err != nil {
			break
		}
	}
	return w.Close()
}

// TestTwoWritersOfOnePath lets many publish under one name at once: one wins,
// the others are told, and what is there is the winner's, whole.
func TestTwoWritersOfOnePath(t *testing.T) {
	for _, replace := range []bool{false, true} {
		dir := t.TempDir()
		path := filepath.Join(dir, "a.oa-archive")
		const writers = 8
		var contents [writers][]byte
		for i := range contents {
			contents[i] = build(t, options(t), []file{{"extensions/v/a", noise(1000, byte(i))}}, true)
		}
		var errs [writers]error
		var wg sync.WaitGroup
		for i := range writers {
			wg.Go(func() {
				f, err := CreateFile(path, FileOptions{Replace: replace})
				if err == nil {
					if _, err = f.Write(contents[i]); err == nil {
						err = f.Commit(context.Background())
					}
					err = errors.Join(err, f.Close())
				}
				errs[i] = err
			})
		}
		wg.Wait()
		got, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		won, whole := 0, false
		for i, err := range errs {
			if err == nil {
				won++
				whole = whole || bytes.Equal(got, contents[i])
			} else if replace || !errors.Is(err, os.ErrExist) {
				t.Errorf("replace %v: %v", replace, err)
			}
		}
		names, _ := os.ReadDir(dir)
		if !whole || len(names) != 1 || !replace && won != 1 {
			t.Errorf("replace %v: %d won, whole %v, %d files", replace, won, whole, len(names))
		}
	}
}

// TestClockJumps writes and judges archives with clocks that went astray. A key is
// judged at now, whatever time the archive claims.
func TestClockJumps(t *testing.T) {
	line := string(testSigner(t, 1).PublicKey().AllowedSignersLine("backup@example.com"))
	dated := strings.Replace(line, "namespaces=", `valid-after="20250101Z",valid-before="20270101Z",namespaces=`, 1)
	allowed, err := sign.ParseAllowedSigners(strings.NewReader(dated))
	if err != nil {
		t.Fatal(err)
	}
	day := func(text string) time.Time {
		at, err := time.Parse(time.DateOnly, text)
		if err != nil {
			t.Fatal(err)
		}
		return at
	}
	for _, c := range []struct {
		created, now string
		reason       error
	}{
		{"2026-01-01", "2026-06-01", nil},
		{"1970-01-01", "2026-06-01", nil}, // a clock without battery wrote it
		{"2242-03-16", "2026-06-01", nil}, // or one from the future
		{"2026-01-01", "2027-01-02", sign.ErrExpired},
		{"2024-01-01", "2027-01-02", sign.ErrExpired},
		{"2026-01-01", "2024-12-31", sign.ErrNotYetValid},
	} {
		opts := options(t)
		opts.Created = day(c.created)
		r := both(t, build(t, opts, smallFiles(), true), Options{Policy: sign.Policy{Allowed: allowed, Now: day(c.now)}})
		if trusted := r.Verdict.Level == sign.LevelTrusted; !r.OK() || trusted != (c.reason == nil) || !errors.Is(r.Verdict.Reason, c.reason) {
			t.Errorf("created %s, read %s: %+v, %v", c.created, c.now, r.Verdict, r.Err())
		}
	}
	for _, created := range []time.Time{manifest.MinCreated.Add(-time.Second), manifest.MaxCreated.Add(time.Second)} {
		opts := options(t)
		opts.Created = created
		if _, err := NewWriter(io.Discard, opts); err == nil {
			t.Errorf("an archive of %s is begun", fmt.Sprint(created))
		}
	}
}
