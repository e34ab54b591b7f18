//go:build !nos3 || !nogcs || !noazure

package bucket

import (
	"context"
	"errors"
	"io"

	"gocloud.dev/blob"
	"gocloud.dev/gcerrors"
)

// A pipedUpload hands what is written to the provider's own streaming upload.
type pipedUpload struct {
	s      *portable
	key    string
	cancel context.CancelFunc
	w      *io.PipeWriter
	done   chan struct{}
	err    error // once done
	total  int64
	mark   string
	opts   WriterOptions
}

// pieceSize is how much the provider's upload sends at once. Azure takes 50,000
// of them: 781 GiB.
const pieceSize = 16 << 20

func (s *portable) create(ctx context.Context, key string, opts WriterOptions) (upload, error) {
	ctx, cancel := context.WithCancel(ctx)
	r, w := io.Pipe()
	u := &pipedUpload{s: s, key: key, cancel: cancel, w: w, done: make(chan struct{}), mark: newMark(), opts: opts}
	var refused error
	options := &blob.WriterOptions{
		BufferSize: pieceSize, MaxConcurrency: min(opts.Parallel, 3), ContentType: opts.contentType, DisableContentTypeDetection: true,
		IfNotExist: !opts.Replace, Metadata: map[string]string{metadataName: u.mark},
		BeforeWrite: func(as func(any) bool) error {
			refused = s.d.before(as, opts, u.mark)
			return refused
		},
	}
	go func() {
		defer close(u.done)
		// Upload, not NewWriter: the writer for Azure panics in Close after a
		// request has failed.
		err := s.b.Upload(ctx, key, r, options)
		if refused != nil {
			err = refused
		}
		u.err = s.uploadError(err)
		if u.err == nil {
			r.CloseWithError(io.ErrClosedPipe)
			return
		}
		r.CloseWithError(u.err)
	}()
	return u, nil
}

// metadataName is markName where only identifiers are allowed.
const metadataName = "oa_archive_upload"

func (s *portable) uploadError(err error) error {
	if err == nil {
		return nil
	}
	if status := s.d.status(err); status == 412 || gcerrors.Code(err) == gcerrors.FailedPrecondition || gcerrors.Code(err) == gcerrors.AlreadyExists {
		return &classified{ErrExists, err}
	}
	return s.classify(err)
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
	if u.err != nil {
		return u.find(ctx, u.err)
	}
	return version{size: u.total}, nil
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
