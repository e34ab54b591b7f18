package render

import (
	"cmp"
	"fmt"
	"iter"
	"regexp"
	"slices"
	"strings"

	"github.com/oneanalytics/oa-archive/restore"
)

// stepList is a plan's steps by workspace, with what is needed to name them. It
// holds none of them, only their numbers.
type stepList struct {
	all      bool
	selected bool // somebody chose assets, so that it matters why each is there
	plan     *restore.Plan
	groups   []stepGroup
	byID     []int32
	ids      ids
}

// stepGroup is a workspace, or what belongs to none.
type stepGroup struct {
	workspace int32 // the workspace's own step; -1 for what belongs to none
	steps     []int32
}

func newStepList(plan *restore.Plan, all bool) *stepList {
	l := &stepList{all: all, selected: len(plan.Options.Select) > 0, plan: plan, byID: numbers(len(plan.Steps))}
	slices.SortFunc(l.byID, func(i, j int32) int {
		return cmp.Or(strings.Compare(l.step(i).ID, l.step(j).ID), cmp.Compare(i, j))
	})
	l.ids = ids{len(l.byID), func(at int) string { return l.step(l.byID[at]).ID }}
	for _, steps := range gather(len(plan.Steps), func(i, j int32) int { return strings.Compare(l.step(i).Workspace, l.step(j).Workspace) }) {
		g := stepGroup{workspace: -1}
		g.steps = slices.DeleteFunc(steps, func(i int32) bool {
			if l.step(i).Kind != restore.Workspace {
				return false
			}
			g.workspace = i
			return true
		})
		l.groups = append(l.groups, g)
	}
	l.sort()
	return l
}

func (l *stepList) step(i int32) *restore.Step { return &l.plan.Steps[i] }

// named returns the step with an id, or nil.
func (l *stepList) named(id string) *restore.Step {
	at := l.ids.find(id)
	if at < 0 {
		return nil
	}
	return l.step(l.byID[at])
}

// title is what a group is called; it has a workspace's own step, or steps.
func (l *stepList) title(g *stepGroup) string {
	switch {
	case g.workspace >= 0:
		return "Workspace " + firstOf(l.step(g.workspace).Name, "without a name")
	case l.step(g.steps[0]).Workspace == "":
		return "Beside the workspaces"
	}
	return "Workspace " + l.step(g.steps[0]).Workspace
}

// sort orders for people: workspaces by name, assets by kind and name. What
// belongs to no workspace comes last.
func (l *stepList) sort() {
	slices.SortStableFunc(l.groups, func(a, b stepGroup) int {
		if (a.workspace < 0) != (b.workspace < 0) {
			if a.workspace < 0 {
				return 1
			}
			return -1
		}
		return byName(l.title(&a), l.title(&b), "", "")
	})
	kinds := restore.Kinds()
	for _, g := range l.groups {
		slices.SortStableFunc(g.steps, func(i, j int32) int {
			a, b := l.step(i), l.step(j)
			if c := cmp.Compare(slices.Index(kinds, a.Kind), slices.Index(kinds, b.Kind)); c != 0 {
				return c
			}
			return byName(a.Name, b.Name, a.ID, b.ID)
		})
	}
}

// fewQuiet is how many steps that do nothing a group lists before it only
// counts them.
const fewQuiet = 3

func quiet(s *restore.Step) bool {
	return s.Decision == restore.Unchanged || s.Decision == restore.Skip
}

// countQuiet counts a group's steps that do nothing.
func (l *stepList) countQuiet(g *stepGroup) map[restore.Decision]int {
	n := map[restore.Decision]int{}
	for _, i := range g.steps {
		if s := l.step(i); quiet(s) {
			n[s.Decision]++
		}
	}
	return n
}

// shown yields the steps of a group that have a line.
func (l *stepList) shown(g *stepGroup) iter.Seq[*restore.Step] {
	return func(yield func(*restore.Step) bool) {
		n := l.countQuiet(g)
		for _, i := range g.steps {
			s := l.step(i)
			if quiet(s) && !l.all && n[s.Decision] > fewQuiet {
				continue
			}
			if !yield(s) {
				return
			}
		}
	}
}

// table has the lines of all groups, so that they line up although text stands
// between them.
func (l *stepList) table() *Table {
	t := &Table{Indent: 2, Columns: []Column{{Min: 11}, {Min: 7}, {Shrink: 16}, {}, {Right: true}, {Shrink: 14}}}
	t.Made = func(yield func(Row) bool) {
		for i := range l.groups {
			for s := range l.shown(&l.groups[i]) {
				if !yield(l.row(s)) {
					return
				}
			}
		}
	}
	return t
}

// steps prints the groups.
func (p *Printer) steps(l *stepList) {
	t := l.table()
	widths := t.widths(p.width)
	for i := range l.groups {
		g := &l.groups[i]
		p.Blank()
		p.groupTitle(l, g)
		for s := range l.shown(g) {
			p.Line(t.line(l.row(s), widths)...)
			p.changes(s, 15, l.all)
		}
		quiet := l.countQuiet(g)
		for _, d := range []restore.Decision{restore.Unchanged, restore.Skip} {
			if n := quiet[d]; n > fewQuiet && !l.all {
				p.Line(Styled(Faint, fmt.Sprintf("  %s %-9s  %s (--all lists them)", decisions[d].symbol, d, Plural(int64(n), "asset"))))
			}
		}
	}
}

func (p *Printer) groupTitle(l *stepList, g *stepGroup) {
	title := Styled(Strong, l.title(g))
	if g.workspace < 0 {
		p.Line(title)
		return
	}
	w := l.step(g.workspace)
	look := decisions[w.Decision]
	spans := []Span{title, Styled(Faint, separator+l.ids.short(w.ID)+separator), Styled(look.style, look.symbol+" "+string(w.Decision))}
	if w.Decision == restore.Skip || w.Decision == restore.Merge {
		spans = append(spans, Styled(Faint, separator+l.why(w)))
	}
	p.Line(spans...)
	p.changes(w, 2, l.all)
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
	id := l.ids.short(s.ID)
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
