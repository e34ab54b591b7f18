package schema

import (
	"cmp"
	"maps"
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
	refs  []found[Reference]
	defs  []found[Definition]

	texts  interned // while it walks
	buffer []byte   // of pointer: the first steps of path
	steps  int      // how many of them

	first map[identity]int // definitions by what they define; see checkDefinitions
}

// noted is the set of what a walk has noted of one string, so that two branches
// of a schema that say the same count once: a bit for each kind that it refers
// to, and one for each kind that it defines.
type noted struct{ refs, defs uint64 }

// bits are the places of kinds in noted.
var bits = func() map[RefKind]uint64 {
	bits := map[RefKind]uint64{}
	for i, kind := range slices.Sorted(maps.Keys(refKinds)) {
		bits[kind] = 1 << i
	}
	return bits
}()

// first reports whether the kind of a bit is not in a set yet, and puts it
// there.
func first(set *uint64, bit uint64) bool {
	new := *set&bit == 0
	*set |= bit
	return new
}

// kindNamed has a kind for the same text, which is no part of a document.
var kindNamed = func() map[RefKind]RefKind {
	kinds := map[RefKind]RefKind{}
	for kind := range refKinds {
		kinds[kind] = kind
	}
	return kinds
}()

type found[T any] struct {
	order int
	value T
}

// walk walks a document of the kind with w, which has found nothing yet. A
// panic of the validator, which may decide between branches, is contained.
func walk(w *walker, kind Kind, s *shape, tree *node) (walked *walker, err error) {
	defer func() {
		w.texts = nil
		if r := recover(); r != nil {
			*w = walker{}
			walked, err = nil, &ValidationError{Kind: kind, Problems: []Problem{panicProblem(r)}}
		}
	}()
	w.kind, w.path, w.nodes, w.steps = kind, w.path[:0], w.nodes[:0], 0
	shared(func(t interned) {
		w.texts = t
		w.visit(s, tree)
	})
	w.sort()
	return w, nil
}

// sort brings what was found into document order.
func (w *walker) sort() {
	inOrder(w.refs)
	inOrder(w.defs)
}

func inOrder[T any](list []found[T]) {
	compare := func(a, b found[T]) int { return cmp.Compare(a.order, b.order) }
	if !slices.IsSortedFunc(list, compare) { // sorting copies, even where nothing moves
		slices.SortStableFunc(list, compare)
	}
}

func (w *walker) references(list []Reference) []Reference { return appendValues(list, w.refs) }
func (w *walker) definitions() []Definition               { return appendValues(nil, w.defs) }

// appendValues returns a list in any case, not nil.
func appendValues[T any](list []T, all []found[T]) []T {
	if list == nil {
		list = make([]T, 0, len(all))
	}
	for i := range all {
		list = append(list, all[i].value)
	}
	return list
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
	if n.form != array && n.form != object || s.items == nil && s.properties == nil && s.additional == nil {
		return
	}
	if n.form == array && (s.items == nil || s.items.silent) {
		return
	}
	w.nodes = append(w.nodes, n)
	for i, child := range n.children {
		sub, to := s.items, step{index: i}
		if n.form == object {
			known := false
			if sub, known = s.properties[n.names[i]]; !known {
				sub = s.additional
			}
			to = step{name: n.names[i], index: -1}
		}
		if sub == nil || sub.silent {
			continue
		}
		w.path = append(w.path, to)
		w.visit(sub, child)
		w.leave()
	}
	w.nodes = w.nodes[:len(w.nodes)-1]
}

// A step leads from an object or array to one of its values.
type step struct {
	name  string
	index int // of arrays; -1 in objects
	end   int // in the walker's buffer, once the step stands there
}

// leave takes back the last step.
func (w *walker) leave() {
	w.path = w.path[:len(w.path)-1]
	w.steps = min(w.steps, len(w.path))
}

// pointer writes the path to the current node as RFC 6901 does. The steps that
// it shares with the one before it stand in the buffer.
func (w *walker) pointer() string {
	b := w.buffer[:0]
	if w.steps > 0 {
		b = w.buffer[:w.path[w.steps-1].end]
	}
	for i := w.steps; i < len(w.path); i++ {
		s := &w.path[i]
		b = append(b, '/')
		switch {
		case s.index >= 0:
			b = strconv.AppendInt(b, int64(s.index), 10)
		case strings.IndexByte(s.name, '~') >= 0 || strings.IndexByte(s.name, '/') >= 0:
			b = append(b, pointerEscapes.Replace(s.name)...)
		default:
			b = append(b, s.name...)
		}
		s.end = len(b)
	}
	w.buffer, w.steps = b, len(w.path)
	return w.texts.text(b)
}

// note records what the keywords say about the string n.
func (w *walker) note(k *keywords, n *node) {
	if n.form != text || n.str == "" {
		return
	}
	if k.def != "" && first(&n.noted.defs, k.defBit) {
		d := Definition{Pointer: w.pointer(), Line: n.line, Kind: k.def, ID: w.texts.keep(n.str)}
		w.defs = appendSome(w.defs, found[Definition]{n.order, d})
	}
	if k.ref == nil {
		return
	}
	to, bit := w.target(k.ref)
	if to == "" || !first(&n.noted.refs, bit) {
		return
	}
	ref := Reference{Pointer: w.pointer(), Line: n.line, To: to, ID: w.texts.keep(n.str), Required: k.ref.required, Subject: k.ref.subject}
	if k.ref.within != "" && w.kind != KindModel {
		ref.Scope = w.enclosing(k.ref.within)
	}
	if !k.ref.braces {
		w.refs = appendSome(w.refs, found[Reference]{n.order, ref})
		return
	}
	ref.Embedded = true
	for _, m := range braced.FindAllStringSubmatch(ref.ID, -1) {
		ref.ID = strings.TrimSpace(m[1])
		w.refs = appendSome(w.refs, found[Reference]{n.order, ref})
	}
}

// appendSome is append, with room for several at first: what is found is large,
// and a document has dozens.
func appendSome[T any](list []T, v T) []T {
	if list == nil {
		list = make([]T, 0, 24)
	}
	return append(list, v)
}

// target returns what the rule refers to, or "" when the document names a
// kind that we do not know.
func (w *walker) target(r *refRule) (to RefKind, bit uint64) {
	if r.by == "" {
		return r.to, r.toBit
	}
	to = RefKind(w.stringIn(len(w.nodes)-1, r.by))
	if bit = bits[to]; bit == 0 {
		return "", 0
	}
	return kindNamed[to], bit
}

// enclosing returns the string member called name of the nearest enclosing
// object that has one.
func (w *walker) enclosing(name string) string {
	for i := len(w.nodes) - 1; i >= 0; i-- {
		if s := w.stringIn(i, name); s != "" {
			return w.texts.keep(s)
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
