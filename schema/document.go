package schema

import "errors"

// A Document is a document that was parsed once, to be validated and asked for
// its references and definitions any number of times. It keeps the whole tree
// in memory, about ten times the document's size, until [Document.Release]; what
// its methods return is free of it. It is for one goroutine at a time.
type Document struct {
	kind   Kind
	tree   *node
	fault  error // why there is no tree
	room   *room // of the tree and of the walker
	walked *walker
	model  *model // of models, once asked for
}

var errReleased = errors.New("schema: the document was released")

// Parse reads doc strictly as a document of the kind. A document that breaks
// the syntax has that one fault, which every method returns: it is a
// [*ValidationError], or another error for an unknown kind. doc is not kept
// and not changed.
func Parse(kind Kind, doc []byte) *Document { return new(Parser).Parse(kind, doc) }

// Release gives the document's memory to its [Parser], for those that it parses
// next. The document must not be used any more: its methods return an error, or
// nothing. What they have returned stays as it is. A document that is not
// released is left to the garbage collector.
func (d *Document) Release() {
	if d.room != nil {
		d.room.release()
	}
	*d = Document{kind: d.kind, fault: errReleased}
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
	w.checkDefinitions(c.add)
	if d.kind == KindModel {
		d.asModel(w).check(c.add)
	}
	return c.err()
}

// References is the function [References] for a document that is parsed.
func (d *Document) References() ([]Reference, error) {
	w, err := d.walk()
	if err != nil {
		return nil, err
	}
	return w.references(nil), nil
}

// AppendReferences appends to list what [Document.References] returns.
func (d *Document) AppendReferences(list []Reference) ([]Reference, error) {
	w, err := d.walk()
	if err != nil {
		return list, err
	}
	return w.references(list), nil
}

// Definitions is the function [Definitions] for a document that is parsed.
func (d *Document) Definitions() ([]Definition, error) {
	w, err := d.walk()
	if err != nil {
		return nil, err
	}
	return w.definitions(), nil
}

// asModel returns what the rules of models need to know about the document,
// which w has walked.
func (d *Document) asModel(w *walker) *model {
	if d.model == nil {
		d.model = newModel(d.tree, w)
	}
	return d.model
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
	d.walked, err = walk(&d.room.walker, d.kind, all.shapes[d.kind], d.tree)
	return d.walked, err
}
