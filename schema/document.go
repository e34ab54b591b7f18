package schema

import "fmt"

// A Document is a document that was parsed once, to be validated and asked for
// its references and definitions any number of times. It keeps the whole tree
// in memory, about ten times the document's size; what its methods return is
// free of it. It is for one goroutine at a time.
type Document struct {
	kind   Kind
	tree   *node
	fault  error // why there is no tree
	walked *walker
}

// Parse reads doc strictly as a document of the kind. A document that breaks
// the syntax has that one fault, which every method returns: it is a
// [*ValidationError], or another error for an unknown kind. doc is not kept
// and not changed.
func Parse(kind Kind, doc []byte) *Document {
	d := &Document{kind: kind}
	all, err := schemas()
	switch {
	case err != nil:
		d.fault = err
	case all.roots[kind] == nil:
		d.fault = fmt.Errorf("schema: unknown kind of document %q", string(kind))
	default:
		d.tree, d.fault = parse(kind, doc)
	}
	return d
}

// Validate is the function [Validate] for a document that is parsed.
func (d *Document) Validate() error {
	if d.fault != nil {
		return d.fault
	}
	all, err := schemas()
	if err != nil {
		return err
	}
	c := collector{kind: d.kind, tree: d.tree}
	all.validate(d.kind, d.tree, c.report)
	w, err := d.walk()
	if err != nil {
		return err
	}
	checkDefinitions(w.defs, c.add)
	if d.kind == KindModel {
		newModel(d.tree, w).check(c.add)
	}
	return c.err()
}

// References is the function [References] for a document that is parsed.
func (d *Document) References() ([]Reference, error) {
	w, err := d.walk()
	if err != nil {
		return nil, err
	}
	return w.references(), nil
}

// Definitions is the function [Definitions] for a document that is parsed.
func (d *Document) Definitions() ([]Definition, error) {
	w, err := d.walk()
	if err != nil {
		return nil, err
	}
	return w.definitions(), nil
}

// walk walks the document, once.
func (d *Document) walk() (*walker, error) {
	if d.fault != nil {
		return nil, d.fault
	}
	if d.walked != nil {
		return d.walked, nil
	}
	all, err := schemas()
	if err != nil {
		return nil, err
	}
	d.walked, err = walk(d.kind, all.shapes[d.kind], d.tree)
	return d.walked, err
}
