package archive

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"

	"github.com/oneanalytics/oa-archive/internal/frame"
	"github.com/oneanalytics/oa-archive/layout"
)

// A contentReader is one entry's content as a stream. It is not safe for
// concurrent use.
type contentReader struct {
	a      *Archive
	ctx    context.Context
	i      int
	offset int64  // of what has been taken from the archive
	held   held   // the piece that was taken last
	rest   []byte // of it, not yet read
	whole  hash.Hash
	err    error
}

func (a *Archive) newContent(ctx context.Context, i int) *contentReader {
	r := &contentReader{a: a, ctx: ctx, i: i}
	if a.m.Entries[i].Size > frame.MaxSmall {
		r.whole = sha256.New() // else piece verifies the whole
	}
	return r
}

// drop ends the use of the piece that was taken last.
func (r *contentReader) drop() {
	r.a.release(r.held)
	r.held, r.rest = held{}, nil
}

// next returns the next piece of verified content, io.EOF at the end. What it
// returns is not the caller's to change, and not to be used after the next
// call, or drop.
func (r *contentReader) next() ([]byte, error) {
	r.drop()
	if r.err != nil {
		return nil, r.err
	}
	if err := r.ctx.Err(); err != nil {
		r.err = fmt.Errorf("archive: entry %+q: %w", r.a.m.Entries[r.i].Path, err)
		return nil, r.err
	}
	e := &r.a.m.Entries[r.i]
	if r.offset == e.Size {
		r.err = r.end()
		return nil, r.err
	}
	piece, err := r.a.piece(r.i, r.offset)
	if err != nil {
		r.err = err
		return nil, err
	}
	r.held = piece
	if r.whole != nil {
		r.whole.Write(piece.content)
	}
	r.offset += int64(len(piece.content))
	return piece.content, nil
}

// end verifies the content as a whole.
func (r *contentReader) end() error {
	e := &r.a.m.Entries[r.i]
	switch {
	case e.Size == 0:
		h, err := r.a.small(r.i)
		r.a.release(h)
		if err != nil {
			return err
		}
	case r.whole != nil && layout.Digest(r.whole.Sum(nil)) != e.SHA256:
		return formatFinding(CodeDigest, ruleDigest, e.Path, e.Offset, InTar, errors.New("its chunks match the manifest, but the SHA-256 of the whole does not")).Err
	}
	return io.EOF
}

// Read implements [io.Reader].
func (r *contentReader) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	for len(r.rest) == 0 {
		piece, err := r.next()
		if err != nil {
			return 0, err
		}
		r.rest = piece
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}

// WriteTo implements [io.WriterTo].
func (r *contentReader) WriteTo(w io.Writer) (n int64, err error) {
	for {
		piece := r.rest
		r.rest = nil
		if len(piece) == 0 {
			if piece, err = r.next(); errors.Is(err, io.EOF) {
				return n, nil
			} else if err != nil {
				return n, err
			}
		}
		got, err := w.Write(piece)
		n += int64(got)
		if err != nil {
			return n, err
		}
		if got != len(piece) {
			return n, io.ErrShortWrite
		}
	}
}

// Close implements [io.Closer].
func (r *contentReader) Close() error {
	r.drop()
	r.err = errClosedEntry
	return nil
}

var errClosedEntry = errors.New("archive: the entry is closed")
