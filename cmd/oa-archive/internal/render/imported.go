package render

import (
	"fmt"
	"slices"

	"github.com/oneanalytics/oa-archive/restore"
)

// Imported prints what an import did.
func (p *Printer) Imported(r *restore.Result, plan *restore.Plan, store, tenant string) {
	where := tenant + " in " + store
	switch {
	case r.AlreadyApplied:
		p.Line(Styled(Good, "✓ already imported"), Text(": "+where+" holds the result of this very plan"))
	case r.Entries == 0:
		p.Line(Styled(Good, "✓ nothing to do"), Text(": "+where+" has everything already"))
	default:
		p.Line(Styled(Good, "✓ imported"), Text(" into "+where))
	}
	s := r.Summary
	done := commas(
		plural(s.Create, "created/created"), plural(s.Overwrite, "overwritten/overwritten"), plural(s.Fork, "forked/forked"),
		plural(s.Merge, "merged/merged"), plural(s.Unchanged, "unchanged/unchanged"), plural(s.Skip, "skipped/skipped"))
	rows := [][]Span{fact("assets", Text(firstOf(done, "none")))}
	if r.Entries > 0 {
		rows = append(rows, fact("written", Text(fmt.Sprintf("%s, %s, each read back and compared", Plural(int64(r.Entries), "entry/entries"), Bytes(r.Bytes)))))
	}
	if r.ImportID != "" {
		rows = append(rows, fact("import", Text(r.ImportID)))
	}
	rows = append(rows, fact("content now", Text(r.Fingerprint)))
	p.facts(rows...)
	if r.Entries > 0 {
		p.aftermath(plan)
	}
}

// aftermath lists what an import has changed on the way, most of which is for
// somebody to act on: secrets to enter, links that are closed, alerts to start.
func (p *Printer) aftermath(plan *restore.Plan) {
	const shown = 12
	var lines []string
	add := func(sentences []string) {
		for _, s := range sentences {
			if !slices.Contains(lines, s) {
				lines = append(lines, s)
			}
		}
	}
	add(plan.Warnings)
	for i := range plan.Steps {
		if s := &plan.Steps[i]; !quiet(s) {
			add(s.Changes)
		}
	}
	if len(lines) == 0 {
		return
	}
	p.Blank()
	p.Line(Styled(Strong, "Worth knowing"))
	for _, line := range lines[:min(shown, len(lines))] {
		p.WrapAfter(Styled(Warn, "  · "), Plain, line)
	}
	if n := len(lines) - shown; n > 0 {
		p.Line(Styled(Faint, fmt.Sprintf("  · %d more (in the output of --json)", n)))
	}
}

// Overwrites lists what an import is about to replace, for the question
// whether that is meant.
func (p *Printer) Overwrites(steps []restore.Step) {
	const shown = 20
	t := &Table{Indent: 2, Columns: []Column{{}, {}, {Shrink: 16}}}
	for i, s := range steps {
		if i == shown {
			t.Add(S(Faint, "…"), C(""), S(Faint, fmt.Sprintf("%d more", len(steps)-shown)))
			break
		}
		t.Add(S(Warn, "~ overwrite"), C(string(s.Kind)), C(firstOf(s.Name, s.ID)))
	}
	p.Table(t)
}
