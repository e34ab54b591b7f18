package bucket_test

import (
	"bytes"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/oneanalytics/oa-archive/bucket"
	"github.com/oneanalytics/oa-archive/internal/s3test"
	"github.com/oneanalytics/oa-archive/internal/weaklink"
)

// TestPutOnly stores with a role that can neither read nor list nor delete.
func TestPutOnly(t *testing.T) {
	b := s3test.New(t)
	b.Grant(t, "s3:PutObject").Become(t)
	for key, size := range map[string]int{"small": 100, "parts": 20 << 20} {
		want := content(size)
		r := mustStore(t, parse(t, b.URL(key)), want, bucket.WriterOptions{})
		if r.Seen || !r.Summed || r.Version == "" {
			t.Errorf("%s: receipt %+v: want one by the store's answer alone", key, r)
		}
		if got, _ := b.Get(t, key); !bytes.Equal(got, want) {
			t.Errorf("%s: %d bytes", key, len(got))
		}
		if _, err := store(t, parse(t, b.URL(key)), want, bucket.WriterOptions{}); !errors.Is(err, bucket.ErrExists) {
			t.Errorf("%s again: %v", key, err)
		}
		if _, err := bucket.Open(t.Context(), parse(t, b.URL(key)), quick); !errors.Is(err, bucket.ErrForbidden) {
			t.Errorf("%s: open: %v", key, err)
		}
	}
	if left := b.Unfinished(t); len(left) > 0 {
		t.Logf("unfinished, as this role may not abort: %q", left)
	}
}

func TestReadOnly(t *testing.T) {
	b := s3test.New(t)
	b.Put(t, "k", "content")
	b.Grant(t, "s3:GetObject").Become(t)
	if got, err := readAll(open(t, parse(t, b.URL("k")), quick)); err != nil || string(got) != "content" {
		t.Errorf("%q, %v", got, err)
	}
	for _, size := range []int{1, 9 << 20} {
		if _, err := store(t, parse(t, b.URL("new")), content(size), bucket.WriterOptions{}); !errors.Is(err, bucket.ErrForbidden) {
			t.Errorf("create: %v", err)
		}
	}
}

func TestRetention(t *testing.T) {
	s3test.Root.Become(t)
	b := s3test.NewLocked(t)
	until := time.Now().Add(48 * time.Hour).Truncate(time.Second)
	for name, c := range map[string]struct {
		asked bucket.Retention
		mode  types.ObjectLockMode
	}{
		"compliance": {bucket.Retention{Until: until}, types.ObjectLockModeCompliance},
		"governance": {bucket.Retention{Until: until, Governance: true}, types.ObjectLockModeGovernance},
		"hold":       {bucket.Retention{LegalHold: true}, ""},
	} {
		for _, size := range []int{10, 9 << 20} {
			key := name + map[bool]string{true: "-parts"}[size > 10]
			r := mustStore(t, parse(t, b.URL(key)), content(size), bucket.WriterOptions{Retention: c.asked})
			if r.Retention == nil || r.Retention.LegalHold != c.asked.LegalHold || !r.Retention.Until.Equal(c.asked.Until) || r.Retention.Governance != c.asked.Governance {
				t.Errorf("%s: the store says %+v", key, r.Retention)
			}
			head := b.Head(t, key)
			if head.ObjectLockMode != c.mode || (head.ObjectLockLegalHoldStatus == types.ObjectLockLegalHoldStatusOn) != c.asked.LegalHold {
				t.Errorf("%s: mode %q, hold %q", key, head.ObjectLockMode, head.ObjectLockLegalHoldStatus)
			}
		}
	}
	// A bucket that cannot lock takes nothing that is to be locked.
	plain := s3test.New(t)
	for _, size := range []int{10, 9 << 20} {
		if _, err := store(t, parse(t, plain.URL("k")), content(size), bucket.WriterOptions{Retention: bucket.Retention{Until: until}}); !errors.Is(err, bucket.ErrRetention) {
			t.Errorf("a bucket without lock: %v", err)
		}
	}
	if keys := plain.Objects(t); len(keys) > 0 {
		t.Errorf("objects are there without lock: %q", keys)
	}
	if _, err := store(t, parse(t, b.URL("past")), nil, bucket.WriterOptions{Retention: bucket.Retention{Until: time.Now().Add(-time.Hour)}}); err == nil {
		t.Error("retention in the past")
	}
}

// TestLockIsSeenToBeThere is about a server that takes the headers and ignores
// them.
func TestLockIsSeenToBeThere(t *testing.T) {
	s3test.Root.Become(t)
	b := s3test.NewLocked(t)
	p := weaklink.New(t, b.Server.Endpoint)
	p.Plan(func(_ int, r *http.Request) weaklink.Fault {
		for name := range r.Header {
			if len(name) > 17 && name[:17] == "X-Amz-Object-Lock" && r.Method == "POST" {
				return weaklink.Fault{Status: 400}
			}
		}
		return weaklink.Fault{}
	})
	if _, err := store(t, parse(t, b.URLVia(p.URL, "k")), content(9<<20), bucket.WriterOptions{Retention: bucket.Retention{Until: time.Now().Add(time.Hour)}}); err == nil {
		t.Error("a lock that is refused passes")
	}
}

func TestResume(t *testing.T) {
	s3test.Root.Become(t)
	b := s3test.New(t)
	whole := content(33<<20 + 5)
	for _, cut := range []int{9 << 20, 32 << 20} {
		for _, other := range []bool{false, cut > 20<<20} {
			key := "k"
			var id string
			w, err := bucket.Create(t.Context(), parse(t, b.URL(key)), bucket.WriterOptions{Options: quick, Replace: true, Started: func(s string) error { id = s; return nil }})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := w.Write(whole[:cut]); err != nil {
				t.Fatal(err)
			}
			if err := w.Suspend(); err != nil {
				t.Fatal(err)
			}
			if n := len(b.Unfinished(t)); n != 1 || id == "" {
				t.Fatalf("%d unfinished uploads, id %q", n, id)
			}
			want := whole
			if other { // the content has changed in its second part
				want = bytes.Clone(whole)
				want[9<<20]++
			}
			p := weaklink.New(t, b.Server.Endpoint)
			r := mustStore(t, parse(t, b.URLVia(p.URL, key)), want, bucket.WriterOptions{Replace: true, Resume: id})
			if got, _ := b.Get(t, key); !bytes.Equal(got, want) {
				t.Errorf("cut at %d: %d bytes", cut, len(got))
			}
			sent, _ := p.Bytes()
			if sent+r.Reused > int64(len(whole))+1<<20 {
				t.Errorf("cut at %d: reused %d, sent %d of %d", cut, r.Reused, sent, len(whole))
			}
			if r.Reused == 0 || cut > 20<<20 && r.Reused < 16<<20 {
				t.Errorf("cut at %d: nothing was reused", cut)
			}
			if n := len(b.Unfinished(t)); n != 0 {
				t.Errorf("%d unfinished uploads are left", n)
			}
		}
	}
	// An upload that is gone is begun anew.
	mustStore(t, parse(t, b.URL("gone")), whole[:9<<20], bucket.WriterOptions{Resume: "0197c0de-0000-0000-0000-000000000000"})
}
