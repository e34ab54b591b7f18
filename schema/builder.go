package schema

// A builder makes the tree of a document of what a reader finds in it, in the
// order of the text. Nodes and lists are cut from larger pieces of memory.
type builder struct {
	root  *node
	count int // of nodes so far
	open  []opened

	// The values and names of the collections that are open, one after the
	// other: how many each has is known only at its end.
	values []*node
	names  []string

	nodes stock[node]
	lists stock[*node]
	texts stock[string]
}

// opened is a collection that is not complete, and where its values and names
// begin.
type opened struct {
	node          *node
	values, names int
}

func (b *builder) node(form form, line int) *node {
	n := &b.nodes.cut(1)[0]
	n.form, n.line, n.order = form, line, b.count
	b.count++
	if len(b.open) == 0 {
		b.root = n
	} else {
		b.values = append(b.values, n)
	}
	return n
}

// Begin implements [strictjson.Sink] and [strictyaml.Sink].
func (b *builder) Begin(line int, mapping bool) {
	f := array
	if mapping {
		f = object
	}
	b.open = append(b.open, opened{b.node(f, line), len(b.values), len(b.names)})
}

// Name implements [strictjson.Sink] and [strictyaml.Sink].
func (b *builder) Name(name string) { b.names = append(b.names, name) }

// Text implements [strictjson.Sink] and [strictyaml.Sink].
func (b *builder) Text(line int, s string) { b.node(text, line).str = s }

// Number implements [strictjson.Sink].
func (b *builder) Number(line int, s string) { b.node(number, line).str = s }

// Scalar implements [strictjson.Sink] and [strictyaml.Sink].
func (b *builder) Scalar(line int, value any) { b.node(scalar, line).value = value }

// End implements [strictjson.Sink] and [strictyaml.Sink].
func (b *builder) End() {
	o := b.open[len(b.open)-1]
	b.open = b.open[:len(b.open)-1]
	o.node.children = b.lists.keep(b.values[o.values:])
	o.node.names = b.texts.keep(b.names[o.names:])
	b.values, b.names = b.values[:o.values], b.names[:o.names]
}

// openLists is how long the lists of what is open may be in a builder that is
// kept for other documents.
const openLists = 1024

// release forgets the document, whose tree must not be used any more. Of each
// type, most slabs may wait for others.
func (b *builder) release(most int) {
	b.nodes.release(most)
	b.lists.release(most)
	b.texts.release(most)
	clear(b.open[:cap(b.open)])
	b.root, b.count, b.open = nil, 0, b.open[:0]
	if cap(b.values) > openLists || cap(b.names) > openLists {
		b.values, b.names = nil, nil
	}
	clear(b.values[:cap(b.values)])
	clear(b.names[:cap(b.names)])
	b.values, b.names = b.values[:0], b.names[:0]
}
