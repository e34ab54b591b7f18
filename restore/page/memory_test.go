package page

import (
	"runtime"
	"testing"
)

// heldWriter measures how much memory is held while something is written to
// it, in bytes.
type heldWriter struct {
	base, peak int64
	writes     int
}

func (w *heldWriter) Write(p []byte) (int, error) {
	if w.writes++; w.writes%8 == 1 {
		w.peak = max(w.peak, liveHeap()-w.base)
	}
	return len(p), nil
}

// liveHeap is what garbage collection leaves, in bytes.
func liveHeap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// TestMemoryOfLargePlans: beyond the assets that have a row, a page holds a few
// numbers for each, nothing of what the plan says of it.
func TestMemoryOfLargePlans(t *testing.T) {
	if testing.Short() {
		t.Skip("it is slow under the race detector, and memory is no matter of races")
	}
	const few, many, perStep = 5000, 25_000, 32
	held := func(n int) (index, written int64) {
		plan := largePlan(n, true)
		base := liveHeap()
		x := newIndex(plan, defaultRows)
		index = liveHeap() - base
		runtime.KeepAlive(x)
		w := &heldWriter{base: base}
		if err := Write(w, plan, nil, Options{}); err != nil {
			t.Fatal(err)
		}
		runtime.KeepAlive(plan)
		return index, w.peak
	}
	index, page := held(few)
	largerIndex, largerPage := held(many)
	t.Logf("%d and %d bytes are held for %d assets, %d and %d for %d", index, page, few, largerIndex, largerPage, many)
	if most := int64(perStep * (many - few)); largerIndex > index+most || largerPage > page+most {
		t.Errorf("%d and %d bytes are held for %d assets, %d and %d for %d", index, page, few, largerIndex, largerPage, many)
	}
}
