package page

import (
	"cmp"
	"math"
	"slices"
)

// Sizes of a drawing, in CSS pixels.
const (
	nodeWidth  = 204
	nodeHeight = 42
	rowGap     = 10
	columnGap  = 70
	border     = 10
	lane       = 12 // height that an edge takes where it passes a column
)

// maxLayer is the last column. What would lie beyond it shares that one.
const maxLayer = 5

// position is where a node lies: its column, and its upper left corner.
type position struct{ layer, x, y int }

// slot is what takes room in a column: a node, or an edge that passes.
type slot struct {
	node     *node // nil for an edge
	height   float64
	y        float64
	in, out  []*slot
	barycent float64
}

// layout is a layered drawing (Sugiyama, Tagawa and Toda 1981): what is needed
// lies left of what needs it, edges cross rarely, and what belongs together lies
// close by.
type layout struct {
	columns [][]*slot
	routes  map[int][]*slot // by edge: the slots from end to end; absent for those that lead back
	width   int
	height  int
}

// place lays out the nodes of the cluster.
func (c *cluster) place() *layout {
	l := &layout{routes: map[int][]*slot{}}
	layers := c.layers()
	slots := make([]*slot, len(c.nodes))
	var alone []*node
	for i, n := range c.nodes {
		if len(n.in)+len(n.out) == 0 {
			alone = append(alone, n)
			continue
		}
		n.place.layer = layers[i]
		slots[i] = &slot{node: n, height: nodeHeight}
		l.put(layers[i], slots[i])
	}
	for i, e := range c.edges {
		l.route(i, slots[e.from], slots[e.to], layers[e.from], layers[e.to])
	}
	for range 6 {
		l.sweep()
	}
	for range 8 {
		l.settle()
	}
	l.coordinates()
	l.shelve(alone)
	return l
}

func (l *layout) put(layer int, s *slot) {
	for len(l.columns) <= layer {
		l.columns = append(l.columns, nil)
	}
	l.columns[layer] = append(l.columns[layer], s)
}

// layers gives each node the length of the longest path that leads to it. An
// edge that closes a circle does not count.
func (c *cluster) layers() []int {
	const unseen, open = -1, -2
	layers := make([]int, len(c.nodes))
	for i := range layers {
		layers[i] = unseen
	}
	var visit func(i int) int
	visit = func(i int) int {
		if layers[i] != unseen {
			return layers[i]
		}
		layers[i] = open
		layer := 0
		for _, from := range c.nodes[i].in {
			if before := visit(from); before != open {
				layer = max(layer, before+1)
			}
		}
		layers[i] = min(layer, maxLayer)
		return layers[i]
	}
	for i := range c.nodes {
		visit(i)
	}
	return layers
}

// route leads an edge through the columns between its ends.
func (l *layout) route(i int, from, to *slot, a, b int) {
	if a >= b {
		return
	}
	path := []*slot{from}
	for layer := a + 1; layer < b; layer++ {
		s := &slot{height: lane}
		l.put(layer, s)
		path = append(path, s)
	}
	path = append(path, to)
	for j := 1; j < len(path); j++ {
		path[j-1].out = append(path[j-1].out, path[j])
		path[j].in = append(path[j].in, path[j-1])
	}
	l.routes[i] = path
}

// sweep orders each column by the middle of its neighbours on the left, then
// each by those on the right.
func (l *layout) sweep() {
	number := func(column []*slot) {
		for i, s := range column {
			s.y = float64(i)
		}
	}
	for _, column := range l.columns {
		number(column)
	}
	order := func(column []*slot, beside func(*slot) []*slot) {
		for _, s := range column {
			s.barycent = middle(beside(s), s.y)
		}
		slices.SortStableFunc(column, func(a, b *slot) int { return cmp.Compare(a.barycent, b.barycent) })
		number(column)
	}
	for _, column := range l.columns {
		order(column, func(s *slot) []*slot { return s.in })
	}
	for i := len(l.columns) - 1; i >= 0; i-- {
		order(l.columns[i], func(s *slot) []*slot { return s.out })
	}
}

func middle(beside []*slot, otherwise float64) float64 {
	if len(beside) == 0 {
		return otherwise
	}
	sum := 0.0
	for _, s := range beside {
		sum += s.y + s.height/2
	}
	return sum / float64(len(beside))
}

// settle moves the slots of each column towards their neighbours, as far as
// their order and heights allow.
func (l *layout) settle() {
	for _, column := range l.columns {
		wish := make([]float64, len(column))
		for i, s := range column {
			wish[i] = middle(append(slices.Clone(s.in), s.out...), s.y+s.height/2) - s.height/2
		}
		spread(column, wish)
	}
}

// spread puts a column's slots as near to their wishes as they fit beneath each
// other: the pooling of neighbours that solves isotonic regression.
func spread(column []*slot, wish []float64) {
	type pool struct {
		sum float64
		n   int
	}
	offset := make([]float64, len(column))
	for i := 1; i < len(column); i++ {
		offset[i] = offset[i-1] + column[i-1].height + rowGap
	}
	var pools []pool
	for i := range column {
		pools = append(pools, pool{wish[i] - offset[i], 1})
		for len(pools) > 1 {
			a, b := pools[len(pools)-2], pools[len(pools)-1]
			if a.sum/float64(a.n) <= b.sum/float64(b.n) {
				break
			}
			pools = append(pools[:len(pools)-2], pool{a.sum + b.sum, a.n + b.n})
		}
	}
	i := 0
	for _, p := range pools {
		for range p.n {
			column[i].y = p.sum/float64(p.n) + offset[i]
			i++
		}
	}
}

// coordinates turns what was settled into whole pixels.
func (l *layout) coordinates() {
	top, bottom := math.Inf(1), math.Inf(-1)
	for _, column := range l.columns {
		for _, s := range column {
			top, bottom = min(top, s.y), max(bottom, s.y+s.height)
		}
	}
	if len(l.columns) == 0 {
		l.width, l.height = 2*border+nodeWidth, border
		return
	}
	for layer, column := range l.columns {
		for _, s := range column {
			s.y = math.Round(s.y-top) + border
			if s.node != nil {
				s.node.place = position{layer, column0(layer), int(s.y)}
			}
		}
	}
	l.width = column0(len(l.columns)-1) + nodeWidth + border
	l.height = int(math.Round(bottom-top)) + 2*border
}

// column0 is the left edge of a column.
func column0(layer int) int { return border + layer*(nodeWidth+columnGap) }

// shelve puts what depends on nothing, and nothing on it, in rows below.
func (l *layout) shelve(alone []*node) {
	if len(alone) == 0 {
		l.height = max(l.height, 2*border)
		return
	}
	columns := max(2, len(l.columns))
	if len(alone) == 1 {
		columns = max(1, len(l.columns))
	}
	top := l.height
	if len(l.columns) > 0 {
		top += rowGap
	}
	for i, n := range alone {
		n.place = position{i % columns, column0(i % columns), top + (i/columns)*(nodeHeight+rowGap)}
		l.width = max(l.width, n.place.x+nodeWidth+border)
		l.height = n.place.y + nodeHeight + border
	}
}
