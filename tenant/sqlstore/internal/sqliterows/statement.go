package sqliterows

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
)

// prepare prepares a statement. SQLite is not interrupted: statements here are
// short, and callers look at their context in between.
func prepare(ctx context.Context, conn driver.Conn, query string) (driver.Stmt, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	preparer, ok := conn.(driver.ConnPrepareContext)
	if !ok {
		return nil, errDriver
	}
	stmt, err := preparer.PrepareContext(context.WithoutCancel(ctx), query)
	if err != nil {
		return nil, fmt.Errorf("sqliterows: %w", err)
	}
	return stmt, nil
}

var errDriver = errors.New("sqliterows: the driver lacks statements with contexts")

// closing closes c and adds what goes wrong to err.
func closing(err *error, c io.Closer) {
	if errClose := c.Close(); errClose != nil {
		*err = errors.Join(*err, fmt.Errorf("sqliterows: %w", errClose))
	}
}

// each calls f for every row of a query's result, until it returns an error.
// The row is valid during the call.
func each(ctx context.Context, conn driver.Conn, query string, args []driver.NamedValue, f func(row []driver.Value) error) (err error) {
	stmt, err := prepare(ctx, conn, query)
	if err != nil {
		return err
	}
	defer closing(&err, stmt)
	querier, ok := stmt.(driver.StmtQueryContext)
	if !ok {
		return errDriver
	}
	rows, err := querier.QueryContext(context.WithoutCancel(ctx), args)
	if err != nil {
		return fmt.Errorf("sqliterows: %w", err)
	}
	defer closing(&err, rows)
	row := make([]driver.Value, len(rows.Columns()))
	for {
		switch err := rows.Next(row); {
		case err == io.EOF:
			return nil
		case err != nil:
			return fmt.Errorf("sqliterows: %w", err)
		}
		if err := f(row); err != nil {
			return err
		}
	}
}
