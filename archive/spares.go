package archive

import "sync"

// spares are buffers that were used and wait to be used again. They are safe
// for concurrent use.
type spares struct {
	mu   sync.Mutex
	free [][]byte // at most cachedFrames
}

// spareStep is what the capacity of buffers is rounded up to, so that frames of
// about the same size fit into the same buffers.
const spareStep = 128 << 10

// take returns an empty buffer with room for n bytes, and not for many times as
// many.
func (s *spares) take(n int64) []byte {
	n = (n + spareStep - 1) / spareStep * spareStep
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, b := range s.free {
		if c := int64(cap(b)); c >= n && c/4 <= n {
			last := len(s.free) - 1
			s.free[i], s.free[last] = s.free[last], nil
			s.free = s.free[:last]
			return b[:0]
		}
	}
	return make([]byte, 0, n)
}

// give takes a buffer that nobody uses any more.
func (s *spares) give(b []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case cap(b) < spareStep:
	case len(s.free) < cachedFrames:
		s.free = append(s.free, b)
	default: // the oldest has not fitted for long
		copy(s.free, s.free[1:])
		s.free[len(s.free)-1] = b
	}
}
