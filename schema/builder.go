package schema

import "bytes"

// A builder makes the tree of a document of what a reader finds in it, in the
// order of the text. Nodes and lists are cut from larger pieces, which saves an
// allocation for most of them.
type builder struct {
	root  *node
	count int // of nodes so far
	open  []opened

	// The values and names of the collections that are open, one after the
	// other: how many each has is known only at its end.
	values []*node
	names  []string

	spareNodes  []node
	spareValues []*node
	spareNames  []string
}

// expect makes room for the nodes of a document: there are about as many as
// commas, line breaks (in YAML) and opening brackets.
func (b *builder) expect(doc []byte, separators string) {
	n := 1
	for i := range len(separators) {
		n += bytes.Count(doc, []byte{separators[i]})
	}
	n = min(n, 1<<14) // commas and brackets may all stand in one text
	b.spareNodes, b.spareValues = make([]node, n), make([]*node, n)
}

// opened is a collection that is not complete, and where its values and names
// begin.
type opened struct {
	node          *node
	values, names int
}

func (b *builder) node(form form, line int) *node {
	if len(b.spareNodes) == 0 {
		b.spareNodes = make([]node, 64)
	}
	n := &b.spareNodes[0]
	b.spareNodes = b.spareNodes[1:]
	n.form, n.line, n.order = form, line, b.count
	b.count++
	if len(b.open) == 0 {
		b.root = n
	} else {
		b.values = append(b.values, n)
	}
	return n
}

// Begin implements [strictyaml.Sink].
func (b *builder) Begin(line int, mapping bool) {
	f := array
	if mapping {
		f = object
	}
	b.open = append(b.open, opened{b.node(f, line), len(b.values), len(b.names)})
}

// Name implements [strictyaml.Sink].
func (b *builder) Name(name string) { b.names = append(b.names, name) }

// Text implements [strictyaml.Sink].
func (b *builder) Text(line int, s string) { b.node(text, line).str = s }

// Scalar implements [strictyaml.Sink].
func (b *builder) Scalar(line int, value any) { b.node(scalar, line).value = value }

// End implements [strictyaml.Sink].
func (b *builder) End() {
	o := b.open[len(b.open)-1]
	b.open = b.open[:len(b.open)-1]
	o.node.children = keep(&b.spareValues, b.values[o.values:])
	o.node.names = keep(&b.spareNames, b.names[o.names:])
	b.values, b.names = b.values[:o.values], b.names[:o.names]
}

// keep returns a copy of list, cut from spare.
func keep[T any](spare *[]T, list []T) []T {
	n := len(list)
	if n == 0 {
		return nil
	}
	if len(*spare) < n {
		*spare = make([]T, max(n, 64))
	}
	kept := (*spare)[:n:n]
	*spare = (*spare)[n:]
	copy(kept, list)
	return kept
}
