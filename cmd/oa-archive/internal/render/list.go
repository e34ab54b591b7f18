package render

import (
	"io"
	"iter"
)

// List prints entries, one a line: the path alone, or with what is known. It
// goes through them more than once.
func (p *Printer) List(entries iter.Seq[Entry], long bool) {
	defer p.inBulk()()
	if !long {
		for e := range entries {
			p.write(Escape(e.Path) + "\n")
		}
		return
	}
	t := &Table{Columns: []Column{{}, {Right: true}, {Right: true}, {Shrink: 12}, {Shrink: 40, Middle: true}}}
	t.Made = func(yield func(Row) bool) {
		for e := range entries {
			compressed := "?"
			if e.CompressedSize != nil {
				compressed = Bytes(*e.CompressedSize)
			}
			if !yield(Row{Cells: []Cell{S(Faint, e.Kind), C(Bytes(e.Size)), S(Faint, compressed), S(Faint, e.SHA256), C(e.Path)}}) {
				return
			}
		}
	}
	p.Table(t)
	var n, size, stored int64
	for e := range entries {
		n++
		size += e.Size
		if e.CompressedSize != nil {
			stored += *e.CompressedSize
		}
	}
	p.Line(Styled(Faint, join(Plural(n, "entry/entries"), Bytes(size), Bytes(stored)+" in the file")))
}

// Content copies a text for a terminal: like [EscapeLines], so that content
// cannot drive the terminal either.
func Content(w io.Writer, text string) error {
	_, err := io.WriteString(w, EscapeLines(text))
	return err
}
