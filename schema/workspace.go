package schema

import (
	"cmp"
	"fmt"
	"iter"
	"slices"

	"github.com/oneanalytics/oa-archive/layout"
)

// CheckWorkspace checks what the documents of one workspace say about each
// other: every reference has its target, every dataset its record and its
// model, every document the ids of its path. It takes documents of the kinds
// metadata, model, report and alert in any order. Of rows and files it only
// looks at the names, which must have a record; other kinds are passed over.
// A document is not kept after its turn, only what it defines and those of its
// references that lead to documents yet to come. So memory is least when
// documents come in canonical order.
//
// Each document should have passed [Validate]; one that cannot be read is
// reported as a problem. Principals belong to the tenant, so one that the
// metadata does not declare is a warning. Problems come in canonical order of
// the paths and in document order; nil means that there is none.
func CheckWorkspace(docs iter.Seq2[layout.Name, []byte]) []Problem {
	w := newWorkspace()
	for name, doc := range docs {
		w.add(name, func(kind Kind) *Document { return Parse(kind, doc) })
	}
	w.check()
	return w.sorted()
}

// CheckDocuments is [CheckWorkspace] for documents that are parsed already,
// under the kind that [KindOf] gives for their name. Where there is none, the
// document is not looked at and may be nil.
func CheckDocuments(docs iter.Seq2[layout.Name, *Document]) []Problem {
	w := newWorkspace()
	for name, doc := range docs {
		w.add(name, func(Kind) *Document { return doc })
	}
	w.check()
	return w.sorted()
}

// A workspace is what is known about the documents of one.
type workspace struct {
	id       string // of the first document's path
	metadata *document
	docs     []*document
	models   map[string]*document // by dataset
	reports  map[string]*document
	bare     []layout.Name // rows and files
	seen     map[layout.Name]bool
	defined  map[identity]bool // across documents
	problems []located
}

type identity struct {
	kind RefKind
	id   string
}

// located is a problem with its place in the order of problems.
type located struct {
	Problem
	name  layout.Name
	order int
}

// A document is what is kept of one.
type document struct {
	name layout.Name
	path string

	// unreadable documents exist, but nothing more is known of them: their
	// own problem is reported, and none that follows from it.
	unreadable bool

	refs   []found[Reference] // on its turn all of them, then those whose targets are not known yet
	defs   []found[Definition]
	inline map[string]bool // ids of measures written inline
	model  *model          // of models
	pins   []pin           // of reports
	record record          // of metadata
}

// A pin is a dataset that a report lists.
type pin struct {
	pointer     string
	line, order int
	dataset     string
	version     int64
}

// record is what the metadata says beyond references and definitions.
type record struct {
	versions map[string]int64 // of datasets
	parents  map[string]string
	names    map[string]string // of folders
}

func newWorkspace() *workspace {
	return &workspace{models: map[string]*document{}, reports: map[string]*document{}, seen: map[layout.Name]bool{}, defined: map[identity]bool{}}
}

// add takes in one document.
func (w *workspace) add(name layout.Name, parsed func(Kind) *Document) {
	if name.Workspace == "" {
		return
	}
	d := &document{name: name, path: name.String()}
	if w.id == "" {
		w.id = name.Workspace
	}
	switch {
	case w.seen[name]:
		w.report(d, 0, Problem{Rule: "duplicate-document", Text: "the document is given twice"})
		return
	case name.Workspace != w.id:
		w.report(d, 0, Problem{Rule: "foreign-document", Text: fmt.Sprintf("the document belongs to another workspace than %s", w.id)})
		return
	}
	w.seen[name] = true
	kind, ok := KindOf(name.Kind)
	if !ok {
		w.bare = append(w.bare, name)
		return
	}
	if err := d.read(kind, parsed(kind)); err != nil {
		w.report(d, 0, Problem{Line: err.Problems[0].Line, Rule: err.Problems[0].Rule, Text: err.Problems[0].Text})
		d.unreadable = true
	}
	w.docs = append(w.docs, d)
	switch kind {
	case KindMetadata:
		w.metadata = d
	case KindModel:
		w.models[name.Asset] = d
	case KindReport:
		w.reports[name.Asset] = d
	}
	w.define(d)
	w.checkPath(d)
	w.checkListed(d)
	d.refs = w.unresolved(d)
}

