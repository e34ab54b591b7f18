package bucket_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/oneanalytics/oa-archive/bucket"
	"github.com/oneanalytics/oa-archive/internal/cloudtest"
	"github.com/oneanalytics/oa-archive/internal/weaklink"
)

// gcsBehind makes a bucket of the emulator that is reached over a link that
// fails as told. The prefix is that of locations in it; names lists it.
func gcsBehind(t *testing.T) (p *weaklink.Proxy, prefix string, names func() []string) {
	t.Helper()
	endpoint, name := cloudtest.GCS(t)
	p = weaklink.New(t, endpoint)
	t.Setenv("STORAGE_EMULATOR_HOST", strings.TrimPrefix(p.URL, "http://"))
	return p, "gs://" + name + "/", func() (names []string) {
		t.Helper()
		resp, err := http.Get(endpoint + "/storage/v1/b/" + name + "/o")
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		var list struct{ Items []struct{ Name string } }
		if err := json.NewDecoder(resp.Body).Decode(&list); err != nil {
			t.Fatal(err)
		}
		for _, o := range list.Items {
			names = append(names, o.Name)
		}
		return names
	}
}

// isUpload reports whether a request sends content, or begins to.
func isUpload(r *http.Request) bool { return strings.HasPrefix(r.URL.Path, "/upload/") }

// isChunk reports whether it is one of several that do.
func isChunk(r *http.Request) bool { return isUpload(r) && r.URL.Query().Has("upload_id") }

// isLastChunk reports whether the object appears with it.
func isLastChunk(r *http.Request) bool {
	return isChunk(r) && !strings.HasSuffix(r.Header.Get("Content-Range"), "/*")
}

// TestGoogleOverWeakLink writes and reads while every other request fails.
func TestGoogleOverWeakLink(t *testing.T) {
	p, prefix, _ := gcsBehind(t)
	faults := []weaklink.Fault{
		{Status: 503}, {Drop: true}, {CutAfter: 700_001}, {Status: 500}, {Status: 429}, {Drop: true}, {Status: 408}, {Status: 502},
	}
	plan := func(n int, _ *http.Request) weaklink.Fault {
		if n%2 == 0 {
			return weaklink.Fault{}
		}
		return faults[n/2%len(faults)]
	}
	patient := bucket.Options{Attempts: 20, Backoff: time.Microsecond}
	for name, size := range map[string]int{"small": 100, "chunks": 40 << 20, "exactly": 32 << 20} {
		want := content(size)
		p.Plan(plan)
		r := mustStore(t, parse(t, prefix+name), want, bucket.WriterOptions{Options: patient})
		if !r.Seen || !r.Summed || r.Size != int64(size) {
			t.Errorf("%s: receipt %+v", name, r)
		}
		if got, err := readAll(open(t, parse(t, prefix+name), patient)); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: read %d bytes, %v", name, len(got), err)
		}
	}
}

// TestGoogleUploadCutAtEveryTenth cuts the link for good at each tenth of an
// upload: there is no object.
func TestGoogleUploadCutAtEveryTenth(t *testing.T) {
	p, prefix, names := gcsBehind(t)
	whole := content(35 << 20)
	for tenth := range int64(10) {
		p.Revive()
		w, err := bucket.Create(t.Context(), parse(t, fmt.Sprint(prefix, "k", tenth)), bucket.WriterOptions{Options: bucket.Options{Attempts: 2, Backoff: time.Microsecond}})
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
		if strings.Contains(err.Error(), "upload_id") {
			t.Errorf("tenth %d: the session, to which anybody may write, is in the error: %v", tenth, err)
		}
		p.Revive()
		if err := w.Close(); err != nil {
			t.Errorf("tenth %d: %v", tenth, err)
		}
	}
	if got := names(); len(got) > 0 {
		t.Errorf("objects are there: %q", got)
	}
}

// TestGoogleLostAnswer loses the answer to the request that makes the object
// appear. Repeated, it is told that an object exists: its own.
func TestGoogleLostAnswer(t *testing.T) {
	p, prefix, names := gcsBehind(t)
	for _, size := range []int{10, 20 << 20} {
		lost := 0
		p.Plan(func(_ int, r *http.Request) weaklink.Fault {
			if lost == 0 && (isLastChunk(r) || size < 100 && isUpload(r)) {
				lost++
				return weaklink.Fault{LoseAnswer: true}
			}
			return weaklink.Fault{}
		})
		if r := mustStore(t, parse(t, fmt.Sprint(prefix, size)), content(size), bucket.WriterOptions{}); !r.Seen || !r.Summed || lost != 1 {
			t.Errorf("%d bytes: %+v, %d lost", size, r, lost)
		}
	}
	if got := names(); len(got) != 2 {
		t.Errorf("objects: %q", got)
	}
}

