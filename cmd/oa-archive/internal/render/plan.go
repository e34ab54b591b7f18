package render

import (
	"fmt"
	"slices"
	"strings"

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
}

// Plan prints the page.
func (p *Printer) Plan(page *PlanPage) {
	p.planHeader(page)
	steps := newStepList(page.Plan, page.All)
	for _, g := range steps.groups {
		p.Blank()
		p.stepGroup(steps, g)
	}
	p.unresolved(page.Plan, steps)
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
	if !plan.SameTenant {
		rows = append(rows, fact("note", Styled(Warn, "another tenant than the archive's")))
	}
	p.facts(rows...)
}

// stepList is a plan's steps by workspace, with what is needed to name them.
type stepList struct {
	all    bool
	groups []*stepGroup
	byID   map[string]*restore.Step
	short  map[string]string
}

type stepGroup struct {
	workspace *restore.Step // nil for what belongs to none
	title     string
	steps     []*restore.Step
}

func newStepList(plan *restore.Plan, all bool) *stepList {
	l := &stepList{all: all, byID: map[string]*restore.Step{}, short: map[string]string{}}
	groups := map[string]*stepGroup{}
	var ids []string
	for i := range plan.Steps {
		s := &plan.Steps[i]
		l.byID[s.ID] = s
		ids = append(ids, s.ID)
		g := groups[s.Workspace]
		if g == nil {
			g = &stepGroup{title: "Workspace " + s.Workspace}
			if s.Workspace == "" {
				g.title = "Beside the workspaces"
			}
			groups[s.Workspace] = g
			l.groups = append(l.groups, g)
		}
		if s.Kind == restore.Workspace {
			g.workspace, g.title = s, "Workspace "+firstOf(s.Name, "without a name")
			continue
		}
		g.steps = append(g.steps, s)
	}
	slices.Sort(ids)
	for i, id := range ids {
		n := 8
		for _, j := range []int{i - 1, i + 1} {
			if j >= 0 && j < len(ids) && ids[j] != id {
				n = max(n, commonPrefix(id, ids[j])+1)
			}
		}
		l.short[id] = id[:min(n, len(id))]
	}
	return l
}

// fewQuiet is how many steps that do nothing a group lists before it only
// counts them.
const fewQuiet = 3

func quiet(s *restore.Step) bool {
	return s.Decision == restore.Unchanged || s.Decision == restore.Skip
}

func (p *Printer) stepGroup(l *stepList, g *stepGroup) {
	if w := g.workspace; w != nil {
		look := decisions[w.Decision]
		p.Line(Styled(Strong, g.title), Styled(Faint, separator+l.short[w.ID]+separator),
			Styled(look.style, look.symbol+" "+string(w.Decision)), Styled(Faint, whyNot("", w)))
		p.changes(w, 2)
	} else {
		p.Line(Styled(Strong, g.title))
	}
	quietCount := map[restore.Decision]int{}
	for _, s := range g.steps {
		if quiet(s) {
			quietCount[s.Decision]++
		}
	}
	rows := &Table{Indent: 2, Columns: []Column{{}, {}, {Shrink: 16}, {}, {Right: true}, {Shrink: 14}}}
	var shown []*restore.Step
	for _, s := range g.steps {
		if quiet(s) && !l.all && quietCount[s.Decision] > fewQuiet {
			continue
		}
		shown = append(shown, s)
		rows.Rows = append(rows.Rows, l.row(s))
	}
	lines := p.render(rows)
	for i, s := range shown {
		p.write(lines[i])
		p.changes(s, 15)
	}
	for _, d := range []restore.Decision{restore.Unchanged, restore.Skip} {
		if n := quietCount[d]; n > fewQuiet && !l.all {
			p.Line(Styled(Faint, fmt.Sprintf("  %s %-10s %s (--all lists them)", decisions[d].symbol, d, Plural(int64(n), "asset"))))
		}
	}
}

