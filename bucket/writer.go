package bucket

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"time"
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// markName is the metadata under which an upload finds its own object again.
const markName = "oa-archive-upload"

func newMark() string { return rand.Text() }

// WriterOptions say how an object is created. The zero value creates one that
// must not exist yet, without protection from deletion.
type WriterOptions struct {
	Options
	// Replace allows that an object of that name is replaced. Without it, none
	// is, not even one that another program creates meanwhile.
	Replace bool
	// Size is the object's size in bytes if it is known, which allows for
	// larger objects. It is no limit. Without it, S3 takes up to 359 GiB.
	Size int64
	// Retention protects the object.
	Retention Retention
	// Resume names an unfinished upload to S3 of the same content, as Started was told.
	// Its parts are compared with what is written, and not sent again where they
	// are equal. An upload that is gone is begun anew; other stores ignore it.
	Resume string
	// Started, when set, is called once when an upload that can be resumed has
	// begun, with its name. An error ends the upload. It is called by Write or
	// Commit.
	Started func(upload string) error

	contentType string
}

// Retention says how long nobody may delete or replace an object. The zero
// value protects nothing.
type Retention struct {
	// Until is when the protection ends. Zero: not by time.
	Until time.Time
	// Governance lets those delete it whom the store's administrator has
	// allowed to. Without, nobody can, the account's owner included.
	Governance bool
	// LegalHold protects until somebody lifts it.
	LegalHold bool
}

func (r Retention) check(now time.Time) error {
	switch {
	case r.Until.IsZero() && r.Governance:
		return errors.New("bucket: retention: governance needs an end")
	case !r.Until.IsZero() && !r.Until.After(now):
		return fmt.Errorf("bucket: retention: %s is past", r.Until.UTC().Format(time.RFC3339))
	}
	return nil
}

// covers reports whether what the store has is as much as was asked for. Stores
// count in whole seconds.
func (r Retention) covers(asked Retention) bool {
	return !r.Until.Before(asked.Until.Truncate(time.Second)) && (r.LegalHold || !asked.LegalHold) && (asked.Governance || !r.Governance)
}

// A Writer writes one object as a stream. It is not safe for concurrent use.
// The first error sticks.
type Writer struct {
	l    *link
	ctx  context.Context
	up   upload
	opts WriterOptions
	sum  uint32
	size int64
	err  error
	done bool
}

// A Receipt says what is in the store after Commit.
type Receipt struct {
	Size    int64
	Version string // ETag or generation
	// Summed: the store has stated the CRC-32C of the whole object, and it is
	// that of what was written.
	Summed bool
	// Seen: the object was looked at after it was written. False when the
	// credentials only allow to write.
	Seen bool
	// Retention is what the store says of the object's protection. Nil when it
	// does not say, as to credentials that may not ask.
	Retention *Retention
	// Reused is how many bytes an earlier, interrupted upload had sent.
	Reused int64
}

// Create begins an object at a location, which appears when Commit returns.
// The caller closes the Writer. ctx bounds all of it: when it ends, writing
// fails.
//
// Unless opts.Replace is set, an object that exists is an error wrapping
// [ErrExists], now, if the credentials allow to look, or in Commit.
func Create(ctx context.Context, at Location, opts WriterOptions) (*Writer, error) {
	var err error
	if opts.Options, err = opts.Options.checked(); err != nil {
		return nil, err
	}
	if err := opts.Retention.check(time.Now()); err != nil {
		return nil, err
	}
	if opts.Size < 0 || opts.Size > maxObject {
		return nil, &Error{Op: "create", Location: at.Short(), Err: fmt.Errorf("an object of %d bytes is more than stores take", opts.Size)}
	}
	opts.contentType = "application/vnd.oa-archive"
	s, err := openStore(ctx, at, opts.Options)
	if err != nil {
		return nil, err
	}
	w := &Writer{l: &link{store: s, at: at, opts: opts.Options}, ctx: ctx, opts: opts}
	if err := w.begin(); err != nil {
		return nil, errors.Join(err, s.close())
	}
	return w, nil
}

