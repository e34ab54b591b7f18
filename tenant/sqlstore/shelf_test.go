package sqlstore

import (
	"bytes"
	"io"
	"testing"
)

// TestContentsHeldOpen opens documents in order and reads some of them only
// after many others were fetched, read and closed, or never closed.
func TestContentsHeldOpen(t *testing.T) {
	const n = 1200
	onEach(t, func(t *testing.T, fresh maker) {
		s, want := filled(t, fresh, n)
		for _, listing := range listings(t, s) {
			held := map[int]io.ReadCloser{}
			finish := func(i int) {
				got, err := io.ReadAll(held[i])
				if err != nil || !bytes.Equal(got, want[i]) {
					t.Fatalf("document %d: %d bytes, %v; want %d", i, len(got), err, len(want[i]))
				}
				if i%3 != 0 {
					if err := held[i].Close(); err != nil {
						t.Fatal(err)
					}
				}
				delete(held, i)
			}
			for i, e := range listing.entries {
				if i%50 == 49 {
					continue // it is chunked
				}
				r, err := e.Open(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				held[i] = r
				switch {
				case i%7 != 0:
					finish(i)
				case i >= 700 && held[i-700] != nil:
					finish(i - 700)
				}
			}
			for i := range held {
				finish(i)
			}
		}
	})
}

func TestShelf(t *testing.T) {
	var spare spareShelf
	s := spare.take(10)
	a, b := s.put([]byte("first")), s.put([]byte{})
	if string(a.bytes) != "first" || cap(a.bytes) != 5 || b.bytes == nil || len(b.bytes) != 0 {
		t.Fatalf("the shelf holds %q and %q", a.bytes, b.bytes)
	}
	s.leave()
	a.leave()
	if other := spare.take(1); other == s {
		t.Fatal("a shelf with a content on it is used again")
	}
	b.leave()
	if spare.take(1) != s || spare.Load() != nil {
		t.Error("an empty shelf is not used again")
	}
	for _, size := range []int64{-1, 0, 1 << 60} {
		s := new(spareShelf).take(size)
		if p := s.put(bytes.Repeat([]byte("x"), 100)); len(p.bytes) != 100 || cap(s.bytes) > 2*aheadBytes {
			t.Errorf("a shelf for %d bytes holds %d and has room for %d", size, len(p.bytes), cap(s.bytes))
		}
	}
	piece{}.leave()
}
