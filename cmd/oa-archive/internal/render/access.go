package render

import (
	"fmt"
	"slices"
	"strings"

	"github.com/oneanalytics/oa-archive/access"
	"github.com/oneanalytics/oa-archive/restore"
)

// fewChanges is how many changes of access, and how much that is asleep, a
// page lists unless everything is asked for.
const fewChanges = 12

// access lists who gains or loses what by an import, what widens first.
func (p *Printer) access(plan *restore.Plan, all bool) {
	p.changesOfAccess(plan.Access, all, func(c *access.Change) (suffix string, open bool) {
		if slices.Contains(plan.Options.AllowAccess, c.ID) {
			return " (allowed: " + c.ID + ")", false
		}
		return " (--allow-access " + c.ID + ")", true
	})
}

// changesOfAccess prints a list of them. widening says what follows a change that
// gives somebody more, and whether somebody still has to allow it.
func (p *Printer) changesOfAccess(list []access.Change, all bool, widening func(*access.Change) (suffix string, open bool)) {
	if len(list) == 0 {
		return
	}
	wider := 0
	for i := range list {
		if list[i].Widens {
			wider++
		}
	}
	p.Blank()
	title := []Span{Styled(Strong, "Access"), Text(": " + Plural(int64(len(list)), "change"))}
	if wider > 0 {
		title = append(title, Styled(Bad, fmt.Sprintf(", %s more than before", verbed(wider, "gives somebody", "give somebody"))))
	}
	p.Line(title...)
	printed := 0
	for _, widens := range []bool{true, false} {
		for i := range list {
			c := &list[i]
			if c.Widens != widens {
				continue
			}
			suffix, open := widening(c)
			// What blocks the plan is never left out.
			if printed >= fewChanges && !all && (!c.Widens || !open) {
				p.Line(Styled(Faint, fmt.Sprintf("  · %d more (--all lists them)", len(list)-printed)))
				return
			}
			printed++
			switch {
			case c.Widens && !open:
				p.WrapAfter(Styled(Warn, "  ! "), Plain, c.Sentence+suffix)
			case c.Widens:
				p.WrapAfter(Styled(Bad, "  ! "), Plain, c.Sentence+suffix)
			default:
				p.WrapAfter(Text("  · "), Plain, c.Sentence)
			}
		}
	}
}

func verbed(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// asleep lists what arrives switched off, and how it is switched on.
func (p *Printer) asleep(asleep []restore.Asleep, all bool, hint string) {
	if len(asleep) == 0 {
		return
	}
	sentence := func(i int32) string { return asleep[i].What + "; to wake it: " + asleep[i].Wake }
	notes := gather(len(asleep), func(i, j int32) int {
		a, b := &asleep[i], &asleep[j]
		switch {
		case a.Kind != b.Kind:
			return strings.Compare(a.Kind, b.Kind)
		case a.What == b.What:
			return strings.Compare(a.Wake, b.Wake)
		}
		return strings.Compare(sentence(i), sentence(j))
	})
	p.Blank()
	p.Line(Styled(Strong, "Asleep"), Text(": what arrives switched off"))
	for i, members := range notes {
		if i == fewChanges && !all {
			p.Line(Styled(Faint, fmt.Sprintf("  · %d more (%s)", len(notes)-i, hint)))
			return
		}
		first, kind := members[0], sleeper(asleep[members[0]].Kind)
		names, n := distinct(members, func(i int32) string { return firstOf(asleep[i].Name, asleep[i].Asset) })
		for i, name := range names {
			names[i] = fmt.Sprintf("%s %q", kind, name)
		}
		p.WrapAfter(Styled(Warn, "  z "), Plain, labelled(sentence(first), names, n))
	}
}

// distinct returns the first few texts of members that differ, and how many
// do. It changes the order of members.
func distinct(members []int32, text func(int32) string) (first []string, n int) {
	for _, i := range members {
		if s := text(i); !slices.Contains(first, s) {
			first = append(first, s)
		}
		if len(first) == namedAssets {
			break
		}
	}
	slices.SortFunc(members, func(i, j int32) int { return strings.Compare(text(i), text(j)) })
	for at, i := range members {
		if at == 0 || text(i) != text(members[at-1]) {
			n++
		}
	}
	return first, n
}

// namedAssets is how many assets a sentence about several names.
const namedAssets = 2

// labelled puts the first of the n assets that a sentence is about before it.
func labelled(sentence string, first []string, n int) string {
	about := strings.Join(first, ", ")
	switch more := n - len(first); {
	case n == 0:
		return sentence
	case more > 0:
		about += fmt.Sprintf(" and %d more", more)
	}
	return about + ": " + sentence
}

// sleeper says what of an asset is asleep.
func sleeper(kind string) string {
	switch kind {
	case "schedule":
		return "schedule of dataset"
	case "webhook":
		return "webhook of alert"
	case "link", "embed":
		return kind + " to"
	}
	return kind
}

// saidAsleep reports whether a change is one that the list of what is asleep
// tells, with what to do.
func saidAsleep(change string) bool {
	return slices.ContainsFunc([]string{
		"arrives paused", "it arrives closed", "its refresh schedule arrives off", "without its secret, which has to be entered again",
		"its webhook's key is not in the archive", "its webhook arrives without its key",
	}, func(part string) bool { return strings.Contains(change, part) })
}
