package render

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/oneanalytics/oa-archive/restore"
)

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
