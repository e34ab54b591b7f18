//go:build !nogcs

package bucket

import (
	"context"
	"errors"
	"io"
	"net/http"
	"time"
)

// A watchedTransport gives a request up when no byte of it or of its answer has
// moved for as long as stall, for libraries that repeat requests themselves.
// Those that only read are watched by whoever makes them.
type watchedTransport struct {
	base  http.RoundTripper
	stall time.Duration
}

// RoundTrip implements [http.RoundTripper].
func (t *watchedTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Method == http.MethodGet {
		return t.base.RoundTrip(req)
	}
	ctx, cancel := context.WithCancelCause(req.Context())
	timer := time.AfterFunc(t.stall, func() { cancel(errStalled) })
	alive := func() { timer.Reset(t.stall) }
	end := func() {
		timer.Stop()
		cancel(nil)
	}
	req = req.WithContext(ctx)
	if req.Body != nil && req.Body != http.NoBody {
		req.Body = &watchedBody{req.Body, alive, func() {}}
	}
	if again := req.GetBody; again != nil {
		// For what the transport repeats by itself, on a connection that was dead.
		req.GetBody = func() (io.ReadCloser, error) {
			body, err := again()
			if err != nil {
				return nil, err
			}
			return &watchedBody{body, alive, func() {}}, nil
		}
	}
	resp, err := t.base.RoundTrip(req)
	if err != nil {
		if errors.Is(context.Cause(ctx), errStalled) {
			err = errStalled
		}
		end()
		return nil, err
	}
	resp.Body = &watchedBody{resp.Body, alive, end}
	return resp, nil
}

// A watchedBody calls alive whenever bytes were read through it, and end when
// it is closed.
type watchedBody struct {
	io.ReadCloser
	alive, end func()
}

// Read implements [io.Reader].
func (b *watchedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.alive()
	return n, err
}

// Close implements [io.Closer].
func (b *watchedBody) Close() error {
	defer b.end()
	return b.ReadCloser.Close()
}
