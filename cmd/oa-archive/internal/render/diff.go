package render

import (
	"fmt"

	"github.com/oneanalytics/oa-archive/diff"
)

// statuses are how a comparison's results look.
var statuses = map[diff.Status]struct {
	symbol string
	style  Style
}{
	diff.Added:     {"+", Good},
	diff.Removed:   {"-", Bad},
	diff.Changed:   {"~", Warn},
	diff.Unchanged: {"=", Faint},
}

// fieldStyles are how changes of fields look.
var fieldStyles = map[diff.Op]Style{
	diff.FieldAdded: Good, diff.FieldRemoved: Bad, diff.FieldChanged: Warn, diff.FieldReordered: Faint,
}

// notes say why an entry that differs has no fields.
var notes = map[string]string{
	diff.NoteFormatting: "the same values, written in another way",
	diff.NoteRecords:    "only records of its datasets or files",
	diff.NoteValues:     "as many rows of the same columns, with other values",
	diff.NoteUnread:     "not looked into: it is too large, or not readable as what it should be",
}

// Diff prints a comparison of what oldName and newName call.
func (p *Printer) Diff(r *diff.Result, oldName, newName string) {
	side := func(name string, s diff.Side) string {
		return join(name, s.Tenant.ID, Plural(int64(s.Entries), "entry/entries"), Bytes(s.Bytes))
	}
	p.facts(
		fact("-", Text(side(oldName, r.Old))),
		fact("+", Text(side(newName, r.New))),
	)
	workspace := ""
	t := p.newDiffTable()
	flush := func() { p.Table(t); t = p.newDiffTable() }
	for i := range r.Changes {
		c := &r.Changes[i]
		if i == 0 || c.Workspace != workspace {
			flush()
			p.Blank()
			workspace = c.Workspace
			title := "Workspace " + workspace
			if workspace == "" {
				title = "Beside the workspaces"
			}
			p.Line(Styled(Strong, title))
		}
		addChange(t, c)
	}
	flush()
	p.Blank()
	if r.Same() {
		p.Line(Styled(Good, "✓ the same content"), Text(": "+r.New.ContentHash))
		return
	}
	n := r.Counts
	p.Line(Text(fmt.Sprintf("%d added, %d removed, %d changed, %d unchanged", n.Added, n.Removed, n.Changed, n.Unchanged)))
}

func (p *Printer) newDiffTable() *Table {
	return &Table{Indent: 2, NoteColumn: 1, Columns: []Column{{}, {}, {Shrink: 16}, {}, {Right: true}, {Shrink: 14}}}
}

func addChange(t *Table, c *diff.Change) {
	look := statuses[c.Status]
	name := Cell{Text(firstOf(c.Name, c.ID, c.Kind))}
	if c.OldName != "" && c.OldName != c.Name {
		name = Cell{Text(c.OldName), Styled(Faint, " → "), Text(c.Name)}
	}
	var before, after int64
	for _, e := range c.Entries {
		before, after = before+e.OldSize, after+e.NewSize
	}
	size := Bytes(after)
	about := ""
	switch {
	case c.Status == diff.Removed:
		size = Bytes(before)
	case c.Status == diff.Changed && before != after:
		about = fmt.Sprintf("%+d bytes", after-before)
	}
	if c.Status == diff.Changed && c.Record {
		about = join(about, "its record")
		if len(c.Entries) == 0 {
			size = ""
		}
	}
	id := ""
	if len(c.ID) >= 8 {
		id = c.ID[:8]
	}
	t.Add(
		Cell{Styled(look.style, look.symbol+" "+string(c.Status))},
		C(c.Kind), name, S(Faint, id), C(size), S(Faint, about))
	for _, f := range c.Fields {
		t.Note(Styled(fieldStyles[f.Op], "  · "), Text(f.Sentence()))
	}
	if c.MoreFields > 0 {
		t.Note(Styled(Faint, fmt.Sprintf("  … and %s; --fields shows more", Plural(int64(c.MoreFields), "more change"))))
	}
	for _, e := range c.Entries {
		if words := notes[e.Note]; words != "" {
			t.Note(Styled(Faint, "  · "+words))
		}
	}
}
