package seal

import (
	"errors"
	"io"
	"slices"
	"sync"
)

// extents stand between package age, which reads chunk by chunk, and a source
// of which each read may be a request over a network: a stretch that is held is
// read once and answers all reads within it.
type extents struct {
	src  io.ReaderAt
	mu   sync.RWMutex
	held []*extent
}

type extent struct {
	off   int64
	bytes []byte
}

// A sourceError marks errors of the source among those of package age.
type sourceError struct{ err error }

func (e *sourceError) Error() string { return e.err.Error() }
func (e *sourceError) Unwrap() error { return e.err }

var buffers = sync.Pool{New: func() any { return new([]byte) }}

// hold reads a stretch of the source, or as much of it as there is. The caller
// calls release once it is not needed any more.
func (e *extents) hold(off, length int64) (release func(), err error) {
	buf := buffers.Get().(*[]byte)
	if int64(cap(*buf)) < length {
		*buf = make([]byte, length)
	}
	n, err := e.src.ReadAt((*buf)[:length], off)
	if err != nil && !errors.Is(err, io.EOF) {
		buffers.Put(buf)
		return nil, err
	}
	x := &extent{off, (*buf)[:n]}
	e.mu.Lock()
	e.held = append(e.held, x)
	e.mu.Unlock()
	return func() {
		e.mu.Lock()
		e.held = slices.DeleteFunc(e.held, func(y *extent) bool { return y == x })
		e.mu.Unlock()
		buffers.Put(buf)
	}, nil
}

// ReadAt implements [io.ReaderAt].
func (e *extents) ReadAt(p []byte, off int64) (int, error) {
	if e.answer(p, off) {
		return len(p), nil
	}
	n, err := e.src.ReadAt(p, off)
	if err != nil && !errors.Is(err, io.EOF) {
		err = &sourceError{err}
	}
	return n, err
}

// answer fills p from a stretch that is held. The lock is kept meanwhile, since
// the stretch of somebody else may be released.
func (e *extents) answer(p []byte, off int64) bool {
	e.mu.RLock()
	defer e.mu.RUnlock()
	for _, x := range e.held {
		if off >= x.off && off+int64(len(p)) <= x.off+int64(len(x.bytes)) {
			copy(p, x.bytes[off-x.off:])
			return true
		}
	}
	return false
}
