package export

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/oneanalytics/oa-archive/archive"
	"github.com/oneanalytics/oa-archive/layout"
	"github.com/oneanalytics/oa-archive/schema"
	"github.com/oneanalytics/oa-archive/tenant"
)

// isOwnDocument reports whether an extension is a document that can be looked
// through for credentials. Its form is the service's own.
func isOwnDocument(e tenant.Entry, limit int64) bool {
	return e.Name.Kind == layout.Extension && strings.HasSuffix(e.Name.Rest, ".json") && e.Size >= 0 && e.Size <= limit
}

func (x *exporter) documentProblems(path string, err error) error {
	var invalid *schema.ValidationError
	if !errors.As(err, &invalid) {
		return err
	}
	for _, p := range invalid.Problems {
		p.Path = path
		x.problem(p)
	}
	if !x.opts.AllowInvalid {
		x.invalid.More += invalid.More
	}
	return nil
}

func readDocument(ctx context.Context, e tenant.Entry, limit int64) (doc []byte, err error) {
	r, err := e.Open(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	var whole bytes.Buffer
	whole.Grow(int(max(min(e.Size, limit), 0)) + bytes.MinRead) // one allocation where the size is known
	_, err = whole.ReadFrom(io.LimitReader(r, limit+1))
	if err == nil && int64(whole.Len()) > limit {
		err = fmt.Errorf("the document has more than %d bytes, which is the limit", limit)
	}
	return whole.Bytes(), err
}

// stream writes rows, a file, the audit trail or an extension.
func (x *exporter) stream(e tenant.Entry, path string) (errStream error) {
	check := e.Name.Kind == layout.Rows && x.opts.CheckRows != nil
	if x.refused() && e.Name.Kind != layout.Audit && !check {
		return nil
	}
	opened, err := e.Open(x.ctx)
	if err != nil {
		return err
	}
	defer func() { errStream = errors.Join(errStream, opened.Close()) }()
	r := io.Reader(opened)
	if check {
		content, spooled, err := x.checkRows(e, path, r)
		if err != nil {
			return err
		}
		defer func() { errStream = errors.Join(errStream, spooled.Close()) }()
		if x.refused() {
			return nil
		}
		r = content
	}
	return x.copyContent(e, path, r)
}

// copyContent passes content on to the archive while its digest is taken.
func (x *exporter) copyContent(e tenant.Entry, path string, r io.Reader) (err error) {
	out := io.Discard
	if !x.refused() {
		if out, err = x.out.Create(archive.Header{Path: path, Size: e.Size}); err != nil {
			return err
		}
	}
	sum := sha256.New()
	sinks := []io.Writer{sum, out}
	var trail *auditCheck
	if e.Name.Kind == layout.Audit {
		trail = newAuditCheck(path, x.problem)
		trail.inspect = x.guardEvent
		sinks = append(sinks, trail)
	}
	n, err := io.Copy(io.MultiWriter(sinks...), contextReader{x.ctx, r})
	if err != nil {
		return err
	}
	if trail != nil {
		trail.finish()
		x.census.add("audit_event", trail.events)
	}
	if err := claimed(e, n, layout.Digest(sum.Sum(nil))); err != nil {
		return err
	}
	x.progress(n)
	return nil
}

// claimed holds what was read against what the source said beforehand.
func claimed(e tenant.Entry, size int64, digest layout.Digest) error {
	if e.Size >= 0 && e.Size != size {
		return fmt.Errorf("%w: it has %d bytes, the store announced %d", tenant.ErrChanged, size, e.Size)
	}
	if !e.Digest.IsZero() && e.Digest != digest {
		return fmt.Errorf("%w: its SHA-256 is %s, the store announced %s", tenant.ErrChanged, digest, e.Digest)
	}
	return nil
}

// contextReader stops a copy when its context ends.
type contextReader struct {
	ctx context.Context
	r   io.Reader
}

func (c contextReader) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(p)
}
