package page

import (
	"fmt"
	"html/template"
	"slices"

	"github.com/oneanalytics/oa-archive/internal/legible"
	"github.com/oneanalytics/oa-archive/restore"
)

// graph is what depends on what, one drawing for each workspace.
type graph struct {
	Clusters []*cluster
	Grouped  bool // some nodes stand for several assets
	Left     int  // workspaces without a drawing
}

// cluster is the drawing of one workspace.
type cluster struct {
	N       int // place
	Anchor  string
	Name    template.HTML
	Look    *look
	Caption string
	Wide    bool
	SVG     template.HTML

	title string
	nodes []*node
	edges []edge
	cut   int // edges beyond the limit
}

// node is an asset, or several of one kind and decision.
type node struct {
	label    string
	kind     string
	decision restore.Decision
	steps    int // how many it stands for
	anchor   string
	foreign  bool // a workspace that the cluster's assets depend on

	index   int   // in the cluster
	in, out []int // needs, and is needed by: indexes in the cluster
	place   position
}

// edge leads from what is needed to what needs it.
type edge struct {
	from, to int // indexes in the cluster
	n        int // dependencies that it stands for
}

// grouping says which steps of a workspace share a node.
type grouping int

const (
	apart     grouping = iota // none
	farQuiet                  // those that stay as they are and that nothing else depends on, or on which they do
	allQuiet                  // those that stay as they are
	everybody                 // those of one kind and decision
)

// maxEdges bounds the edges of one drawing.
const maxEdges = 1500

// graph draws the workspaces with most nodes together. It returns nil when no
// step depends on another one.
func (x *index) graph(most int) *graph {
	if !x.related() {
		return nil
	}
	var drawn []*place
	for _, at := range x.places {
		if at.id != "" && len(at.steps) > 0 {
			drawn = append(drawn, at)
		}
	}
	levels := x.group(drawn, most)
	g := &graph{}
	room := most
	for i, at := range drawn {
		if room == 0 {
			g.Left += len(drawn) - i
			break
		}
		c := x.cluster(at, levels[i])
		if len(c.nodes) > room {
			g.Left++
			continue
		}
		room -= len(c.nodes)
		g.Grouped = g.Grouped || slices.ContainsFunc(c.nodes, func(n *node) bool { return n.steps > 1 })
		c.draw()
		g.Clusters = append(g.Clusters, c)
	}
	return g
}

// related reports whether any asset depends on another than its workspace.
func (x *index) related() bool {
	for i := range x.plan.Steps {
		for range x.neighbours(i) {
			return true
		}
	}
	return false
}

// group chooses the least grouping with which the drawings have at most so many
// nodes: the same for all, then the last one for the largest workspaces.
func (x *index) group(drawn []*place, most int) []grouping {
	levels, sizes := make([]grouping, len(drawn)), make([]int, len(drawn))
	for level := apart; level <= allQuiet; level++ {
		sum := 0
		for i, at := range drawn {
			levels[i], sizes[i] = level, x.count(at, level)
			sum += sizes[i]
		}
		if sum <= most {
			return levels
		}
	}
	order := make([]int, len(drawn))
	sum := 0
	for i := range order {
		order[i] = i
		sum += sizes[i]
	}
	slices.SortStableFunc(order, func(a, b int) int { return sizes[b] - sizes[a] })
	for _, i := range order {
		if sum <= most {
			break
		}
		levels[i] = everybody
		sum += x.count(drawn[i], everybody) - sizes[i]
	}
	return levels
}

func (x *index) count(at *place, g grouping) int {
	near := x.near(at, g)
	keys := map[string]bool{}
	for _, i := range at.steps {
		keys[x.key(i, g, near)] = true
	}
	return len(keys)
}

// neighbours yields the steps that step i depends on, its workspace's apart.
func (x *index) neighbours(i int) func(func(int) bool) {
	return func(yield func(int) bool) {
		for _, id := range x.plan.Steps[i].DependsOn {
			j, ok := x.find(id)
			if ok && j != i && x.plan.Steps[j].Kind != restore.Workspace && !yield(j) {
				return
			}
		}
	}
}

// near are the steps beside one that does not stay as it is.
func (x *index) near(at *place, g grouping) map[int]bool {
	if g != farQuiet {
		return nil
	}
	near := map[int]bool{}
	for _, i := range at.steps {
		for j := range x.neighbours(i) {
			near[i] = near[i] || !quiet(&x.plan.Steps[j])
			near[j] = near[j] || !quiet(&x.plan.Steps[i])
		}
	}
	return near
}

// key tells the nodes of a drawing apart.
func (x *index) key(i int, g grouping, near map[int]bool) string {
	s := &x.plan.Steps[i]
	if g == everybody || quiet(s) && (g == allQuiet || g == farQuiet && !near[i]) {
		return fmt.Sprintf("%s %s", s.Kind, s.Decision)
	}
	return fmt.Sprint(i)
}

func (x *index) cluster(at *place, g grouping) *cluster {
	c := &cluster{N: x.at[at.id], Name: name(at.name), title: plain(at.name)}
	c.Anchor = x.placeAnchor(at)
	if at.workspace >= 0 {
		l := lookOf(x.plan.Steps[at.workspace].Decision)
		c.Look = &l
	}
	near, byKey, of := x.near(at, g), map[string]*node{}, map[int]*node{}
	node := func(key string, n node) *node {
		if byKey[key] == nil {
			n.index = len(c.nodes)
			byKey[key] = &n
			c.nodes = append(c.nodes, &n)
		}
		return byKey[key]
	}
	for _, i := range at.steps {
		n := node(x.key(i, g, near), newNode(x, i))
		if n.steps++; n.steps == 2 {
			n.anchor = "#" + c.Anchor
		}
		of[i] = n
	}
	count := map[[2]int]int{}
	needs := 0
	for _, i := range at.steps {
		for j := range x.neighbours(i) {
			from := of[j]
			if from == nil { // of another workspace
				away := x.places[x.at[x.plan.Steps[j].Workspace]]
				from = node("away "+away.id, newForeign(x, away))
			}
			needs++
			if from != of[i] {
				count[[2]int{from.index, of[i].index}]++
			}
		}
	}
	c.connect(count)
	c.Caption = legible.Plural(int64(len(at.steps)), "asset")
	if needs > 0 {
		c.Caption += ", " + legible.Plural(int64(needs), "dependency/dependencies")
	}
	return c
}

func newNode(x *index, i int) node {
	s := &x.plan.Steps[i]
	return node{label: called(s), kind: string(s.Kind), decision: s.Decision, anchor: "#" + x.anchor(i)}
}

func newForeign(x *index, at *place) node {
	return node{label: at.name, kind: "other workspace", anchor: "#" + x.placeAnchor(at), foreign: true, steps: 1}
}

// connect makes the edges, in an order that does not depend on the map's.
func (c *cluster) connect(count map[[2]int]int) {
	for ends, n := range count {
		c.edges = append(c.edges, edge{ends[0], ends[1], n})
	}
	slices.SortFunc(c.edges, func(a, b edge) int {
		if a.from != b.from {
			return a.from - b.from
		}
		return a.to - b.to
	})
	if c.cut = max(0, len(c.edges)-maxEdges); c.cut > 0 {
		c.edges = c.edges[:maxEdges]
	}
	for _, e := range c.edges {
		c.nodes[e.to].in = append(c.nodes[e.to].in, e.from)
		c.nodes[e.from].out = append(c.nodes[e.from].out, e.to)
	}
}
