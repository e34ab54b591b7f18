package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"

	"github.com/oneanalytics/oa-archive/layout"
)

// A dialect is what differs from one database system to another. Queries are
// written with ? for their arguments and in SQL that all dialects share.
type dialect struct {
	// migrations holds the files that bring an empty database to the newest
	// schema, named 0001_….sql, 0002_….sql and so on.
	migrations fs.FS
	// bind rewrites the placeholders of a query.
	bind func(query string) string
	// interruptible says that a statement may be given up when its context
	// ends. The transaction is lost then, as it is after any other error.
	interruptible bool
	// prepares says that the driver keeps prepared statements by itself.
	prepares bool
	// beginRead starts a read transaction whose snapshot is taken at once, in
	// the scope of a tenant.
	beginRead func(ctx context.Context, conn *sql.Conn, tenant string) error
	// joinRead is beginRead with the snapshot of another transaction that is
	// still open. It is nil where there is no such thing.
	joinRead func(ctx context.Context, conn *sql.Conn, tenant, snapshot string) error
	// beginWrite starts a write transaction in the scope of a tenant and takes
	// that tenant's import lock, or that of the schema when the scope is
	// noTenant. It does not wait: the error wraps errBusy when another holds
	// the lock, and the connection is in no transaction then.
	beginWrite func(ctx context.Context, conn *sql.Conn, tenant string) error
	// commit commits, or returns an error.
	commit func(ctx context.Context, conn *sql.Conn) error
	// setScope changes the scope of a transaction.
	setScope func(ctx context.Context, s *session, tenant string) error
	// explain adds to an error what the user can do about it.
	explain func(err error) error
	// unsettled reports whether an error that COMMIT ended with leaves open
	// whether the transaction was committed.
	unsettled func(err error) bool
	// newLoader returns what stores the documents of an import.
	newLoader func(e entries) loader
	// among returns the condition that a column is one of the numbers, and the
	// argument for its placeholder.
	among func(column string, numbers []int64) (condition string, arg any)
	// contents is a shorter way to run a query for the contents of several
	// documents, whose arguments are a tenant, two sort keys and ids. put must
	// not keep what it is given. Where contents is nil, queries run as others do.
	contents func(ctx context.Context, conn *sql.Conn, query, tenant, first, last string, ids []int64, put func(id int64, content []byte)) error
	// rows keeps the rows of datasets as tables. Where it is nil they are kept
	// as the bytes of a file, like everything else.
	rows rowTables
}

// Scopes that are no tenant's id. A database that keeps its tenants apart
// shows a transaction nothing but the rows in its scope.
const (
	noTenant    = ""  // no rows
	everyTenant = "*" // the list of tenants, but nothing of theirs
)

// errBusy is what dialect.beginWrite returns when another import holds the lock.
var errBusy = errors.New("another import is running")

// A row is a document as it is stored.
type row struct {
	name    layout.Name
	path    string
	title   string // what the document calls itself; empty when not known
	owner   string // likewise
	size    int64
	digest  layout.Digest
	content []byte // nil when chunks follow
}

// A caption is what a workspace's metadata says about an asset's document.
type caption struct{ key, title, owner string }

// A loader stores documents within a transaction.
type loader interface {
	// add stores a document in place of the one at its name, at the latest when
	// flush is called. It does not keep r.content.
	add(ctx context.Context, r row) error
	// flush stores what was added.
	flush(ctx context.Context) error
	// caption sets what the documents at the given sort keys are called.
	caption(ctx context.Context, captions []caption) error
}
