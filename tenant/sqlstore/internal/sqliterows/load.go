package sqliterows

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"iter"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/oneanalytics/oa-archive/parquetio"
)

// insertArgs is about how many values go into one INSERT. Around this figure
// the time per value is least: with fewer, starting the statement dominates,
// with more, SQLite's program of a statement grows beyond the caches.
const insertArgs = 192

// Load inserts the rows of batches into the table, which must be empty, and
// returns how many there were. The batches must have the columns of the
// table's schema. The first error, of batches, ctx or the database, ends it;
// some rows may have been inserted then.
func (t *Table) Load(ctx context.Context, conn driver.Conn, batches iter.Seq2[arrow.RecordBatch, error]) (rows int64, err error) {
	l := loader{table: t}
	l.some, err = l.prepare(ctx, conn, max(1, insertArgs/(len(t.columns)+1)))
	if err != nil {
		return 0, err
	}
	defer closing(&err, l.some)
	l.one, err = l.prepare(ctx, conn, 1)
	if err != nil {
		return 0, err
	}
	defer closing(&err, l.one)
	for batch, err := range batches {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return l.rows, err
		}
		if err := l.add(batch); err != nil {
			return l.rows, err
		}
	}
	return l.rows, nil
}

// A loader is one call of Load.
type loader struct {
	table     *Table
	some, one *insert
	rows      int64
}

// An insert is a statement that stores a fixed number of rows.
type insert struct {
	driver.Stmt
	run  driver.StmtExecContext
	rows int
	args []driver.NamedValue
}

func (l *loader) prepare(ctx context.Context, conn driver.Conn, rows int) (*insert, error) {
	width := len(l.table.columns) + 1
	one := "(?" + strings.Repeat(", ?", width-1) + ")"
	stmt, err := prepare(ctx, conn, "INSERT INTO "+Quote(l.table.name)+" VALUES "+one+strings.Repeat(", "+one, rows-1))
	if err != nil {
		return nil, err
	}
	run, ok := stmt.(driver.StmtExecContext)
	if !ok {
		return nil, errors.Join(errDriver, stmt.Close())
	}
	args := make([]driver.NamedValue, rows*width)
	for i := range args {
		args[i].Ordinal = i + 1
	}
	return &insert{Stmt: stmt, run: run, rows: rows, args: args}, nil
}

func (l *loader) add(batch arrow.RecordBatch) error {
	vectors, err := parquetio.Vectors(l.table.schema, batch)
	if err != nil {
		return fmt.Errorf("sqliterows: %w", err)
	}
	n := int(batch.NumRows())
	for next := 0; next < n; {
		stmt := l.some
		if n-next < stmt.rows {
			stmt = l.one
		}
		width := len(vectors) + 1
		for r := range stmt.rows {
			stmt.args[r*width].Value = l.rows + int64(r)
		}
		for k, v := range vectors {
			e := encoder{v}
			for r := range stmt.rows {
				stmt.args[r*width+k+1].Value = e.value(next + r)
			}
		}
		if _, err := stmt.run.ExecContext(context.Background(), stmt.args); err != nil {
			return fmt.Errorf("sqliterows: %w", err)
		}
		next += stmt.rows
		l.rows += int64(stmt.rows)
	}
	return nil
}