func (l *stepList) row(s *restore.Step) Row {
	look := decisions[s.Decision]
	name := Cell{Text(firstOf(s.Name, s.ID))}
	if s.NewName != "" && s.NewName != s.Name {
		name = append(name, Styled(Faint, " → "), Text(s.NewName))
	}
	style := Plain
	if quiet(s) {
		style = Faint
		for i := range name {
			name[i].Style = Faint
		}
	}
	size := int64(0)
	for _, e := range s.Entries {
		size += e.Size
	}
	return Row{Cells: []Cell{
		{Styled(look.style, look.symbol+" "+string(s.Decision))},
		S(style, string(s.Kind)),
		name,
		S(Faint, l.short[s.ID]),
		S(style, Bytes(size)),
		S(Faint, whyNot(s.Why, s)),
	}}
}

// whyNot says why the step is in the plan and, where the decision does not
// speak for itself, why it is what it is.
func whyNot(why string, s *restore.Step) string {
	switch s.Decision {
	case restore.Skip, restore.Merge:
		why = join(why, s.Reason)
	}
	return why
}

// changes lists what differs from the archive.
func (p *Printer) changes(s *restore.Step, indent int) {
	for _, c := range s.Changes {
		p.WrapAfter(Styled(Faint, strings.Repeat(" ", indent)+"· "), Faint, c)
	}
}

// unresolved lists the principals and connections that the target lacks, with
// the flags that would answer.
func (p *Printer) unresolved(plan *restore.Plan, l *stepList) {
	if len(plan.Unresolved) == 0 {
		return
	}
	p.Blank()
	p.Line(Styled(Strong, "Not in the target"), Styled(Faint, ": "+Plural(int64(len(plan.Unresolved)), "principal or connection/principals and connections")))
	for _, u := range plan.Unresolved {
		who := firstOf(u.Name, u.ID)
		if u.Email != "" && u.Email != who {
			who += " <" + u.Email + ">"
		}
		if who != u.ID {
			who += " (" + u.ID + ")"
		}
		p.Line(Text("  "), Styled(Warn, "? "+u.Kind), Text(" "+who), Styled(Faint, ", "+l.usedBy(u.UsedBy)))
		p.Wrap(6, Plain, u.Effect)
		p.WrapAfter(Text("      "), Accent, unresolvedFlag(u, plan.SameTenant))
	}
}

func unresolvedFlag(u restore.Unresolved, sameTenant bool) string {
	flag := fmt.Sprintf("--map-%s %s=ID", u.Kind, u.ID)
	kind := "principals"
	if u.Kind == "connection" {
		flag, kind = fmt.Sprintf("--map-connection %s=NAME", u.ID), "connections"
	}
	if sameTenant {
		return flag
	}
	return flag + " or --create-missing " + kind
}

func (l *stepList) usedBy(ids []string) string {
	if len(ids) == 0 {
		return "used by nothing that is imported"
	}
	const shown = 2
	var names []string
	for i, id := range ids {
		if i == shown {
			names = append(names, fmt.Sprintf("%d more", len(ids)-shown))
			break
		}
		name := id
		if s := l.byID[id]; s != nil {
			name = fmt.Sprintf("%s %s", s.Kind, firstOf(s.Name, l.short[id]))
		}
		names = append(names, name)
	}
	return "used by " + strings.Join(names, ", ")
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
	steps := plan.BlockedSteps()
	if len(steps) == 0 {
		return
	}
	p.Blank()
	p.Line(Styled(Bad, "Blocked"), Styled(Faint, ": "+Plural(int64(len(steps)), "asset")+" cannot be imported as asked"))
	for i := range steps {
		s := &steps[i]
		p.Line(Text("  "), Styled(Bad, "! "), Text(string(s.Kind)+" "), Styled(Strong, firstOf(s.Name, s.ID)), Styled(Faint, separator+l.short[s.ID]))
		for _, why := range s.Blocked {
			p.Wrap(6, Plain, why)
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
	rows = append(rows, fact("tenant now", Text(r.Fingerprint)))
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
