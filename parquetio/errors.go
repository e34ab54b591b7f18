package parquetio

import (
	"errors"
	"fmt"
)

// ErrNotParquet reports that a file does not begin and end as Parquet does.
var ErrNotParquet = errors.New("not a Parquet file")

// A DamageError reports that a file breaks the rules of Parquet or of its own
// footer, so that its rows cannot be told. What was read before it stands.
type DamageError struct {
	RowGroup int    // counted from 0; -1: the footer
	Column   string // empty where no single column is at fault
	Err      error
}

// Error names the place and the fault.
func (e *DamageError) Error() string {
	switch {
	case e.RowGroup < 0 && e.Column == "":
		return fmt.Sprintf("parquetio: damaged footer: %v", e.Err)
	case e.RowGroup < 0:
		return fmt.Sprintf("parquetio: damaged footer: column %q: %v", e.Column, e.Err)
	case e.Column == "":
		return fmt.Sprintf("parquetio: damaged row group %d: %v", e.RowGroup, e.Err)
	}
	return fmt.Sprintf("parquetio: damaged row group %d, column %q: %v", e.RowGroup, e.Column, e.Err)
}

// Unwrap returns the fault.
func (e *DamageError) Unwrap() error { return e.Err }

// An UnsupportedError reports a column, or a whole file, that is sound Parquet
// but has no exact counterpart among the types of this package.
type UnsupportedError struct {
	Column string // empty: the file as a whole
	Type   string // the Parquet type or feature
	Reason string // what to do, or why not
}

// Error names the column and its type.
func (e *UnsupportedError) Error() string {
	where := ""
	if e.Column != "" {
		where = fmt.Sprintf("column %q: ", e.Column)
	}
	return fmt.Sprintf("parquetio: %s%s is not supported: %s", where, e.Type, e.Reason)
}

// A LimitError reports that reading or writing would pass one of the [Limits]
// or of the bounds on what is written.
type LimitError struct {
	Limit  string // the field of Limits, or the constant's name
	Max    int64
	Need   int64  // what was asked for
	Column string // empty where no single column is at fault
}

// Error names the limit, its value and what was asked for.
func (e *LimitError) Error() string {
	where := ""
	if e.Column != "" {
		where = fmt.Sprintf("column %q: ", e.Column)
	}
	return fmt.Sprintf("parquetio: %s%s %d exceeds the limit of %d", where, e.Limit, e.Need, e.Max)
}

// A ValueError reports a value that a column cannot hold. The row that it
// stands in was not written. Neither it nor Err repeats the value: rows are
// people's data, and errors go to logs.
type ValueError struct {
	Row    int64 // counted from 0 over the whole file
	Column string
	Err    error
}

// Error names the row, the column and the reason.
func (e *ValueError) Error() string {
	return fmt.Sprintf("parquetio: row %d, column %q: %v", e.Row, e.Column, e.Err)
}

// Unwrap returns the reason.
func (e *ValueError) Unwrap() error { return e.Err }
