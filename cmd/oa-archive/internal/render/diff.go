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
	defer p.inBulk()()
	side := func(name string, s diff.Side) string {
		return join(name, s.Tenant.ID, Plural(int64(s.Entries), "entry/entries"), Bytes(s.Bytes))
	}
	p.facts(
		fact("-", Text(side(oldName, r.Old))),
		fact("+", Text(side(newName, r.New))),
	)
	for changes := r.Changes; len(changes) > 0; {
		workspace, n := changes[0].Workspace, 1
		for n < len(changes) && changes[n].Workspace == workspace {
			n++
		}
		title := "Workspace " + workspace
		if workspace == "" {
			title = "Beside the workspaces"
		}
		p.Blank()
		p.Line(Styled(Strong, title))
		p.Table(changeTable(changes[:n]))
		changes = changes[n:]
	}
	p.Blank()
	if r.Same() {
		p.Line(Styled(Good, "✓ the same content"), Text(": "+r.New.ContentHash))
		return
	}
	n := r.Counts
	p.Line(Text(fmt.Sprintf("%d added, %d removed, %d changed, %d unchanged", n.Added, n.Removed, n.Changed, n.Unchanged)))
}

func changeTable(changes []diff.Change) *Table {
	t := &Table{Indent: 2, NoteColumn: 1, Columns: []Column{{}, {}, {Shrink: 16}, {}, {Right: true}, {Shrink: 14}}}
	t.Made = func(yield func(Row) bool) {
		for i := range changes {
			if !yield(Row{Cells: changeCells(&changes[i]), Notes: changeNotes(&changes[i])}) {
				return
			}
		}
	}
	return t
}

func changeCells(c *diff.Change) []Cell {
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
	return []Cell{
		{Styled(look.style, look.symbol+" "+string(c.Status))},
		C(c.Kind), name, S(Faint, id), C(size), S(Faint, about),
	}
}

// changeNotes say what differs.
func changeNotes(c *diff.Change) []Cell {
	var lines []Cell
	for _, f := range c.Fields {
		lines = append(lines, Cell{Styled(fieldStyles[f.Op], "  · "), Text(f.Sentence())})
	}
	if c.MoreFields > 0 {
		lines = append(lines, S(Faint, fmt.Sprintf("  … and %s; --fields shows more", Plural(int64(c.MoreFields), "more change"))))
	}
	for _, e := range c.Entries {
		if words := notes[e.Note]; words != "" {
			lines = append(lines, S(Faint, "  · "+words))
		}
	}
	return lines
}
