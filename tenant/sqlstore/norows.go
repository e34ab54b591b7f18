//go:build norows

package sqlstore

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"

	"github.com/oneanalytics/oa-archive/layout"
	"github.com/oneanalytics/oa-archive/tenant"
)

// errNoParquet says what a program that was built with the tag norows cannot do.
var errNoParquet = errors.New("this build has no Parquet (build tag norows), so it cannot read rows that are kept as a table")

type rowTables any

// PostgresRows returns nil: a program without Parquet keeps rows as they are.
func PostgresRows() tenant.RowsKeeper { return nil }

// SQLiteRows is [PostgresRows] for SQLite.
func SQLiteRows() tenant.RowsKeeper { return nil }

// putRows is not called, since no dialect has tables of rows in this build.
func (t *tx) putRows(context.Context, layout.Name, string, int64, io.Reader) error {
	return errNoParquet
}

func (s *session) sweepRows(context.Context) error { return nil }

func (e entries) measured(ctx context.Context, reader *ahead) iter.Seq2[listed, error] {
	return func(yield func(listed, error) bool) {
		for d, err := range e.all(ctx, reader, everything) {
			if err == nil && d.stale() {
				err = fmt.Errorf("sqlstore: %s: %w", d.name, errNoParquet)
			}
			if !yield(d, err) || err != nil {
				return
			}
		}
	}
}

func (s *session) openRows(_ context.Context, d document) (io.ReadCloser, error) {
	return nil, fmt.Errorf("sqlstore: %s: %w", d.name, errNoParquet)
}

func (d document) expecting(document) document { return d }
