package render

import (
	"fmt"
	"strings"

	"github.com/oneanalytics/oa-archive/restore"
)

// Imported prints what an import did.
func (p *Printer) Imported(r *restore.Result, plan *restore.Plan, store, tenant string) {
	where := tenant + " in " + store
	switch {
	case r.AlreadyApplied:
		p.Line(Styled(Good, "✓ already imported"), Text(": "+where+" holds the result of this very plan"))
	case r.ImportID == "":
		p.Line(Styled(Good, "✓ nothing to do"), Text(": "+where+" has everything already"))
	default:
		p.Line(Styled(Good, "✓ imported"), Text(" into "+where))
	}
	s := r.Summary
	done := commas(
		plural(s.Create, "created/created"), plural(s.Overwrite, "overwritten/overwritten"), plural(s.Fork, "forked/forked"),
		plural(s.Merge, "merged/merged"), plural(s.Unchanged, "unchanged/unchanged"), plural(s.Skip, "skipped/skipped"))
	if s.Delete > 0 {
		done = commas(done, plural(s.Delete, "deleted/deleted"))
	}
	rows := [][]Span{fact("assets", Text(firstOf(done, "none")))}
	if r.Entries > 0 {
		rows = append(rows, fact("written", Text(fmt.Sprintf("%s, %s, each read back and compared", Plural(int64(r.Entries), "entry/entries"), Bytes(r.Bytes)))))
	}
	if r.ImportID != "" {
		rows = append(rows, fact("import", Text(r.ImportID)))
	}
	rows = append(rows, fact("content now", Text(r.Fingerprint)))
	rows = append(rows, proofRows(r)...)
	p.facts(rows...)
	if r.ImportID != "" && !r.AlreadyApplied {
		p.asleep(r.Asleep, false, "in the output of --json")
		p.aftermath(plan)
	}
}

// aftermath lists what an import has changed on the way, beyond what it has
// put to sleep.
func (p *Printer) aftermath(plan *restore.Plan) {
	const shown = 12
	said := aftermath(plan)
	sentences := gather(len(said), func(i, j int32) int { return strings.Compare(said[i].sentence(plan), said[j].sentence(plan)) })
	if len(sentences) == 0 {
		return
	}
	p.Blank()
	p.Line(Styled(Strong, "Worth knowing"))
	for _, members := range sentences[:min(shown, len(sentences))] {
		var first []string
		n := 0
		for _, i := range members {
			if said[i].step < 0 {
				continue
			}
			if n++; n <= namedAssets {
				s := &plan.Steps[said[i].step]
				first = append(first, fmt.Sprintf("%s %q", s.Kind, firstOf(s.NewName, s.Name, s.ID)))
			}
		}
		p.WrapAfter(Styled(Warn, "  · "), Plain, labelled(said[members[0]].sentence(plan), first, n))
	}
	if n := len(sentences) - shown; n > 0 {
		p.Line(Styled(Faint, fmt.Sprintf("  · %d more (in the output of --json)", n)))
	}
}

// A remark is a warning of a plan, when step is below zero, or a change that a
// step names.
type remark struct{ step, n int32 }

func (r remark) sentence(plan *restore.Plan) string {
	if r.step < 0 {
		return plan.Warnings[r.n]
	}
	return plan.Steps[r.step].Changes[r.n]
}

// aftermath returns the remarks that matter after an import.
func aftermath(plan *restore.Plan) []remark {
	var all []remark
	for i := range plan.Warnings {
		all = append(all, remark{-1, int32(i)})
	}
	for i := range plan.Steps {
		s := &plan.Steps[i]
		if quiet(s) {
			continue
		}
		for n, change := range s.Changes {
			if !saidAsleep(change) {
				all = append(all, remark{int32(i), int32(n)})
			}
		}
	}
	return all
}

// shownDestroyed is how many assets a question about them lists.
const shownDestroyed = 20

// Destroys lists what an import is about to replace and delete, for the
// question whether that is meant.
func (p *Printer) Destroys(steps []*restore.Step) {
	p.destroyed(steps[:min(len(steps), shownDestroyed)], len(steps))
}

// destroyed lists the first of n assets.
func (p *Printer) destroyed(first []*restore.Step, n int) {
	t := &Table{Indent: 2, Columns: []Column{{}, {}, {Shrink: 16}}}
	for _, s := range first {
		look := decisions[s.Decision]
		t.Add(S(look.style, look.symbol+" "+string(s.Decision)), C(string(s.Kind)), C(firstOf(s.Name, s.ID)))
	}
	if more := n - len(first); more > 0 {
		t.Add(S(Faint, "…"), C(""), S(Faint, fmt.Sprintf("%d more", more)))
	}
	p.Table(t)
}
