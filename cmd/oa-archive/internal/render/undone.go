package render

import (
	"fmt"
	"time"

	"github.com/oneanalytics/oa-archive/access"
	"github.com/oneanalytics/oa-archive/restore"
	"github.com/oneanalytics/oa-archive/tenant"
)

// proofRows says what an import proved, and where its insurance is.
func proofRows(r *restore.Result) [][]Span {
	var rows [][]Span
	if p := r.Proof; p != nil && p.Equal && r.ImportID != "" {
		text := fmt.Sprintf("%s, %s: as the plan says", Plural(int64(p.Entries), "entry/entries"), Bytes(p.Bytes))
		if p.SameAsArchive {
			text += ", and what the archive holds"
		}
		rows = append(rows, fact("compared", Text(text)))
		if p.ChangedSince != "" {
			rows = append(rows, fact("note", Styled(Warn, "changed since by import "+p.ChangedSince)))
		}
	}
	if in := r.Insurance; in != nil {
		rows = append(rows, fact("insurance", Text(fmt.Sprintf("%s (%s, %s)", in.Location, Plural(int64(in.Entries), "entry/entries"), Bytes(in.Bytes)))))
	}
	return rows
}

// WayBack prints the command that undoes an import, if it was insured.
func (p *Printer) WayBack(r *restore.Result, command string) {
	if r.Insurance == nil {
		return
	}
	p.Blank()
	p.Line(Styled(Strong, "To take it back"))
	p.Verbatim(Text("  "), Styled(Accent, command))
}

// Undo prints an undo plan.
func (p *Printer) Undo(plan *restore.UndoPlan, store string, next []string) {
	defer p.inBulk()()
	p.Line(Styled(Strong, "Undo"), Text(" of import "+plan.Import.ID))
	p.facts(
		fact("happened", Text(join(plan.Import.At, plan.Import.Summary))),
		fact("insurance", Text(join("archive "+plan.Insurance.ID, plan.Insurance.Created))),
		fact("in", Text(join(store, "tenant "+plan.Target.Tenant))))
	if len(plan.Steps) > 0 {
		p.Blank()
		p.Table(undoTable(plan))
	}
	for i := range plan.Steps {
		s := &plan.Steps[i]
		if s.Decision != restore.Blocked {
			continue
		}
		p.Blank()
		p.Line(Styled(Bad, "! "), Text(string(s.Kind)+" "), Styled(Strong, firstOf(s.Name, s.ID)))
		for _, why := range s.Blocked {
			p.WrapAfter(Text("    - "), Plain, why)
		}
	}
	p.changesOfAccess(plan.Access, true, func(*access.Change) (string, bool) { return "", false })
	if len(plan.Warnings) > 0 {
		p.Blank()
		p.Line(Styled(Strong, "Worth knowing"))
		for _, w := range plan.Warnings {
			p.WrapAfter(Styled(Warn, "  · "), Plain, w)
		}
	}
	p.Blank()
	text := plan.Summary.String()
	if plan.Writes() {
		text += fmt.Sprintf(": %s, %s to write, %d to delete", Plural(int64(plan.Summary.Entries), "entry/entries"), Bytes(plan.Summary.Bytes), plan.Summary.Deleted)
	}
	p.Line(Text(text))
	p.next(next)
}

func undoTable(plan *restore.UndoPlan) *Table {
	t := &Table{Indent: 2, Columns: []Column{{Min: 11}, {Min: 7}, {Shrink: 16}, {Shrink: 20}}}
	t.Made = func(yield func(Row) bool) {
		for i := range plan.Steps {
			s := &plan.Steps[i]
			look := decisions[s.Decision]
			cells := []Cell{S(look.style, look.symbol+" "+string(s.Decision)), C(string(s.Kind)), C(firstOf(s.Name, s.ID)), S(Faint, s.Reason)}
			if !yield(Row{Cells: cells}) {
				return
			}
		}
	}
	return t
}

// Undoes lists what an undo is about to replace and delete, for the question
// whether that is meant.
func (p *Printer) Undoes(plan *restore.UndoPlan) {
	var first []*restore.Step
	n := 0
	for i := range plan.Steps {
		s := &plan.Steps[i]
		if s.Decision != restore.Revert && s.Decision != restore.Delete {
			continue
		}
		if n++; n <= shownDestroyed {
			first = append(first, &restore.Step{Kind: s.Kind, ID: s.ID, Name: s.Name, Decision: s.Decision})
		}
	}
	p.destroyed(first, n)
}

// Undone prints what an undo did.
func (p *Printer) Undone(r *restore.Result, plan *restore.UndoPlan, store, tenant string) {
	where := tenant + " in " + store
	switch {
	case r.AlreadyApplied:
		p.Line(Styled(Good, "✓ already undone"), Text(": "+where+" holds the result of this very plan"))
	case r.ImportID == "":
		p.Line(Styled(Good, "✓ nothing to do"), Text(": "+where+" is as it was before"))
	default:
		p.Line(Styled(Good, "✓ undone"), Text(": import "+plan.Import.ID+" into "+where))
	}
	rows := [][]Span{fact("assets", Text(plan.Summary.String()))}
	if r.ImportID != "" {
		rows = append(rows, fact("import", Text(r.ImportID)))
	}
	rows = append(rows, fact("content now", Text(r.Fingerprint)))
	p.facts(append(rows, proofRows(r)...)...)
}

// Imports lists a target's journal, which is given newest first.
func (p *Printer) Imports(imports []tenant.ImportRecord, now time.Time) {
	undone := map[string]string{} // import → what has undone it
	for _, r := range imports {
		if undone[r.ID] == "" && r.Undoes != "" {
			undone[r.Undoes] = r.ID
		}
	}
	for i, r := range imports {
		if i > 0 {
			p.Blank()
		}
		p.Line(Styled(Strong, r.ID))
		rows := [][]Span{fact("at", Text(join(Time(r.At), Ago(r.At, now))))}
		for _, f := range []struct{ label, text string }{{"did", r.Summary}, {"archive", r.Archive}, {"insurance", firstOf(r.Insurance, "none: it cannot be undone")}} {
			if f.text != "" {
				rows = append(rows, fact(f.label, Text(f.text)))
			}
		}
		if by := undone[r.ID]; by != "" {
			rows = append(rows, fact("undone", Text("by "+by)))
		}
		p.facts(rows...)
	}
	if len(imports) == 0 {
		p.Line(Styled(Faint, "no imports"))
	}
}

// Aborted prints what an import that died had left.
func (p *Printer) Aborted(found *restore.Aborted, tenant string) {
	if *found == (restore.Aborted{}) {
		p.Line(Styled(Good, "✓ nothing to abort"), Text(": no import into "+tenant+" has left anything"))
		return
	}
	p.Line(Styled(Good, "✓ cleaned up"), Text(" what an import into "+tenant+" had left"))
	var rows [][]Span
	if found.Finished != "" {
		rows = append(rows, fact("finished", Text("import "+found.Finished+", which had been committed")))
	}
	if found.Staged > 0 {
		rows = append(rows, fact("removed", Text(fmt.Sprintf("%s staged, %s; nothing of that import took effect", Plural(int64(found.Staged), "file"), Bytes(found.StagedBytes)))))
	}
	if found.Insurance > 0 {
		rows = append(rows, fact("removed", Text(Plural(int64(found.Insurance), "incomplete insurance archive"))))
	}
	p.facts(rows...)
}
