//go:build !norows

package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/oneanalytics/oa-archive/parquetio"
	"github.com/oneanalytics/oa-archive/tenant/sqlstore/internal/pgrows"
)

// longestRow bounds one row as the server sends it. A row that parquetio
// accepts has at most 16 MiB in memory, and no type takes four times as much in
// COPY's binary form.
const longestRow = 4*parquetio.MaxRow + 1<<20

// postgresTables keeps rows by binary COPY. Its tables are made and dropped by
// functions of the schema, see migrations/postgres/0002_rows.sql.
type postgresTables struct{}

func postgresRows() rowTables { return postgresTables{} }

func (postgresTables) check(schema parquetio.Schema) error {
	_, err := pgrows.Columns(schema)
	return err
}

func (postgresTables) load(ctx context.Context, conn *sql.Conn, document int64, f *parquetio.File) error {
	columns, err := pgrows.Columns(f.Schema())
	if err != nil {
		return err
	}
	names, types, required := make([]string, len(columns)), make([]string, len(columns)), make([]bool, len(columns))
	for i, c := range columns {
		names[i], types[i], required[i] = c.Name, c.Type, c.Required
	}
	if _, err := conn.ExecContext(ctx, "SELECT create_rows($1, $2, $3, $4)", document, names, types, required); err != nil {
		return err
	}
	rows := pgrows.NewReader(ctx, f)
	defer rows.Close()
	err = beneath(conn, func(c *pgconn.PgConn) error {
		// Nobody sees the table before the commit, so its rows may be frozen.
		_, err := c.CopyFrom(ctx, rows, "COPY "+quoted(rowsTable(document))+" FROM STDIN (FORMAT binary, FREEZE)")
		return err
	})
	if refused := rows.Err(); refused != nil {
		return refused // the server repeats it as an error of its own
	}
	if err != nil {
		return located(err)
	}
	_, err = conn.ExecContext(ctx, "SELECT finish_rows($1, $2)", document, rows.Rows())
	return err
}

func (postgresTables) unload(ctx context.Context, conn *sql.Conn, document int64, order rowOrder, out *parquetio.Writer) error {
	columns, err := pgrows.Columns(out.Schema())
	if err != nil {
		return err
	}
	rows := pgrows.NewDecoder(out)
	err = beneath(conn, func(c *pgconn.PgConn) error {
		c.Frontend().SetMaxBodyLen(longestRow)
		defer c.Frontend().SetMaxBodyLen(0)
		_, err := c.CopyTo(ctx, rows, copyOut(document, columns, order))
		return err
	})
	if errClose := rows.Close(); err == nil {
		err = errClose
	}
	switch {
	case err != nil:
		return located(err)
	case rows.Ordered():
		return nil
	case order == asTheyLie:
		return errDisorder
	}
	return errors.New("the server does not sort the rows by their numbers")
}

// copyOut returns the statements that send a table's rows.
func copyOut(document int64, columns []pgrows.Column, order rowOrder) string {
	var b strings.Builder
	if order == asTheyLie {
		b.WriteString("SET LOCAL enable_seqscan = on; ")
	}
	b.WriteString("COPY (SELECT " + quoted(pgrows.Ordinal))
	for _, c := range columns {
		b.WriteString(", " + quoted(c.Name))
	}
	b.WriteString(" FROM " + quoted(rowsTable(document)))
	if order == byNumber {
		b.WriteString(" ORDER BY " + quoted(pgrows.Ordinal))
	}
	b.WriteString(") TO STDOUT (FORMAT binary)")
	if order == asTheyLie {
		b.WriteString("; SET LOCAL enable_seqscan = off")
	}
	return b.String()
}

func (postgresTables) sweep(ctx context.Context, conn *sql.Conn) error {
	_, err := conn.ExecContext(ctx, "SELECT sweep_rows()")
	return err
}

// located adds where in the rows the server found an error.
func located(err error) error {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok && e.Where != "" {
		return fmt.Errorf("%w (%s)", err, e.Where)
	}
	return err
}

func quoted(name string) string { return pgx.Identifier{name}.Sanitize() }
