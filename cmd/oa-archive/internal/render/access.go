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
	p.changesOfAccess(plan.Access, all, func(c access.Change) (suffix string, open bool) {
		if slices.Contains(plan.Options.AllowAccess, c.ID) {
			return " (allowed: " + c.ID + ")", false
		}
		return " (--allow-access " + c.ID + ")", true
	})
}

// changesOfAccess prints a list of them. widening says what follows a change that
// gives somebody more, and whether somebody still has to allow it.
func (p *Printer) changesOfAccess(list []access.Change, all bool, widening func(access.Change) (suffix string, open bool)) {
	if len(list) == 0 {
		return
	}
	changes := slices.Clone(list)
	slices.SortStableFunc(changes, func(a, b access.Change) int {
		if a.Widens == b.Widens {
			return 0
		}
		if a.Widens {
			return -1
		}
		return 1
	})
	wider := 0
	for _, c := range changes {
		if c.Widens {
			wider++
		}
	}
	p.Blank()
	title := []Span{Styled(Strong, "Access"), Text(": " + Plural(int64(len(changes)), "change"))}
	if wider > 0 {
		title = append(title, Styled(Bad, fmt.Sprintf(", %s more than before", verbed(wider, "gives somebody", "give somebody"))))
	}
	p.Line(title...)
	for i, c := range changes {
		suffix, open := widening(c)
		// What blocks the plan is never left out.
		if i >= fewChanges && !all && (!c.Widens || !open) {
			p.Line(Styled(Faint, fmt.Sprintf("  · %d more (--all lists them)", len(changes)-i)))
			return
		}
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
	type note struct{ kind, sentence string }
	var notes []note
	of := map[note][]string{}
	for _, s := range asleep {
		n := note{s.Kind, s.What + "; to wake it: " + s.Wake}
		if of[n] == nil {
			notes = append(notes, n)
		}
		if about := fmt.Sprintf("%s %q", sleeper(s.Kind), firstOf(s.Name, s.Asset)); !slices.Contains(of[n], about) {
			of[n] = append(of[n], about)
		}
	}
	p.Blank()
	p.Line(Styled(Strong, "Asleep"), Text(": what arrives switched off"))
	for i, n := range notes {
		if i == fewChanges && !all {
			p.Line(Styled(Faint, fmt.Sprintf("  · %d more (%s)", len(notes)-i, hint)))
			return
		}
		p.WrapAfter(Styled(Warn, "  z "), Plain, labelled(n.sentence, of[n]))
	}
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
