//go:build !norows

package cli

import (
	"bufio"
	"bytes"
	"errors"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/oneanalytics/oa-archive/cmd/oa-archive/internal/render"
	"github.com/oneanalytics/oa-archive/parquetio"
)

// batchOfRows is a record batch of which the first rows are wanted.
type batchOfRows struct {
	arrow.RecordBatch
	rows int
}

// A rowsWriter prints rows in one format.
type rowsWriter struct {
	batch func(parquetio.Schema, batchOfRows) error
	// end is called with the number of rows that were printed and the error
	// that ended them. It returns that error, or the first of its own.
	end func(shown int64, err error) error
}

func (a *app) rowsWriter(o *opened, r *rowsFile, f *rowsFlags) (rowsWriter, error) {
	switch f.format {
	case formatTable:
		return a.rowsTable(r), nil
	case formatJSON:
		return a.rowsJSONDocument(o, r)
	case formatNDJSON:
		return a.rowsLines(nil, (*parquetio.Table).AppendNDJSON), nil
	}
	opts := parquetio.CSVOptions{GuardFormulas: f.guard}
	return a.rowsLines(r.Schema().AppendCSVHeader(nil, opts), func(t *parquetio.Table, dst []byte, row int) []byte {
		return t.AppendCSV(dst, row, opts)
	}), nil
}

func (a *app) rowsTable(r *rowsFile) rowsWriter {
	var names []string
	var quantity []bool
	for _, c := range r.Schema() {
		names = append(names, c.Name)
		quantity = append(quantity, isQuantity(c.Type))
	}
	p := a.out()
	table := p.Rows(names, quantity)
	return rowsWriter{
		batch: func(s parquetio.Schema, b batchOfRows) error {
			vectors, err := parquetio.Vectors(s, b.RecordBatch)
			if err != nil {
				return err
			}
			for row := range b.rows {
				cells := make([]render.Cell, len(vectors))
				for i, v := range vectors {
					if cells[i] = render.Null(); !v.Null(row) {
						cells[i] = render.Value(v.AppendText(nil, row))
					}
				}
				table.Add(cells)
			}
			return p.Err()
		},
		end: func(shown int64, err error) error {
			table.Flush()
			if err == nil {
				p.Summary(rowsSummary(r, shown)...)
			}
			return errors.Join(err, p.Err())
		},
	}
}

// rowsSummary says what a table leaves out and how to see it.
func rowsSummary(r *rowsFile, shown int64) []string {
	all := render.Plural(r.Rows(), "row")
	var parts []string
	if shown == r.Rows() {
		parts = append(parts, all)
	} else {
		parts = append(parts, render.Count(shown)+" of "+all, "--limit shows more")
	}
	if r.hidden > 0 {
		columns := len(r.Columns())
		parts = append(parts, render.Count(int64(columns-r.hidden))+" of "+render.Plural(int64(columns), "column"), "--columns chooses others")
	}
	return parts
}

func isQuantity(t parquetio.Type) bool {
	switch t.Kind {
	case parquetio.Int8, parquetio.Int16, parquetio.Int32, parquetio.Int64,
		parquetio.Uint8, parquetio.Uint16, parquetio.Uint32, parquetio.Uint64,
		parquetio.Float32, parquetio.Float64, parquetio.Decimal:
		return true
	}
	return false
}

// rowsLines prints a line for each row, exactly to a file or a pipe and escaped
// to a terminal.
func (a *app) rowsLines(head []byte, line func(t *parquetio.Table, dst []byte, row int) []byte) rowsWriter {
	out := bufio.NewWriterSize(a.term.Out, 64<<10)
	write := func(text []byte) error {
		if !a.term.OutIsTerminal {
			_, err := out.Write(text)
			return err
		}
		text = append(bytes.TrimRight(text, "\r\n"), '\n')
		return render.Content(out, string(text))
	}
	headErr := write(head)
	var buf []byte
	return rowsWriter{
		batch: func(s parquetio.Schema, b batchOfRows) error {
			if headErr != nil {
				return headErr
			}
			return eachLine(s, b, func(t *parquetio.Table, row int) error {
				buf = line(t, buf[:0], row)
				return write(buf)
			})
		},
		end: func(_ int64, err error) error { return errors.Join(err, headErr, out.Flush()) },
	}
}

func eachLine(s parquetio.Schema, b batchOfRows, line func(t *parquetio.Table, row int) error) error {
	t, err := parquetio.NewTable(s, b.RecordBatch)
	if err != nil {
		return err
	}
	for row := range b.rows {
		if err := line(t, row); err != nil {
			return err
		}
	}
	return nil
}

// rowsJSONDocument prints rows as elements of the one document. An error on
// the way becomes its last member.
func (a *app) rowsJSONDocument(o *opened, r *rowsFile) (rowsWriter, error) {
	doc := o.rowsDocument(r)
	for _, c := range r.Schema() {
		doc.Columns = append(doc.Columns, rowsColumnJSON{Name: c.Name, Type: c.Type.String(), Nullable: c.Nullable})
	}
	a.answered = true
	list, err := render.NewJSONList(a.term.Out, doc, "rows")
	if err != nil {
		return rowsWriter{}, err
	}
	var buf []byte
	return rowsWriter{
		batch: func(s parquetio.Schema, b batchOfRows) error {
			return eachLine(s, b, func(t *parquetio.Table, row int) error {
				buf = t.AppendNDJSON(buf[:0], row)
				return list.Add(bytes.TrimSuffix(buf, []byte("\n")))
			})
		},
		end: func(_ int64, err error) error {
			if err != nil {
				return errors.Join(err, list.Close(newErrorJSON(err)))
			}
			return list.Close(nil)
		},
	}, nil
}
