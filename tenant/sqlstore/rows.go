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
	"sync"

	"github.com/oneanalytics/oa-archive/internal/spool"
	"github.com/oneanalytics/oa-archive/layout"
	"github.com/oneanalytics/oa-archive/parquetio"
	"github.com/oneanalytics/oa-archive/tenant"
)

// A measure is the length and the digest of a content.
type measure struct {
	size   int64
	digest layout.Digest
}

// keptRows remembers what files of rows become, so that a plan, its repetition
// under the lock and the import itself write a file again only once. It is
// safe for concurrent use.
type keptRows struct {
	mu sync.Mutex
	of map[measure]measure
}

const mostKept = 1024 // files that are remembered

// of returns what the file becomes whose content has the measure given.
func (k *keptRows) measure(ctx context.Context, content measure, f *parquetio.File) (measure, error) {
	k.mu.Lock()
	kept, known := k.of[content]
	k.mu.Unlock()
	if known {
		return kept, nil
	}
	size, digest, err := parquetio.Canonical(ctx, f)
	if err != nil {
		return measure{}, err
	}
	kept = measure{size, digest}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.of == nil || len(k.of) >= mostKept {
		k.of = map[measure]measure{}
	}
	k.of[content] = kept
	return kept, nil
}

// KeptRows implements [tenant.RowsKeeper].
func (s *Store) KeptRows(ctx context.Context, name layout.Name, content io.ReaderAt, size int64) (int64, layout.Digest, error) {
	kept, err := s.keptAs(ctx, content, size)
	if err != nil {
		return 0, layout.Digest{}, fmt.Errorf("sqlstore: rows %s: %w", name, err)
	}
	return kept.size, kept.digest, nil
}

// KeptRows implements [tenant.RowsKeeper].
func (t *tx) KeptRows(ctx context.Context, name layout.Name, content io.ReaderAt, size int64) (int64, layout.Digest, error) {
	return t.store.KeptRows(ctx, name, content, size)
}

func (s *Store) keptAs(ctx context.Context, content io.ReaderAt, size int64) (measure, error) {
	sum := sha256.New()
	n, err := io.Copy(sum, contextReader{ctx, io.NewSectionReader(content, 0, size)})
	if err != nil {
		return measure{}, err
	}
	if n != size {
		return measure{}, fmt.Errorf("%w: it has %d bytes, not the stated %d", io.ErrUnexpectedEOF, n, size)
	}
	is := measure{size, layout.Digest(sum.Sum(nil))}
	if s.db.dialect.rows == nil {
		return is, nil
	}
	f, err := s.openParquet(content, size)
	if err != nil {
		return measure{}, err
	}
	return s.kept.measure(ctx, is, f)
}

// openParquet opens rows that are to be kept as a table. What is wrong with
// them for good is a [*tenant.RowsError].
func (s *Store) openParquet(content io.ReaderAt, size int64) (*parquetio.File, error) {
	f, err := parquetio.Open(content, size, parquetio.Options{})
	if err != nil {
		return nil, refused(err)
	}
	return f, s.db.dialect.rows.check(f.Schema())
}

// refused turns an error that lies with the rows into a [*tenant.RowsError].
func refused(err error) error {
	if e, ok := errors.AsType[*parquetio.UnsupportedError](err); ok {
		return &tenant.RowsError{Column: e.Column, Reason: e.Type + " is not supported: " + e.Reason, Err: err}
	}
	if e, ok := errors.AsType[*parquetio.LimitError](err); ok {
		return &tenant.RowsError{Column: e.Column, Reason: fmt.Sprintf("%s %d exceeds the limit of %d", e.Limit, e.Need, e.Max), Err: err}
	}
	damage, ok := errors.AsType[*parquetio.DamageError](err)
	switch {
	case ok:
		return &tenant.RowsError{Column: damage.Column, Reason: fmt.Sprintf("the Parquet file is damaged: %v", damage.Err), Err: err}
	case errors.Is(err, parquetio.ErrNotParquet):
		return &tenant.RowsError{Reason: "the rows are not a Parquet file", Err: err}
	}
	return err
}

// putRows stores rows as a table.
func (t *tx) putRows(ctx context.Context, name layout.Name, path string, size int64, content io.Reader) error {
	r, err := receive(ctx, content, size)
	if err != nil {
		return err
	}
	defer r.Close()
	f, err := t.store.openParquet(r.at, r.size)
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
	kept, err := t.store.kept.measure(ctx, r.measure, f)
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
				d.size, d.digest, err = e.session.measureRows(ctx, d.document)
			}
			if !yield(d, err) || err != nil {
				return
			}
		}
	}
}

// measureRows writes rows out only to learn the size and digest of the file.
func (s *session) measureRows(ctx context.Context, d document) (int64, layout.Digest, error) {
	sum := parquetio.NewDigester()
	err := s.unload(ctx, d, sum)
	return sum.Size(), sum.Sum(), err
}

// unload writes a document's rows as a Parquet file.
func (s *session) unload(ctx context.Context, d document, to io.Writer) error {
	if s.db.dialect.rows == nil {
		return fmt.Errorf("sqlstore: %s: %s is kept as a table, which this program cannot read", s.db.name, d.name)
	}
	schema, err := parquetio.ParseSchema(d.schema)
	if err != nil {
		return fmt.Errorf("sqlstore: %s: %s is damaged: %w", s.db.name, d.name, err)
	}
	out, err := parquetio.NewWriter(to, schema, parquetio.WriterOptions{})
	if err != nil {
		return fmt.Errorf("sqlstore: %s: %w", d.name, err)
	}
	err = s.work(ctx, func(ctx context.Context, conn *sql.Conn) error {
		return s.db.dialect.rows.unload(ctx, conn, d.id, out)
	})
	if err == nil {
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
	sum := parquetio.NewDigester()
	err := s.unload(ctx, d, io.MultiWriter(&r.spool, sum))
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
