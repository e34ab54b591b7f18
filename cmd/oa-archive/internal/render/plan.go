package render

import (
	"cmp"
	"fmt"
	"regexp"
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
	var tables []*Table
	for _, g := range steps.groups {
		steps.build(g)
		tables = append(tables, g.table)
	}
	alignWith(tables)
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
	if page.Manifest != nil && page.Signed && page.Verdict.Level == sign.LevelUntrusted {
		rows = append(rows, fact("note", Styled(Warn, "import refuses the archive as long as its signer is not trusted")))
	}
	if !plan.SameTenant {
		rows = append(rows, fact("note", Styled(Warn, "another tenant than the archive's")))
	}
	p.facts(rows...)
}

// stepList is a plan's steps by workspace, with what is needed to name them.
type stepList struct {
	all      bool
	selected bool // somebody chose assets, so that it matters why each is there
	groups   []*stepGroup
	byID     map[string]*restore.Step
	short    map[string]string
}

type stepGroup struct {
	workspace *restore.Step // nil for what belongs to none
	title     string
	steps     []*restore.Step
	shown     []*restore.Step // those with a line
	table     *Table          // the lines
	quiet     map[restore.Decision]int
}

func newStepList(plan *restore.Plan, all bool) *stepList {
	l := &stepList{all: all, selected: len(plan.Options.Select) > 0, byID: map[string]*restore.Step{}, short: map[string]string{}}
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
	l.sort()
	return l
}

// sort orders for people: workspaces by name, assets by kind and name. What
// belongs to no workspace comes last.
func (l *stepList) sort() {
	slices.SortStableFunc(l.groups, func(a, b *stepGroup) int {
		if (a.workspace == nil) != (b.workspace == nil) {
			if a.workspace == nil {
				return 1
			}
			return -1
		}
		return byName(a.title, b.title, "", "")
	})
	kinds := restore.Kinds()
	for _, g := range l.groups {
		slices.SortStableFunc(g.steps, func(a, b *restore.Step) int {
			return cmp.Or(cmp.Compare(slices.Index(kinds, a.Kind), slices.Index(kinds, b.Kind)), byName(a.Name, b.Name, a.ID, b.ID))
		})
	}
}

// fewQuiet is how many steps that do nothing a group lists before it only
// counts them.
const fewQuiet = 3

func quiet(s *restore.Step) bool {
	return s.Decision == restore.Unchanged || s.Decision == restore.Skip
}

// build makes the lines of a group.
func (l *stepList) build(g *stepGroup) {
	g.quiet = map[restore.Decision]int{}
	for _, s := range g.steps {
		if quiet(s) {
			g.quiet[s.Decision]++
		}
	}
	g.table = &Table{Indent: 2, Columns: []Column{{Min: 11}, {Min: 7}, {Shrink: 16}, {}, {Right: true}, {Shrink: 14}}}
	for _, s := range g.steps {
		if quiet(s) && !l.all && g.quiet[s.Decision] > fewQuiet {
			continue
		}
		g.shown = append(g.shown, s)
		g.table.Rows = append(g.table.Rows, l.row(s))
	}
}

func (p *Printer) stepGroup(l *stepList, g *stepGroup) {
	spans := []Span{Styled(Strong, g.title)}
	if w := g.workspace; w != nil {
		look := decisions[w.Decision]
		spans = append(spans, Styled(Faint, separator+l.short[w.ID]+separator), Styled(look.style, look.symbol+" "+string(w.Decision)))
		if why := l.why(w); w.Decision == restore.Skip || w.Decision == restore.Merge {
			spans = append(spans, Styled(Faint, separator+why))
		}
	}
	p.Line(spans...)
	if g.workspace != nil {
		p.changes(g.workspace, 2, l.all)
	}
	lines := p.render(g.table)
	for i, s := range g.shown {
		p.write(lines[i])
		p.changes(s, 15, l.all)
	}
	for _, d := range []restore.Decision{restore.Unchanged, restore.Skip} {
		if n := g.quiet[d]; n > fewQuiet && !l.all {
			p.Line(Styled(Faint, fmt.Sprintf("  %s %-9s  %s (--all lists them)", decisions[d].symbol, d, Plural(int64(n), "asset"))))
		}
	}
}

