package bucket_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/oneanalytics/oa-archive/bucket"
	"github.com/oneanalytics/oa-archive/internal/s3test"
	"github.com/oneanalytics/oa-archive/internal/weaklink"
)

// TestReadOverWeakLink reads through a link on which every other request fails,
// each time in another way.
func TestReadOverWeakLink(t *testing.T) {
	s3test.Root.Become(t)
	b := s3test.New(t)
	want := content(21 << 20)
	b.Put(t, "k", string(want))
	p := weaklink.New(t, b.Server.Endpoint)
	faults := []weaklink.Fault{
		{Status: 503, Body: "<Error><Code>SlowDown</Code></Error>"}, {Drop: true}, {CutAfter: 1}, {CutAfter: 700_001},
		{Status: 500}, {CutAfter: 64 << 10}, {LoseAnswer: true}, {Delay: 5 * time.Millisecond}, {Status: 429},
	}
	p.Plan(func(n int, _ *http.Request) weaklink.Fault {
		if n%2 == 0 {
			return weaklink.Fault{}
		}
		return faults[n/2%len(faults)]
	})
	o := open(t, parse(t, b.URLVia(p.URL, "k")), bucket.Options{Attempts: 20, Backoff: time.Microsecond})
	got, err := readAll(o)
	if err != nil || !bytes.Equal(got, want) {
		t.Fatalf("%d bytes, %v", len(got), err)
	}
	// What had arrived was not asked for again.
	if _, arrived := p.Bytes(); arrived > int64(len(want))*5/4 {
		t.Errorf("%d bytes arrived for %d", arrived, len(want))
	}
}

// TestReadCutAtEveryTenth cuts the link for good at each tenth of the way, then
// lets it live again.
func TestReadCutAtEveryTenth(t *testing.T) {
	s3test.Root.Become(t)
	b := s3test.New(t)
	want := content(10 << 20)
	b.Put(t, "k", string(want))
	p := weaklink.New(t, b.Server.Endpoint)
	for tenth := range int64(10) {
		p.Revive()
		o := open(t, parse(t, b.URLVia(p.URL, "k")), bucket.Options{Attempts: 2, Backoff: time.Microsecond, Tail: -1})
		p.CutAt(max(1, tenth<<20))
		got, err := readAll(o)
		if err == nil {
			t.Fatalf("tenth %d: no error over a link that is dead", tenth)
		}
		if !bytes.HasPrefix(want, got) {
			t.Errorf("tenth %d: %d wrong bytes", tenth, len(got))
		}
		p.Revive()
		if got, err := readAll(o); err != nil || !bytes.Equal(got, want) {
			t.Errorf("tenth %d: after the link came back: %d bytes, %v", tenth, len(got), err)
		}
	}
}

// TestUploadCutAtEveryTenth cuts the link for good at each tenth of an upload:
// there is no object, and once the link is back, no trace.
func TestUploadCutAtEveryTenth(t *testing.T) {
	s3test.Root.Become(t)
	b := s3test.New(t)
	p := weaklink.New(t, b.Server.Endpoint)
	whole := content(22 << 20)
	for tenth := range int64(10) {
		key := fmt.Sprint("k", tenth)
		p.Revive()
		w, err := bucket.Create(t.Context(), parse(t, b.URLVia(p.URL, key)), bucket.WriterOptions{Options: bucket.Options{Attempts: 2, Backoff: time.Microsecond}})
		if err != nil {
			t.Fatal(err)
		}
		p.CutAt(max(1, tenth*int64(len(whole))/10))
		_, err = w.Write(whole)
		if err == nil {
			_, err = w.Commit(t.Context())
		}
		if err == nil {
			t.Fatalf("tenth %d: no error", tenth)
		}
		p.Revive()
		if err := w.Close(); err != nil {
			t.Errorf("tenth %d: %v", tenth, err)
		}
	}
	if keys := b.Objects(t); len(keys) > 0 {
		t.Errorf("objects are there: %q", keys)
	}
	if keys := b.Unfinished(t); len(keys) > 0 {
		t.Errorf("unfinished uploads are there: %q", keys)
	}
}

