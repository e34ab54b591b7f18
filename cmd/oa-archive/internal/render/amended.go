package render

import (
	"fmt"

	"github.com/oneanalytics/oa-archive/restore"
)

// amended lists what a person has decided in a plan, and what comes of that.
func (p *Printer) amended(page *PlanPage, l *stepList) {
	p.planChanges("Edited", page.Edits, l)
	p.planChanges("Because of that", page.Entailed, l)
}

func (p *Printer) planChanges(title string, changes []restore.Change, l *stepList) {
	if len(changes) == 0 {
		return
	}
	p.Blank()
	p.Line(Styled(Strong, title))
	for i := range changes {
		c := &changes[i]
		is := decisions[c.Is]
		to := string(c.Is)
		if c.NewName != "" {
			to += fmt.Sprintf(" as %q", c.NewName)
		}
		p.Line(Text("  "), Styled(is.style, is.symbol+" "), Text(string(c.Kind)+" "), Styled(Strong, firstOf(c.Name, c.ID)),
			Styled(Faint, separator+l.ids.short(c.ID)+": "+string(c.Was)+" → "), Styled(is.style, to))
		shown, more := few(c.Why, l.all)
		for _, why := range shown {
			p.WrapAfter(Text("    - "), Plain, why)
		}
		if more > 0 {
			p.WrapAfter(Text("    - "), Faint, fmt.Sprintf("%s (--all lists them)", Plural(int64(more), "more reason")))
		}
	}
}

// removed lists what a clone has and the archive no longer has.
func (p *Printer) removed(plan *restore.Plan, all bool) {
	const limit = 20
	if len(plan.Removed) == 0 {
		return
	}
	p.Blank()
	p.Line(Styled(Strong, "No longer in the archive"), Styled(Faint, ": "+Plural(int64(len(plan.Removed)), "asset/assets")+" of the clone; they stay"))
	for i, r := range plan.Removed {
		if i == limit && !all {
			p.WrapAfter(Text("  · "), Faint, fmt.Sprintf("%d more (--all lists them)", len(plan.Removed)-i))
			break
		}
		p.Line(Text("  · "), Text(string(r.Kind)+" "), Styled(Strong, firstOf(r.Name, r.ID)), Styled(Faint, separator+r.ID))
	}
}
