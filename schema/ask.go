package schema

import "slices"

// Name returns the text of the document's member "name", or "".
func (d *Document) Name() string { return d.tree.member("name").kept() }

// SameTies reports whether two documents of metadata cannot be told apart by
// the documents beside them, nor by those that they refer to: they define and
// refer to the same at the same places, with the same versions of datasets.
// Then [CheckWorkspace] has the same to say with either. It is false when one
// cannot be read.
func SameTies(a, b *Document) bool {
	x, err := a.walk()
	if err != nil || a.kind != KindMetadata {
		return false
	}
	y, err := b.walk()
	if err != nil || b.kind != KindMetadata {
		return false
	}
	sameRef := func(f, g found[Reference]) bool {
		f.value.Line = g.value.Line
		return f.value == g.value
	}
	sameDef := func(f, g found[Definition]) bool {
		f.value.Line = g.value.Line
		return f.value == g.value
	}
	version := func(n, m *node) bool { return n.member("version").integer() == m.member("version").integer() }
	return slices.EqualFunc(x.refs, y.refs, sameRef) && slices.EqualFunc(x.defs, y.defs, sameDef) &&
		slices.EqualFunc(a.tree.member("datasets").elements(), b.tree.member("datasets").elements(), version)
}
