package page

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"github.com/oneanalytics/oa-archive/restore"
)

// TestLayout draws random graphs, circles included: no node covers another,
// nothing lies outside, and edges that do not close a circle lead to the right.
func TestLayout(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 40).Draw(t, "nodes")
		ws := testID('a', 0)
		steps := []restore.Step{step(restore.Workspace, ws, ws, "W", restore.Create)}
		for i := range n {
			var needs []string
			for _, j := range rapid.SliceOfN(rapid.IntRange(0, n-1), 0, 4).Draw(t, "needs") {
				needs = append(needs, testID('e', j))
			}
			d := rapid.SampledFrom([]restore.Decision{restore.Create, restore.Unchanged}).Draw(t, "decision")
			steps = append(steps, step(restore.Report, ws, testID('e', i), fmt.Sprint("R", i), d, needs...))
		}
		x := newIndex(newPlan(steps...), 1000)
		level := grouping(rapid.IntRange(int(apart), int(everybody)).Draw(t, "grouping"))
		c := x.cluster(x.places[0], level)
		l := c.place()
		for i, a := range c.nodes {
			if a.place.x < border || a.place.y < border || a.place.x+nodeWidth+border > l.width || a.place.y+nodeHeight+border > l.height {
				t.Fatalf("node %d at %+v is outside of %d×%d", i, a.place, l.width, l.height)
			}
			for j, b := range c.nodes[:i] {
				if a.place.x == b.place.x && max(a.place.y, b.place.y) < min(a.place.y, b.place.y)+nodeHeight {
					t.Fatalf("nodes %d and %d lie over each other: %+v, %+v", i, j, a.place, b.place)
				}
			}
		}
		for i, e := range c.edges {
			if l.routes[i] != nil && c.nodes[e.from].place.x >= c.nodes[e.to].place.x {
				t.Fatalf("edge %+v leads to the left", e)
			}
		}
		total := 0
		for _, node := range c.nodes {
			total += node.steps
		}
		if total != n {
			t.Fatalf("%d steps are drawn, want %d", total, n)
		}
		if got := x.count(x.places[0], level); got != len(c.nodes) {
			t.Fatalf("counted %d nodes, drawn %d", got, len(c.nodes))
		}
	})
}

func TestLayers(t *testing.T) {
	c := &cluster{}
	for range 5 {
		c.nodes = append(c.nodes, &node{})
	}
	// 0 → 1 → 2 → 0 is a circle; 0 → 3; 4 is alone.
	c.connect(map[[2]int]int{{0, 1}: 1, {1, 2}: 1, {2, 0}: 1, {0, 3}: 1})
	got := c.layers()
	if got[4] != 0 || got[3] <= got[0] {
		t.Errorf("layers %v", got)
	}
}

func TestSpread(t *testing.T) {
	column := []*slot{{height: 10}, {height: 10}, {height: 10}}
	spread(column, []float64{50, 50, 0})
	if column[1].y-column[0].y != 10+rowGap || column[2].y-column[1].y != 10+rowGap {
		t.Errorf("%v %v %v", column[0].y, column[1].y, column[2].y)
	}
	spread(column, []float64{0, 500, 1000})
	if column[0].y != 0 || column[1].y != 500 || column[2].y != 1000 {
		t.Errorf("%v %v %v", column[0].y, column[1].y, column[2].y)
	}
}

func TestForeignDependencies(t *testing.T) {
	a, b := testID('a', 1), testID('a', 2)
	plan := newPlan(
		step(restore.Workspace, a, a, "A", restore.Create),
		step(restore.Dataset, a, testID('d', 1), "D", restore.Create),
		step(restore.Workspace, b, b, "B", restore.Create),
		step(restore.Report, b, testID('e', 1), "R", restore.Create, testID('d', 1), "missing"),
	)
	g := newIndex(plan, 10).graph(10)
	if len(g.Clusters) != 2 || len(g.Clusters[1].nodes) != 2 || !g.Clusters[1].nodes[1].foreign {
		t.Errorf("%+v", g)
	}
}

func TestNoGraphWithoutDependencies(t *testing.T) {
	ws := testID('a', 1)
	plan := newPlan(step(restore.Workspace, ws, ws, "A", restore.Create), step(restore.Dataset, ws, testID('d', 1), "D", restore.Create))
	if g := newIndex(plan, 10).graph(10); g != nil {
		t.Errorf("%+v", g)
	}
}

func TestManyWorkspacesLeaveSomeOut(t *testing.T) {
	g := newIndex(largePlan(20_000, true), 10).graph(20)
	nodes := 0
	for _, c := range g.Clusters {
		nodes += len(c.nodes)
	}
	if nodes > 20 || nodes < 10 || g.Left == 0 || !g.Grouped {
		t.Errorf("%d nodes, %d workspaces left out", nodes, g.Left)
	}
}
