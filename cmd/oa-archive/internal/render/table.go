package render

import (
	"iter"
	"slices"
	"strings"
)

// A Column says how a table treats its cells.
type Column struct {
	Min   int  // width of the column at least, unless it has no text
	Keep  bool // Min holds for a column without text too
	Right bool // aligned to the right, for quantities
	// Shrink, when above 0, lets the column become narrower on a narrow
	// terminal, down to this width. Shrinking columns give way together, the
	// widest first.
	Shrink int
	Middle bool // shorten in the middle rather than at the end
	Max    int  // widest that the column may be, even where there is room; 0 means any
}

// A Cell is what stands in one column of one row.
type Cell []Span

// C returns a plain cell.
func C(s string) Cell { return Cell{Text(s)} }

// S returns a cell in a style.
func S(style Style, s string) Cell { return Cell{Styled(style, s)} }

// A Row is a line of a table, with notes that are printed below it, indented
// to the column NoteColumn of the table.
type Row struct {
	Cells []Cell
	Notes []Cell
}

// A Table aligns rows. Columns are separated by two spaces.
type Table struct {
	Columns    []Column
	Indent     int
	NoteColumn int
	Rows       []Row

	// Made, when set, makes the rows in place of Rows: once to measure them,
	// and once more to print them. Tables with a row for each asset of a tenant
	// take no memory for them so.
	Made iter.Seq[Row]
}

// Add appends a row. Cells that are left out are empty.
func (t *Table) Add(cells ...Cell) { t.Rows = append(t.Rows, Row{Cells: cells}) }

// Note adds a line below the last row.
func (t *Table) Note(spans ...Span) {
	last := &t.Rows[len(t.Rows)-1]
	last.Notes = append(last.Notes, spans)
}

const columnGap = 2

// Table prints t.
func (p *Printer) Table(t *Table) { p.rows(t, t.all(), t.widths(p.width)) }

// rows prints rows of t, which has columns of the given widths.
func (p *Printer) rows(t *Table, rows iter.Seq[Row], widths []int) {
	indent := t.Indent
	for _, w := range widths[:min(t.NoteColumn, len(widths))] {
		indent += w + columnGap
	}
	for row := range rows {
		p.Line(t.line(row, widths)...)
		for _, note := range row.Notes {
			p.Line(append([]Span{Text(strings.Repeat(" ", indent))}, note...)...)
		}
	}
}

// all goes through the rows.
func (t *Table) all() iter.Seq[Row] {
	if t.Made != nil {
		return t.Made
	}
	return slices.Values(t.Rows)
}

// line joins a row's cells, cut and padded. Its spans are escaped once more by
// Line, which changes nothing: escaped text is plain.
func (t *Table) line(row Row, widths []int) []Span {
	spans := []Span{Text(strings.Repeat(" ", t.Indent))}
	for i, column := range t.Columns {
		var cell Cell
		if i < len(row.Cells) {
			cell = row.Cells[i]
		}
		if widths[i] == 0 {
			continue
		}
		fitted, used := fit(cell, widths[i], column.Middle)
		gap := Text(strings.Repeat(" ", widths[i]-used))
		if column.Right {
			spans = append(append(spans, gap), fitted...)
		} else {
			spans = append(append(spans, fitted...), gap)
		}
		spans = append(spans, Text(strings.Repeat(" ", columnGap)))
	}
	return spans
}

// fit shortens a cell to width and returns what it takes.
func fit(cell Cell, width int, middle bool) (Cell, int) {
	escaped := Cell(escapeAll(cell))
	total := cellWidth(escaped)
	if total <= width {
		return escaped, total
	}
	if middle && len(escaped) == 1 {
		escaped[0].Text = TruncateMiddle(escaped[0].Text, width)
		return escaped, cellWidth(escaped)
	}
	used := 0
	for i := range escaped {
		w := Width(escaped[i].Text)
		if used+w >= width {
			escaped[i].Text = Truncate(escaped[i].Text+ellipsis, width-used)
			escaped = escaped[:i+1]
			break
		}
		used += w
	}
	return escaped, cellWidth(escaped)
}

func cellWidth(cell Cell) int {
	n := 0
	for _, s := range cell {
		n += Width(s.Text)
	}
	return n
}

// widths returns the columns' widths: what their cells need, less what a
// terminal of the given width (0: any) has no room for. A column without text
// gets 0 and no gap.
func (t *Table) widths(terminal int) []int {
	widths := make([]int, len(t.Columns))
	for row := range t.all() {
		for i, cell := range row.Cells {
			widths[i] = max(widths[i], cellWidth(Cell(escapeAll(cell))))
		}
	}
	for i, c := range t.Columns {
		if widths[i] > 0 || c.Keep {
			widths[i] = max(widths[i], c.Min)
		}
		if c.Max > 0 {
			widths[i] = min(widths[i], c.Max)
		}
	}
	if terminal == 0 {
		return widths
	}
	for excess := t.total(widths) - terminal; excess > 0; excess-- {
		widest := -1
		for i, c := range t.Columns {
			if c.Shrink > 0 && widths[i] > c.Shrink && (widest < 0 || widths[i] > widths[widest]) {
				widest = i
			}
		}
		if widest < 0 {
			break
		}
		widths[widest]--
	}
	return widths
}

func (t *Table) total(widths []int) int {
	n := t.Indent
	for _, w := range widths {
		if w > 0 {
			n += w + columnGap
		}
	}
	return n - columnGap
}
