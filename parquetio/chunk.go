package parquetio

import (
	"io"

	"github.com/apache/arrow-go/v18/arrow/memory"
)

// A source reads the file and remembers the first error of the caller's reader,
// so that a failing disk is not reported as a damaged file.
type source struct {
	r   io.ReaderAt
	err error
}

func (s *source) readFull(b []byte, at int64) error {
	n, err := s.r.ReadAt(b, at)
	if n == len(b) {
		return nil
	}
	if err == nil || err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	if s.err == nil {
		s.err = err
	}
	return err
}

// Chunks of a row group that together have no more than wholeBytes are each
// read at once: one request a chunk, in the order of the file. Of larger ones,
// windowBytes are read ahead.
const (
	wholeBytes  = 16 << 20
	windowBytes = 64 << 10
)

// A chunk is the stored bytes of one column in one row group, read forward.
type chunk struct {
	src    *source
	at     int64 // where the bytes after the window begin
	end    int64
	window *memory.Buffer
	pos    int // bytes of the window already consumed
	whole  bool
}

// openChunk returns the n bytes at at.
func openChunk(src *source, at, n int64, whole bool, mem *allowance) *chunk {
	return &chunk{src: src, at: at, end: at + n, whole: whole, window: memory.NewResizableBuffer(mem)}
}

// peek returns at least n bytes, or all that are left, without consuming them.
func (c *chunk) peek(n int) ([]byte, error) {
	if have := c.window.Len() - c.pos; have < n && c.at < c.end {
		more := int64(max(n-have, windowBytes))
		if c.whole {
			more = c.end - c.at
		}
		more = min(more, c.end-c.at)
		size := have + int(more)
		if c.window.Cap() < size {
			c.window.Reserve(size)
		}
		c.window.ResizeNoShrink(max(c.window.Len(), size))
		copy(c.window.Bytes(), c.window.Bytes()[c.pos:c.pos+have])
		c.pos = 0
		c.window.ResizeNoShrink(size)
		if err := c.src.readFull(c.window.Bytes()[have:], c.at); err != nil {
			return nil, err
		}
		c.at += more
	}
	return c.window.Bytes()[c.pos:], nil
}

func (c *chunk) discard(n int) { c.pos += n }

// left returns how many bytes are not consumed.
func (c *chunk) left() int64 { return c.end - c.at + int64(c.window.Len()-c.pos) }

// take consumes n bytes, n ≤ left. They are valid until the next call.
func (c *chunk) take(n int) ([]byte, error) {
	b, err := c.peek(n)
	if err != nil {
		return nil, err
	}
	c.discard(n)
	return b[:n:n], nil
}

func (c *chunk) close() { c.window.Release() }
