package render

import "strconv"

// RowsSchema describes a dataset's rows.
type RowsSchema struct {
	ID, Name string
	Path     string
	Size     int64 // bytes of the file
	Rows     int64
	Writer   string // what the file says wrote it
	Manifest string // how the manifest's statistics go with the file
	Columns  []RowsColumn
	Groups   []RowGroup
}

// A RowsColumn is a column of a dataset's rows. What is nil is not known.
type RowsColumn struct {
	Name, Type  string
	Unsupported string // why the column cannot be shown
	Nulls       *int64
	Min, Max    *string
}

// A RowGroup is a part of the rows that is read on its own.
type RowGroup struct {
	Rows int64
	Size int64 // bytes, of the columns listed
}

// shownGroups is how many row groups are listed.
const shownGroups = 20

// RowsSchema prints what rows there are.
func (p *Printer) RowsSchema(s *RowsSchema) {
	name := []Span{Styled(Strong, s.Name), Text(" (" + s.ID + ")")}
	if s.Name == "" {
		name = []Span{Styled(Strong, s.ID)}
	}
	p.facts(
		fact("dataset", name...),
		fact("rows", Text(join(Count(s.Rows), Bytes(s.Size)))),
		fact("path", Text(s.Path)),
		fact("manifest", Text(s.Manifest)),
		fact("written by", Text(shorten([]byte(s.Writer)))),
	)
	p.Blank()
	t := &Table{Indent: 2, Columns: []Column{
		{Shrink: 8, Max: 60}, {Shrink: 12, Max: 60}, {Right: true}, {Shrink: 8, Max: rowsCell}, {Shrink: 8, Max: rowsCell},
	}}
	t.Add(S(Faint, "column"), S(Faint, "type"), S(Faint, "nulls"), S(Faint, "least"), S(Faint, "greatest"))
	for _, c := range s.Columns {
		if c.Unsupported != "" {
			t.Add(C(c.Name), S(Warn, "not supported"))
			t.Note(Styled(Warn, "    "+c.Unsupported))
			continue
		}
		nulls := S(Faint, "?")
		if c.Nulls != nil {
			nulls = C(Count(*c.Nulls))
		}
		t.Add(C(shorten([]byte(c.Name))), S(Accent, c.Type), nulls, bound(c.Min), bound(c.Max))
	}
	p.Table(t)
	p.Blank()
	p.rowGroups(s.Groups)
}

func (p *Printer) rowGroups(groups []RowGroup) {
	t := &Table{Indent: 2, Columns: []Column{{Right: true}, {Right: true}, {Right: true}}}
	t.Add(S(Faint, "row group"), S(Faint, "rows"), S(Faint, "size"))
	for i, g := range groups[:min(len(groups), shownGroups)] {
		t.Add(C(strconv.Itoa(i)), C(Count(g.Rows)), C(Bytes(g.Size)))
	}
	p.Table(t)
	if more := len(groups) - shownGroups; more > 0 {
		p.Line(Styled(Faint, "  … and "+Plural(int64(more), "more row group")+"; --json lists them all"))
	}
}

func bound(text *string) Cell {
	if text == nil {
		return S(Faint, "?")
	}
	return Value([]byte(*text))
}
