//go:build !nos3 || !nogcs || !noazure

package bucket

import (
	"context"
	"errors"
	"io"
)

// A pipedUpload hands what is written to a library that sends a stream.
type pipedUpload struct {
	s      store
	key    string
	cancel context.CancelFunc
	w      *io.PipeWriter
	done   chan struct{}
	v      version // once done
	err    error   // once done
	total  int64
	mark   string
}

// pieceSize is how much a library sends at once. Azure takes 50,000 of them:
// 781 GiB.
const pieceSize = 16 << 20

// metadataName is markName where only identifiers are allowed.
const metadataName = "oa_archive_upload"

// startPiped begins an upload of what send reads until its end. send makes the
// object appear then, with mark in its metadata, and says what the store says of
// it, if it does. No object may appear when the reader ends with an error.
func startPiped(ctx context.Context, s store, key, mark string, send func(ctx context.Context, r io.Reader) (version, error)) *pipedUpload {
	ctx, cancel := context.WithCancel(ctx)
	r, w := io.Pipe()
	u := &pipedUpload{s: s, key: key, cancel: cancel, w: w, done: make(chan struct{}), mark: mark}
	go func() {
		defer close(u.done)
		u.v, u.err = send(ctx, r)
		if u.err == nil {
			r.CloseWithError(io.ErrClosedPipe)
			return
		}
		r.CloseWithError(u.err)
	}()
	return u
}

func (u *pipedUpload) Write(p []byte) (int, error) {
	n, err := u.w.Write(p)
	u.total += int64(n)
	return n, err
}

func (u *pipedUpload) commit(ctx context.Context, _ uint32) (version, error) {
	stop := context.AfterFunc(ctx, u.cancel)
	defer stop()
	u.w.Close() // never fails
	<-u.done
	switch {
	case u.err != nil:
		return u.find(ctx, u.err)
	case u.v.tag == "":
		return version{size: u.total}, nil
	}
	return u.v, nil
}

// find looks whether the object is there after all: the library repeats
// requests, and the answer to the last may be about its own object.
func (u *pipedUpload) find(ctx context.Context, why error) (version, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanUpTime)
	defer cancel()
	v, err := u.s.stat(ctx, u.key)
	switch {
	case err == nil && v.mark == u.mark:
		return v, nil
	case err == nil, errors.Is(err, ErrNoObject), errors.Is(why, ErrForbidden), errors.Is(why, ErrNoBucket), errors.Is(why, ErrRetention):
		return version{}, why
	case errors.Is(why, ErrExists):
		return version{}, why
	}
	return version{}, &classified{ErrUnknown, why}
}

func (u *pipedUpload) abort(bool) error {
	u.cancel() // before the pipe ends, so that nothing is completed
	u.w.CloseWithError(context.Canceled)
	<-u.done
	return nil
}
