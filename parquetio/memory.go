package parquetio

import (
	"sync/atomic"

	"github.com/apache/arrow-go/v18/arrow/memory"
)

// An allowance is an Arrow allocator that hands out no more than max bytes at
// once. Arrow's interface has no error, so a refusal is a panic with a
// *LimitError, which guard turns back into an error. Safe for concurrent use:
// a batch may be released on any goroutine.
type allowance struct {
	max  int64
	used atomic.Int64
	peak atomic.Int64
	heap memory.GoAllocator
}

func (a *allowance) reserve(n int64) {
	used := a.used.Add(n)
	if used > a.max || n < 0 {
		a.used.Add(-n)
		panic(&LimitError{Limit: "Memory", Max: a.max, Need: used})
	}
	for peak := a.peak.Load(); used > peak && !a.peak.CompareAndSwap(peak, used); {
		peak = a.peak.Load()
	}
}

func (a *allowance) release(n int64) { a.used.Add(-n) }

// Allocate is memory.Allocator's.
func (a *allowance) Allocate(size int) []byte {
	a.reserve(int64(size))
	return a.heap.Allocate(size)
}

// Reallocate is memory.Allocator's. While bytes are copied both slices count.
func (a *allowance) Reallocate(size int, b []byte) []byte {
	a.reserve(int64(size))
	out := a.heap.Reallocate(size, b)
	a.release(int64(len(b)))
	return out
}

// Free is memory.Allocator's.
func (a *allowance) Free(b []byte) {
	a.release(int64(len(b)))
	a.heap.Free(b)
}
