package sqlstore

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"fmt"
	"hash"
	"io"
	"io/fs"

	"github.com/oneanalytics/oa-archive/layout"
	"github.com/oneanalytics/oa-archive/tenant"
)

// content reads a document piece by piece. The last bytes are handed out only
// after the size and digest of the whole have been found right.
type content struct {
	ctx      context.Context
	session  *session // nil when the content is there as a whole
	store    string   // for messages
	document document
	piece    []byte
	room     []byte // of pieces that are read on their own
	whole    piece  // where the only piece lies, until it is closed
	seq      int    // of the next piece
	read     int64
	hash     hash.Hash
	err      error
}

func newContent(ctx context.Context, s *session, d document) *content {
	return &content{ctx: ctx, session: s, store: s.db.name, document: d, hash: sha256.New()}
}

// wholeContent returns the content of a document from its only piece, which
// leaves its shelf when the content is closed.
func wholeContent(ctx context.Context, store string, d document, whole piece) (*content, error) {
	c := &content{ctx: ctx, store: store, document: d, piece: whole.bytes, whole: whole, hash: sha256.New()}
	err := c.add(true)
	if err == nil {
		err = c.finish()
	}
	if err != nil {
		whole.leave()
		return nil, err
	}
	return c, nil
}

func (c *content) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil && c.err != fs.ErrClosed {
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
	return c.finish()
}

// finish checks the whole, once it has been read.
func (c *content) finish() error {
	if c.read < c.document.size {
		return nil
	}
	if layout.Digest(c.hash.Sum(nil)) != c.document.digest {
		return c.damaged("its content does not have the digest that is stored with it")
	}
	c.err = io.EOF
	return nil
}

func (c *content) damaged(rule string) error {
	c.err, c.piece = fmt.Errorf("sqlstore: %s: %s is damaged: %s", c.store, c.document.name, rule), nil
	return c.err
}

func (c *content) fetch() error {
	query, args := "SELECT content FROM documents WHERE id = ?", []any{c.document.id}
	if c.document.chunked {
		query, args = "SELECT content FROM chunks WHERE document_id = ? AND seq = ?", append(args, c.seq)
	}
	c.room = c.room[:0]
	n, err := c.session.query(c.ctx, func(scan scanFunc) error {
		var piece sql.RawBytes
		err := scan(&piece)
		c.room = append(c.room, piece...)
		return err
	}, query, args...)
	if err != nil {
		return err
	}
	c.piece = c.room
	if n == 0 && c.seq == 0 {
		return fmt.Errorf("sqlstore: %s: %w", c.document.name, tenant.ErrChanged)
	}
	return c.add(n > 0)
}

// add takes c.piece as the next one, if there was one.
func (c *content) add(found bool) error {
	c.read += int64(len(c.piece))
	c.seq++
	if !found || c.read > c.document.size || c.read < c.document.size && (!c.document.chunked || len(c.piece) != chunkSize) {
		return c.damaged("its pieces do not have the size that is stored with it")
	}
	c.hash.Write(c.piece)
	return nil
}

func (c *content) Close() error {
	c.whole.leave()
	c.whole = piece{}
	c.err, c.piece = fs.ErrClosed, nil
	return nil
}
