package sqlstore

import (
	"context"
	"fmt"
	"io"
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
	name    layout.Name
	size    int64
	digest  layout.Digest
	chunked bool   // the content is not in the row
	schema  string // of the columns, when the content is a table of rows; else empty
	changed bool   // the rows were changed by other means than an import
}

// stale reports whether neither the size nor the digest of rows are known: they
// were changed, and not measured since.
func (d document) stale() bool { return d.size < 0 }

// entries are one tenant's entries as a session sees them.
type entries struct {
	session *session
	tenant  string
	pending loader // what an import has still to store, or nil
}

const columns = "id, sort_key, path, size, sha256, content IS NULL, COALESCE(rows_schema, '')"

// A listed document is one that a listing has yielded, with its place in it.
// A tenant has very many, so it is a place in the page, which many share.
type listed struct {
	*document
	page *page
	rank int // among the documents of the page that are not chunked
}

// all yields the documents that keep accepts in canonical order, a page at a
// time, so that other statements can run in between.
func (e entries) all(ctx context.Context, reader *ahead, keep func(layout.Name) bool) iter.Seq2[listed, error] {
	return func(yield func(listed, error) bool) {
		last, full := "", true
		for full {
			documents, err := e.page(ctx, last)
			if err == nil {
				err = ctx.Err()
			}
			if err != nil {
				yield(listed{document: new(document)}, err)
				return
			}
			if full = len(documents) == pageSize; full {
				last = sortKey(documents[len(documents)-1].name)
			}
			for _, d := range reader.page(documents, keep) {
				if err := ctx.Err(); err != nil {
					yield(listed{document: new(document)}, err)
					return
				}
				if !yield(d, nil) {
					return
				}
			}
		}
	}
}

func everything(layout.Name) bool { return true }

func (e entries) page(ctx context.Context, last string) (page []document, err error) {
	if err := e.flush(ctx); err != nil {
		return nil, err
	}
	if last != "" { // there was a whole page before
		page = make([]document, 0, pageSize)
	}
	_, err = e.session.query(ctx, func(scan scanFunc) error {
		d, err := scanDocument(scan)
		if err == nil {
			page = append(page, d)
		}
		return err
	}, "SELECT "+columns+" FROM documents WHERE tenant_id = ? AND sort_key > ? ORDER BY sort_key LIMIT ?", e.tenant, last, pageSize)
	return page, err
}

func (e entries) flush(ctx context.Context) error {
	if e.pending == nil {
		return nil
	}
	return e.pending.flush(ctx)
}

// find returns the document at a name.
func (e entries) find(ctx context.Context, name layout.Name) (d document, found bool, err error) {
	if err := e.flush(ctx); err != nil {
		return d, false, err
	}
	n, err := e.session.query(ctx, func(scan scanFunc) error {
		d, err = scanDocument(scan)
		return err
	}, "SELECT "+columns+" FROM documents WHERE tenant_id = ? AND sort_key = ?", e.tenant, sortKey(name))
	return d, n == 1, err
}

// scanDocument reads a row and refuses one that this package would not have
// written: the order of entries rests on the sort key.
func scanDocument(scan scanFunc) (document, error) {
	var d document
	var key, path, digest string
	if err := scan(&d.id, &key, &path, &d.size, &digest, &d.chunked, &d.schema); err != nil {
		return d, err
	}
	name, err := layout.Parse(path)
	if err != nil {
		return d, fmt.Errorf("document %d: %w", d.id, err)
	}
	d.name, d.changed = name, d.schema != "" && d.stale()
	if _, err := tenant.EntryPath(name); err != nil || key != sortKey(name) {
		return d, fmt.Errorf("document %d, %s: its sort key %+q does not go with its path", d.id, path, key)
	}
	if d.schema != "" && d.stale() && digest == "" {
		return d, nil
	}
	if d.digest, err = layout.ParseDigest(digest); err != nil {
		return d, fmt.Errorf("document %d, %s: %w", d.id, path, err)
	}
	return d, nil
}

// entry returns d as an entry whose content open opens. Of rows that are stale
// it states neither size nor digest.
func (d document) entry(open func(context.Context) (io.ReadCloser, error)) tenant.Entry {
	return tenant.Entry{Name: d.name, Size: d.size, Digest: d.digest, Open: open}
}

// entry returns a document of a listing whose content is read in the session.
func (e entries) entry(d listed) tenant.Entry {
	return d.entry(func(ctx context.Context) (io.ReadCloser, error) {
		if err := e.session.alive(ctx); err != nil {
			return nil, err
		}
		if d.schema != "" {
			return e.session.openRows(ctx, *d.document)
		}
		if content, err := d.page.reader.content(ctx, d); err != nil || content != nil {
			return content, err
		}
		c := newContent(ctx, e.session, *d.document)
		// The first piece is read at once, so that a closed snapshot is noticed here.
		if err := c.next(); err != nil && err != io.EOF {
			return nil, err
		}
		return c, nil
	})
}
