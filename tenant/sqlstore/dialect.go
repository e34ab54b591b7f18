package sqlstore

import (
	"context"
	"database/sql"
	"io/fs"
)

// A dialect is what differs from one database system to another. Queries are
// written with ? for their arguments and in SQL that all dialects share.
type dialect struct {
	name string
	// migrations holds the files that bring an empty database to the newest
	// schema, named 0001_….sql, 0002_….sql and so on.
	migrations fs.FS
	// bind rewrites the placeholders of a query.
	bind func(query string) string
	// beginRead starts a read transaction whose snapshot is taken at once.
	beginRead func(ctx context.Context, conn *sql.Conn) error
	// beginWrite starts a write transaction and takes the import lock, without
	// waiting; busy tells that error apart.
	beginWrite func(ctx context.Context, conn *sql.Conn) error
	busy       func(err error) bool
}
