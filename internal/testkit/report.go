package testkit

import (
	"strconv"

	"github.com/oneanalytics/oa-archive/layout"
)

// today is the day, since the epoch, on which the first state ends. The second
// is some weeks later.
const (
	today     = 1400
	revisedOn = today + 21
)

// lastVisual is about how far a report overshoots the size that it was to
// have, since visuals are written whole.
const lastVisual = 800

// A reportText writes one report.
type reportText struct {
	*Source
	jsonText
	d       draw
	w       *workspace
	shapes  [4]shape
	pins    [4]asset
	pinned  int
	visuals int
	row     int // of the page's grid
}

// report appends a report.
func (s *Source) report(a asset, b []byte) []byte {
	w := s.workspace(a.ws)
	start := len(b)
	r := reportText{Source: s, jsonText: jsonText{b: b}, d: s.stream(forContent, a), w: &w}
	size := reportSizes.value(&r.d) - lastVisual
	r.indent = r.style()
	for range 1 + r.d.below(1+min(3, max(0, size)/3000)) {
		r.pin()
	}
	r.object()
	r.head(a)
	r.filters("filters", r.d.below(3), true)
	r.name("pages")
	r.array()
	for page := 1; page == 1 || len(r.b)-start < size; page++ {
		r.page(page, start+size)
	}
	if a.revision > 0 {
		r.d = s.stream(forRevision, a)
		r.page(0, 0)
	}
	r.endArray()
	r.bookmarks()
	r.endObject()
	return append(r.b, '\n')
}

// style draws how a document is indented.
func (r *reportText) style() int {
	switch r.d.below(10) {
	case 0, 1, 2:
		return 0
	case 3:
		return 4
	}
	return 2
}

// pin adds a dataset that is not pinned yet, unless the draw fails.
func (r *reportText) pin() {
	a, _ := r.lasting(layout.Model, r.w.index, r.w.datasets, &r.d)
	for _, p := range r.pins[:r.pinned] {
		if p.slot == a.slot {
			return
		}
	}
	r.pins[r.pinned], r.shapes[r.pinned] = a, r.shape(r.w, a)
	r.pinned++
}

func (r *reportText) head(a asset) {
	sh := &r.shapes[0]
	r.strMember("id", a.id)
	r.strMember("workspace", r.w.id)
	r.name("name")
	r.beginText()
	r.title(sh)
	if r.d.percent(50) {
		r.b = append(r.b, " — "...)
		r.b = append(r.b, r.d.pick(words().regions)...)
	}
	r.endText()
	if r.d.percent(45) {
		r.name("description")
		r.sentences(sh, 1+r.d.below(3))
	}
	created := r.record(&r.d, r.w)
	updated := created + r.d.below(today*1440-created)
	if a.revision > 0 {
		updated = revisedOn*1440 + a.slot%1440
	}
	r.timeMember("updated_at", updated)
	r.name("datasets")
	r.array()
	for i := range r.pinned {
		r.oneLine()
		r.object()
		r.strMember("id", r.pins[i].id)
		r.intMember("version", max(1, r.shapes[i].version-r.d.below(3)))
		r.endObject()
	}
	r.endArray()
}

// record writes what assets have in common: owner, folder, tags, and the time
// of creation, which it returns in minutes.
func (r *reportText) record(d *draw, w *workspace) (created int) {
	return r.assetRecord(&r.jsonText, d, w)
}

// title writes what a query shows: a measure by a dimension.
func (r *reportText) title(sh *shape) {
	m, dim := &sh.domain.measures[r.d.below(len(sh.domain.measures))], &sh.domain.dims[r.d.below(len(sh.domain.dims))]
	r.b = append(r.b, m.label[r.w.language]...)
	r.b = append(r.b, [...]string{" by ", " nach ", " par ", "・"}[r.w.language]...)
	r.b = append(r.b, dim.label[r.w.language]...)
}

