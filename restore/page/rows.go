package page

import (
	"fmt"
	"html/template"

	"github.com/oneanalytics/oa-archive/internal/legible"
	"github.com/oneanalytics/oa-archive/restore"
)

// group is the table of one workspace.
type group struct {
	Anchor  string // of the section
	Step    string // of the workspace's own step; empty when it has none
	Name    template.HTML
	Plain   string // the name, for captions
	Row     *row   // the workspace's own step
	Active  []*row
	Quiet   []*row  // folded; few of them are among the others
	Open    bool    // whether the table shows at once
	Summary []tally // of the table that shows
	Left    []tally // assets without a row
}

// row is one asset.
type row struct {
	Anchor                string
	Look                  look
	Kind                  restore.Kind
	Name                  template.HTML
	NewName               template.HTML
	ID                    string // short
	FullID                string
	TargetID, TargetShort string
	Reason                template.HTML
	Why                   template.HTML
	Changes               sentences
	Blocked               sentences
	Above                 string // where the reasons stand in full, when they do
	Needs                 []link
	MoreNeed              int
	Size                  int64
	Written               int64
}

// sentences are some of the plan's, with how many there are beyond.
type sentences struct {
	Shown []template.HTML
	More  int
}

// N is how many there are.
func (s sentences) N() int { return len(s.Shown) + s.More }

// link leads to a step.
type link struct {
	Anchor string
	Kind   restore.Kind
	Name   template.HTML
}

// How much of a step its row shows.
const (
	maxSentences = 8
	maxNeeds     = 6
)

// fewQuiet is how many steps that do nothing a table has before it folds them.
const fewQuiet = 3

// manyRows is how many rows that are not quiet all tables have together before
// those in which nothing is blocked are folded.
const manyRows = 400

func some(all []string, most int) sentences {
	var s sentences
	if len(all) > most+1 { // it never leaves out just one
		s.More = len(all) - most
		all = all[:most]
	}
	for _, text := range all {
		s.Shown = append(s.Shown, sentence(text))
	}
	return s
}

func (x *index) groups() []*group {
	var all []*group
	active := 0
	for n, at := range x.places {
		if at.hidden {
			continue
		}
		g := &group{Anchor: fmt.Sprint("w", n), Name: name(at.name), Plain: plain(at.name)}
		if at.workspace >= 0 {
			g.Row = x.newRow(at.workspace)
			g.Step = g.Row.Anchor
			g.Open = g.Row.Look.Decision == restore.Blocked
		}
		listed, left := map[restore.Decision]int{}, map[restore.Decision]int{}
		for _, i := range at.steps {
			s := &x.plan.Steps[i]
			switch {
			case !x.row[i]:
				left[s.Decision]++
			case quiet(s):
				g.Quiet = append(g.Quiet, x.newRow(i))
			default:
				g.Active = append(g.Active, x.newRow(i))
			}
		}
		g.Left = tallyOf(left)
		active += len(g.Active)
		if len(g.Quiet) <= fewQuiet {
			g.Active, g.Quiet = append(g.Active, g.Quiet...), nil
		}
		for _, r := range g.Active {
			listed[r.Look.Decision]++
		}
		g.Summary = tallyOf(listed)
		g.Open = g.Open || listed[restore.Blocked] > 0
		all = append(all, g)
	}
	for _, g := range all {
		g.Open = g.Open || active <= manyRows
	}
	return all
}

func (x *index) newRow(i int) *row {
	s := &x.plan.Steps[i]
	r := &row{
		Anchor: x.anchor(i), Look: lookOf(s.Decision), Kind: s.Kind, Name: name(called(s)), Reason: sentence(s.Reason),
		Changes: some(s.Changes, maxSentences), Blocked: some(s.Blocked, maxSentences),
	}
	if n, ok := x.reasons[i]; ok {
		r.Above = n
	}
	if s.Workspace != "" {
		r.ID, r.FullID = plain(x.short(i)), plain(s.ID)
	}
	if s.NewName != "" && s.NewName != s.Name {
		r.NewName = name(s.NewName)
	}
	if s.TargetID != "" && s.TargetID != s.ID {
		r.TargetID = plain(s.TargetID)
		r.TargetShort, _ = cut(r.TargetID, 8)
	}
	if s.Why != "selected" && s.Why != "" {
		r.Why = sentence(s.Why)
	}
	for _, e := range s.Entries {
		r.Size += e.Size
		if e.Write {
			r.Written += e.ResultSize
		}
	}
	for _, id := range s.DependsOn {
		j, ok := x.find(id)
		if !ok || x.plan.Steps[j].Kind == restore.Workspace {
			continue
		}
		if len(r.Needs) == maxNeeds {
			r.MoreNeed++
			continue
		}
		r.Needs = append(r.Needs, x.link(j))
	}
	return r
}

func (x *index) link(i int) link {
	s := &x.plan.Steps[i]
	return link{"#" + x.anchor(i), s.Kind, name(called(s))}
}

// Bytes writes the size of the asset in the archive.
func (r *row) Bytes() string { return legible.Bytes(r.Size) }

// Writes writes how much of it is written, or a dash.
func (r *row) Writes() string {
	if r.Written == 0 {
		return "–"
	}
	return legible.Bytes(r.Written)
}
