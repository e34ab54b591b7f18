package testkit

import "github.com/oneanalytics/oa-archive/layout"

// A shape is what other documents must know about a dataset's model. The
// domain's own dimensions and measures are in every model of the domain; extra
// ones follow, as many as the model's size allows.
type shape struct {
	domain        *domain
	dims          int // extra ones
	measures      int // extra ones, the same in every state
	columns       int // extra ones of the table of facts
	turn          int // where the words of extra names begin
	size          int
	version       int // in the tenant's first state
	listed        int // of 100 tables, how many list their columns
	connection    int
	title         string
	commentsEvery int
}

func (s *Source) shape(w *workspace, a asset) shape {
	a.kind = layout.Model
	d := s.stream(forShape, a)
	v := words()
	sh := shape{domain: v.domains[d.below(len(v.domains))], turn: d.below(1 << 20), version: 1 + d.below(1+d.below(60)), connection: d.below(w.connections)}
	sh.size = modelSizes.value(&d)
	sh.listed = 100
	if sh.size < 4500 {
		sh.listed = max(0, (sh.size-1800)/27)
	}
	sh.commentsEvery = d.between(4, 14)
	left := max(0, sh.size-4400)
	sh.measures = min(left*56/100/150, 220)
	sh.dims = min(left*32/100/142, 150)
	sh.columns = min(left*12/100/45, 90)
	sh.title = v.qualifiers[sh.turn%len(v.qualifiers)]
	return sh
}

func (sh *shape) dimCount() int     { return len(sh.domain.dims) + sh.dims }
func (sh *shape) measureCount() int { return len(sh.domain.measures) + sh.measures }

// appendDim appends the id of dimension n.
func (sh *shape) appendDim(b []byte, n int) []byte {
	if n < len(sh.domain.dims) {
		return append(b, sh.domain.dims[n].id...)
	}
	return sh.appendAttribute(b, n-len(sh.domain.dims))
}

// appendAttribute appends the name of extra dimension n, which is that of its
// column too.
func (sh *shape) appendAttribute(b []byte, n int) []byte {
	v := words()
	if prefix := n / len(v.attributes); prefix > 0 {
		b = append(b, v.prefixes[(prefix-1)%len(v.prefixes)]...)
		b = append(b, '_')
	}
	return append(b, v.attributes[(n+sh.turn)%len(v.attributes)]...)
}

// attributeTable returns the table that holds the column of extra dimension n.
func (sh *shape) attributeTable(n int) *table {
	tables := sh.domain.tables
	return &tables[1+n%(len(tables)-1)]
}

// base returns the measure that measure n refines, and is for the domain's own.
func (sh *shape) base(n int) *measure {
	if n < len(sh.domain.measures) {
		return &sh.domain.measures[n]
	}
	n -= len(sh.domain.measures)
	return &sh.domain.measures[sh.domain.sums[n%len(sh.domain.sums)]]
}

// appendMeasure appends the id of measure n.
func (sh *shape) appendMeasure(b []byte, n int) []byte {
	b = append(b, sh.base(n).id...)
	if n < len(sh.domain.measures) {
		return b
	}
	v := words()
	n = (n - len(sh.domain.measures)) / len(sh.domain.sums)
	b = append(b, '_')
	b = append(b, v.qualifiers[(n+sh.turn)%len(v.qualifiers)]...)
	if span := n / len(v.qualifiers); span > 0 {
		b = append(b, '_')
		b = append(b, v.spans[(span-1)%len(v.spans)]...)
	}
	return b
}

// appendLabel appends a name that is a label of a dataset: that of its domain,
// with a word to tell it apart.
func (sh *shape) appendLabel(b []byte, w *workspace) []byte {
	b = append(b, sh.domain.label[w.language]...)
	b = append(b, " – "...)
	return append(b, sh.title...)
}

// special are the characters that mean something to YAML, wherever they stand
// or at the beginning.
var special = func() (s [256]struct{ anywhere, first bool }) {
	for _, c := range []byte(":#,[]{}&*!|>'%@`=<?") {
		s[c].anywhere = true
	}
	for _, c := range []byte("-0123456789+.~ ") {
		s[c].first = true
	}
	return s
}()

// needsQuotes reports whether YAML would read s as something else than itself
// where it stands bare in a flow mapping. The word lists have no words such as
// true or null.
func needsQuotes(s string) bool {
	for i := range len(s) {
		if special[s[i]].anywhere {
			return true
		}
	}
	return s == "" || special[s[0]].first
}

// appendScalar appends s as YAML.
func appendScalar(b []byte, s string) []byte {
	if !needsQuotes(s) {
		return append(b, s...)
	}
	b = append(b, '"')
	b = append(b, s...)
	return append(b, '"')
}
