package parquetio

import (
	"bytes"

	"github.com/apache/arrow-go/v18/arrow"
)

// CSVOptions tune [Table.AppendCSV].
type CSVOptions struct {
	// GuardFormulas puts an apostrophe before a cell that a spreadsheet might
	// take for a formula: one that begins with = + - @, a tab or a carriage
	// return. Cells of numbers, dates and times are left alone. The text is
	// then no longer the value.
	GuardFormulas bool
	// Null stands for null; a text that is equal to it is quoted, as is the
	// empty text when Null is empty, so that the two can be told apart.
	Null string
}

// A Table reads the rows of one record batch as lines of text. It is valid as
// long as the batch is.
type Table struct {
	schema  Schema
	vectors []Vector
	names   [][]byte // as JSON strings
	rows    int
}

// NewTable returns a Table over batch, whose columns must be those of schema.
func NewTable(schema Schema, batch arrow.RecordBatch) (*Table, error) {
	vectors, err := Vectors(schema, batch)
	if err != nil {
		return nil, err
	}
	t := &Table{schema: schema, vectors: vectors, rows: int(batch.NumRows())}
	for _, c := range schema {
		t.names = append(t.names, appendJSONString(nil, c.Name))
	}
	return t, nil
}

// Vectors returns a vector for each column of batch, whose columns must be
// those of schema.
func Vectors(schema Schema, batch arrow.RecordBatch) ([]Vector, error) {
	if got := int(batch.NumCols()); got != len(schema) {
		return nil, &UnsupportedError{Type: "a batch", Reason: "it does not have the schema's columns"}
	}
	vectors := make([]Vector, len(schema))
	for i, c := range schema {
		v, err := NewVector(c.Type, batch.Column(i))
		if err != nil {
			return nil, err
		}
		vectors[i] = v
	}
	return vectors, nil
}

// Rows returns the number of rows.
func (t *Table) Rows() int { return t.rows }

// AppendNDJSON appends a row as a JSON object with the columns' names as keys,
// in order, and a line feed. See [Vector.AppendJSON].
func (t *Table) AppendNDJSON(dst []byte, row int) []byte {
	dst = append(dst, '{')
	for i, v := range t.vectors {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = v.AppendJSON(append(append(dst, t.names[i]...), ':'), row)
	}
	return append(dst, '}', '\n')
}

// AppendCSV appends a row as RFC 4180 has it, with CR LF at the end. See
// [Vector.AppendText].
func (t *Table) AppendCSV(dst []byte, row int, opts CSVOptions) []byte {
	var cell []byte
	for i, v := range t.vectors {
		if i > 0 {
			dst = append(dst, ',')
		}
		if v.Null(row) {
			dst = append(dst, opts.Null...)
			continue
		}
		cell = v.AppendText(cell[:0], row)
		dst = appendCell(dst, cell, v.typ.Kind, opts)
	}
	return append(dst, '\r', '\n')
}

// AppendCSVHeader appends the names of the columns as a row of CSV.
func (s Schema) AppendCSVHeader(dst []byte, opts CSVOptions) []byte {
	for i, c := range s {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendCell(dst, []byte(c.Name), String, opts)
	}
	return append(dst, '\r', '\n')
}

func appendCell(dst, cell []byte, k Kind, opts CSVOptions) []byte {
	guarded := opts.GuardFormulas && len(cell) > 0 && bytes.IndexByte([]byte("=+-@\t\r"), cell[0]) >= 0
	switch k {
	case String, JSON, Binary, List:
	default:
		guarded = false
	}
	quoted := string(cell) == opts.Null || bytes.ContainsAny(cell, ",\"\r\n") ||
		len(cell) > 0 && (cell[0] == ' ' || cell[len(cell)-1] == ' ')
	if !guarded && !quoted {
		return append(dst, cell...)
	}
	if quoted {
		dst = append(dst, '"')
	}
	if guarded {
		dst = append(dst, '\'')
	}
	if !quoted {
		return append(dst, cell...)
	}
	for _, c := range cell {
		if c == '"' {
			dst = append(dst, '"')
		}
		dst = append(dst, c)
	}
	return append(dst, '"')
}