func (l *stepList) row(s *restore.Step) Row {
	look := decisions[s.Decision]
	name := Cell{Text(firstOf(s.Name, s.ID))}
	switch {
	case s.NewName == "" || s.NewName == s.Name:
	case strings.HasPrefix(s.NewName, s.Name): // "Name (copy)" tells both
		name = Cell{Text(s.NewName)}
	default:
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
	id := l.short[s.ID]
	if s.Workspace == "" {
		id = "" // a path, which the name is too
	}
	return Row{Cells: []Cell{
		{Styled(look.style, look.symbol+" "+string(s.Decision))},
		S(style, string(s.Kind)),
		name,
		S(Faint, id),
		S(style, Bytes(size)),
		S(Faint, l.why(s)),
	}}
}

// why says why the step is in the plan, where that is not plain, and why its
// decision is what it is, where the decision does not speak for itself.
func (l *stepList) why(s *restore.Step) string {
	why := shortenIDs(s.Why)
	if !l.selected && why == "selected" {
		why = ""
	}
	if s.Decision == restore.Skip || s.Decision == restore.Merge {
		return join(why, s.Reason)
	}
	return why
}

var uuid = regexp.MustCompile(`\b([0-9a-f]{8})-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b`)

// shortenIDs cuts the UUIDs in a sentence to their first eight digits.
func shortenIDs(s string) string { return uuid.ReplaceAllString(s, "$1") }

// fewSentences is how many changes or reasons are listed for one asset unless
// everything is asked for.
const fewSentences = 3

// changes lists what differs from the archive.
func (p *Printer) changes(s *restore.Step, indent int, all bool) {
	first := Styled(Faint, strings.Repeat(" ", indent)+"· ")
	shown, more := few(s.Changes, all)
	for _, c := range shown {
		p.WrapAfter(first, Faint, c)
	}
	if more > 0 {
		p.WrapAfter(first, Faint, fmt.Sprintf("%s (--all lists them)", Plural(int64(more), "more change")))
	}
}

// few returns the first sentences and how many it leaves out. It never leaves
// out just one.
func few(sentences []string, all bool) (shown []string, more int) {
	if all || len(sentences) <= fewSentences+1 {
		return sentences, 0
	}
	return sentences[:fewSentences], len(sentences) - fewSentences
}

// unresolved lists the principals and connections that the target lacks, those
// with the same effect together, each with the flag that answers it.
func (p *Printer) unresolved(plan *restore.Plan, l *stepList) {
	if len(plan.Unresolved) == 0 {
		return
	}
	p.Blank()
	counts := map[string]int{}
	for _, u := range plan.Unresolved {
		counts[u.Kind]++
	}
	p.Line(Styled(Strong, "Not in the target"), Text(": "+commas(
		plural(counts["connection"], "connection"), plural(counts["role"], "role"), plural(counts["team"], "team"), plural(counts["user"], "user"))))
	groups := groupUnresolved(plan.Unresolved, l)
	tables := make([]*Table, len(groups))
	for i, g := range groups {
		tables[i] = g.table
	}
	alignWith(tables)
	for _, g := range groups {
		p.WrapAfter(Styled(Warn, "  ? "+g.kind+": "), Plain, strings.Join(g.effects, "; "))
		p.Table(g.table)
	}
	if !plan.SameTenant {
		p.WrapAfter(Text("  or all at once: "), Accent, "--create-missing "+strings.Join(Missing(plan), ","))
	}
}

// unresolvedGroup is what the target lacks of one kind, with what that leads
// to for some of them.
type unresolvedGroup struct {
	kind    string
	effects []string
	table   *Table
}

// groupUnresolved puts those of a kind together or, when everything is asked
// for, those with the very same effects.
func groupUnresolved(unresolved []restore.Unresolved, l *stepList) []*unresolvedGroup {
	var groups []*unresolvedGroup
	byKey := map[string]*unresolvedGroup{}
	for _, u := range unresolved {
		key := u.Kind
		if l.all {
			key += " " + u.Effect
		}
		g := byKey[key]
		if g == nil {
			g = &unresolvedGroup{kind: u.Kind, table: &Table{Indent: 4, Columns: []Column{{}, {Shrink: 16}, {Shrink: 16}}}}
			byKey[key], groups = g, append(groups, g)
		}
		for effect := range strings.SplitSeq(u.Effect, "; ") {
			if !slices.Contains(g.effects, effect) {
				g.effects = append(g.effects, effect)
			}
		}
		who := u.Name
		if u.Email != "" {
			who = strings.TrimSpace(who + " <" + u.Email + ">")
		}
		g.table.Add(S(Accent, unresolvedFlag(u)), C(who), S(Faint, l.usedBy(u.UsedBy)))
	}
	return groups
}

// Missing returns what --create-missing would have to create for the plan.
func Missing(plan *restore.Plan) []string {
	var principals, connections bool
	for _, u := range plan.Unresolved {
		if u.Kind == "connection" {
			connections = true
		} else {
			principals = true
		}
	}
	var what []string
	if principals {
		what = append(what, "principals")
	}
	if connections {
		what = append(what, "connections")
	}
	return what
}

func unresolvedFlag(u restore.Unresolved) string {
	if u.Kind == "connection" {
		return "--map-connection " + u.ID + "=NAME"
	}
	return "--map-" + u.Kind + " " + u.ID + "=ID"
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
