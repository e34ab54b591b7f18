//go:build !norows

package sqlstore

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"

	"github.com/oneanalytics/oa-archive/parquetio"
	"github.com/oneanalytics/oa-archive/tenant"
	"github.com/oneanalytics/oa-archive/tenant/sqlstore/internal/sqliterows"
)

func sqliteRows() rowTables { return sqliteTables{} }

// sqliteTables keeps rows in tables of SQLite. A snapshot sees the tables that
// it began with, whatever was dropped since.
type sqliteTables struct{}

func (sqliteTables) check(schema parquetio.Schema) error {
	_, err := sqliterows.New(rowsTable(0), schema)
	if err == nil {
		return nil
	}
	if most := sqliterows.MaxColumns; len(schema) > most {
		return &tenant.RowsError{Column: schema[most].Name, Err: err,
			Reason: fmt.Sprintf("the dataset has %d columns, of which SQLite can hold %d", len(schema), most)}
	}
	return &tenant.RowsError{Reason: err.Error(), Err: err}
}

func (sqliteTables) load(ctx context.Context, conn *sql.Conn, document int64, f *parquetio.File) error {
	table, err := sqliterows.New(rowsTable(document), f.Schema())
	if err != nil {
		return err
	}
	if err := uninterrupted(ctx, conn, table.Create()); err != nil {
		return err
	}
	err = onDriver(conn, func(c driver.Conn) error {
		_, err := table.Load(ctx, c, f.Batches(ctx))
		return err
	})
	if err != nil {
		return err
	}
	changed := fmt.Sprintf("UPDATE documents SET size = -1, sha256 = '', row_count = NULL WHERE id = %d AND size >= 0", document)
	for _, trigger := range table.Triggers(changed) {
		if err := uninterrupted(ctx, conn, trigger); err != nil {
			return err
		}
	}
	return nil
}

func (sqliteTables) unload(ctx context.Context, conn *sql.Conn, document int64, _ rowOrder, out *parquetio.Writer) error {
	table, err := sqliterows.New(rowsTable(document), out.Schema())
	if err != nil {
		return err
	}
	return onDriver(conn, func(c driver.Conn) error {
		for rows := table.Reader(); ; {
			batch, err := rows.Next(ctx, c)
			if err == io.EOF {
				return nil
			}
			if err != nil {
				return err
			}
			err = out.Write(batch)
			batch.Release()
			if err != nil {
				return err
			}
		}
	})
}

func (sqliteTables) sweep(ctx context.Context, conn *sql.Conn) error {
	gone, err := retired(ctx, conn)
	if err != nil {
		return err
	}
	for _, document := range gone {
		if err := uninterrupted(ctx, conn, "DROP TABLE IF EXISTS "+sqliterows.Quote(rowsTable(document))); err != nil {
			return err
		}
	}
	if len(gone) == 0 {
		return nil
	}
	return uninterrupted(ctx, conn, "DELETE FROM retired_rows")
}

// retired returns the documents whose tables nobody needs any more.
func retired(ctx context.Context, conn *sql.Conn) (documents []int64, err error) {
	rows, err := conn.QueryContext(context.WithoutCancel(ctx), "SELECT document_id FROM retired_rows")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		documents = append(documents, id)
	}
	return documents, rows.Err()
}

// uninterrupted runs a statement to its end, unless ctx has ended before.
func uninterrupted(ctx context.Context, conn *sql.Conn, statement string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	_, err := conn.ExecContext(context.WithoutCancel(ctx), statement)
	return err
}

// onDriver runs f with the driver's connection. Its error does not make
// database/sql give the connection up, which is in a transaction.
func onDriver(conn *sql.Conn, f func(driver.Conn) error) (err error) {
	errRaw := conn.Raw(func(raw any) error {
		c, ok := raw.(driver.Conn)
		if !ok {
			return fmt.Errorf("the driver's connection is a %T", raw)
		}
		err = f(c)
		return nil
	})
	return errors.Join(err, errRaw)
}
