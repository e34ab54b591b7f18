//go:build !norows

package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"strconv"

	"github.com/oneanalytics/oa-archive/parquetio"
)

// rowTables keeps the rows of datasets as tables: one for each row of the table
// documents that has a rows_schema, called [rowsTable]. Ids of documents are not
// used again, so neither are names of tables, and a snapshot that knows a
// document reads the table that belongs to it, whatever has replaced it since.
//
// Its methods have the connection for themselves, within a transaction. Errors
// about values are [*parquetio.ValueError]s with the row, counted from 0, and
// the column's name.
type rowTables interface {
	// check says whether a table can have the columns. The error is a
	// [*tenant.RowsError] that names the first one that it cannot have.
	check(schema parquetio.Schema) error
	// load makes the table of a document and stores the rows of f, all columns,
	// in their order. The document's row is there already; its size, digest and
	// rows_schema are set once load has returned.
	load(ctx context.Context, conn *sql.Conn, document int64, f *parquetio.File) error
	// unload writes the rows of a document's table to out, whose schema is the
	// one that the table was made with, in the order in which they were loaded;
	// rows that were added since come last. order is where they may be taken
	// from. With asTheyLie the error may be [errDisorder], and what was written is
	// in vain; the connection is as good as before.
	unload(ctx context.Context, conn *sql.Conn, document int64, order rowOrder, out *parquetio.Writer) error
	// sweep drops tables whose document is gone and which no snapshot can read
	// any more; others are left for a later time. It runs at the end of every
	// import.
	sweep(ctx context.Context, conn *sql.Conn) error
}

// A rowOrder says where the order of a table's rows comes from.
type rowOrder bool

const (
	// byNumber has the rows sorted by their numbers, which takes the table's key.
	byNumber rowOrder = false
	// asTheyLie reads the table from front to back, which is quicker, and holds the
	// numbers against the order that comes out. It suits tables that are as they
	// were loaded.
	asTheyLie rowOrder = true
)

// errDisorder says that rows do not lie in the order of their numbers.
var errDisorder = errors.New("the rows do not lie in their order")

// rowsTable returns the name of the table with the rows of a document.
func rowsTable(document int64) string { return "rows_" + strconv.FormatInt(document, 10) }
