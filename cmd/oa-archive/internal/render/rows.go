package render

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"unicode/utf8"
)

// Rows prints the rows of a dataset as they come, in memory that does not
// depend on their number: the first ones decide how wide the columns are.
type Rows struct {
	p     *Printer
	table Table
	head  Row
	fixed bool
}

// Bounds of a table of rows.
const (
	rowsBlock    = 1000 // rows that decide about the widths, and are held at once
	rowsCell     = 40   // columns that a cell takes at most
	rowsNarrow   = 8    // and to which it may shrink
	rowsCellText = 1024 // bytes of a value that are looked at
)

// FittingColumns is how many columns of rows a terminal of the given width has
// room for; width 0 has room for any number and gives 0.
func FittingColumns(width int) int { return (width + columnGap) / (rowsNarrow + columnGap) }

// Rows begins a table with a heading. Columns of quantities are aligned to the
// right.
func (p *Printer) Rows(names []string, quantity []bool) *Rows {
	r := &Rows{p: p}
	for i, name := range names {
		r.table.Columns = append(r.table.Columns, Column{Right: quantity[i], Shrink: rowsNarrow, Max: rowsCell})
		r.head.Cells = append(r.head.Cells, S(Strong, shorten([]byte(name))))
	}
	r.table.Rows = append(r.table.Rows, r.head)
	return r
}

// Value returns the cell for a value's text.
func Value(text []byte) Cell { return C(shorten(text)) }

// Null returns the cell for the absence of a value.
func Null() Cell { return S(Faint, "(null)") }

// Add appends a row.
func (r *Rows) Add(cells []Cell) {
	r.table.Rows = append(r.table.Rows, Row{Cells: cells})
	if len(r.table.Rows) >= rowsBlock {
		r.Flush()
	}
}

// Flush prints the rows that were added so far.
func (r *Rows) Flush() {
	if !r.fixed {
		for i, w := range r.table.widths(r.p.width) {
			c := &r.table.Columns[i]
			c.Min, c.Max, c.Keep, c.Shrink = w, w, true, 0
		}
		r.fixed = true
	}
	r.p.Table(&r.table)
	r.table.Rows = r.table.Rows[:0]
}

// shorten cuts a text that is far too long for a cell.
func shorten(text []byte) string {
	if len(text) <= rowsCellText {
		return string(text)
	}
	n := rowsCellText
	for n > 0 && !utf8.RuneStart(text[n]) {
		n--
	}
	return string(text[:n]) + ellipsis
}

// Summary says below a table what it leaves out.
func (p *Printer) Summary(parts ...string) { p.Line(Styled(Faint, join(parts...))) }

// A JSONList writes one JSON document whose last member is a list, of which
// the elements come one by one.
type JSONList struct {
	w     *bufio.Writer
	comma bool
}

// NewJSONList writes head, a struct with at least one member, and begins the
// list.
func NewJSONList(w io.Writer, head any, member string) (*JSONList, error) {
	var b bytes.Buffer
	if err := JSON(&b, head); err != nil {
		return nil, err
	}
	l := &JSONList{w: bufio.NewWriterSize(w, 64<<10)}
	l.w.Write(bytes.TrimSuffix(b.Bytes(), []byte("\n}\n")))
	l.w.WriteString(",\n  \"" + member + "\": [")
	return l, nil
}

// Add appends an element, which is JSON on one line.
func (l *JSONList) Add(element []byte) error {
	if l.comma {
		l.w.WriteByte(',')
	}
	l.comma = true
	l.w.WriteString("\n    ")
	_, err := l.w.Write(escapeJSON(element))
	return err
}

// Close ends the list and the document, with a member "error" unless that is
// nil.
func (l *JSONList) Close(failure any) error {
	if l.comma {
		l.w.WriteString("\n  ")
	}
	l.w.WriteByte(']')
	if failure != nil {
		text, err := json.MarshalIndent(failure, "  ", "  ")
		if err != nil {
			return err
		}
		l.w.WriteString(",\n  \"error\": ")
		l.w.Write(escapeJSON(text))
	}
	l.w.WriteString("\n}\n")
	return l.w.Flush()
}
