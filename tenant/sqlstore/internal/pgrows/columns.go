package pgrows

import (
	"fmt"
	"strconv"

	"github.com/oneanalytics/oa-archive/parquetio"
	"github.com/oneanalytics/oa-archive/tenant"
)

// Ordinal is the column that numbers the rows from 1; it comes first.
const Ordinal = "oa_row"

// MaxColumns is how many columns a table can have beside [Ordinal]: PostgreSQL
// has 1,600 in all.
const MaxColumns = 1599

// maxName is the length in bytes from which PostgreSQL cuts names.
const maxName = 63

// reserved are names that no column of a table can have, or that ours has.
var reserved = map[string]bool{
	Ordinal: true, "ctid": true, "xmin": true, "xmax": true, "cmin": true, "cmax": true, "tableoid": true,
}

// A Column is a column of the table that holds the rows of a dataset.
type Column struct {
	Name     string // in the table, not quoted
	Type     string // as CREATE TABLE takes it
	Required bool   // NOT NULL
}

// Columns returns the columns of the table for rows of schema, [Ordinal] apart.
// They have the names of the schema's columns. One that PostgreSQL would cut or
// cannot have is called c and its number instead; the schema tells the true
// one. The error is a [*tenant.RowsError].
func Columns(schema parquetio.Schema) ([]Column, error) {
	if len(schema) > MaxColumns {
		return nil, &tenant.RowsError{
			Column: schema[MaxColumns].Name,
			Reason: fmt.Sprintf("it is number %d of %d columns, and a table of PostgreSQL can have %d", MaxColumns+1, len(schema), MaxColumns),
		}
	}
	taken := make(map[string]bool, len(schema))
	for _, c := range schema {
		taken[c.Name] = true
	}
	columns := make([]Column, len(schema))
	for i, c := range schema {
		name := c.Name
		if len(name) > maxName || reserved[name] {
			name = "c" + strconv.Itoa(i+1)
			for taken[name] {
				name += "_"
			}
			taken[name] = true
		}
		columns[i] = Column{Name: name, Type: typeName(c.Type), Required: !c.Nullable}
	}
	return columns, nil
}

// A binding is the type of PostgreSQL that holds a kind.
type binding struct {
	name string
	oid  uint32 // of pg_type, the same in every installation
}

var bindings = map[parquetio.Kind]binding{
	parquetio.Bool: {"boolean", 16},
	parquetio.Int8: {"smallint", 21}, parquetio.Int16: {"smallint", 21}, parquetio.Uint8: {"smallint", 21},
	parquetio.Int32: {"integer", 23}, parquetio.Uint16: {"integer", 23},
	parquetio.Int64: {"bigint", 20}, parquetio.Uint32: {"bigint", 20},
	parquetio.Uint64:  {"numeric(20,0)", 1700},
	parquetio.Float32: {"real", 700}, parquetio.Float64: {"double precision", 701},
	parquetio.Decimal: {"numeric", 1700},
	parquetio.Date:    {"date", 1082}, parquetio.Time: {"time", 1083},
	parquetio.Timestamp: {"timestamp", 1114},
	parquetio.String:    {"text", 25}, parquetio.Binary: {"bytea", 17}, parquetio.UUID: {"uuid", 2950}, parquetio.JSON: {"json", 114},
}

var instant = binding{"timestamptz", 1184}

func bindingOf(t parquetio.Type) binding {
	if t.Kind == parquetio.Timestamp && t.UTC {
		return instant
	}
	return bindings[t.Kind]
}

func typeName(t parquetio.Type) string {
	switch t.Kind {
	case parquetio.List:
		return typeName(*t.Elem) + "[]"
	case parquetio.Decimal:
		return fmt.Sprintf("numeric(%d,%d)", t.Precision, t.Scale)
	}
	return bindingOf(t).name
}
