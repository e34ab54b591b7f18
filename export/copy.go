package export

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"strings"

	"github.com/oneanalytics/oa-archive/archive"
	"github.com/oneanalytics/oa-archive/audit"
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
	x.upload = x.uploads.take(e.Name)
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

// pieceSize is how much content is read at once.
const pieceSize = 256 << 10

// copyContent passes content on to the archive while its digest is taken.
func (x *exporter) copyContent(e tenant.Entry, path string, r io.Reader) (err error) {
	out := io.Discard
	if !x.refused() {
		w, err := x.out.Create(archive.Header{Path: path, Size: e.Size})
		if err == nil {
			err = x.stateRows()
		}
		if err != nil {
			return err
		}
		out = w
	}
	sinks := []io.Writer{out}
	// The archive takes the digest for itself, on other cores. Here it is taken
	// only where there is something to hold it against.
	var sum hash.Hash
	if !e.Digest.IsZero() || x.upload != nil && x.upload.Digest != nil {
		sum = sha256.New()
		sinks = append(sinks, sum)
	}
	var trail *audit.Chain
	if e.Name.Kind == layout.Audit {
		trail = newTrail(path, x.problem, x.guardEvent)
		sinks = append(sinks, trail)
	}
	var head headKeeper
	if x.upload != nil {
		sinks = append(sinks, &head)
	}
	if x.pieces == nil {
		x.pieces = make([]byte, pieceSize)
	}
	n, err := io.CopyBuffer(io.MultiWriter(sinks...), contextReader{x.ctx, r}, x.pieces)
	if err != nil {
		return err
	}
	if trail != nil {
		trail.Finish()
		x.census.add("audit_event", trail.Events())
	}
	var digest layout.Digest
	if sum != nil {
		sum.Sum(digest[:0])
	}
	if err := claimed(e, n, digest); err != nil {
		return err
	}
	if x.upload != nil {
		for _, p := range x.upload.check(n, digest, head.head) {
			p.Path = path
			x.problem(p)
		}
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
