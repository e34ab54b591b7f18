package sqlstore

import (
	"context"
	"database/sql"
	"fmt"
	"io"

	"github.com/oneanalytics/oa-archive/layout"
)

// Bounds of what is read ahead, so that reading many small documents in order
// does not cost a query for each of them.
const (
	aheadBytes  = 8 << 20 // of contents that wait to be opened, and as much that is being fetched
	aheadGrowth = 8       // how much more is fetched each time that the order holds
)

// ahead reads contents before they are opened. It watches in what order the
// documents of a listing are opened: while that is the listing's own, it
// fetches more and more of those that come next. Only documents that are not
// chunked take part. It is safe for concurrent use.
type ahead struct {
	run    func(context.Context, func(*session) error) error // gives it a session to read in
	store  string                                            // for messages
	tenant string

	turn   chan struct{}
	pages  int             // how many there have been
	at     *page           // in which documents are being opened
	next   int             // rank of the document after those fetched
	window int             // how many were fetched the last time
	found  map[int64]piece // contents fetched and not yet opened, by document
	bytes  int64           // their length
	spare  spareShelf
}

func newAhead(store, tenant string, run func(context.Context, func(*session) error) error) *ahead {
	return &ahead{run: run, store: store, tenant: tenant, turn: make(chan struct{}, 1), found: map[int64]piece{}}
}

// readAhead returns a reader that works in the session.
func (e entries) readAhead() *ahead {
	return newAhead(e.session.db.name, e.tenant, func(_ context.Context, read func(*session) error) error { return read(e.session) })
}

// A page is a part of a listing.
type page struct {
	reader *ahead
	number int
	small  []document // those that are not chunked
}

// page numbers the documents that keep accepts.
func (a *ahead) page(documents []document, keep func(layout.Name) bool) (all []listed) {
	a.turn <- struct{}{}
	a.pages++
	p := &page{reader: a, number: a.pages, small: make([]document, 0, len(documents))}
	<-a.turn
	all = make([]listed, 0, len(documents))
	for _, d := range documents {
		if !keep(d.name) {
			continue
		}
		l := listed{page: p, rank: len(p.small)}
		if d.chunked {
			l.document = &d
		} else {
			p.small = append(p.small, d) // never beyond its room
			l.document = &p.small[l.rank]
		}
		all = append(all, l)
	}
	return all
}

// content returns the content of d, or nil when it has to be read on its own:
// it is large, or no longer there.
func (a *ahead) content(ctx context.Context, d listed) (io.ReadCloser, error) {
	if d.chunked {
		return nil, nil
	}
	piece, err := a.take(ctx, d)
	if err != nil || piece.shelf == nil {
		return nil, err
	}
	c, err := wholeContent(ctx, a.store, *d.document, piece)
	if err != nil {
		return nil, err
	}
	return c, nil
}

func (a *ahead) take(ctx context.Context, d listed) (piece, error) {
	select {
	case a.turn <- struct{}{}:
		defer func() { <-a.turn }()
	case <-ctx.Done():
		return piece{}, fmt.Errorf("sqlstore: %s: %w", a.store, ctx.Err())
	}
	p, waiting := a.found[d.id]
	if !waiting {
		if err := a.fetch(ctx, a.upcoming(d)); err != nil {
			return piece{}, err
		}
		p = a.found[d.id]
	}
	delete(a.found, d.id)
	a.bytes -= int64(len(p.bytes))
	return p, nil
}

// upcoming returns d and the documents that are to be fetched with it.
func (a *ahead) upcoming(d listed) []document {
	behind := a.at != nil && (d.page.number < a.at.number || d.page == a.at && d.rank < a.next)
	if behind {
		return d.page.small[d.rank : d.rank+1]
	}
	follows := a.at != nil && (d.page == a.at && d.rank == a.next ||
		d.page.number == a.at.number+1 && d.rank == 0 && a.next == len(a.at.small))
	if follows {
		a.window *= aheadGrowth
	} else {
		a.window = 1
	}
	a.window = min(a.window, pageSize)
	if a.bytes > aheadBytes || !follows {
		for _, p := range a.found {
			p.leave()
		}
		clear(a.found)
		a.bytes = 0
	}
	all, size := d.page.small[d.rank:], int64(0)
	for i, next := range all {
		if size += next.size; i > 0 && (i == a.window || size > aheadBytes) {
			all = all[:i]
			break
		}
	}
	a.at, a.next = d.page, d.rank+len(all)
	return all
}

// fetch reads the contents of documents that stand together in a listing. What is no longer there is left out,
// and so is what has not the size that is stored with it.
func (a *ahead) fetch(ctx context.Context, documents []document) error {
	ids, size := make([]int64, len(documents)), int64(0)
	for i, d := range documents {
		ids[i] = d.id
		size += d.size
	}
	shelf := a.spare.take(size)
	defer shelf.leave()
	put := func(id int64, content []byte) {
		a.found[id] = shelf.put(content)
		a.bytes += int64(len(content))
	}
	return a.run(ctx, func(s *session) error {
		const query = "SELECT id, content FROM documents WHERE tenant_id = ? AND sort_key >= ? AND sort_key <= ? AND LENGTH(content) = size AND "
		condition, arg := s.db.dialect.among("id", ids)
		first, last := sortKey(documents[0].name), sortKey(documents[len(documents)-1].name)
		if direct := s.db.dialect.contents; direct != nil && len(ids) > 1 {
			return s.work(ctx, func(ctx context.Context, conn *sql.Conn) error {
				return direct(ctx, conn, s.db.dialect.bind(query+condition), a.tenant, first, last, ids, put)
			})
		}
		_, err := s.query(ctx, func(scan scanFunc) error {
			var id int64
			var content sql.RawBytes
			err := scan(&id, &content)
			if err == nil {
				put(id, content)
			}
			return err
		}, query+condition, a.tenant, first, last, arg)
		return err
	})
}