func (w *Writer) begin() (err error) {
	if !w.opts.Replace {
		// Saves sending it all for nothing. What counts is the condition at the end.
		switch _, err := w.l.look(w.ctx, "create"); {
		case err == nil:
			return &Error{Op: "create", Location: w.l.at.Short(), Err: ErrExists}
		case errors.Is(err, ErrNoBucket), !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, ErrForbidden):
			return err
		}
	}
	w.up, err = w.l.create(w.ctx, w.l.at.Key, w.opts)
	return fault(w.ctx, "create", w.l.at, err)
}

// Write implements [io.Writer]. It returns when the store's parts can take more.
func (w *Writer) Write(p []byte) (int, error) {
	if w.err == nil && w.done {
		w.err = fs.ErrClosed
	}
	if w.err == nil {
		w.err = fault(w.ctx, "write", w.l.at, w.ctx.Err())
	}
	if w.err != nil {
		return 0, w.err
	}
	n, err := w.up.Write(p)
	w.sum = crc32.Update(w.sum, castagnoli, p[:n])
	w.size += int64(n)
	w.err = fault(w.ctx, "write", w.l.at, err)
	return n, w.err
}

// Commit makes the object appear, and compares its size and checksum with what
// was written as far as the credentials allow. After an error there is no
// object, with three exceptions: [ErrUnknown] says that it cannot be told,
// [ErrNotStored] and [ErrRetention] can also be about an object that has
// appeared.
func (w *Writer) Commit(ctx context.Context) (*Receipt, error) {
	if w.err == nil && w.done {
		w.err = fs.ErrClosed
	}
	if w.err != nil {
		return nil, w.err
	}
	v, err := w.up.commit(ctx, w.sum)
	if w.err = fault(ctx, "create", w.l.at, err); w.err != nil {
		return nil, w.err
	}
	w.done = true
	r, err := w.examine(ctx, v)
	w.err = fault(ctx, "create", w.l.at, err)
	return r, w.err
}

// examine compares what the store says with what was sent.
func (w *Writer) examine(ctx context.Context, v version) (*Receipt, error) {
	r := &Receipt{Size: w.size, Version: v.tag, Summed: v.hasSum}
	if u, ok := w.up.(interface{ resumed() int64 }); ok {
		r.Reused = u.resumed()
	}
	seen, err := w.l.look(ctx, "look at")
	switch {
	case err == nil:
		r.Seen = true
		if seen.tag == v.tag || v.tag == "" {
			if !seen.hasSum {
				seen.sum, seen.hasSum = v.sum, v.hasSum
			}
			v = seen
			r.Version, r.Summed = v.tag, v.hasSum
		} else {
			return r, &classified{ErrNotStored, errors.New("another object stands there already, which has replaced it")}
		}
	case errors.Is(err, ErrNoObject):
		return r, &classified{ErrNotStored, errors.New("it said that it has the object, and then that it has not")}
	case !errors.Is(err, ErrForbidden):
		return r, err
	}
	if v.size != w.size {
		return r, &classified{ErrNotStored, fmt.Errorf("it has %d bytes, %d were written", v.size, w.size)}
	}
	if v.hasSum && v.sum != w.sum {
		return r, &classified{ErrNotStored, fmt.Errorf("its CRC-32C is %08x, that of what was written %08x", v.sum, w.sum)}
	}
	if v.lockKnown {
		r.Retention = &v.lock
		if !v.lock.covers(w.opts.Retention) {
			return r, &classified{ErrRetention, errors.New("the object is there, but the store says that it protects it less")}
		}
	}
	return r, nil
}

// Suspend ends an upload that is not committed so that it can be resumed
// later, where it can: see WriterOptions.Resume. Otherwise it is as Close.
func (w *Writer) Suspend() error { return w.end(true) }

// Close gives the upload up unless Commit has returned without error: the
// store is told to forget what was sent. It may be called again, and after Commit.
func (w *Writer) Close() error { return w.end(false) }

func (w *Writer) end(keep bool) error {
	if w.up == nil {
		return nil
	}
	w.done = true
	err := fault(context.WithoutCancel(w.ctx), "give up", w.l.at, w.up.abort(keep))
	w.up = nil
	return errors.Join(err, w.l.close())
}
