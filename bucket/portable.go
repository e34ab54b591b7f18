//go:build !nos3 || !nogcs || !noazure

package bucket

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
	"time"

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

// cleanUpTime bounds what is done after the context has ended.
const cleanUpTime = 20 * time.Second

func cloneSettings(v url.Values) url.Values {
	c := url.Values{}
	for name, values := range v {
		c[name] = append([]string(nil), values...)
	}
	return c
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

// errNoVersion is of an object that was put beside its store's own protocol.
var errNoVersion = errors.New("the store names no version (ETag) of the object, and without one a reader could get parts of two: put it there anew")

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
	if c := (*classified)(nil); err == nil || errors.As(err, &c) {
		return err
	}
	status := s.d.status(err)
	text := err.Error()
	mean := func(class error) error { return &classified{class, err} }
	switch {
	case strings.Contains(text, "NoSuchBucket") || strings.Contains(text, "ContainerNotFound") || strings.Contains(text, "bucket doesn't exist"):
		return mean(ErrNoBucket)
	case strings.Contains(text, "Object Lock") || strings.Contains(text, "ObjectLock"):
		return mean(ErrRetention)
	case status == 401 || status == 403:
		return mean(ErrForbidden)
	case status == 404 || gcerrors.Code(err) == gcerrors.NotFound:
		return mean(ErrNoObject)
	case gcerrors.Code(err) == gcerrors.PermissionDenied:
		return mean(ErrForbidden)
	}
	return err
}

func (s *portable) permanent(err error) bool {
	var c *classified
	if errors.As(err, &c) || errors.Is(err, errLibrary) || errors.Is(err, errNoVersion) || errors.Is(err, ErrChanged) {
		return true
	}
	switch status := s.d.status(err); {
	case status == 408 || status == 425 || status == 429:
		return false
	case status == 409: // S3 says so of an upload of the same name that is just ending
		return !strings.Contains(err.Error(), "ConditionalRequestConflict") && !strings.Contains(err.Error(), "OperationAborted")
	case status >= 400 && status < 500 || status == 501:
		return true
	}
	return false
}

// wholeOrPart refuses an answer that is not the range that was asked for, such
// as a whole object where a part of it was: header is its Content-Range.
func wholeOrPart(header string, v version, offset, length int64) error {
	want := fmt.Sprintf("bytes %d-%d/%d", offset, offset+length-1, v.size)
	if header == want || header == "" && offset == 0 && length == v.size {
		return nil
	}
	if header == "" {
		return fmt.Errorf("asked for %s, the store sent the whole object", want)
	}
	if rest, ok := strings.CutPrefix(header, "bytes "); ok && !strings.HasSuffix(rest, fmt.Sprintf("/%d", v.size)) {
		return &classified{ErrChanged, fmt.Errorf("asked for %s, got %s", want, header)}
	}
	return fmt.Errorf("asked for %s, the store sent %.80q", want, header)
}
