package page

import (
	"fmt"
	"html/template"
	"slices"
	"strings"

	"github.com/oneanalytics/oa-archive/restore"
)

// How many lines the lists of the page have.
const (
	maxBlocked = 150
	maxMissing = 500
	maxNotes   = 200
	fewNotes   = 12 // that are not folded
	maxUses    = 3
)

// blockedList is what keeps a plan from being applied.
type blockedList struct {
	N     int
	Items []blockedStep
	More  int
}

type blockedStep struct {
	Anchor  string
	Link    link
	ID      string
	Reasons sentences
}

func (x *index) blocked() *blockedList {
	b := &blockedList{}
	for i := range x.plan.Steps {
		s := &x.plan.Steps[i]
		if s.Decision != restore.Blocked {
			continue
		}
		if b.N++; b.N > maxBlocked {
			b.More++
			continue
		}
		x.reasons[i] = fmt.Sprint("b", i)
		b.Items = append(b.Items, blockedStep{x.reasons[i], x.link(i), plain(x.short(i)), some(s.Blocked, maxSentences)})
	}
	if b.N == 0 {
		return nil
	}
	return b
}

// missingList is what the target does not have, by kind.
type missingList struct {
	N      int
	Groups []*missingGroup
}

type missingGroup struct {
	Kind, Title string
	N, More     int
	Effects     sentences
	Rows        []missing

	effects []string
}

type missing struct {
	Flag   string
	Who    template.HTML
	UsedBy []link
	More   int
}

func (x *index) missing() *missingList {
	l := &missingList{N: len(x.plan.Unresolved)}
	if l.N == 0 {
		return nil
	}
	byKind := map[string]*missingGroup{}
	for _, u := range x.plan.Unresolved {
		g := byKind[u.Kind]
		if g == nil {
			g = &missingGroup{Kind: plain(u.Kind), Title: plain(upper(u.Kind) + "s")}
			byKind[u.Kind], l.Groups = g, append(l.Groups, g)
		}
		g.N++
		for effect := range strings.SplitSeq(u.Effect, "; ") {
			if len(g.effects) < maxNotes && !slices.Contains(g.effects, effect) {
				g.effects = append(g.effects, effect)
			}
		}
		if g.N > maxMissing {
			g.More++
			continue
		}
		g.Rows = append(g.Rows, x.missingRow(u))
	}
	for _, g := range l.Groups {
		g.Effects = some(g.effects, maxSentences)
	}
	return l
}

func (x *index) missingRow(u restore.Unresolved) missing {
	m := missing{Flag: plain("--map-" + u.Kind + " " + u.ID + "=ID")}
	if u.Kind == "connection" {
		m.Flag = plain("--map-connection " + u.ID + "=NAME")
	}
	m.Who = name(firstOf(u.Name, u.ID))
	if u.Email != "" {
		m.Who += " &lt;" + name(u.Email) + "&gt;"
	}
	for _, id := range u.UsedBy {
		i, ok := x.find(id)
		if !ok || len(m.UsedBy) == maxUses {
			m.More++
			continue
		}
		m.UsedBy = append(m.UsedBy, x.link(i))
	}
	return m
}

// noteList is what is worth knowing: the plan's warnings, and what differs from
// the archive, each sentence once, with the assets that it is about.
type noteList struct {
	N     int
	First []*note
	Rest  []*note // folded
	More  int

	all []*note
}

type note struct {
	Text  template.HTML
	About []link
	More  int
}

func (x *index) notes(p *restore.Plan) *noteList {
	l := &noteList{}
	byText := map[string]*note{}
	add := func(text string, step int) {
		n, known := byText[text]
		if !known {
			if l.N++; l.N > maxNotes {
				l.More++
			} else {
				n = &note{Text: sentence(text)}
				l.all = append(l.all, n)
			}
			byText[text] = n
		}
		switch {
		case step < 0 || n == nil: // beyond the last one
		case len(n.About) == maxUses:
			n.More++
		default:
			n.About = append(n.About, x.link(step))
		}
	}
	for _, w := range p.Warnings {
		add(w, -1)
	}
	for i := range p.Steps {
		if s := &p.Steps[i]; !quiet(s) {
			for _, c := range s.Changes {
				add(c, i)
			}
		}
	}
	if l.N == 0 {
		return nil
	}
	l.First = l.all
	if len(l.all) > fewNotes+1 {
		l.First, l.Rest = l.all[:fewNotes], l.all[fewNotes:]
	}
	return l
}