// TestUploadOverWeakLink uploads over a link on which every third request fails.
func TestUploadOverWeakLink(t *testing.T) {
	s3test.Root.Become(t)
	b := s3test.New(t)
	p := weaklink.New(t, b.Server.Endpoint)
	faults := []weaklink.Fault{{Status: 503}, {Drop: true}, {LoseAnswer: true}, {Status: 500}, {Delay: time.Millisecond, Drop: true}}
	p.Plan(func(n int, _ *http.Request) weaklink.Fault {
		if n%3 != 0 {
			return weaklink.Fault{}
		}
		return faults[n/3%len(faults)]
	})
	want := content(50 << 20)
	r := mustStore(t, parse(t, b.URLVia(p.URL, "k")), want, bucket.WriterOptions{Options: bucket.Options{Attempts: 20, Backoff: time.Microsecond}})
	if got, _ := b.Get(t, "k"); !bytes.Equal(got, want) || !r.Summed {
		t.Errorf("%d bytes, %+v", len(got), r)
	}
}

// TestLostAnswer loses the answer to the request that makes the object appear.
// Repeated, it is told that an object exists: its own.
func TestLostAnswer(t *testing.T) {
	s3test.Root.Become(t)
	b := s3test.New(t)
	putter := b.Grant(t, "s3:PutObject", "s3:AbortMultipartUpload")
	p := weaklink.New(t, b.Server.Endpoint)
	last := func(r *http.Request) bool {
		return r.Method == "PUT" && !r.URL.Query().Has("uploadId") || r.Method == "POST" && r.URL.Query().Has("uploadId")
	}
	for _, size := range []int{10, 9 << 20} {
		lost := 0
		p.Plan(func(_ int, r *http.Request) weaklink.Fault {
			if last(r) && lost == 0 {
				lost++
				return weaklink.Fault{LoseAnswer: true}
			}
			return weaklink.Fault{}
		})
		key := fmt.Sprint("root", size)
		if r := mustStore(t, parse(t, b.URLVia(p.URL, key)), content(size), bucket.WriterOptions{}); !r.Seen || lost != 1 {
			t.Errorf("%d bytes: %+v, %d lost", size, r, lost)
		}
	}
	// Whoever may not look cannot know.
	putter.Become(t)
	for _, size := range []int{10, 9 << 20} {
		lost := 0
		p.Plan(func(_ int, r *http.Request) weaklink.Fault {
			if last(r) && lost == 0 {
				lost++
				return weaklink.Fault{LoseAnswer: true}
			}
			return weaklink.Fault{}
		})
		key := fmt.Sprint("putter", size)
		if _, err := store(t, parse(t, b.URLVia(p.URL, key)), content(size), bucket.WriterOptions{}); !errors.Is(err, bucket.ErrUnknown) && (err != nil || size < 1<<20) { // asked to complete once more, the server may say that it has
			t.Errorf("%d bytes: %v", size, err)
		}
	}
}

// TestSilence is about a server that takes a request and says nothing.
func TestSilence(t *testing.T) {
	s3test.Root.Become(t)
	b := s3test.New(t)
	b.Put(t, "k", "content")
	p := weaklink.New(t, b.Server.Endpoint)
	p.Plan(func(n int, _ *http.Request) weaklink.Fault { return weaklink.Fault{Hang: n%2 == 1} })
	o := open(t, parse(t, b.URLVia(p.URL, "k")), bucket.Options{Backoff: 1, Stall: 50 * time.Millisecond})
	if got, err := readAll(o); err != nil || string(got) != "content" {
		t.Errorf("%q, %v", got, err)
	}
	p.Plan(func(int, *http.Request) weaklink.Fault { return weaklink.Fault{Hang: true} })
	if _, err := bucket.Open(t.Context(), parse(t, b.URLVia(p.URL, "k")), bucket.Options{Attempts: 2, Backoff: 1, Stall: 20 * time.Millisecond}); err == nil || !strings.Contains(err.Error(), "the link went silent") {
		t.Errorf("open: %v", err)
	}
}