// TestGoogleSilence is about a store that takes a chunk and says nothing.
func TestGoogleSilence(t *testing.T) {
	p, prefix, names := gcsBehind(t)
	brief := bucket.Options{Attempts: 4, Backoff: 1, Stall: time.Second}
	for what, is := range map[string]func(*http.Request) bool{"one request": isUpload, "chunk": isChunk, "last chunk": isLastChunk} {
		size := 17 << 20
		if what == "one request" {
			size = 10
		}
		hung := 0
		p.Plan(func(_ int, r *http.Request) weaklink.Fault {
			if !is(r) || hung > 0 {
				return weaklink.Fault{}
			}
			hung++
			return weaklink.Fault{Hang: true}
		})
		if r := mustStore(t, parse(t, prefix+what), content(size), bucket.WriterOptions{Options: brief}); !r.Summed || hung != 1 {
			t.Errorf("%s: %+v, %d hung", what, r, hung)
		}
	}
	p.Plan(func(_ int, r *http.Request) weaklink.Fault { return weaklink.Fault{Hang: isUpload(r)} })
	before := len(p.Requests())
	brief.Stall = 50 * time.Millisecond
	_, err := store(t, parse(t, prefix+"never"), []byte("x"), bucket.WriterOptions{Options: brief, Replace: true})
	if err == nil || !strings.HasSuffix(err.Error(), "never: the link went silent") {
		t.Errorf("never: %v", err)
	}
	asked := 0
	for _, r := range p.Requests()[before:] {
		if isUpload(r) {
			asked++
		}
	}
	if asked != brief.Attempts || len(names()) != 3 {
		t.Errorf("asked %d times; objects: %q", asked, names())
	}
}

// TestGoogleCancel ends reading and writing while the store says nothing.
func TestGoogleCancel(t *testing.T) {
	p, prefix, names := gcsBehind(t)
	why := errors.New("enough")
	for what, is := range map[string]func(*http.Request) bool{"start": isUpload, "chunk": isChunk, "last": isLastChunk} {
		ctx, cancel := context.WithCancelCause(t.Context())
		w, err := bucket.Create(ctx, parse(t, prefix+what), bucket.WriterOptions{})
		if err != nil {
			t.Fatal(err)
		}
		p.Plan(func(_ int, r *http.Request) weaklink.Fault {
			if !is(r) {
				return weaklink.Fault{}
			}
			cancel(why)
			return weaklink.Fault{Hang: true}
		})
		_, err = w.Write(content(40 << 20))
		if err == nil {
			_, err = w.Commit(ctx)
		}
		if !errors.Is(err, why) {
			t.Errorf("%s: %v", what, err)
		}
		p.Revive()
		if err := w.Close(); err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	// Closed while a chunk is under way, which nobody would wait for.
	w, err := bucket.Create(t.Context(), parse(t, prefix+"closed"), bucket.WriterOptions{Options: bucket.Options{Stall: time.Hour}})
	if err != nil {
		t.Fatal(err)
	}
	under := make(chan struct{})
	p.Plan(func(_ int, r *http.Request) weaklink.Fault {
		if isUpload(r) {
			close(under)
			return weaklink.Fault{Hang: true}
		}
		return weaklink.Fault{}
	})
	if _, err := w.Write(content(16 << 20)); err != nil {
		t.Fatal(err)
	}
	<-under
	if err := w.Close(); err != nil {
		t.Error(err)
	}
	p.Revive()
	if got := names(); len(got) > 0 {
		t.Errorf("objects are there: %q", got)
	}

	mustStore(t, parse(t, prefix+"k"), content(2<<20), bucket.WriterOptions{})
	cancelReading(t, p, parse(t, prefix+"k"))
}

// TestGoogleRetention asks for protection, and is told what there is.
func TestGoogleRetention(t *testing.T) {
	_, prefix, _ := gcsBehind(t)
	until := time.Now().Add(48 * time.Hour).Truncate(time.Second)
	for name, asked := range map[string]bucket.Retention{
		"locked":   {Until: until},
		"unlocked": {Until: until.In(time.FixedZone("", 3600)), Governance: true},
	} {
		for _, size := range []int{10, 17 << 20} {
			r := mustStore(t, parse(t, fmt.Sprint(prefix, name, size)), content(size), bucket.WriterOptions{Retention: asked})
			if r.Retention == nil || !r.Retention.Until.Equal(until) || r.Retention.Governance != asked.Governance {
				t.Errorf("%s: the store says %+v", name, r.Retention)
			}
		}
	}
	// The emulator takes a hold and forgets it.
	if _, err := store(t, parse(t, prefix+"hold"), nil, bucket.WriterOptions{Retention: bucket.Retention{LegalHold: true}}); !errors.Is(err, bucket.ErrRetention) {
		t.Errorf("a hold that is not there passes: %v", err)
	}
}

// TestGoogleWholeInsteadOfPart is about a store, or a cache before it, that
// does not know ranges.
func TestGoogleWholeInsteadOfPart(t *testing.T) {
	p, prefix, _ := gcsBehind(t)
	mustStore(t, parse(t, prefix+"k"), content(3<<20), bucket.WriterOptions{})
	p.Plan(func(int, *http.Request) weaklink.Fault { return weaklink.Fault{IgnoreRange: true} })
	o := open(t, parse(t, prefix+"k"), bucket.Options{Attempts: 2, Backoff: 1, Tail: -1})
	for _, off := range []int64{0, 1 << 20} {
		if _, err := o.ReadAt(make([]byte, 100), off); err == nil {
			t.Errorf("at %d: a whole object passed for a part of it", off)
		}
	}
	if got, err := io.ReadAll(io.NewSectionReader(open(t, parse(t, prefix+"k"), bucket.Options{Tail: 2 << 20}), 0, 3<<20)); err != nil || !bytes.Equal(got, content(3<<20)) {
		t.Errorf("the whole that was asked for: %d bytes, %v", len(got), err)
	}
}
