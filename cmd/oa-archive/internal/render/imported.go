package render

import (
	"fmt"

	"github.com/oneanalytics/oa-archive/restore"
)

// Imported prints what an import did.
func (p *Printer) Imported(r *restore.Result, store, tenant string) {
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
