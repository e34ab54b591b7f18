package sqlstore

import (
	"context"
	"crypto/sha256"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"iter"

	"github.com/oneanalytics/oa-archive/layout"
	"github.com/oneanalytics/oa-archive/tenant"
)

const (
	chunkSize = 1 << 20 // bytes of each piece of large content but the last
	pageSize  = 500     // rows that a listing reads at once
)

// A document is one row of the table documents, without its content.
type document struct {
	id      int64
	key     string
	name    layout.Name
	size    int64
	digest  layout.Digest
	chunked bool
}

func (d document) entry(open func(context.Context) (io.ReadCloser, error)) tenant.Entry {
	return tenant.Entry{Name: d.name, Size: d.size, Digest: d.digest, Open: open}
}

// entries are one tenant's entries as a session sees them.
type entries struct {
	session *session
	tenant  string
}

const columns = "id, sort_key, path, size, sha256, content IS NULL"

// all yields the documents in canonical order, a page at a time, so that
// other statements can run in between.
func (e entries) all(ctx context.Context) iter.Seq2[document, error] {
	return func(yield func(document, error) bool) {
		last := ""
		for {
			page, err := e.page(last)
			for _, d := range page {
				if err := ctx.Err(); err != nil {
					yield(document{}, err)
					return
				}
				if !yield(d, nil) {
					return
				}
				last = d.key
			}
			if err == nil {
				err = ctx.Err()
			}
			if err != nil {
				yield(document{}, err)
				return
			}
			if len(page) < pageSize {
				return
			}
		}
	}
}

func (e entries) page(last string) (page []document, err error) {
	_, err = e.session.query(func(scan scanFunc) error {
		d, err := scanDocument(scan)
		if err == nil {
			page = append(page, d)
		}
		return err
	}, "SELECT "+columns+" FROM documents WHERE tenant_id = ? AND sort_key > ? ORDER BY sort_key LIMIT ?", e.tenant, last, pageSize)
	return page, err
}

// find returns the document at a name.
func (e entries) find(name layout.Name) (d document, found bool, err error) {
	n, err := e.session.query(func(scan scanFunc) error {
		d, err = scanDocument(scan)
		return err
	}, "SELECT "+columns+" FROM documents WHERE tenant_id = ? AND sort_key = ?", e.tenant, sortKey(name))
	return d, n == 1, err
}

// scanDocument reads a row and refuses one that this package would not have
// written: the order of entries rests on the sort key.
func scanDocument(scan scanFunc) (document, error) {
	var d document
	var path, digest string
	if err := scan(&d.id, &d.key, &path, &d.size, &digest, &d.chunked); err != nil {
		return d, err
	}
	name, err := layout.Parse(path)
	if err != nil {
		return d, fmt.Errorf("document %d: %w", d.id, err)
	}
	d.name = name
	if _, err := tenant.EntryPath(name); err != nil || d.key != sortKey(name) {
		return d, fmt.Errorf("document %d, %s: its sort key %+q does not go with its path", d.id, path, d.key)
	}
	if d.digest, err = layout.ParseDigest(digest); err != nil {
		return d, fmt.Errorf("document %d, %s: %w", d.id, path, err)
	}
	return d, nil
}

func (e entries) entry(d document) tenant.Entry {
	return d.entry(func(ctx context.Context) (io.ReadCloser, error) {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		c := newContent(ctx, e.session, d)
		// The first piece is read at once, so that a closed snapshot is noticed here.
		if err := c.next(); err != nil && err != io.EOF {
			return nil, err
		}
		return c, nil
	})
}

// content reads a document piece by piece. The last bytes are handed out only
// after the size and digest of the whole have been found right.
type content struct {
	ctx      context.Context
	session  *session
	document document
	piece    []byte
	seq      int // of the next piece
	read     int64
	hash     hash.Hash
	err      error
}

func newContent(ctx context.Context, s *session, d document) *content {
	return &content{ctx: ctx, session: s, document: d, hash: sha256.New()}
}

func (c *content) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil && c.err == nil {
		c.err, c.piece = err, nil
	}
	for len(c.piece) == 0 {
		if c.err != nil {
			return 0, c.err
		}
		if err := c.next(); err != nil {
			return 0, err
		}
	}
	n := copy(p, c.piece)
	c.piece = c.piece[n:]
	return n, nil
}

// next fetches the next piece. After the last one it sets c.err to io.EOF.
func (c *content) next() error {
	if c.err != nil {
		return c.err
	}
	if c.err = c.fetch(); c.err != nil {
		c.piece = nil
		return c.err
	}
	if c.read == c.document.size {
		if layout.Digest(c.hash.Sum(nil)) != c.document.digest {
			return c.damaged("its content does not have the digest that is stored with it")
		}
		c.err = io.EOF
	}
	return nil
}

func (c *content) damaged(rule string) error {
	c.err, c.piece = fmt.Errorf("sqlstore: %s: %s is damaged: %s", c.session.db.name, c.document.name, rule), nil
	return c.err
}

func (c *content) fetch() error {
	query, args := "SELECT content FROM documents WHERE id = ?", []any{c.document.id}
	if c.document.chunked {
		query, args = "SELECT content FROM chunks WHERE document_id = ? AND seq = ?", append(args, c.seq)
	}
	n, err := c.session.query(func(scan scanFunc) error { return scan(&c.piece) }, query, args...)
	if err != nil {
		return err
	}
	if n == 0 && c.seq == 0 {
		return fmt.Errorf("sqlstore: %s: %w", c.document.name, tenant.ErrChanged)
	}
	c.read += int64(len(c.piece))
	c.seq++
	if n == 0 || c.read > c.document.size || c.read < c.document.size && (!c.document.chunked || len(c.piece) != chunkSize) {
		return c.damaged("its pieces do not have the size that is stored with it")
	}
	c.hash.Write(c.piece)
	return nil
}

func (c *content) Close() error {
	c.err, c.piece = fs.ErrClosed, nil
	return nil
}
