package render

import (
	"fmt"
	"slices"
	"strings"

	"github.com/oneanalytics/oa-archive/restore"
)

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
	groups := groupUnresolved(plan.Unresolved, l.all)
	t := &Table{Indent: 4, Columns: []Column{{}, {Shrink: 16}, {Shrink: 16}}}
	t.Made = func(yield func(Row) bool) {
		for i := range plan.Unresolved {
			if !yield(l.unresolvedRow(&plan.Unresolved[i])) {
				return
			}
		}
	}
	widths := t.widths(p.width)
	for _, g := range groups {
		p.WrapAfter(Styled(Warn, "  ? "+g.kind+": "), Plain, strings.Join(g.effects, "; "))
		for _, i := range g.members {
			p.Line(t.line(l.unresolvedRow(&plan.Unresolved[i]), widths)...)
		}
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
	members []int32
}

// groupUnresolved puts those of a kind together or, when everything is asked
// for, those with the very same effects.
func groupUnresolved(unresolved []restore.Unresolved, all bool) []unresolvedGroup {
	var groups []unresolvedGroup
	for _, members := range gather(len(unresolved), func(i, j int32) int {
		a, b := &unresolved[i], &unresolved[j]
		if c := strings.Compare(a.Kind, b.Kind); c != 0 || !all {
			return c
		}
		return strings.Compare(a.Effect, b.Effect)
	}) {
		g := unresolvedGroup{kind: unresolved[members[0]].Kind, members: members}
		for _, i := range members {
			for effect := range strings.SplitSeq(unresolved[i].Effect, "; ") {
				if !slices.Contains(g.effects, effect) {
					g.effects = append(g.effects, effect)
				}
			}
		}
		groups = append(groups, g)
	}
	return groups
}

func (l *stepList) unresolvedRow(u *restore.Unresolved) Row {
	who := u.Name
	if u.Email != "" {
		who = strings.TrimSpace(who + " <" + u.Email + ">")
	}
	return Row{Cells: []Cell{S(Accent, unresolvedFlag(u)), C(who), S(Faint, l.usedBy(u.UsedBy))}}
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

func unresolvedFlag(u *restore.Unresolved) string {
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
		if s := l.named(id); s != nil {
			name = fmt.Sprintf("%s %s", s.Kind, firstOf(s.Name, l.ids.short(id)))
		}
		names = append(names, name)
	}
	return "used by " + strings.Join(names, ", ")
}
