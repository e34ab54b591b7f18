package archive

import (
	"errors"
	"io"

	"github.com/oneanalytics/oa-archive/internal/frame"
	"github.com/oneanalytics/oa-archive/internal/order"
	"github.com/oneanalytics/oa-archive/internal/ustar"
)

// A walk reads a tar from its first to its last byte, whatever is wrong with
// it: what breaks a rule becomes a finding, and reading goes on at the next
// place where it can. Hashes and signatures are computed on the side; they are
// complete after finish. All of it belongs to one goroutine.
type walk struct {
	opts   Options
	frames *frameReader
	led    *ledger
	units  units

	cur  *inFrame
	at   int64 // in cur
	pos  int64 // in the tar
	unit *unit // of cur

	hint    *ustar.Hint // nil until a good global header has been read
	time    int64       // that all members must have; -1 when not known
	paths   order.Checker
	entries observations
	bytes   int64 // of the entries' content

	o       *observed // whose content is being read; nil when none is
	rest    int64     // of its content
	hash    contentHash
	held    []byte    // a chunk that lies in several frames
	last    *observed // the member before, when it is an entry whose signature may follow
	pending *extended // the member before, when it is an extended header

	manifest   []byte   // nil until read
	borrowed   *inFrame // that it lies in, if it was not copied
	listing    *listing // the manifest when it was read before; nil until its place has come
	manifestAt int64    // -1 until its header has been read
	signature  []byte   // of the manifest

	cut       frame.Cutter
	cuts      []int64 // lengths of frames as the rule gives them
	endLength int64   // of what lies before the zero blocks in the last frame
	irregular bool    // the cuts cannot be compared
	lostFrame bool    // looking for a member at the beginning of a frame
	lostBlock bool    // looking for a member at any block
	afterGap  bool    // the member is the first after a part that could not be read
	holes     []span
	ended     bool
	gaveUp    bool // there is more that has not been looked at
}

// extended is what an extended header says of the file after it.
type extended struct{ offset, size int64 }

func newWalk(frames *frameReader, led *ledger, opts Options) *walk {
	w := &walk{opts: opts, frames: frames, led: led, units: units{limit: opts.Workers + 1}, time: -1, manifestAt: -1}
	w.units.finished = func(u *unit) { w.entries.settle(u.complete) }
	w.cut.Emit = func(length int64) { w.cuts = append(w.cuts, length) }
	return w
}

// next moves on to the next entry; nil means that there is none. The error is
// one of reading the file.
func (w *walk) next() (*observed, error) {
	if err := w.skipContent(); err != nil {
		return nil, err
	}
	for !w.ended {
		start := w.pos
		block, err := w.block()
		if errors.Is(err, io.EOF) {
			w.noMore()
			break
		}
		if err != nil {
			return nil, err
		}
		if block == nil {
			continue
		}
		o, err := w.member(block, start)
		if o != nil || err != nil {
			return o, err
		}
	}
	return nil, nil
}

// advance loads the next frame. The error is io.EOF when there is none, also
// after reading had to stop.
func (w *walk) advance() error {
	w.drop()
	f, err := w.frames.next()
	if err != nil {
		if errors.Is(err, errLost) {
			w.gaveUp = true
			return io.EOF
		}
		return err
	}
	w.cur, w.at = f, 0
	var fault *FormatError
	if errors.As(f.err, &fault) {
		w.led.add(Finding{Code: fault.Code, Offset: fault.Offset, Region: fault.Region, Rule: fault.Rule, Err: fault})
		w.irregular = true
	}
	return nil
}

// drop lets go of the current frame.
func (w *walk) drop() {
	if w.unit != nil {
		w.unit.complete = w.entries.len()
		if w.o != nil || w.last != nil { // of the latest entry, content or signature may follow
			w.unit.complete--
		}
		w.units.start(w.unit)
		w.unit = nil
	}
	if w.cur != nil {
		w.cur.release()
		w.cur = nil
	}
}

// stop frees everything when reading ends early.
func (w *walk) stop() {
	w.drop()
	w.units.wait()
}

func (w *walk) currentUnit() *unit {
	if w.unit == nil {
		w.unit = newUnit(w.cur)
	}
	return w.unit
}

// piece takes up to n bytes of the tar, or jumps over up to n bytes that could
// not be read: then it returns nil and their number.
func (w *walk) piece(n int64) (b []byte, taken int64, err error) {
	for w.cur == nil || w.at >= w.cur.content {
		if err := w.advance(); err != nil {
			return nil, 0, err
		}
	}
	taken = min(n, w.cur.content-w.at)
	if w.cur.listing != nil && w.at+taken > int64(len(w.cur.data)) {
		return nil, 0, errListing
	}
	if w.cur.data != nil {
		b = w.cur.data[w.at : w.at+taken]
	} else {
		w.hole(w.pos, w.pos+taken)
	}
	w.at, w.pos = w.at+taken, w.pos+taken
	return b, taken, nil
}

// hole records that part of the tar could not be read.
func (w *walk) hole(from, to int64) {
	w.irregular = true
	if n := len(w.holes); n > 0 && w.holes[n-1].to == from {
		w.holes[n-1].to = to
		return
	}
	w.holes = append(w.holes, span{from, to})
}

