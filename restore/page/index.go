package page

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/oneanalytics/oa-archive/restore"
)

// index finds a plan's steps, and knows which of them have a row.
type index struct {
	plan   *restore.Plan
	byID   []int32 // steps by id
	row    []bool  // by step: whether it has a row
	listed int     // steps with a row
	places []*place
	at     map[string]int // id of a workspace → its place
	kinds  []restore.Kind // those that occur

	reasons map[int]string // by step: the anchor of its line among the blocked
}

// place is a workspace with its steps, or what belongs to none.
type place struct {
	id        string // of the workspace in the archive, or ""
	workspace int    // its step, or -1
	name      string
	hidden    bool  // only counted: it has no row, like many others
	steps     []int // without the workspace's own, by kind and name
}

func newIndex(p *restore.Plan, rows int) *index {
	x := &index{plan: p, byID: make([]int32, len(p.Steps)), row: make([]bool, len(p.Steps))}
	for i := range x.byID {
		x.byID[i] = int32(i)
	}
	slices.SortFunc(x.byID, func(i, j int32) int { return x.compare(i, p.Steps[j].ID, j) })
	x.reasons = map[int]string{}
	x.choose(rows)
	x.gather()
	return x
}

// compare orders steps by id, and those of one id by number.
func (x *index) compare(i int32, id string, j int32) int {
	return cmp.Or(strings.Compare(x.plan.Steps[i].ID, id), cmp.Compare(i, j))
}

// place returns where among the ids a step stands, or would.
func (x *index) place(id string, i int) int {
	at, _ := slices.BinarySearchFunc(x.byID, id, func(j int32, id string) int { return x.compare(j, id, int32(i)) })
	return at
}

// find returns the step with an id, the first one of several.
func (x *index) find(id string) (step int, ok bool) {
	at := x.place(id, 0)
	if at == len(x.byID) || x.plan.Steps[x.byID[at]].ID != id {
		return 0, false
	}
	return int(x.byID[at]), true
}

// short is a step's id, cut to eight characters, or to more where it would
// collide.
func (x *index) short(i int) string {
	id, n := x.plan.Steps[i].ID, 8
	at := x.place(id, i)
	for _, beside := range []int{at - 1, at + 1} {
		if beside < 0 || beside >= len(x.byID) {
			continue
		}
		if other := x.plan.Steps[x.byID[beside]].ID; other != id {
			n = max(n, commonPrefix(id, other)+1)
		}
	}
	id, _ = cut(id, n)
	return id
}

func commonPrefix(a, b string) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return n
}

// choose gives rows to the steps that an import changes most.
func (x *index) choose(rows int) {
	bytes := 0
	for _, l := range append(slices.Clone(looks), look{}) {
		for i := range x.plan.Steps {
			s := &x.plan.Steps[i]
			if s.Kind == restore.Workspace || x.row[i] || rank(s.Decision) != rank(l.Decision) {
				continue
			}
			if bytes += x.cost(s); x.listed == rows || bytes > maxRowBytes && x.listed > 0 {
				return
			}
			x.row[i] = true
			x.listed++
		}
	}
}

// maxRowBytes bounds what the rows take of the page.
const maxRowBytes = 4 << 20

// cost is about how many bytes a step's row takes.
func (x *index) cost(s *restore.Step) int {
	const frame = 700 // markup
	n := frame + len(legibly(called(s), maxName)) + len(legibly(s.NewName, maxName)) + len(legibly(s.Reason, maxSentence)) + len(legibly(s.Why, maxSentence))
	for _, list := range [][]string{s.Changes, s.Blocked} {
		for _, text := range list[:min(len(list), maxSentences)] {
			n += len(legibly(text, maxSentence))
		}
	}
	needs := 0
	for _, id := range s.DependsOn {
		if i, ok := x.find(id); ok && needs < maxNeeds {
			needs++
			n += len(legibly(called(&x.plan.Steps[i]), maxName))
		}
	}
	return n
}

// fewPlaces is how many workspaces without a row are shown all the same.
const fewPlaces = 200

// gather puts the steps into their places, ordered for people: workspaces by
// name, assets by kind and name. What belongs to no workspace comes last.
func (x *index) gather() {
	byID := map[string]*place{}
	seen := map[restore.Kind]bool{}
	for i := range x.plan.Steps {
		s := &x.plan.Steps[i]
		at := byID[s.Workspace]
		if at == nil {
			at = &place{id: s.Workspace, workspace: -1, name: "Workspace " + s.Workspace}
			if s.Workspace == "" {
				at.name = "Beside the workspaces"
			}
			byID[s.Workspace] = at
			x.places = append(x.places, at)
		}
		seen[s.Kind] = true
		if s.Kind == restore.Workspace {
			at.workspace, at.name = i, firstOf(s.Name, s.ID)
			continue
		}
		at.steps = append(at.steps, i)
	}
	kinds := restore.Kinds()
	for _, k := range kinds {
		if seen[k] && k != restore.Workspace {
			x.kinds = append(x.kinds, k)
		}
	}
	slices.SortStableFunc(x.places, func(a, b *place) int {
		if (a.id == "") != (b.id == "") {
			return cmp.Compare(b.id, a.id)
		}
		return cmp.Or(byName(a.name, b.name), cmp.Compare(a.id, b.id))
	})
	x.at = make(map[string]int, len(x.places))
	bare := 0
	for n, at := range x.places {
		x.at[at.id] = n
		if !slices.ContainsFunc(at.steps, func(i int) bool { return x.row[i] }) {
			bare++
			at.hidden = bare > fewPlaces
		}
		slices.SortStableFunc(at.steps, func(i, j int) int {
			a, b := &x.plan.Steps[i], &x.plan.Steps[j]
			return cmp.Or(cmp.Compare(slices.Index(kinds, a.Kind), slices.Index(kinds, b.Kind)), byName(a.Name, b.Name), cmp.Compare(a.ID, b.ID))
		})
	}
}

// byName compares without regard to case, then with it, as far as names are
// shown.
func byName(a, b string) int {
	a, _ = cut(a, maxName)
	b, _ = cut(b, maxName)
	return cmp.Or(cmp.Compare(strings.ToLower(a), strings.ToLower(b)), cmp.Compare(a, b))
}

// anchor is the id of the element that tells of a step: its row, or where rows
// of its workspace would be.
func (x *index) anchor(i int) string {
	s := &x.plan.Steps[i]
	at := x.places[x.at[s.Workspace]]
	if !at.hidden && (x.row[i] || i == at.workspace) {
		return "s" + strconv.Itoa(i)
	}
	return x.placeAnchor(at)
}

// placeAnchor is the id of the element that tells of a workspace.
func (x *index) placeAnchor(at *place) string {
	if at.hidden {
		return "decisions"
	}
	return "w" + strconv.Itoa(x.at[at.id])
}

// called is what a step is called among people.
func called(s *restore.Step) string { return firstOf(s.Name, s.ID) }
