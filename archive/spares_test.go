package archive

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"sync"
	"testing"
)

// TestFramesInUse reads an archive of more frames than are kept in many ways at
// once, among them streams that stand still while frames come and go, and are
// read on, or closed, or forgotten.
func TestFramesInUse(t *testing.T) {
	var files []file
	files = append(files, file{wsA + "/metadata.json", []byte("{}")})
	for i := range 40 {
		path := fmt.Sprintf("%s/files/%08x%s", wsA, i, id1[8:])
		files = append(files, file{path, noise(300_000+i*1000, byte(i))})
	}
	files = append(files, file{fmt.Sprintf("%s/files/%08x%s", wsA, 40, id1[8:]), noise(9<<20, 41)})
	a := openBytes(t, build(t, options(t), files, true), Options{Workers: 2})
	var running sync.WaitGroup
	for seed := range uint64(4) {
		running.Go(func() {
			rng := rand.New(rand.NewPCG(seed, 1))
			var slow io.ReadCloser
			var want []byte
			var buffer []byte
			for range 60 {
				f := files[rng.IntN(len(files))]
				if slow == nil {
					want = f.content
					r, err := a.OpenEntry(t.Context(), f.path)
					if err != nil {
						t.Error(err)
						return
					}
					slow = r
				}
				start := make([]byte, min(len(want), 1+rng.IntN(100_000)))
				if _, err := io.ReadFull(slow, start); err != nil || !bytes.Equal(start, want[:len(start)]) {
					t.Errorf("a stream that stood still reads other bytes: %v", err)
					return
				}
				if want = want[len(start):]; len(want) == 0 || rng.IntN(10) == 0 {
					if rng.IntN(2) == 0 {
						if err := slow.Close(); err != nil {
							t.Error(err)
						}
					}
					slow = nil
				}
				doc, err := a.AppendDocument(t.Context(), append(buffer[:0], "before"...), f.path, 16<<20)
				if err != nil || !bytes.Equal(doc[6:], f.content) || string(doc[:6]) != "before" {
					t.Errorf("%s reads as %d other bytes, %v", f.path, len(doc), err)
					return
				}
				buffer = doc
				section, err := a.ReaderAt(f.path)
				if err != nil {
					t.Error(err)
					return
				}
				from := rng.IntN(len(f.content))
				part := make([]byte, len(f.content)-from)
				if _, err := section.ReadAt(part, int64(from)); err != nil || !bytes.Equal(part, f.content[from:]) {
					t.Errorf("%s from %d reads as other bytes: %v", f.path, from, err)
					return
				}
			}
		})
	}
	running.Wait()
	for _, f := range a.frames.recent {
		if f.users < 1 {
			t.Errorf("frame %d is kept, and has %d users", f.index, f.users)
		}
	}
	// Streams that were forgotten keep theirs; what is read to its end gives way.
	for _, f := range files {
		if _, err := a.ReadDocument(t.Context(), f.path, 16<<20); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(a.frames.contents.free); n == 0 || n > cachedFrames {
		t.Errorf("%d buffers wait", n)
	}
}

func TestSpares(t *testing.T) {
	var s spares
	if b := s.take(10); len(b) != 0 || cap(b) != spareStep {
		t.Fatalf("a buffer of %d bytes, room for %d", len(b), cap(b))
	}
	s.give(nil)
	s.give(make([]byte, 10))
	if len(s.free) != 0 {
		t.Error("small buffers wait")
	}
	large := s.take(5*spareStep + 1)
	s.give(large[:7])
	if b := s.take(1); cap(b) != spareStep {
		t.Errorf("room for 1 byte is room for %d", cap(b))
	}
	if b := s.take(6 * spareStep); cap(b) != cap(large) || len(b) != 0 || &b[:1][0] != &large[:1][0] {
		t.Error("the buffer that fits is not used")
	}
	for range 2 * cachedFrames {
		s.give(make([]byte, spareStep))
	}
	if len(s.free) != cachedFrames {
		t.Errorf("%d buffers wait", len(s.free))
	}
}