// sentences writes n of them as one text.
func (r *reportText) sentences(sh *shape, n int) {
	r.beginText()
	for i := range n {
		if i > 0 {
			r.b = append(r.b, ' ')
		}
		r.b = r.appendSentence(r.b, &r.d, r.w, sh)
	}
	r.endText()
}

// page writes a page of visuals, until the document has reached its end. Page
// number 0 is the one that a revision adds.
func (r *reportText) page(number, end int) {
	r.object()
	r.name("id")
	r.beginText()
	r.b = append(r.b, 'p')
	r.b = strconv.AppendInt(r.b, int64(number), 10)
	r.endText()
	r.name("name")
	r.beginText()
	r.title(&r.shapes[r.d.below(r.pinned)])
	r.endText()
	r.name("visuals")
	r.array()
	r.row = 0
	for i := range r.d.between(3, 14) {
		if i > 0 && len(r.b) >= end {
			break
		}
		r.visual()
	}
	r.endArray()
	r.endObject()
}

func (r *reportText) bookmarks() {
	if !r.d.percent(30) {
		return
	}
	r.name("bookmarks")
	r.array()
	for i := range r.d.between(1, 4) {
		sh := &r.shapes[0]
		r.object()
		r.name("id")
		r.beginText()
		r.b = append(r.b, 'b')
		r.b = strconv.AppendInt(r.b, int64(i+1), 10)
		r.endText()
		r.name("name")
		r.beginText()
		r.b = append(r.b, r.d.pick(words().folders)...)
		r.b = append(r.b, ' ')
		r.b = append(r.b, sh.domain.label[r.w.language]...)
		r.endText()
		if r.d.percent(50) {
			r.name("owner")
			r.beginText()
			r.b = r.appendUserID(r.b, r.anyUser(r.w, &r.d))
			r.endText()
		}
		r.filters("filters", 1+r.d.below(3), true)
		r.endObject()
	}
	r.endArray()
}

// filters writes n conditions; those outside of queries name their dataset.
func (r *reportText) filters(name string, n int, outside bool) {
	if n == 0 {
		return
	}
	r.name(name)
	r.array()
	for range n {
		at := 0
		if outside {
			at = r.d.below(r.pinned)
		}
		dataset := ""
		if outside {
			dataset = r.pins[at].id
		}
		writeFilter(&r.jsonText, &r.d, &r.shapes[at], dataset)
	}
	r.endArray()
}

// writeFilter writes a condition on one of the domain's own dimensions.
func writeFilter(j *jsonText, d *draw, sh *shape, dataset string) {
	dim := &sh.domain.dims[d.below(len(sh.domain.dims))]
	j.oneLine()
	j.object()
	if dataset != "" {
		j.strMember("dataset", dataset)
	}
	j.strMember("field", dim.id)
	switch {
	case dim.values == nil && dim.kind == "integer":
		j.strMember("op", "between")
		j.name("value")
		j.array()
		low := 1990 + d.below(30)
		j.int(low)
		j.int(low + 1 + d.below(8))
		j.endArray()
	case dim.values == nil && d.percent(50):
		j.strMember("op", "last")
		j.strMember("value", [...]string{"7 days", "4 weeks", "90 days", "12 months", "3 quarters"}[d.below(5)])
	case dim.values == nil:
		j.strMember("op", ">=")
		j.name("value")
		j.beginText()
		j.b = appendDate(j.b, d.below(today))
		j.endText()
	case d.percent(60):
		j.strMember("op", [...]string{"=", "!=", "="}[d.below(3)])
		j.strMember("value", d.pick(dim.values))
	default:
		j.strMember("op", "in")
		j.name("value")
		j.array()
		at := d.below(len(dim.values))
		for i := range 1 + d.below(min(5, len(dim.values))) {
			j.str(dim.values[(at+i)%len(dim.values)])
		}
		j.endArray()
	}
	j.endObject()
}
