package archive

import (
	"errors"
	"fmt"

	"github.com/oneanalytics/oa-archive/internal/frame"
	"github.com/oneanalytics/oa-archive/internal/spool"
	"github.com/oneanalytics/oa-archive/internal/ustar"
	"github.com/oneanalytics/oa-archive/manifest"
)

// An entryWriter takes the content of one entry.
type entryWriter struct {
	w    *Writer
	e    *manifest.Entry
	size int64 // -1 when not known
	n    int64 // written so far

	small []byte    // content of unknown size, until it turns out to be large
	from  int64     // in the open frame: where content of known size goes, if small
	chunk *outFrame // of a large entry: the chunk that is being filled
	large bool
	spool *spool.Spool // holds the frames of a large entry of unknown size

	hashed *outFrame // the frame whose worker computes e.SHA256
}

// Write implements [io.Writer].
func (ew *entryWriter) Write(p []byte) (int, error) {
	w := ew.w
	switch {
	case w.err != nil:
		return 0, w.err
	case w.closed:
		return 0, errClosed
	case w.cur != ew:
		return 0, w.fail(fmt.Errorf("archive: entry %+q: written to after the next one was started", ew.e.Path))
	case ew.size >= 0 && ew.n+int64(len(p)) > ew.size:
		return 0, w.fail(fmt.Errorf("archive: entry %+q: more content than the %d bytes announced", ew.e.Path, ew.size))
	case ew.n+int64(len(p)) > w.opts.Limits.Tar:
		return 0, w.fail(fmt.Errorf("archive: entry %+q: %w: more than %d bytes", ew.e.Path, ErrLimit, w.opts.Limits.Tar))
	}
	ew.n += int64(len(p))
	if ew.size >= 0 && !ew.large {
		ew.w.open.content = append(ew.w.open.content, p...)
		return len(p), nil
	}
	if !ew.large {
		if ew.n <= frame.MaxSmall {
			ew.small = append(ew.small, p...)
			return len(p), nil
		}
		ew.startSpool()
		held := ew.small
		ew.small = nil
		ew.fill(held)
	}
	ew.fill(p)
	if w.err != nil {
		return 0, w.err
	}
	return len(p), nil
}

// startSmall begins an entry that is known to be small: its content goes
// straight into the frame.
func (ew *entryWriter) startSmall(size int64) {
	w := ew.w
	ew.e.Offset = w.pos
	w.scratch = ustar.AppendFile(w.scratch[:0], ew.e.Path, size, w.time)
	ew.from = w.reserve(w.scratch, ustar.Padded(size)) + int64(len(w.scratch))
}

// startLarge begins an entry that is known to be large.
func (ew *entryWriter) startLarge(size int64) {
	w := ew.w
	ew.large = true
	w.cut.Cut()
	ew.e.Offset = w.pos
	f := w.frames.newFrame(int(ustar.Length(size)))
	f.content = ustar.AppendFile(f.content, ew.e.Path, size, w.time)
	w.pos += int64(len(f.content))
	w.push(f)
}

// startSpool begins an entry that turned out to be large: its frames wait
// until the size is known, because the header goes before them.
func (ew *entryWriter) startSpool() {
	w := ew.w
	ew.large = true
	w.cut.Cut()
	if w.err == nil {
		if err := w.frames.drain(); err != nil {
			w.fail(err)
			return
		}
		ew.spool = &spool.Spool{Dir: w.opts.TempDir}
		w.frames.divert(ew.spool)
	}
}

// fill cuts content into chunks. The last chunk stays until finish, which
// alone knows that it is the last.
func (ew *entryWriter) fill(p []byte) {
	for len(p) > 0 && ew.w.err == nil {
		if ew.chunk != nil && len(ew.chunk.content) == frame.MaxContent {
			ew.push(false)
		}
		if ew.chunk == nil {
			ew.chunk = ew.w.frames.newFrame(frame.MaxContent)
		}
		n := min(len(p), frame.MaxContent-len(ew.chunk.content))
		ew.chunk.content = append(ew.chunk.content, p[:n]...)
		p = p[n:]
	}
}

func (ew *entryWriter) push(last bool) {
	f := ew.chunk
	ew.chunk = nil
	f.chunk = &chunkJob{entry: ew.e, size: len(f.content), last: last, before: ew.hashed}
	f.content = ustar.Pad(f.content)
	ew.hashed = f
	ew.w.push(f)
}

// finish places the entry in the tar.
func (ew *entryWriter) finish() error {
	w := ew.w
	if ew.size >= 0 && ew.n != ew.size {
		return fmt.Errorf("archive: entry %+q: %d bytes of content where %d were announced", ew.e.Path, ew.n, ew.size)
	}
	ew.e.Size = ew.n
	if !ew.large {
		if ew.size < 0 {
			ew.startSmall(ew.n)
			w.open.content = append(w.open.content, ew.small...)
			w.held, ew.small = ew.small[:0], nil
		}
		w.open.content = ustar.Pad(w.open.content)
		w.open.hashes = append(w.open.hashes, hashJob{entry: ew.e, from: ew.from, to: ew.from + ew.n})
		ew.hashed = w.open
		return w.err
	}
	ew.push(true)
	if ew.spool != nil && w.err == nil {
		if err := ew.finishSpool(); err != nil {
			return err
		}
	}
	w.pos += ustar.Padded(ew.n)
	return w.err
}

// finishSpool writes the header and then the frames that have waited.
func (ew *entryWriter) finishSpool() (err error) {
	w := ew.w
	defer func() { err = errors.Join(err, ew.spool.Close()) }()
	if err := w.frames.drain(); err != nil {
		return err
	}
	restore := w.frames.restore()
	ew.e.Offset = w.pos
	headers := ustar.AppendFile(nil, ew.e.Path, ew.n, w.time)
	w.pos += int64(len(headers))
	if err := w.frames.writeNow(headers); err != nil {
		return err
	}
	return restore(ew.spool)
}
