package page

import (
	"fmt"
	"html/template"
	"strings"
	"unicode"

	"github.com/oneanalytics/oa-archive/internal/legible"
)

// draw writes the cluster's drawing.
func (c *cluster) draw() {
	l := c.place()
	right := 0
	for i := range c.edges {
		if l.routes[i] == nil {
			right = max(right, backReach)
		}
	}
	c.Wide = l.width+right > 2*(nodeWidth+columnGap)+border
	var b strings.Builder
	fmt.Fprintf(&b, `<svg class="graph" role="group" aria-labelledby="g%d" width="%d" height="%d" viewBox="0 0 %[2]d %[3]d">`, c.N, l.width+right, l.height)
	b.WriteString(`<g class="edges" aria-hidden="true">`)
	for i, e := range c.edges {
		c.drawEdge(&b, e, l.routes[i])
	}
	b.WriteString(`</g>`)
	for _, n := range c.nodes {
		c.drawNode(&b, n)
	}
	b.WriteString(`</svg>`)
	c.SVG = template.HTML(b.String())
}

// backReach is how far an edge that leads back, or stays in its column, swings
// out.
const backReach = 44

func (c *cluster) drawEdge(b *strings.Builder, e edge, route []*slot) {
	from, to := c.nodes[e.from].place, c.nodes[e.to].place
	x, y := from.x+nodeWidth, from.y+nodeHeight/2
	fmt.Fprintf(b, `<path class="edge" data-from="%d" data-to="%d" d="M%d %d`, e.from, e.to, x, y)
	if route == nil {
		out := max(x, to.x+nodeWidth) + backReach
		fmt.Fprintf(b, `C%d %d %d %d %d %d`, out, y, out, to.y+nodeHeight/2, to.x+nodeWidth+arrow, to.y+nodeHeight/2)
	}
	for i, s := range route {
		if i == 0 {
			continue
		}
		left, at := to.x-arrow, to.y+nodeHeight/2
		if s.node == nil {
			left, at = column0(from.layer+i), int(s.y)+lane/2
		}
		bend := (left - x) / 2
		fmt.Fprintf(b, `C%d %d %d %d %d %d`, x+bend, y, left-bend, at, left, at)
		if x, y = left, at; s.node == nil {
			x += nodeWidth
			fmt.Fprintf(b, `H%d`, x)
		}
	}
	b.WriteString(`"/>`)
}

// arrow is the length of an arrow's head.
const arrow = 7

func (c *cluster) drawNode(b *strings.Builder, n *node) {
	look := lookOf(n.decision)
	class, second := look.Class, look.Sign+" "+plain(string(n.decision))+" · "+plain(n.kind)
	label := n.label
	switch {
	case n.foreign:
		class, second = "foreign", n.kind
	case n.steps > 1:
		label, second = legible.Plural(int64(n.steps), plain(n.kind)), look.Sign+" "+plain(string(n.decision))
	}
	p := n.place
	spoken := plain(label) + ", " + second[strings.Index(second, " ")+1:] + c.relations(n)
	if n.steps == 1 && !n.foreign {
		spoken = plain(n.kind) + " " + plain(label) + ", " + plain(string(n.decision)) + c.relations(n)
	}
	fmt.Fprintf(b, `<a class="node %s" href="%s" data-node="%d" aria-label="%s"><title>%[4]s</title>`, class, n.anchor, n.index, template.HTMLEscapeString(spoken))
	if n.steps > 1 {
		fmt.Fprintf(b, `<rect class="stack" x="%d" y="%d" width="%d" height="%d" rx="7"/>`, p.x+4, p.y+4, nodeWidth, nodeHeight)
	}
	fmt.Fprintf(b, `<rect class="box" x="%d" y="%d" width="%d" height="%d" rx="7"/>`, p.x, p.y, nodeWidth, nodeHeight)
	fmt.Fprintf(b, `<rect class="stripe" x="%d" y="%d" width="4" height="%d" rx="2"/>`, p.x+5, p.y+8, nodeHeight-16)
	fmt.Fprintf(b, `<text class="label" x="%d" y="%d">%s</text>`, p.x+17, p.y+18, template.HTMLEscapeString(fit(plain(label), 23)))
	fmt.Fprintf(b, `<text class="kind" x="%d" y="%d">%s</text></a>`, p.x+17, p.y+33, template.HTMLEscapeString(fit(second, 30)))
}

// relations says in words what the edges of a node show.
func (c *cluster) relations(n *node) string {
	s := ""
	if len(n.in) > 0 {
		s += fmt.Sprintf("; needs %d here", len(n.in))
	}
	if len(n.out) > 0 {
		s += fmt.Sprintf("; needed by %d here", len(n.out))
	}
	return s
}

// fit cuts s to about so many letters of usual width. Letters of East Asian
// scripts and pictures count for two (UAX 11, roughly).
func fit(s string, columns int) string {
	at, kept := 0, 0 // columns, and bytes that leave room for the sign of a cut
	for i, r := range s {
		w := 1
		if r >= 0x1100 && !unicode.In(r, unicode.Arabic, unicode.Mn) && (r < 0x1e00 || r >= 0x2e80) {
			w = 2
		}
		if at+w > columns {
			return strings.TrimRight(s[:kept], " ") + "…"
		}
		if at < columns {
			kept = i
		}
		at += w
	}
	return s
}
