package archive

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"runtime"
	"testing"
)

// liveHeap is what garbage collection leaves, in bytes.
func liveHeap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// weighing is a file that measures how much memory is held while it is read.
type weighing struct {
	io.ReaderAt
	base, peak int64
}

func (w *weighing) ReadAt(p []byte, offset int64) (int, error) {
	w.peak = max(w.peak, liveHeap()-w.base)
	return w.ReaderAt.ReadAt(p, offset)
}

// heldByVerify returns how much memory is held per entry beyond the first few
// thousand, at most, while an archive is open, while it is then verified (which
// comes on top), and while a file is verified.
func heldByVerify(t *testing.T, opts WriterOptions, read Options) (open, again, file float64) {
	t.Helper()
	const few, many = 2000, 14_000
	measure := func(n int) (open, again, file int64) {
		files, _ := documents(n)
		var out bytes.Buffer
		writeTo(t, &out, opts, files)
		b := out.Bytes()
		files = nil
		weigh := func(verify func(*weighing, Options) (*Report, error)) int64 {
			w := &weighing{ReaderAt: bytes.NewReader(b), base: liveHeap()}
			read := read
			// At the end there is nothing to read.
			read.Progress = func(int64, int64) { w.peak = max(w.peak, liveHeap()-w.base) }
			if r, err := verify(w, read); err != nil || !r.OK() {
				t.Fatal(err, r.Err())
			}
			return w.peak
		}
		file = weigh(func(w *weighing, read Options) (*Report, error) {
			return Verify(context.Background(), w, int64(len(b)), read)
		})
		again = weigh(func(w *weighing, read Options) (*Report, error) {
			w.base = liveHeap()
			a, err := Open(context.Background(), w, int64(len(b)), read)
			if err != nil {
				return nil, err
			}
			open = liveHeap() - w.base
			w.base, w.peak = w.base+open, 0
			defer runtime.KeepAlive(a)
			return a.Verify(context.Background())
		})
		return open, again, file
	}
	open1, again1, file1 := measure(few)
	open2, again2, file2 := measure(many)
	per := func(less, more int64) float64 { return float64(more-less) / (many - few) }
	return per(open1, open2), per(again1, again2), per(file1, file2)
}

// TestMemoryOfVerify: an open archive holds its manifest, but not the text, and
// verifying holds next to nothing of each entry beside that.
func TestMemoryOfVerify(t *testing.T) {
	if testing.Short() {
		t.Skip("the race detector takes memory of its own")
	}
	for _, unsigned := range []bool{false, true} {
		t.Run(fmt.Sprint("unsigned ", unsigned), func(t *testing.T) {
			opts, read := options(t), Options{Workers: 1, AllowUnsigned: unsigned}
			if unsigned {
				opts.Signer, opts.Unsigned = nil, true
			}
			open, again, file := heldByVerify(t, opts, read)
			t.Logf("per entry: an open archive holds %.0f bytes, verifying it adds %.0f; verifying a file holds %.0f", open, again, file)
			if open > 300 || again > 200 || file > 450 {
				t.Error("that is too much")
			}
		})
	}
}
