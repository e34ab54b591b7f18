package render

import (
	"bufio"
	"io"
	"strings"
)

// A Span is a piece of a line in one style. Its text may hold anything; it is
// escaped when it is printed.
type Span struct {
	Text  string
	Style Style
}

// Text returns a plain span.
func Text(s string) Span { return Span{Text: s} }

// Styled returns a span in a style.
func Styled(style Style, s string) Span { return Span{Text: s, Style: style} }

// A Printer writes lines to a terminal or a file. After the first error it
// writes nothing; Err returns that error.
type Printer struct {
	w     io.Writer
	width int
	color bool
	err   error
}

// NewPrinter returns a Printer. Lines are cut to width columns unless that is 0.
func NewPrinter(w io.Writer, width int, color bool) *Printer {
	return &Printer{w: w, width: width, color: color}
}

// Err returns the first error of a write.
func (p *Printer) Err() error { return p.err }

// inBulk has what is printed from now on leave in large pieces, until the
// function that it returns is called.
func (p *Printer) inBulk() (end func()) {
	w, bulk := p.w, bufio.NewWriterSize(p.w, 64<<10)
	p.w = bulk
	return func() {
		p.w = w
		if p.err == nil {
			p.err = bulk.Flush()
		}
	}
}

// Verbatim prints one line, however long.
func (p *Printer) Verbatim(spans ...Span) {
	width := p.width
	p.width = 0
	p.Line(spans...)
	p.width = width
}

// Line prints one line. What exceeds the width is cut off with an ellipsis.
func (p *Printer) Line(spans ...Span) {
	room := p.width
	var b strings.Builder
	for i, s := range trimRight(escapeAll(spans)) {
		if p.width > 0 {
			w := Width(s.Text)
			if w > room || (w == room && i < len(spans)-1 && hasText(spans[i+1:])) {
				s.Text = Truncate(s.Text+ellipsis, room)
				b.WriteString(s.Style.apply(s.Text, p.color))
				break
			}
			room -= w
		}
		b.WriteString(s.Style.apply(s.Text, p.color))
	}
	p.write(b.String() + "\n")
}

// Blank prints an empty line.
func (p *Printer) Blank() { p.write("\n") }

// Wrap prints text in as many lines as it takes, each after indent spaces.
func (p *Printer) Wrap(indent int, style Style, text string) {
	p.WrapAfter(Text(strings.Repeat(" ", indent)), style, text)
}

// WrapAfter prints text after a first span; further lines are indented by that
// span's width. Words longer than a line stay whole.
func (p *Printer) WrapAfter(first Span, style Style, text string) {
	indent := strings.Repeat(" ", Width(Escape(first.Text)))
	limit := 0
	if p.width > 0 {
		limit = max(p.width-len(indent), 20)
	}
	for i, line := range wrap(Escape(text), limit) {
		lead := first
		if i > 0 {
			lead = Text(indent)
		}
		p.write(lead.Style.apply(Escape(lead.Text), p.color) + style.apply(line, p.color) + "\n")
	}
}

func (p *Printer) write(s string) {
	if p.err == nil {
		_, p.err = io.WriteString(p.w, s)
	}
}

// wrap breaks text at spaces into lines of at most limit columns; 0 means one
// line.
func wrap(text string, limit int) []string {
	if limit == 0 || Width(text) <= limit {
		return []string{text}
	}
	var lines []string
	line := ""
	for word := range strings.SplitSeq(text, " ") {
		switch {
		case line == "":
			line = word
		case Width(line)+1+Width(word) <= limit:
			line += " " + word
		default:
			lines, line = append(lines, line), word
		}
	}
	return append(lines, line)
}

func escapeAll(spans []Span) []Span {
	escaped := make([]Span, len(spans))
	for i, s := range spans {
		escaped[i] = Span{Text: Escape(s.Text), Style: s.Style}
	}
	return escaped
}

// trimRight drops the space at the end of a line.
func trimRight(spans []Span) []Span {
	for i := len(spans) - 1; i >= 0; i-- {
		spans[i].Text = strings.TrimRight(spans[i].Text, " ")
		if spans[i].Text != "" {
			return spans[:i+1]
		}
	}
	return nil
}

func hasText(spans []Span) bool {
	for _, s := range spans {
		if strings.TrimSpace(s.Text) != "" {
			return true
		}
	}
	return false
}
