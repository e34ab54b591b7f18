package tenant

import (
	"context"
	"fmt"
	"io"

	"github.com/oneanalytics/oa-archive/layout"
)

// RowsKeeper is an optional power of a [Target] and of its [Tx], which have it
// both or neither: it keeps the rows of datasets as tables, not as the bytes of
// a file. What it yields as an entry of kind [layout.Rows] is made of the table
// again, so it has the size and digest of that, whatever the program that
// wrote the file did differently.
type RowsKeeper interface {
	// KeptRows returns the size in bytes and the digest that the rows entry at
	// name will have after a [Tx.Put] of content, which has size bytes. It
	// changes nothing. An error that wraps a [*RowsError] says that Put would
	// refuse these rows whatever the values are; that a single value cannot be
	// kept may turn up at Put only. Putting what the keeper yielded gives the
	// same size and digest again.
	KeptRows(ctx context.Context, name layout.Name, content io.ReaderAt, size int64) (kept int64, digest layout.Digest, err error)
}

// A RowsError reports rows that a [RowsKeeper] cannot keep.
type RowsError struct {
	Column string // its name; empty when no single column is at fault
	Reason string // the rule, and what would help
	Err    error  // the cause; may be nil
}

// Error names the column, if there is one, and the rule.
func (e *RowsError) Error() string {
	if e.Column == "" {
		return e.Reason
	}
	return fmt.Sprintf("column %+.80q: %s", e.Column, e.Reason)
}

// Unwrap returns the cause.
func (e *RowsError) Unwrap() error { return e.Err }
