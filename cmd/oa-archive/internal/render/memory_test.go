package render

import "runtime"

// A heldWriter measures how much memory is held while something is written to
// it.
type heldWriter struct {
	base    int64
	peak    int64
	written int64
	next    int64 // when to look next, in bytes written
}

func newHeldWriter() *heldWriter { return &heldWriter{base: liveHeap()} }

func (w *heldWriter) Write(p []byte) (int, error) {
	w.written += int64(len(p))
	if w.written >= w.next {
		w.peak = max(w.peak, liveHeap()-w.base)
		w.next = 2*w.written + 1<<8
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
