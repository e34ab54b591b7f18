package sqlstore

import (
	"context"
	"database/sql"
	"encoding/binary"
	"errors"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
)

// postgresContents takes contents from the connection's own buffer. By way of
// database/sql, each would be copied twice into memory of its own.
func postgresContents(ctx context.Context, conn *sql.Conn, query, tenant, first, last string, ids []int64, put func(id int64, content []byte)) error {
	var p params
	for _, text := range [...]string{tenant, first, last} {
		p.add(pgtype.TextOID, []byte(text))
	}
	p.numbers(len(ids), func(i int) int64 { return ids[i] })
	return beneath(conn, func(c *pgconn.PgConn) (err error) {
		rows := c.ExecParams(ctx, query, p.values, p.types, p.formats, []int16{binaryFormat})
		defer func() {
			if _, errClose := rows.Close(); errClose != nil {
				err = errClose
			}
		}()
		for rows.NextRow() {
			row := rows.Values()
			if len(row) != 2 || len(row[0]) != 8 {
				return errors.New("the server sends other columns than it was asked for")
			}
			put(int64(binary.BigEndian.Uint64(row[0])), row[1])
		}
		return nil
	})
}