// unresolved returns the references of d whose targets are not known yet.
func (w *workspace) unresolved(d *document) (refs []found[Reference]) {
	for i := range d.refs {
		if !w.finds(d, d.refs[i].value) {
			refs = append(refs, d.refs[i])
		}
	}
	return slices.Clip(refs)
}

// define notes what a document defines for others to refer to.
func (w *workspace) define(d *document) {
	if d.unreadable && (d.name.Kind == layout.Report || d.name.Kind == layout.Alert) {
		w.defined[identity{RefKind(d.name.Kind.String()), d.name.Asset}] = true
	}
	for _, f := range d.defs {
		if def := f.value; def.Kind.IsUUID() || d.name.Kind == layout.Metadata {
			w.defined[identity{def.Kind, def.ID}] = true
		}
	}
}

// read fills d from the document's content.
func (d *document) read(kind Kind, doc *Document) *ValidationError {
	fault := func(err error) *ValidationError {
		if verr, ok := err.(*ValidationError); ok {
			return verr
		}
		return &ValidationError{Kind: kind, Problems: []Problem{{Rule: "invalid", Text: err.Error()}}}
	}
	walked, err := doc.walk()
	if err != nil {
		return fault(err)
	}
	tree := doc.tree
	d.refs = walked.refs // until the end of the document's turn
	for _, f := range walked.defs {
		if f.value.Kind != RefVisual && f.value.Kind != RefBookmark && !f.value.Kind.InModel() {
			d.defs = append(d.defs, f)
		}
	}
	switch kind {
	case KindModel:
		d.model = doc.asModel(walked).named()
	case KindMetadata:
		d.record = readRecord(tree)
		d.inline = inlineMeasures(tree)
	case KindReport:
		d.pins = readPins(tree)
		d.inline = inlineMeasures(tree)
	case KindAlert:
		d.inline = inlineMeasures(tree)
	}
	return nil
}

func readRecord(tree *node) record {
	r := record{versions: map[string]int64{}, parents: map[string]string{}, names: map[string]string{}}
	for _, n := range tree.member("datasets").elements() {
		r.versions[n.member("id").kept()] = n.member("version").integer()
	}
	for _, n := range tree.member("folders").elements() {
		id := n.member("id").kept()
		r.parents[id] = n.member("parent").kept()
		r.names[id] = n.member("name").kept()
	}
	return r
}

func readPins(tree *node) []pin {
	var pins []pin
	for i, n := range tree.member("datasets").elements() {
		if id := n.member("id").kept(); id != "" {
			pins = append(pins, pin{fmt.Sprintf("/datasets/%d", i), n.line, n.order, id, n.member("version").integer()})
		}
	}
	return pins
}

// inlineMeasures returns the ids of measures that queries write inline: an
// order may name them.
func inlineMeasures(n *node) map[string]bool {
	var ids map[string]bool
	var visit func(*node)
	visit = func(n *node) {
		for _, m := range n.member("measures").elements() {
			if id := m.member("id").kept(); id != "" {
				if ids == nil {
					ids = map[string]bool{}
				}
				ids[id] = true
			}
		}
		for _, child := range n.children {
			visit(child)
		}
	}
	visit(n)
	return ids
}

func (w *workspace) report(d *document, order int, p Problem) {
	p.Path = d.path
	w.problems = append(w.problems, located{p, d.name, order})
}

func (w *workspace) sorted() []Problem {
	slices.SortStableFunc(w.problems, func(a, b located) int {
		return cmp.Or(layout.Compare(a.name, b.name), cmp.Compare(a.order, b.order), cmp.Compare(a.Pointer, b.Pointer))
	})
	var out []Problem
	for _, p := range w.problems {
		out = append(out, p.Problem)
	}
	return out
}
