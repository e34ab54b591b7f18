//go:build !norows

package sqlstore

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/oneanalytics/oa-archive/layout"
	"github.com/oneanalytics/oa-archive/parquetio"
	"github.com/oneanalytics/oa-archive/tenant"
)

// A measure is the length and the digest of a content.
type measure struct {
	size   int64
	digest layout.Digest
}

// canonicals remembers what files of rows become, so that a plan, its
// repetition under the lock, and the import itself write a file again only
// once. It is safe for concurrent use.
type canonicals struct {
	mu sync.Mutex
	of map[measure]measure
}

// canonicalOf serves the whole program: what becomes of a file depends on its
// content alone, and that is what it is known by here.
var canonicalOf canonicals

const mostCanonicals = 1024 // files that are remembered

// measure returns what the file f becomes, whose content has the measure is.
func (c *canonicals) measure(ctx context.Context, is measure, f *parquetio.File) (measure, error) {
	c.mu.Lock()
	becomes, known := c.of[is]
	c.mu.Unlock()
	if known {
		return becomes, nil
	}
	size, digest, err := parquetio.Canonical(ctx, f)
	if err != nil {
		return measure{}, err
	}
	becomes = measure{size, digest}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.of == nil || len(c.of) >= mostCanonicals {
		c.of = map[measure]measure{}
	}
	c.of[is] = becomes
	return becomes, nil
}

// keeper tells what tables make of rows. It needs no database.
type keeper struct{ tables rowTables }

// PostgresRows returns what every tenant in PostgreSQL makes of rows, for plans
// of an import into one that does not exist yet. It is nil in a program that
// was built with the tag norows.
func PostgresRows() tenant.RowsKeeper { return keeper{postgresRows()} }

// SQLiteRows is [PostgresRows] for SQLite.
func SQLiteRows() tenant.RowsKeeper { return keeper{sqliteRows()} }

// KeptRows implements [tenant.RowsKeeper].
func (k keeper) KeptRows(ctx context.Context, name layout.Name, content io.ReaderAt, size int64) (int64, layout.Digest, error) {
	kept, err := k.measure(ctx, content, size)
	if err != nil {
		return 0, layout.Digest{}, fmt.Errorf("sqlstore: rows %s: %w", name, err)
	}
	return kept.size, kept.digest, nil
}

// KeptRows implements [tenant.RowsKeeper].
func (s *Store) KeptRows(ctx context.Context, name layout.Name, content io.ReaderAt, size int64) (int64, layout.Digest, error) {
	return keeper{s.db.dialect.rows}.KeptRows(ctx, name, content, size)
}

// KeptRows implements [tenant.RowsKeeper].
func (t *tx) KeptRows(ctx context.Context, name layout.Name, content io.ReaderAt, size int64) (int64, layout.Digest, error) {
	return t.store.KeptRows(ctx, name, content, size)
}

func (k keeper) measure(ctx context.Context, content io.ReaderAt, size int64) (measure, error) {
	sum := sha256.New()
	n, err := io.Copy(sum, contextReader{ctx, io.NewSectionReader(content, 0, size)})
	if err != nil {
		return measure{}, err
	}
	if n != size {
		return measure{}, fmt.Errorf("%w: it has %d bytes, not the stated %d", io.ErrUnexpectedEOF, n, size)
	}
	is := measure{size, layout.Digest(sum.Sum(nil))}
	if k.tables == nil {
		return is, nil
	}
	f, err := k.open(content, size)
	if err != nil {
		return measure{}, err
	}
	becomes, err := canonicalOf.measure(ctx, is, f)
	return becomes, refused(err)
}

// open opens rows that are to be kept as a table. What is wrong with them for
// good is a [*tenant.RowsError].
func (k keeper) open(content io.ReaderAt, size int64) (*parquetio.File, error) {
	f, err := parquetio.Open(content, size, parquetio.Options{})
	if err != nil {
		return nil, refused(err)
	}
	return f, k.tables.check(f.Schema())
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
