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
	l.some, err = l.prepare(ctx, conn, max(1, insertArgs/len(t.columns)))
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
	// Texts of one column, on their way to the arguments of an insert: making
	// one string of many costs less than a string for each.
	text  []byte
	ends  []int
	slots []int
}

// An insert is a statement that stores a fixed number of rows.
type insert struct {
	driver.Stmt
	run  driver.StmtExecContext
	rows int
	args []driver.NamedValue
}

// prepare prepares an INSERT that leaves the ordinals to SQLite: it counts from
// 1 and need not look whether one is taken.
func (l *loader) prepare(ctx context.Context, conn driver.Conn, rows int) (*insert, error) {
	width := len(l.table.columns)
	names := make([]string, width)
	for i, name := range l.table.columns {
		names[i] = Quote(name)
	}
	one := "(?" + strings.Repeat(", ?", width-1) + ")"
	stmt, err := prepare(ctx, conn, fmt.Sprintf("INSERT INTO %s (%s) VALUES %s%s", Quote(l.table.name), strings.Join(names, ", "), one, strings.Repeat(", "+one, rows-1)))
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
		for k, v := range vectors {
			l.fill(stmt, k, encoder{v}, next)
		}
		if _, err := stmt.run.ExecContext(context.Background(), stmt.args); err != nil {
			return fmt.Errorf("sqliterows: %w", err)
		}
		next += stmt.rows
		l.rows += int64(stmt.rows)
	}
	return nil
}

// fill sets the arguments of stmt for the column with number k, from value
// first on.
func (l *loader) fill(stmt *insert, k int, e encoder, first int) {
	l.text, l.ends, l.slots = l.text[:0], l.ends[:0], l.slots[:0]
	for r := range stmt.rows {
		slot := r*len(l.table.columns) + k
		if number, ok := e.plain(first + r); ok {
			stmt.args[slot].Value = number
			continue
		}
		l.text = e.appendText(l.text, first+r)
		l.ends, l.slots = append(l.ends, len(l.text)), append(l.slots, slot)
	}
	text, start := string(l.text), 0
	for i, slot := range l.slots {
		stmt.args[slot].Value = text[start:l.ends[i]]
		start = l.ends[i]
	}
}
