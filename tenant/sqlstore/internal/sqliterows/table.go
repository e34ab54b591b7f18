package sqliterows

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/oneanalytics/oa-archive/parquetio"
)

// MaxColumns is how many columns a dataset in SQLite may have: one less than
// the 2,000 of SQLite's own, because the order of rows takes one.
const MaxColumns = 1999

// Ordinal is the name of the column, an INTEGER PRIMARY KEY, by which rows are
// ordered. The first row that is loaded has 1.
const Ordinal = "_row"

// ErrChanged reports a table whose columns are no longer those of its schema.
var ErrChanged = errors.New("the table does not have the columns of its dataset")

// A Table is the shape of the table that holds the rows of a dataset. It is
// safe for concurrent use.
type Table struct {
	name    string
	schema  parquetio.Schema
	columns []string
}

// New returns the shape of the table with the given name for rows of schema,
// which the caller does not change afterwards. Nothing is created yet. A schema
// with more than [MaxColumns] columns is refused with a
// [*parquetio.LimitError].
func New(name string, schema parquetio.Schema) (*Table, error) {
	if name == "" || strings.ContainsRune(name, 0) {
		return nil, fmt.Errorf("sqliterows: %q cannot name a table", name)
	}
	if len(schema) > MaxColumns {
		return nil, fmt.Errorf("sqliterows: SQLite cannot hold so wide a dataset: %w",
			&parquetio.LimitError{Limit: "columns of a SQLite table", Max: MaxColumns, Need: int64(len(schema))})
	}
	if err := schema.Check(); err != nil {
		return nil, fmt.Errorf("sqliterows: %w", err)
	}
	return &Table{name: name, schema: schema, columns: columnNames(schema)}, nil
}

// Schema returns the schema of the rows, which must not be changed.
func (t *Table) Schema() parquetio.Schema { return t.schema }

// Columns returns the names that the schema's columns have in the table, in
// the same order, without [Ordinal].
func (t *Table) Columns() []string { return slices.Clone(t.columns) }

// Create returns the statement that creates the table.
func (t *Table) Create() string {
	var b strings.Builder
	fmt.Fprintf(&b, "CREATE TABLE %s (%s INTEGER PRIMARY KEY", Quote(t.name), Quote(Ordinal))
	for i, c := range t.schema {
		fmt.Fprintf(&b, ", %s %s", Quote(t.columns[i]), declared(c.Type))
		if !c.Nullable {
			b.WriteString(" NOT NULL")
		}
	}
	b.WriteString(") STRICT")
	return b.String()
}

// declared returns the type that a column is declared with. A STRICT table
// converts nothing on the way into ANY, whereas REAL would turn -0.0 into 0.0
// and has no place for NaN, which to SQLite is NULL.
func declared(t parquetio.Type) string {
	switch t.Kind {
	case parquetio.Bool, parquetio.Int8, parquetio.Int16, parquetio.Int32, parquetio.Int64,
		parquetio.Uint8, parquetio.Uint16, parquetio.Uint32:
		return "INTEGER"
	case parquetio.Uint64, parquetio.Float32, parquetio.Float64:
		return "ANY"
	case parquetio.Binary:
		return "BLOB"
	}
	return "TEXT"
}

// Drop returns the statement that removes the table, its triggers included,
// if it is there.
func (t *Table) Drop() string { return "DROP TABLE IF EXISTS " + Quote(t.name) }

// Triggers returns statements that make the database run statement whenever a
// row is inserted, updated or deleted. Execute them after the rows were
// loaded: they run for each row.
func (t *Table) Triggers(statement string) []string {
	var all []string
	for _, event := range []string{"INSERT", "UPDATE", "DELETE"} {
		name := Quote(t.name + " " + strings.ToLower(event))
		all = append(all, fmt.Sprintf("CREATE TRIGGER %s AFTER %s ON %s BEGIN %s; END", name, event, Quote(t.name), statement))
	}
	return all
}

// Check returns an error that wraps [ErrChanged] unless the table exists with
// the columns that [Table.Create] gave it.
func (t *Table) Check(ctx context.Context, conn driver.Conn) error {
	var found []string
	err := each(ctx, conn, "SELECT name FROM pragma_table_xinfo(?) ORDER BY cid", []driver.NamedValue{{Ordinal: 1, Value: t.name}},
		func(row []driver.Value) error {
			name, _ := row[0].(string)
			found = append(found, name)
			return nil
		})
	switch {
	case err != nil:
		return err
	case len(found) == 0:
		return fmt.Errorf("sqliterows: table %+q: %w: there is no such table", t.name, ErrChanged)
	case found[0] != Ordinal:
		return fmt.Errorf("sqliterows: table %+q: %w: its first column is %+q, not %q", t.name, ErrChanged, found[0], Ordinal)
	}
	for i, name := range found[1:] {
		if i >= len(t.columns) || t.columns[i] != name {
			return fmt.Errorf("sqliterows: table %+q: %w: column %+q was added or renamed", t.name, ErrChanged, name)
		}
	}
	if missing := t.columns[len(found)-1:]; len(missing) > 0 {
		return fmt.Errorf("sqliterows: table %+q: %w: column %+q is gone", t.name, ErrChanged, missing[0])
	}
	return nil
}
