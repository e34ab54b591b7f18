package superset

import (
	"cmp"
	"maps"
	"slices"
)

// A page is one page of a report: a tab of the dashboard, or all of it.
type page struct {
	id, name string
	tiles    []tile
}

// A tile is something that a dashboard shows, and where: the columns of its
// grid are twelfths of the width, its rows 8 pixels high.
type tile struct {
	key        string
	component  component
	x, y, w, h float64
}

const gridWidth = 12

// A layouter walks a dashboard's layout and lays it out on pages.
type layouter struct {
	doc     *dashboardDocument
	visited map[string]bool
	pages   []*page
}

// pagesOf returns the dashboard's pages in order; there is at least one.
//
// Each tab becomes a page; a tab within a tab is named after both. What stands
// outside of tabs, above or below them, becomes a page of its own in front.
func pagesOf(doc *dashboardDocument) []*page {
	l := &layouter{doc: doc, visited: map[string]bool{}}
	main := l.newPage("main", cmp.Or(doc.Title, "Untitled"))
	l.place("ROOT_ID", main, "", 0, 0, gridWidth)

	l.placeTheRest(main)
	if len(main.tiles) == 0 && len(l.pages) > 1 {
		l.pages = l.pages[1:]
	}
	return l.pages
}

// placeTheRest puts charts that hang nowhere in the layout below everything
// else. They belong to the dashboard all the same, unless it shows them
// elsewhere.
func (l *layouter) placeTheRest(on *page) {
	shown := map[string]bool{}
	for _, p := range l.pages {
		for _, t := range p.tiles {
			shown[t.component.Meta.UUID] = true
		}
	}
	bottom := 0.0
	for _, t := range on.tiles {
		bottom = max(bottom, t.y+t.h)
	}
	for _, key := range slices.Sorted(maps.Keys(l.doc.Position)) {
		if c := l.doc.component(key); c.Type == "CHART" && !shown[c.Meta.UUID] {
			shown[c.Meta.UUID] = true
			bottom += l.place(key, on, "", 0, bottom, gridWidth)
		}
	}
}

func (l *layouter) newPage(id, name string) *page {
	p := &page{id: id, name: name}
	l.pages = append(l.pages, p)
	return p
}

// place puts the component with the key, and what is in it, on the page at
// x, y, and returns how high it is. tab is the name of the tab around it.
func (l *layouter) place(key string, on *page, tab string, x, y, width float64) (height float64) {
	if l.visited[key] {
		return 0
	}
	l.visited[key] = true
	c := l.doc.component(key)
	w := width
	if c.Meta.Width > 0 {
		w = min(c.Meta.Width, width)
	}
	switch c.Type {
	case "CHART", "MARKDOWN", "HEADER":
		h := cmp.Or(max(c.Meta.Height, 0), 5)
		on.tiles = append(on.tiles, tile{key: key, component: c, x: x, y: y, w: w, h: h})
		return h
	case "ROW":
		for _, child := range c.Children {
			used := width
			if cw := l.doc.component(child).Meta.Width; cw > 0 {
				used = cw
			}
			height = max(height, l.place(child, on, tab, x, y, used))
			x += used
		}
		return height
	case "TABS":
		l.placeTabs(c, tab)
		return 0
	}
	for _, child := range c.Children {
		height += l.place(child, on, tab, x, y+height, w)
	}
	return height
}

// placeTabs makes a page of each tab. A tab that holds nothing but tabs is
// only part of their names.
func (l *layouter) placeTabs(tabs component, outer string) {
	for _, key := range tabs.Children {
		c := l.doc.component(key)
		if c.Type != "TAB" || l.visited[key] {
			continue
		}
		name := cmp.Or(c.Meta.Text, "Untitled")
		if outer != "" {
			name = outer + " / " + name
		}
		before := len(l.pages)
		p := l.newPage(key, name)
		l.place(key, p, name, 0, 0, gridWidth)
		if len(p.tiles) == 0 && len(l.pages) > before+1 {
			l.pages = slices.Delete(l.pages, before, before+1)
		}
	}
}
