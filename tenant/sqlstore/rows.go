//go:build !norows

package sqlstore

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"iter"

	"github.com/oneanalytics/oa-archive/internal/spool"
	"github.com/oneanalytics/oa-archive/layout"
	"github.com/oneanalytics/oa-archive/parquetio"
	"github.com/oneanalytics/oa-archive/tenant"
)

// putRows stores rows as a table.
func (t *tx) putRows(ctx context.Context, name layout.Name, path string, size int64, content io.Reader) error {
	r, err := receive(ctx, content, size)
	if err != nil {
		return err
	}
	defer r.Close()
	f, err := keeper{t.session.db.dialect.rows}.open(r.at, r.size)
	if err != nil {
		return err
	}
	if err := t.pending.add(ctx, row{name: name, path: path}); err != nil {
		return err
	}
	if err := t.flush(ctx); err != nil {
		return err
	}
	id, err := t.id(ctx, name)
	if err != nil {
		return err
	}
	err = t.session.work(ctx, func(ctx context.Context, conn *sql.Conn) error {
		return t.session.db.dialect.rows.load(ctx, conn, id, f)
	})
	if err != nil {
		return err
	}
	kept, err := canonicalOf.measure(ctx, r.measure, f)
	if err != nil {
		return err
	}
	return t.session.exec(ctx, "UPDATE documents SET size = ?, sha256 = ?, rows_schema = ?, row_count = ? WHERE id = ?",
		kept.size, kept.digest.String(), f.Schema().String(), f.Rows(), id)
}

// received is the content of a Put that can be read anywhere.
type received struct {
	measure
	at    io.ReaderAt
	spool spool.Spool
}

// receive reads content to its end and takes its measure. Content that can be
// read anywhere is not kept a second time.
func receive(ctx context.Context, content io.Reader, size int64) (_ *received, err error) {
	r := &received{}
	defer func() {
		if err != nil {
			err = errors.Join(err, r.Close())
		}
	}()
	sum := sha256.New()
	sink := io.Writer(sum)
	at, anywhere := content.(io.ReaderAt)
	anywhere = anywhere && size >= 0
	if !anywhere {
		at, sink = &r.spool, io.MultiWriter(sum, &r.spool)
	}
	limited := contextReader{ctx, content}
	if size >= 0 {
		limited.r = io.LimitReader(content, size+1)
	}
	n, err := io.Copy(sink, limited)
	switch {
	case err != nil:
		return nil, err
	case size >= 0 && n < size:
		return nil, fmt.Errorf("the content has %d bytes, not the stated %d", n, size)
	case size >= 0 && n > size:
		return nil, fmt.Errorf("the content is longer than the stated %d bytes", size)
	}
	r.at, r.measure = at, measure{n, layout.Digest(sum.Sum(nil))}
	return r, nil
}

func (r *received) Close() error { return r.spool.Close() }

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

// sweepRows drops tables that nobody needs any more.
func (s *session) sweepRows(ctx context.Context) error {
	if s.db.dialect.rows == nil {
		return nil
	}
	return s.work(ctx, s.db.dialect.rows.sweep)
}

// measured is all, with sizes and digests of stale rows found out.
func (e entries) measured(ctx context.Context, reader *ahead) iter.Seq2[listed, error] {
	return func(yield func(listed, error) bool) {
		for d, err := range e.all(ctx, reader, everything) {
			if err == nil && d.stale() {
				d.size, d.digest, err = e.session.measureRows(ctx, *d.document)
			}
			if !yield(d, err) || err != nil {
				return
			}
		}
	}
}

// measureRows writes rows out only to learn the size and digest of the file.
func (s *session) measureRows(ctx context.Context, d document) (int64, layout.Digest, error) {
	var sum *parquetio.Digester
	err := s.unload(ctx, d, func() (io.Writer, error) {
		sum = parquetio.NewDigester()
		return sum, nil
	})
	if err != nil {
		return 0, layout.Digest{}, err
	}
	return sum.Size(), sum.Sum(), nil
}

// unload writes a document's rows as a Parquet file to what begin returns. When
// it is called again, what it has returned before is in vain.
func (s *session) unload(ctx context.Context, d document, begin func() (io.Writer, error)) error {
	if s.db.dialect.rows == nil {
		return fmt.Errorf("sqlstore: %s: %s is kept as a table, which this program cannot read", s.db.name, d.name)
	}
	schema, err := parquetio.ParseSchema(d.schema)
	if err != nil {
		return fmt.Errorf("sqlstore: %s: %s is damaged: %w", s.db.name, d.name, err)
	}
	order := asTheyLie
	if d.changed {
		order = byNumber
	}
	err = s.unloadAs(ctx, d, schema, order, begin)
	if errors.Is(err, errDisorder) {
		err = s.unloadAs(ctx, d, schema, byNumber, begin)
	}
	return err
}

func (s *session) unloadAs(ctx context.Context, d document, schema parquetio.Schema, order rowOrder, begin func() (io.Writer, error)) error {
	to, err := begin()
	if err != nil {
		return fmt.Errorf("sqlstore: %s: %w", d.name, err)
	}
	out, err := parquetio.NewWriter(to, schema, parquetio.WriterOptions{})
	if err != nil {
		return fmt.Errorf("sqlstore: %s: %w", d.name, err)
	}
	disorder := false
	err = s.work(ctx, func(ctx context.Context, conn *sql.Conn) error {
		err := s.db.dialect.rows.unload(ctx, conn, d.id, order, out)
		if disorder = errors.Is(err, errDisorder); disorder {
			return nil // which does not end the transaction
		}
		return err
	})
	switch {
	case err == nil && disorder:
		return errDisorder
	case err == nil:
		err = out.Close()
	}
	if err != nil {
		return fmt.Errorf("%s: %w", d.name, err)
	}
	return nil
}

// openRows returns rows as a Parquet file. The session is free again when it
// returns; the file lies in a spool.
func (s *session) openRows(ctx context.Context, d document) (io.ReadCloser, error) {
	r := &rowsContent{}
	var sum *parquetio.Digester
	err := s.unload(ctx, d, func() (io.Writer, error) {
		err := r.spool.Close()
		r.spool, sum = spool.Spool{}, parquetio.NewDigester()
		return io.MultiWriter(&r.spool, sum), err
	})
	if err == nil && !d.stale() && (sum.Size() != d.size || layout.Digest(sum.Sum()) != d.digest) {
		err = fmt.Errorf("sqlstore: %s: %w: its table does not give the file that was announced", d.name, tenant.ErrChanged)
	}
	if err != nil {
		return nil, errors.Join(err, r.spool.Close())
	}
	r.SectionReader = io.NewSectionReader(contextReaderAt{ctx, &r.spool}, 0, sum.Size())
	return r, nil
}

// rowsContent is rows that were written out; it implements [io.ReaderAt], too.
type rowsContent struct {
	*io.SectionReader
	spool spool.Spool
}

// Close forgets the rows.
func (r *rowsContent) Close() error { return r.spool.Close() }

type contextReaderAt struct {
	ctx context.Context
	r   io.ReaderAt
}

func (c contextReaderAt) ReadAt(p []byte, offset int64) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.ReadAt(p, offset)
}

// expecting returns d with the size and digest that were announced for it.
func (d document) expecting(announced document) document {
	d.size, d.digest = announced.size, announced.digest
	return d
}
