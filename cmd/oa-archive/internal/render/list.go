package render

import "io"

// List prints entries, one a line: the path alone, or with what is known.
func (p *Printer) List(entries []Entry, long bool) {
	if !long {
		for _, e := range entries {
			p.write(Escape(e.Path) + "\n")
		}
		return
	}
	t := &Table{Columns: []Column{{}, {Right: true}, {Right: true}, {Shrink: 12}, {Shrink: 40, Middle: true}}}
	var size, stored int64
	for _, e := range entries {
		compressed := "?"
		if e.CompressedSize != nil {
			compressed = Bytes(*e.CompressedSize)
			stored += *e.CompressedSize
		}
		size += e.Size
		t.Add(S(Faint, e.Kind), C(Bytes(e.Size)), S(Faint, compressed), S(Faint, e.SHA256), C(e.Path))
	}
	p.Table(t)
	p.Line(Styled(Faint, join(Plural(int64(len(entries)), "entry/entries"), Bytes(size), Bytes(stored)+" in the file")))
}

// Content copies a text for a terminal: like [EscapeLines], so that content
// cannot drive the terminal either.
func Content(w io.Writer, text string) error {
	_, err := io.WriteString(w, EscapeLines(text))
	return err
}
