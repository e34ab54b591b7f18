package bucket_test

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"time"

	"github.com/oneanalytics/oa-archive/bucket"
	"github.com/oneanalytics/oa-archive/internal/cloudtest"
)

// exerciseStore is what all stores do alike.
func exerciseStore(t *testing.T, prefix string) {
	for name, size := range map[string]int{"empty": 0, "small": 1000, "large": 35<<20 + 1} {
		t.Run(name, func(t *testing.T) {
			want := content(size)
			at := parse(t, prefix+"folder/"+name+" æ")
			r := mustStore(t, at, want, bucket.WriterOptions{})
			if !r.Seen || r.Size != int64(size) || r.Version == "" {
				t.Errorf("receipt %+v", r)
			}
			o := open(t, at, quick)
			got, err := readAll(o)
			if err != nil || !bytes.Equal(got, want) || o.Version() != r.Version {
				t.Errorf("read %d bytes, %v", len(got), err)
			}
		})
	}
	t.Run("exists", func(t *testing.T) {
		at := parse(t, prefix+"here")
		mustStore(t, at, []byte("before"), bucket.WriterOptions{})
		if _, err := store(t, at, []byte("after"), bucket.WriterOptions{}); !errors.Is(err, bucket.ErrExists) {
			t.Errorf("%v", err)
		}
		late := parse(t, prefix+"late")
		w, err := bucket.Create(t.Context(), late, bucket.WriterOptions{Options: quick})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte("second")); err != nil {
			t.Fatal(err)
		}
		mustStore(t, late, []byte("first"), bucket.WriterOptions{})
		if _, err := w.Commit(t.Context()); !errors.Is(err, bucket.ErrExists) {
			t.Errorf("late: %v", err)
		}
		if err := w.Close(); err != nil {
			t.Error(err)
		}
		mustStore(t, at, []byte("after"), bucket.WriterOptions{Replace: true})
		if got, err := readAll(open(t, at, quick)); err != nil || string(got) != "after" {
			t.Errorf("%q, %v", got, err)
		}
	})
	t.Run("replaced while read", func(t *testing.T) {
		at := parse(t, prefix+"changing")
		mustStore(t, at, content(3<<20), bucket.WriterOptions{})
		o := open(t, at, bucket.Options{Attempts: 2, Backoff: 1, Tail: -1})
		if _, err := o.ReadAt(make([]byte, 10), 0); err != nil {
			t.Fatal(err)
		}
		mustStore(t, at, content(3<<20 + 1)[1:], bucket.WriterOptions{Replace: true})
		if _, err := o.ReadAt(make([]byte, 10), 2<<20); !errors.Is(err, bucket.ErrChanged) {
			t.Errorf("%v", err)
		}
	})
	t.Run("given up", func(t *testing.T) {
		for _, cancelled := range []bool{false, true} {
			at := parse(t, prefix+"gone")
			ctx, cancel := context.WithCancel(t.Context())
			w, err := bucket.Create(ctx, at, bucket.WriterOptions{Options: quick})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := w.Write(content(20 << 20)); err != nil {
				t.Fatal(err)
			}
			if cancelled {
				cancel()
				if _, err := w.Commit(ctx); !errors.Is(err, context.Canceled) {
					t.Errorf("commit after cancel: %v", err)
				}
			}
			if err := w.Close(); err != nil {
				t.Error(err)
			}
			cancel()
			if _, err := bucket.Open(t.Context(), at, quick); !errors.Is(err, bucket.ErrNoObject) {
				t.Errorf("cancelled %v: it is there: %v", cancelled, err)
			}
		}
	})
	t.Run("missing", func(t *testing.T) {
		if _, err := bucket.Open(t.Context(), parse(t, prefix+"nothing"), quick); !errors.Is(err, bucket.ErrNoObject) {
			t.Errorf("%v", err)
		}
	})
}

func TestGoogleEmulator(t *testing.T) {
	_, name := cloudtest.GCS(t)
	exerciseStore(t, "gs://"+name+"/")
}

func TestAzureEmulator(t *testing.T) {
	name := cloudtest.Azure(t)
	exerciseStore(t, "azblob://"+name+"/")
	_, err := store(t, parse(t, "azblob://"+name+"/kept"), nil, bucket.WriterOptions{Retention: bucket.Retention{Until: time.Now().Add(time.Hour)}})
	if !errors.Is(err, bucket.ErrRetention) {
		t.Errorf("retention: %v", err)
	}
}
