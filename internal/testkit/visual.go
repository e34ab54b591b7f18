package testkit

import (
	"strconv"

	"github.com/oneanalytics/oa-archive/layout"
)

func (r *reportText) visual() {
	at := r.d.below(r.pinned)
	sh := &r.shapes[at]
	r.visuals++
	r.object()
	r.name("id")
	r.beginText()
	r.b = append(r.b, 'v')
	r.b = strconv.AppendInt(r.b, int64(r.visuals), 10)
	r.endText()
	if r.d.percent(8) {
		r.textVisual(sh)
	} else {
		r.strMember("type", r.d.pick(words().visuals))
		r.name("title")
		r.beginText()
		r.title(sh)
		r.endText()
		r.query(at)
		r.layout()
		r.options(sh)
	}
	r.drill()
	r.endObject()
}

// textVisual writes what a person noted on the page, perhaps with the
// identifier of another report inside the text.
func (r *reportText) textVisual(sh *shape) {
	r.strMember("type", "text")
	r.layout()
	r.name("options")
	r.object()
	r.name("markdown")
	r.beginText()
	for i := range 1 + r.d.below(4) {
		if i > 0 {
			r.b = append(r.b, `\n\n`...)
		}
		r.b = r.appendSentence(r.b, &r.d, r.w, sh)
	}
	if other, ok := r.lasting(layout.Report, r.w.index, r.w.reports, &r.d); ok && r.d.percent(40) {
		r.b = append(r.b, ` → [report](oa:/reports/`...)
		r.b = append(r.b, other.id...)
		r.b = append(r.b, ')')
	}
	r.endText()
	r.endObject()
}

func (r *reportText) query(at int) {
	sh := &r.shapes[at]
	r.name("query")
	r.object()
	r.strMember("dataset", r.pins[at].id)
	r.name("dimensions")
	r.oneLine()
	r.array()
	dims := 1 + r.d.below(3)
	first := r.d.below(sh.dimCount())
	for i := range min(dims, sh.dimCount()) {
		r.dimension(sh, (first+i)%sh.dimCount())
	}
	r.endArray()
	r.name("measures")
	r.oneLine()
	r.array()
	measures := 1 + r.d.below(4)
	order := r.d.below(sh.measureCount())
	for i := range measures {
		r.beginText()
		r.b = sh.appendMeasure(r.b, (order+i)%sh.measureCount())
		r.endText()
	}
	if r.d.percent(7) {
		r.object()
		r.strMember("type", "max")
		m := &sh.domain.measures[sh.domain.sums[0]]
		r.strMember("column", m.column)
		r.strMember("label", m.label[r.w.language])
		r.endObject()
	}
	r.endArray()
	r.queryFilters(sh, r.d.below(4))
	if r.d.percent(70) {
		r.name("order")
		r.oneLine()
		r.array()
		r.object()
		r.name("field")
		r.beginText()
		r.b = sh.appendMeasure(r.b, order)
		r.endText()
		r.strMember("direction", [...]string{"asc", "desc"}[r.d.below(2)])
		r.endObject()
		r.endArray()
	}
	if r.d.percent(60) {
		r.intMember("limit", [...]int{5, 10, 20, 50, 100, 500, 1000}[r.d.below(7)])
	}
	r.endObject()
}

func (r *reportText) dimension(sh *shape, n int) {
	if n < len(sh.domain.dims) && sh.domain.dims[n].values == nil && sh.domain.dims[n].kind != "integer" {
		r.object()
		r.strMember("id", sh.domain.dims[n].id)
		r.strMember("grain", [...]string{"day", "week", "month", "year"}[r.d.below(4)])
		r.endObject()
		return
	}
	r.beginText()
	r.b = sh.appendDim(r.b, n)
	r.endText()
}

func (r *reportText) queryFilters(sh *shape, n int) {
	if n == 0 {
		return
	}
	r.name("filters")
	r.array()
	for range n {
		writeFilter(&r.jsonText, &r.d, sh, "")
	}
	r.endArray()
}

func (r *reportText) layout() {
	wide := 3 + r.d.below(10)
	r.name("layout")
	r.oneLine()
	r.object()
	r.intMember("x", r.d.below(13-wide))
	r.intMember("y", r.row)
	r.intMember("w", wide)
	high := 3 + r.d.below(7)
	r.intMember("h", high)
	r.row += high
	r.endObject()
}

// options writes how a visual looks. Nobody but the visual understands them,
// yet they may hold identifiers of assets: as values, as names and in texts.
func (r *reportText) options(sh *shape) {
	if !r.d.percent(75) {
		return
	}
	r.name("options")
	r.object()
	if r.d.percent(70) {
		r.strMember("palette", r.d.pick(words().palettes))
	}
	if r.d.percent(50) {
		r.name("legend")
		r.oneLine()
		r.object()
		r.name("show")
		r.bool(r.d.percent(70))
		r.strMember("position", [...]string{"top", "right", "bottom"}[r.d.below(3)])
		r.endObject()
	}
	if r.d.percent(45) {
		r.name("axis")
		r.oneLine()
		r.object()
		r.name("min")
		r.int(0)
		r.name("max")
		r.decimal(r.d.below(9_000_000))
		r.strMember("format", sh.domain.measures[0].format)
		r.endObject()
	}
	if r.d.percent(25) {
		r.labels(sh)
	}
	if r.d.percent(6) {
		if file, ok := r.lasting(layout.File, r.w.index, r.w.files, &r.d); ok {
			r.strMember("source_file", file.id)
		}
	}
	if r.d.percent(5) {
		if other, ok := r.lasting(layout.Report, r.w.index, r.w.reports, &r.d); ok {
			r.name("links")
			r.object()
			r.name(other.id)
			r.beginText()
			r.title(sh)
			r.endText()
			r.endObject()
		}
	}
	r.endObject()
}

// labels writes other words for a dimension's values, and notes beside them.
func (r *reportText) labels(sh *shape) {
	dim := &sh.domain.dims[sh.domain.texts[r.d.below(len(sh.domain.texts))]]
	r.name("series")
	r.array()
	first := r.d.below(len(dim.values))
	for i := range 2 + r.d.below(min(6, len(dim.values)-1)) {
		r.oneLine()
		r.object()
		r.strMember("value", dim.values[(first+i)%len(dim.values)])
		r.name("color")
		r.beginText()
		r.b = appendColor(r.b, &r.d)
		r.endText()
		if r.d.percent(20) {
			r.name("note")
			r.sentences(sh, 1)
		}
		r.endObject()
	}
	r.endArray()
}

func appendColor(b []byte, d *draw) []byte {
	const digits = "0123456789abcdef"
	x := d.next()
	b = append(b, '#')
	for range 6 {
		b = append(b, digits[x&15])
		x >>= 4
	}
	return b
}

// drill writes the way to another report. Every report has a page p1.
func (r *reportText) drill() {
	if !r.d.percent(15) {
		return
	}
	other, ok := r.lasting(layout.Report, r.w.index, r.w.reports, &r.d)
	if !ok {
		return
	}
	r.name("drill_to")
	r.oneLine()
	r.object()
	r.strMember("report", other.id)
	if r.d.percent(40) {
		r.strMember("page", "p1")
	}
	r.endObject()
}