// cancelReading ends reading of an object while the server says nothing. The link
// stays as it is then.
func cancelReading(t *testing.T, p *weaklink.Proxy, at bucket.Location) {
	t.Helper()
	why := errors.New("enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	o, err := bucket.Open(ctx, at, bucket.Options{Tail: -1})
	if err != nil {
		t.Fatal(err)
	}
	p.Plan(func(int, *http.Request) weaklink.Fault {
		cancel(why)
		return weaklink.Fault{Hang: true}
	})
	if _, err := o.ReadAt(make([]byte, 10), 0); !errors.Is(err, why) {
		t.Errorf("read: %v", err)
	}
	if err := o.Close(); err != nil {
		t.Error(err)
	}
}

// TestCancel ends reading and writing while the server says nothing.
func TestCancel(t *testing.T) {
	s3test.Root.Become(t)
	b := s3test.New(t)
	b.Put(t, "k", string(content(2<<20)))
	p := weaklink.New(t, b.Server.Endpoint)
	why := errors.New("enough")

	cancelReading(t, p, parse(t, b.URLVia(p.URL, "k")))
	p.Revive()

	ctx, cancel := context.WithCancelCause(t.Context())
	w, err := bucket.Create(ctx, parse(t, b.URLVia(p.URL, "new")), bucket.WriterOptions{})
	if err != nil {
		t.Fatal(err)
	}
	p.Plan(func(_ int, r *http.Request) weaklink.Fault {
		if r.Method != "PUT" {
			return weaklink.Fault{}
		}
		cancel(why)
		return weaklink.Fault{Hang: true}
	})
	_, err = w.Write(content(60 << 20))
	if err == nil {
		_, err = w.Commit(ctx)
	}
	if !errors.Is(err, why) {
		t.Errorf("write: %v", err)
	}
	if err := w.Close(); err != nil {
		t.Error(err)
	}
	if keys := b.Unfinished(t); len(keys) > 0 {
		t.Errorf("unfinished: %q", keys)
	}
}

func TestRefusedForGood(t *testing.T) {
	s3test.Root.Become(t)
	b := s3test.New(t)
	for _, c := range []struct {
		at   string
		want error
		text string
	}{
		{b.URL("nothing"), bucket.ErrNoObject, "there is no such object"},
		{strings.Replace(b.URL("k"), b.Name, "no-such-bucket", 1), bucket.ErrNoObject, "no-such-bucket"},
	} {
		p := weaklink.New(t, b.Server.Endpoint)
		_, err := bucket.Open(t.Context(), parse(t, strings.Replace(c.at, b.Server.Endpoint, p.URL, 1)), quick)
		if !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.text) {
			t.Errorf("%s: %v", c.at, err)
		}
		if n := len(p.Requests()); n > 1 {
			t.Errorf("%s: asked %d times", c.at, n)
		}
	}
	if _, err := store(t, parse(t, strings.Replace(b.URL("k"), b.Name, "no-such-bucket", 1)), []byte("x"), bucket.WriterOptions{}); !errors.Is(err, bucket.ErrNoBucket) {
		t.Errorf("create in a bucket that is not there: %v", err)
	}
	s3test.User{Access: "nobody", Secret: "wrong"}.Become(t)
	if _, err := bucket.Open(t.Context(), parse(t, b.URL("k")), quick); !errors.Is(err, bucket.ErrForbidden) {
		t.Errorf("wrong credentials: %v", err)
	}
	if _, err := store(t, parse(t, b.URL("k")), []byte("x"), bucket.WriterOptions{}); !errors.Is(err, bucket.ErrForbidden) {
		t.Errorf("wrong credentials: %v", err)
	}
	s3test.User{}.Become(t)
	_, err := bucket.Open(t.Context(), parse(t, b.URL("k")), quick)
	if !errors.Is(err, bucket.ErrNoCredentials) {
		t.Errorf("no credentials: %v", err)
	}
}
