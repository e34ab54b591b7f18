package schema

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// braced matches an identifier in an expression.
var braced = regexp.MustCompile(`\{([^{}]*)\}`)

// A walker visits a document along its schema and collects what the keywords
// x-oa-ref and x-oa-def point at.
type walker struct {
	kind  Kind
	path  []step
	nodes []*node // from the root to the current one
	seen  map[place]bool
	refs  []found[Reference]
	defs  []found[Definition]

	buffer []byte // of pointer
}

// place tells apart what one string is, so that two branches of a schema that
// say the same count once.
type place struct {
	order int
	what  RefKind
	def   bool
}

type found[T any] struct {
	order int
	value T
}

// walk walks a document of the kind. A panic of the validator, which may
// decide between branches, is contained.
func walk(kind Kind, s *shape, tree *node) (w *walker, err error) {
	defer func() {
		if r := recover(); r != nil {
			w, err = nil, &ValidationError{Kind: kind, Problems: []Problem{panicProblem(r)}}
		}
	}()
	w = &walker{kind: kind, seen: map[place]bool{}}
	w.visit(s, tree)
	w.sort()
	return w, nil
}

// sort brings what was found into document order.
func (w *walker) sort() {
	slices.SortStableFunc(w.refs, func(a, b found[Reference]) int { return cmp.Compare(a.order, b.order) })
	slices.SortStableFunc(w.defs, func(a, b found[Definition]) int { return cmp.Compare(a.order, b.order) })
}

func (w *walker) references() []Reference   { return values(w.refs) }
func (w *walker) definitions() []Definition { return values(w.defs) }

func values[T any](list []found[T]) []T {
	out := make([]T, len(list))
	for i, f := range list {
		out[i] = f.value
	}
	return out
}

// visit applies every part of s that concerns n.
func (w *walker) visit(s *shape, n *node) {
	if s == nil || s.silent {
		return
	}
	if s.marks != nil {
		w.note(s.marks, n)
	}
	w.visit(s.ref, n)
	for _, sub := range s.allOf {
		w.visit(sub, n)
	}
	w.visit(s.branch(n), n)
	w.visitChildren(s, n)
}

func (w *walker) visitChildren(s *shape, n *node) {
	if n.form == scalar || n.form == text || s.items == nil && s.properties == nil && s.additional == nil {
		return
	}
	w.nodes = append(w.nodes, n)
	defer func() { w.nodes = w.nodes[:len(w.nodes)-1] }()
	for i, child := range n.children {
		if n.form == array {
			w.path = append(w.path, step{index: i})
			w.visit(s.items, child)
		} else {
			sub, known := s.properties[n.names[i]]
			if !known {
				sub = s.additional
			}
			w.path = append(w.path, step{name: n.names[i], index: -1})
			w.visit(sub, child)
		}
		w.path = w.path[:len(w.path)-1]
	}
}

// A step leads from an object or array to one of its values.
type step struct {
	name  string
	index int // of arrays; -1 in objects
}

// pointer writes the path to the current node as RFC 6901 does.
func (w *walker) pointer() string {
	b := w.buffer[:0]
	for _, s := range w.path {
		b = append(b, '/')
		switch {
		case s.index >= 0:
			b = strconv.AppendInt(b, int64(s.index), 10)
		case strings.ContainsAny(s.name, "~/"):
			b = append(b, pointerEscapes.Replace(s.name)...)
		default:
			b = append(b, s.name...)
		}
	}
	w.buffer = b
	return string(b)
}

// note records what the keywords say about the string n.
func (w *walker) note(k *keywords, n *node) {
	if n.form != text || n.str == "" {
		return
	}
	if p := (place{n.order, k.def, true}); k.def != "" && !w.seen[p] {
		w.seen[p] = true
		d := Definition{Pointer: w.pointer(), Line: n.line, Kind: k.def, ID: n.kept()}
		w.defs = append(w.defs, found[Definition]{n.order, d})
	}
	if k.ref == nil {
		return
	}
	p := place{n.order, w.target(k.ref), false}
	if p.what == "" || w.seen[p] {
		return
	}
	w.seen[p] = true
	ref := Reference{Pointer: w.pointer(), Line: n.line, To: p.what, ID: n.kept(), Required: k.ref.required, Subject: k.ref.subject}
	if k.ref.within != "" && w.kind != KindModel {
		ref.Scope = w.enclosing(k.ref.within)
	}
	if !k.ref.braces {
		w.refs = append(w.refs, found[Reference]{n.order, ref})
		return
	}
	ref.Embedded = true
	for _, m := range braced.FindAllStringSubmatch(ref.ID, -1) {
		ref.ID = strings.TrimSpace(m[1])
		w.refs = append(w.refs, found[Reference]{n.order, ref})
	}
}

// target returns what the rule refers to, or "" when the document names a
// kind that we do not know.
func (w *walker) target(r *refRule) RefKind {
	if r.by == "" {
		return r.to
	}
	to := RefKind(w.stringIn(len(w.nodes)-1, r.by))
	if refKinds[to] {
		return to
	}
	return ""
}

// enclosing returns the string member called name of the nearest enclosing
// object that has one.
func (w *walker) enclosing(name string) string {
	for i := len(w.nodes) - 1; i >= 0; i-- {
		if s := w.stringIn(i, name); s != "" {
			return strings.Clone(s)
		}
	}
	return ""
}

// stringIn returns the text of a member of the i-th node on the way.
func (w *walker) stringIn(i int, name string) string {
	if i < 0 || w.nodes[i].form != object {
		return ""
	}
	return w.nodes[i].member(name).text()
}
