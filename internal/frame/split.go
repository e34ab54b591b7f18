package frame

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
)

// A Splitter cuts a stream into its frames without decompressing anything. Its
// memory is that of one frame, and grows only with what has been read.
type Splitter struct {
	r      *bufio.Reader
	offset int64
}

// NewSplitter reads frames from r.
func NewSplitter(r io.Reader) *Splitter {
	return &Splitter{r: bufio.NewReaderSize(r, 256<<10)}
}

// Offset returns the number of bytes taken so far.
func (s *Splitter) Offset() int64 { return s.offset }

// Peek returns the magic number of the next frame. The error is [io.EOF] at
// the end of the stream, wraps [ErrTruncated] just before it, and is the
// underlying reader's otherwise.
func (s *Splitter) Peek() (magic uint32, err error) {
	b, err := s.r.Peek(4)
	switch {
	case len(b) == 4:
		return binary.LittleEndian.Uint32(b), nil
	case errors.Is(err, io.EOF) && len(b) > 0:
		return 0, fmt.Errorf("%w: %d bytes at the end", ErrTruncated, len(b))
	}
	return 0, err
}

// Next appends the next frame, which must have content, to dst[:0]. content is
// what its header states, -1 when it could not be read. Errors of the
// underlying reader are returned as they are, those about the frame wrap
// [ErrTruncated], [ErrNotCanonical], [ErrTooLarge] or [ErrDamaged]; then the
// stream cannot be read on.
func (s *Splitter) Next(dst []byte, limit int64) (b []byte, content int64, err error) {
	w := walker{limit: limit, content: -1}
	b = dst[:0]
	for {
		need, done, err := w.step(b)
		if err != nil || done {
			return b, w.content, err
		}
		if b, err = s.fill(b, need); err != nil {
			return b, w.content, err
		}
	}
}

// Skippable reads a skippable frame of at most limit bytes, header included.
func (s *Splitter) Skippable(limit int64) ([]byte, error) {
	b, err := s.fill(nil, 8)
	if err != nil {
		return b, err
	}
	need := 8 + int64(binary.LittleEndian.Uint32(b[4:]))
	if need > limit {
		return b, fmt.Errorf("%w: %d bytes, want at most %d", ErrTooLarge, need, limit)
	}
	return s.fill(b, need)
}

// fill appends to b until it has need bytes.
func (s *Splitter) fill(b []byte, need int64) ([]byte, error) {
	for int64(len(b)) < need {
		n := int(min(need-int64(len(b)), maxBlock))
		b = slices.Grow(b, n)
		got, err := io.ReadFull(s.r, b[len(b):len(b)+n])
		b = b[:len(b)+got]
		s.offset += int64(got)
		if err != nil {
			if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
				return b, fmt.Errorf("%w: %d bytes, at least %d are needed", ErrTruncated, len(b), need)
			}
			return b, err
		}
	}
	return b, nil
}
