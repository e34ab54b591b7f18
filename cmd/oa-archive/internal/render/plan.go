package render

import (
	"fmt"

	"github.com/oneanalytics/oa-archive/manifest"
	"github.com/oneanalytics/oa-archive/restore"
	"github.com/oneanalytics/oa-archive/sign"
)

// A PlanPage is what plan shows.
type PlanPage struct {
	Plan *restore.Plan
	// File, Manifest, Signed and Verdict describe the archive. A saved plan
	// that is shown again has none: Manifest is nil.
	File     string
	Manifest *manifest.Manifest
	Signed   bool
	Verdict  sign.Verdict
	Store    string // as given; empty for a saved plan
	All      bool   // unchanged and skipped assets too, however many
	Next     []string

	// Edits and Entailed say what a person has decided in a saved plan, and
	// what else that changed.
	Edits, Entailed []restore.Change
}

// decisions are how a plan's decisions look.
var decisions = map[restore.Decision]struct {
	symbol string
	style  Style
}{
	restore.Create:    {"+", Good},
	restore.Overwrite: {"~", Warn},
	restore.Fork:      {"»", Accent},
	restore.Merge:     {"±", Accent},
	restore.Unchanged: {"=", Faint},
	restore.Skip:      {"-", Faint},
	restore.Blocked:   {"!", Bad},
	restore.Delete:    {"×", Bad},
	restore.Revert:    {"~", Warn},
}

// Plan prints the page.
func (p *Printer) Plan(page *PlanPage) {
	defer p.inBulk()()
	p.planHeader(page)
	steps := newStepList(page.Plan, page.All)
	p.steps(steps)
	p.amended(page, steps)
	p.unresolved(page.Plan, steps)
	p.access(page.Plan, page.All)
	p.asleep(page.Plan.Asleep, page.All, "--all lists them")
	p.removed(page.Plan, page.All)
	p.planWarnings(page.Plan)
	p.blocked(page.Plan, steps)
	p.planSummary(page.Plan)
	p.next(page.Next)
}

func (p *Printer) planHeader(page *PlanPage) {
	plan := page.Plan
	p.Line(Styled(Strong, "Plan"), Text(" "+plan.ID))
	into := fmt.Sprintf("tenant %s, which has %s", plan.Target.Tenant, Plural(int64(plan.Target.Entries), "entry/entries"))
	if plan.Target.Entries == 0 {
		into = fmt.Sprintf("tenant %s, which is blank", plan.Target.Tenant)
	}
	if page.Store != "" {
		into = page.Store + separator + into
	}
	var rows [][]Span
	if m := page.Manifest; m != nil {
		rows = append(rows,
			fact("from", Text(page.File)),
			fact("tenant", tenantSpans(m.Tenant)...),
			fact("made", Text(join(Time(m.Created), m.Purpose))),
			fact("signature", SignerSpans(page.Signed, page.Verdict)...))
	} else {
		rows = append(rows, fact("from", Text(join("archive "+plan.Archive.ID, "tenant "+plan.Archive.Tenant, plan.Archive.Created))))
	}
	rows = append(rows, fact("into", Text(into)))
	if page.Manifest != nil && page.Signed && page.Verdict.Level == sign.LevelUntrusted {
		rows = append(rows, fact("note", Styled(Warn, "import refuses the archive as long as its signer is not trusted")))
	}
	if !plan.SameTenant {
		rows = append(rows, fact("note", Styled(Warn, "another tenant than the archive's")))
	}
	p.facts(rows...)
}

func (p *Printer) planWarnings(plan *restore.Plan) {
	if len(plan.Warnings) == 0 {
		return
	}
	p.Blank()
	p.Line(Styled(Strong, "Worth knowing"))
	for _, w := range plan.Warnings {
		p.WrapAfter(Styled(Warn, "  · "), Plain, w)
	}
}

// blocked gathers what keeps the plan from being applied.
func (p *Printer) blocked(plan *restore.Plan, l *stepList) {
	n := 0
	for i := range plan.Steps {
		if plan.Steps[i].Decision == restore.Blocked {
			n++
		}
	}
	if n == 0 {
		return
	}
	p.Blank()
	p.Line(Styled(Bad, "Blocked"), Styled(Faint, ": "+Plural(int64(n), "asset")+" cannot be imported as asked"))
	for i := range plan.Steps {
		s := &plan.Steps[i]
		if s.Decision != restore.Blocked {
			continue
		}
		p.Line(Text("  "), Styled(Bad, "! "), Text(string(s.Kind)+" "), Styled(Strong, firstOf(s.Name, s.ID)), Styled(Faint, separator+l.ids.short(s.ID)))
		shown, more := few(s.Blocked, l.all)
		for _, why := range shown {
			p.WrapAfter(Text("    - "), Plain, why)
		}
		if more > 0 {
			p.WrapAfter(Text("    - "), Faint, fmt.Sprintf("%s (--all lists them)", Plural(int64(more), "more reason")))
		}
	}
}

func (p *Printer) planSummary(plan *restore.Plan) {
	p.Blank()
	spans := []Span{}
	for _, c := range []struct {
		n  int
		d  restore.Decision
		to string
	}{
		{plan.Summary.Create, restore.Create, "to create"},
		{plan.Summary.Overwrite, restore.Overwrite, "to overwrite"},
		{plan.Summary.Delete, restore.Delete, "to delete"},
		{plan.Summary.Fork, restore.Fork, "to fork"},
		{plan.Summary.Merge, restore.Merge, "to merge"},
		{plan.Summary.Unchanged, restore.Unchanged, "unchanged"},
		{plan.Summary.Skip, restore.Skip, "skipped"},
		{plan.Summary.Blocked, restore.Blocked, "blocked"},
	} {
		if c.n == 0 {
			continue
		}
		if len(spans) > 0 {
			spans = append(spans, Text(", "))
		}
		spans = append(spans, Styled(decisions[c.d].style, Count(int64(c.n))+" "+c.to))
	}
	if len(spans) == 0 {
		spans = append(spans, Text("nothing to do"))
	}
	if plan.Summary.Entries > 0 {
		spans = append(spans, Text(fmt.Sprintf(": %s, %s to write", Plural(int64(plan.Summary.Entries), "entry/entries"), Bytes(plan.Summary.Bytes))))
	}
	p.Line(spans...)
}