// block takes the next block. It returns nil where a block could not be read.
func (w *walk) block() ([]byte, error) {
	b, n, err := w.piece(ustar.BlockSize)
	if err != nil {
		return nil, err
	}
	if b == nil {
		return nil, w.skipHole()
	}
	if n == ustar.BlockSize {
		return b, nil
	}
	// Only a hostile archive has a frame that ends within a block.
	b = append([]byte(nil), b...)
	for len(b) < ustar.BlockSize {
		more, _, err := w.piece(ustar.BlockSize - int64(len(b)))
		if errors.Is(err, io.EOF) {
			w.report(CodeEnd, ruleEnd, "", w.pos, "the tar ends within a block")
			return nil, io.EOF
		}
		if err != nil || more == nil {
			return nil, errors.Join(err, w.skipHole())
		}
		b = append(b, more...)
	}
	return b, nil
}

// skipHole jumps over the rest of a frame that could not be read.
func (w *walk) skipHole() error {
	w.lostFrame = true
	w.last, w.pending = nil, nil
	if w.cur == nil || w.at >= w.cur.content {
		return nil
	}
	_, _, err := w.piece(w.cur.content - w.at)
	return err
}

// report adds a finding about the tar.
func (w *walk) report(code Code, rule, path string, offset int64, format string, args ...any) {
	w.led.inTar(code, rule, path, offset, format, args...)
}

// content takes the next piece of the current entry's content, which is valid
// until the next call of any method. The error is io.EOF at its end.
func (w *walk) content() ([]byte, error) {
	for w.o != nil && w.rest > 0 {
		large := w.o.size > frame.MaxSmall
		want := w.rest
		if large {
			want = min(want, frame.MaxContent-(w.o.size-w.rest)%frame.MaxContent)
		}
		b, n, err := w.piece(want)
		if err != nil {
			return nil, w.endedWithin(err)
		}
		w.rest -= n
		if b == nil {
			w.o.damaged = true
			w.held = nil
			continue
		}
		w.bytes += n
		if !w.o.damaged {
			w.hashPiece(b, n == want, large)
		}
		return b, nil
	}
	if w.o != nil {
		if err := w.endContent(); err != nil {
			return nil, err
		}
	}
	return nil, io.EOF
}

// hashPiece hashes b, or keeps a copy of it until its chunk is complete.
func (w *walk) hashPiece(b []byte, ends, large bool) {
	begins := len(w.held) == 0
	if !begins || !ends {
		w.held = append(w.held, b...)
	}
	// A piece ends its chunk when it is as long as was asked for. It is the
	// whole chunk when, besides, nothing was held.
	switch {
	case ends && begins:
		w.hash.add(w.currentUnit(), b, large)
	case ends:
		w.hash.add(w.currentUnit(), w.held, large)
		w.held = nil
	}
}

// endedWithin reports that the frames ended within an entry.
func (w *walk) endedWithin(err error) error {
	if !errors.Is(err, io.EOF) {
		return err
	}
	if !w.gaveUp {
		w.report(CodeEnd, ruleEnd, w.o.path, w.pos, "the tar ends within the entry's content: %d bytes are missing", w.rest)
	}
	w.o.damaged = true
	w.o, w.last, w.ended, w.gaveUp = nil, nil, true, true
	return io.EOF
}

// endContent finishes the current entry's digest and takes its padding.
func (w *walk) endContent() error {
	o := w.o
	w.o, w.held = nil, nil
	if !o.damaged {
		if o.size == 0 {
			w.hash.add(w.currentUnit(), nil, false)
		}
		w.hash.end(w.currentUnit(), o.size > frame.MaxSmall)
	}
	return w.padding(o.path, ustar.Padded(o.size)-o.size)
}

// padding takes n bytes that must be zero.
func (w *walk) padding(path string, n int64) error {
	for n > 0 {
		start := w.pos
		b, taken, err := w.piece(n)
		if errors.Is(err, io.EOF) {
			return nil // next finds that the end is missing
		}
		if err != nil {
			return err
		}
		n -= taken
		for i, c := range b {
			if c != 0 {
				w.report(CodePadding, rulePadding, path, start+int64(i), "the padding after the content is not zero")
				break
			}
		}
	}
	return nil
}

// skipContent reads the rest of the current entry, so that it is hashed.
func (w *walk) skipContent() error {
	for {
		if _, err := w.content(); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
	}
}

// take reads a member's content of size bytes and its padding; nil when part
// of it could not be read. Memory grows with what is there.
func (w *walk) take(path string, size int64) ([]byte, error) {
	content := make([]byte, 0, min(size, 4096))
	whole := true
	for rest := size; rest > 0; {
		b, n, err := w.piece(rest)
		if errors.Is(err, io.EOF) {
			if !w.gaveUp {
				w.report(CodeEnd, ruleEnd, path, w.pos, "the tar ends within the member's content")
			}
			w.ended, w.gaveUp = true, true
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		whole = whole && b != nil
		content = append(content, b...)
		rest -= n
	}
	if err := w.padding(path, ustar.Padded(size)-size); err != nil || !whole {
		return nil, err
	}
	return content, nil
}

// borrow is take without a copy when the content lies in the current frame as a
// whole. One member can be borrowed, until giveBack is called.
func (w *walk) borrow(path string, size int64) ([]byte, error) {
	if size == 0 || int64(len(w.cur.data))-w.at < size {
		return w.take(path, size)
	}
	w.borrowed = w.cur
	w.borrowed.retain()
	content, _, err := w.piece(size)
	if err != nil {
		return nil, err
	}
	return content, w.padding(path, ustar.Padded(size)-size)
}

func (w *walk) giveBack() {
	if w.borrowed != nil {
		w.borrowed.release()
		w.borrowed = nil
	}
}

// skip reads over n bytes of content that nobody wants.
func (w *walk) skip(n int64) error {
	for n > 0 {
		_, taken, err := w.piece(n)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		n -= taken
	}
	return nil
}
