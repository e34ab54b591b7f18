package archive

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
)

// A Range is a part of a file, from its first byte up to, not including, To.
type Range struct{ From, To int64 }

// Len returns the number of bytes.
func (r Range) Len() int64 { return r.To - r.From }

const (
	windowStep   = 256 << 10 // bytes that are read at once, at least
	windowSlack  = 1 << 20   // bytes that are kept behind, so that few are moved
	sector       = 4 << 10   // what is given up together where a disk cannot read
	maxLostParts = 64 << 20 / sector
)

// A window holds the bytes of a file around the place that is being looked at.
// Where the disk cannot read, it holds zeros, up to 64 MiB of them in a file.
type window struct {
	ctx  context.Context
	r    io.ReaderAt
	size int64
	at   int64 // in the file, of buf
	buf  []byte

	unreadable []Range // in the order in which they were met
	lost       int     // sectors in them
}

// from returns the bytes from place p of the file on: at least n of them, or
// all up to the end. They are valid until the next call.
func (w *window) from(p, n int64) ([]byte, error) {
	n = min(n, w.size-p)
	if p < w.at || p > w.at+int64(len(w.buf)) {
		w.at, w.buf = p, w.buf[:0]
	}
	if missing := p + n - w.at - int64(len(w.buf)); missing > 0 {
		if behind := p - w.at; behind > windowSlack {
			w.buf = w.buf[:copy(w.buf, w.buf[behind:])]
			w.at = p
		}
		end := w.at + int64(len(w.buf))
		if err := w.read(end, min(max(missing, windowStep), w.size-end)); err != nil {
			return nil, err
		}
	}
	return w.buf[p-w.at:], nil
}

// read appends n bytes at place p, which is the end of the window.
func (w *window) read(p, n int64) error {
	if err := w.ctx.Err(); err != nil {
		return err
	}
	have := len(w.buf)
	w.buf = slices.Grow(w.buf, int(n))[:have+int(n)]
	dst := w.buf[have:]
	got, err := w.r.ReadAt(dst, p)
	if int64(got) == n {
		return nil
	}
	if err == nil || errors.Is(err, io.EOF) {
		return fmt.Errorf("read %d bytes at offset %d: %w: the file has become shorter", n, p, io.ErrUnexpectedEOF)
	}
	return w.readParts(dst, p, err)
}

// readParts reads sector by sector what cannot be read at once.
func (w *window) readParts(dst []byte, p int64, cause error) error {
	for len(dst) > 0 {
		if err := w.ctx.Err(); err != nil {
			return err
		}
		n := min(int64(len(dst)), sector-p%sector)
		part := dst[:n]
		if got, err := w.r.ReadAt(part, p); int64(got) < n {
			if w.lost++; w.lost > maxLostParts {
				return fmt.Errorf("read at offset %d: more than %d bytes cannot be read: %w", p, int64(maxLostParts*sector), errors.Join(err, cause))
			}
			clear(part)
			w.give(Range{p, p + n})
		}
		dst, p = dst[n:], p+n
	}
	return nil
}

// give records a part that cannot be read.
func (w *window) give(r Range) {
	if n := len(w.unreadable); n > 0 && w.unreadable[n-1].To == r.From {
		w.unreadable[n-1].To = r.To
		return
	}
	w.unreadable = append(w.unreadable, r)
}

// mergeRanges sorts ranges and joins those that touch.
func mergeRanges(ranges []Range) []Range {
	sorted := slices.SortedFunc(slices.Values(ranges), func(a, b Range) int { return int(min(1, max(-1, a.From-b.From))) })
	var merged []Range
	for _, r := range sorted {
		if n := len(merged); n > 0 && r.From <= merged[n-1].To {
			merged[n-1].To = max(merged[n-1].To, r.To)
			continue
		}
		merged = append(merged, r)
	}
	return merged
}
