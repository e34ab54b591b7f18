package archive

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/oneanalytics/oa-archive/internal/frame"
)

// Verify checks every byte of the archive in r: the form of the file, each
// entry's digest and signature, the manifest, and what opts demand. It goes on
// after the first thing that is wrong and reports them all.
//
// Where the seek table is right, the manifest is read before the entries, and
// memory holds it and a few frames, but nothing of an entry that is as listed.
//
// The error is about reading and about opts; what is wrong with the archive
// stands in the report. When ctx ends, Verify returns at once with its error;
// a call of r.ReadAt that is under way may still return later. Frames are
// checked on opts.Workers goroutines, with memory for a few frames each.
func Verify(ctx context.Context, r io.ReaderAt, size int64, opts Options) (*Report, error) {
	if size < 0 {
		return nil, fmt.Errorf("archive: verify: size %d", size)
	}
	return verifyFile(ctx, r, size, opts, nil)
}

// verifyFile is Verify. The manifest of open, if it is not nil, is used instead
// of the file's own if they are the same.
func verifyFile(ctx context.Context, r io.ReaderAt, size int64, opts Options, open *Archive) (*Report, error) {
	return interruptible(ctx, opts, func(opts Options) (*Report, error) {
		t, fault, err := readTable(r, size)
		if err != nil {
			return nil, err
		}
		if fault == nil {
			report, err := verifyByTable(ctx, r, t, opts, open)
			if !errors.Is(err, errTableLies) {
				return report, err
			}
			f := formatFinding(CodeSeekTable, ruleTableRows, "", t.at[t.frames()], InFile, fmt.Errorf("%w: its rows are not those of the frames", frame.ErrTable))
			fault = &f
		}
		led := newLedger(opts)
		report, err := verify(ctx, newStreamSource(io.NewSectionReader(r, 0, size), size, opts, led), led, opts, nil)
		if err == nil && report.OK() {
			report.Findings = append(report.Findings, *fault)
		}
		return report, err
	})
}

// verifyByTable verifies the file whose table t is. It reads the manifest
// first, so that it need not remember what it has read of an entry until the
// manifest's place comes, but only what is not as listed.
func verifyByTable(ctx context.Context, r io.ReaderAt, t *fileTable, opts Options, open *Archive) (*Report, error) {
	var l *listing
	if open != nil {
		same, err := open.unchanged(t)
		if err != nil {
			return nil, err
		}
		if same {
			l = open.listing()
		}
	}
	if l == nil {
		var err error
		if l, err = readListing(r, t, opts); err != nil {
			return nil, err
		}
	}
	t.tail = nil
	source := func(l *listing) *tableSource {
		return &tableSource{ctx: ctx, r: r, t: t, limits: frameLimits{manifest: opts.Limits.Manifest}, listing: l}
	}
	report, err := verify(ctx, source(l), newLedger(opts), opts, l)
	if errors.Is(err, errListing) {
		report, err = verify(ctx, source(nil), newLedger(opts), opts, nil)
	}
	return report, err
}

// Verify is the function [Verify] with the input and the options of [Open]: an
// open archive has had its manifest checked, this checks all the rest. While the
// manifest's frame is still what it was, it is not parsed again, and the report
// has that of a. If the file has changed, the report is about what it is now.
func (a *Archive) Verify(ctx context.Context) (*Report, error) {
	return verifyFile(ctx, a.frames.r, a.t.size, a.opts, a)
}

// VerifyStream is [Verify] for an archive that comes through a pipe. It accepts
// and refuses the same archives. Where a frame is so damaged that its end
// cannot be found, it stops, and the report is marked as incomplete.
func VerifyStream(ctx context.Context, r io.Reader, opts Options) (*Report, error) {
	return interruptible(ctx, opts, func(opts Options) (*Report, error) {
		led := newLedger(opts)
		return verify(ctx, newStreamSource(r, -1, opts, led), led, opts, nil)
	})
}

// verify reads all of src. l is the manifest, if it has been read already.
func verify(ctx context.Context, src source, led *ledger, opts Options, l *listing) (*Report, error) {
	frames, err := newFrameReader(ctx, src, opts)
	if err != nil {
		return nil, err
	}
	w := newWalk(frames, led, opts)
	if l != nil {
		w.entries.expect(l.m)
	}
	for {
		o, err := w.next()
		if err != nil {
			w.stop()
			return nil, err
		}
		if o == nil {
			break
		}
		if err := w.pass(o, opts.Content); err != nil {
			w.stop()
			return nil, err
		}
	}
	if err := w.finish(); err != nil {
		return nil, err
	}
	return w.conclude(), nil
}

// pass hands the content of an entry to who wants it.
func (w *walk) pass(o *observed, wanted func(path string, size int64) io.Writer) error {
	if wanted == nil {
		return nil
	}
	sink := wanted(o.path, o.size)
	if sink == nil {
		return nil
	}
	for {
		piece, err := w.content()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if _, err := sink.Write(piece); err != nil {
			return err
		}
	}
}

// interruptible runs check so that the end of ctx is noticed even while a read
// blocks. After it has returned, opts.Progress is not called any more.
func interruptible(ctx context.Context, opts Options, check func(Options) (*Report, error)) (*Report, error) {
	opts, err := opts.checked()
	if err != nil {
		return nil, err
	}
	if progress := opts.Progress; progress != nil {
		var mu sync.Mutex
		over := false
		opts.Progress = func(done, total int64) {
			mu.Lock()
			defer mu.Unlock()
			if !over {
				progress(done, total)
			}
		}
		defer func() {
			mu.Lock()
			defer mu.Unlock()
			over = true
		}()
	}
	type result struct {
		report *Report
		err    error
	}
	done := make(chan result, 1)
	go func() {
		report, err := check(opts)
		done <- result{report, err}
	}()
	select {
	case <-ctx.Done():
		return nil, fmt.Errorf("archive: verify: %w", ctx.Err())
	case res := <-done:
		if res.err != nil && !errors.Is(res.err, ctx.Err()) {
			return nil, fmt.Errorf("archive: verify: %w", res.err)
		}
		if err := ctx.Err(); err != nil {
			return nil, fmt.Errorf("archive: verify: %w", err)
		}
		return res.report, nil
	}
}
