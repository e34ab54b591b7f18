package archive

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/oneanalytics/oa-archive/manifest"
	"github.com/oneanalytics/oa-archive/sign"
)

// A Reader reads an archive from a pipe, entry by entry. What it returns on the
// way is as it stands in the archive, but proves nothing: digests, signatures
// and the list of entries are complete only at the end. Act on it only after
// NextUnverified has returned [io.EOF]; where that is too late, use [Spool] and
// [Open].
//
// A Reader reads ahead and decompresses on several goroutines, but reads from
// the underlying reader only within its own methods. It is not safe for
// concurrent use. The first error sticks.
type Reader struct {
	w      *walk
	led    *ledger
	cur    *observed
	piece  []byte // of cur's content, not yet returned
	report *Report
	err    error
}

// NewReader starts to read the archive in r. opts.Progress is called with a
// total of -1.
func NewReader(r io.Reader, opts Options) (*Reader, error) {
	opts, err := opts.checked()
	if err != nil {
		return nil, err
	}
	led := newLedger(opts)
	frames, err := newFrameReader(context.Background(), newStreamSource(r, -1, opts, led), opts)
	if err != nil {
		return nil, err
	}
	return &Reader{w: newWalk(frames, led, opts), led: led}, nil
}

// NextUnverified skips what is left of the current entry and moves on to the
// next. Signatures and the manifest are not returned. After the last entry it
// verifies what can only be verified then, and returns [io.EOF] if, and only
// if, [VerifyStream] would accept the archive. Errors are as those of
// [Report.Err], or of the underlying reader.
func (r *Reader) NextUnverified() (Header, error) {
	if r.err != nil {
		return Header{}, r.err
	}
	r.cur, r.piece = nil, nil
	o, err := r.w.next()
	if err := r.check(err); err != nil {
		return Header{}, err
	}
	if o != nil {
		r.cur = o
		return Header{Path: o.path, Size: o.size}, nil
	}
	if err := r.w.finish(); err != nil {
		return Header{}, r.fail(err)
	}
	report := r.w.conclude()
	if err := report.Err(); err != nil {
		r.err = err
		return Header{}, err
	}
	r.report, r.err = report, io.EOF
	return Header{}, io.EOF
}

// Read reads the content of the current entry; [io.EOF] is its end.
func (r *Reader) Read(p []byte) (int, error) {
	switch {
	case r.err != nil && (r.cur == nil || r.err != io.EOF):
		return 0, r.err
	case r.cur == nil:
		return 0, errors.New("archive: read before NextUnverified")
	case len(p) == 0:
		return 0, nil
	}
	if len(r.piece) == 0 {
		piece, err := r.w.content()
		if errors.Is(err, io.EOF) {
			if err := r.check(nil); err != nil {
				return 0, err
			}
			return 0, io.EOF
		}
		if err := r.check(err); err != nil {
			return 0, err
		}
		r.piece = piece
	}
	n := copy(p, r.piece)
	r.piece = r.piece[n:]
	return n, nil
}

// check stops at the first finding or error.
func (r *Reader) check(err error) error {
	if err != nil {
		return r.fail(err)
	}
	if len(r.led.findings) > 0 {
		r.w.stop()
		r.err = r.led.findings[0].Err
	}
	return r.err
}

func (r *Reader) fail(err error) error {
	r.w.stop()
	r.err = fmt.Errorf("archive: read: %w", err)
	return r.err
}

// Report returns the report on the whole archive once NextUnverified has
// returned [io.EOF], else nil.
func (r *Reader) Report() *Report { return r.report }

// Manifest returns the manifest once NextUnverified has returned [io.EOF],
// else nil. The caller must not change it.
func (r *Reader) Manifest() *manifest.Manifest {
	if r.report == nil {
		return nil
	}
	return r.report.Manifest
}

// Verdict says what the policy makes of the signer, once NextUnverified has
// returned [io.EOF].
func (r *Reader) Verdict() sign.Verdict {
	if r.report == nil {
		return sign.Verdict{}
	}
	return r.report.Verdict
}
