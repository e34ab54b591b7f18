//go:build !nos3 || !noazure

package bucket

import (
	"context"
	"errors"
	"fmt"
	"io"

	"gocloud.dev/blob"
	"gocloud.dev/gcerrors"
)

// A portable store speaks to its bucket through the Go Cloud Development Kit.
// What the kit leaves to each provider's library stands in a dialect.
type portable struct {
	b *blob.Bucket
	d dialect
}

// A dialect is what is particular to a provider.
type dialect interface {
	// identify completes the version that attributes describe.
	identify(a *blob.Attributes, v *version)
	// pin makes a request fail unless it finds that version; as is that of the
	// kit's BeforeRead. It reports whether it could.
	pin(as func(any) bool, v version) bool
	// check looks at what answered a request for length bytes at offset.
	check(r *blob.Reader, v version, offset, length int64) error
	// before sets what an upload needs besides the portable options.
	before(as func(any) bool, opts WriterOptions, mark string) error
	// status returns the HTTP status of an error, or 0.
	status(err error) int
}

func (s *portable) close() error { return s.b.Close() }

func (s *portable) stat(ctx context.Context, key string) (version, error) {
	a, err := s.b.Attributes(ctx, key)
	if err != nil {
		return version{}, s.classify(err)
	}
	v := version{size: a.Size, tag: a.ETag, modified: a.ModTime}
	s.d.identify(a, &v)
	return v, nil
}

// errLibrary: the kit does not let us do what safety needs.
var errLibrary = errors.New("the store's library does not let the request be pinned to a version")

func (s *portable) read(ctx context.Context, key string, v version, offset, length int64) (io.ReadCloser, error) {
	r, err := s.b.NewRangeReader(ctx, key, offset, length, &blob.ReaderOptions{BeforeRead: func(as func(any) bool) error {
		switch {
		case s.d.pin(as, v):
			return nil
		case v.tag == "":
			return errNoVersion
		}
		return errLibrary
	}})
	if err != nil {
		err = s.classify(err)
		if status := s.d.status(err); status == 412 || status == 416 || errors.Is(err, ErrNoObject) || gcerrors.Code(err) == gcerrors.FailedPrecondition {
			return nil, &classified{ErrChanged, err}
		}
		return nil, err
	}
	err = s.d.check(r, v, offset, length)
	if err == nil && r.Size() != v.size {
		err = &classified{ErrChanged, fmt.Errorf("it has %d bytes now, and had %d", r.Size(), v.size)}
	}
	if err != nil {
		return nil, errors.Join(err, r.Close())
	}
	return r, nil
}

// classify finds the meaning of a provider's error.
func (s *portable) classify(err error) error {
	status := s.d.status(err)
	switch code := gcerrors.Code(err); {
	case status == 401 || status == 403 || status == 404:
	case code == gcerrors.NotFound:
		status = 404
	case code == gcerrors.PermissionDenied:
		status = 403
	}
	return classify(status, err)
}

func (s *portable) permanent(err error) bool {
	return errors.Is(err, errLibrary) || permanent(s.d.status(err), err)
}

// create hands what is written to the provider's own streaming upload.
func (s *portable) create(ctx context.Context, key string, opts WriterOptions) (upload, error) {
	mark := newMark()
	var refused error
	options := &blob.WriterOptions{
		BufferSize: pieceSize, MaxConcurrency: min(opts.Parallel, 3), ContentType: opts.contentType, DisableContentTypeDetection: true,
		IfNotExist: !opts.Replace, Metadata: map[string]string{metadataName: mark},
		BeforeWrite: func(as func(any) bool) error {
			refused = s.d.before(as, opts, mark)
			return refused
		},
	}
	return startPiped(ctx, s, key, mark, func(ctx context.Context, r io.Reader) (version, error) {
		// Upload, not NewWriter: the writer for Azure panics in Close after a
		// request has failed.
		err := s.b.Upload(ctx, key, r, options)
		if refused != nil {
			err = refused
		}
		return version{}, s.uploadError(err)
	}), nil
}

func (s *portable) uploadError(err error) error {
	if err == nil {
		return nil
	}
	if status := s.d.status(err); status == 412 || gcerrors.Code(err) == gcerrors.FailedPrecondition || gcerrors.Code(err) == gcerrors.AlreadyExists {
		return &classified{ErrExists, err}
	}
	return s.classify(err)
}
