package schema

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// braced matches an identifier in an expression.
var braced = regexp.MustCompile(`\{([^{}]*)\}`)

// A walker visits a document along its schema and collects what the keywords
// x-oa-ref and x-oa-def point at.
type walker struct {
	kind  Kind
	path  []string
	nodes []*node // from the root to the current one
	seen  map[place]bool
	refs  []found[Reference]
	defs  []found[Definition]
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

// walkDocument parses doc and walks it. A panic of the validator, which
// decides between branches, is contained.
func walkDocument(kind Kind, doc []byte) (*walker, error) {
	all, err := schemas()
	if err != nil {
		return nil, err
	}
	root := all.roots[kind]
	if root == nil {
		return nil, fmt.Errorf("schema: unknown kind of document %q", string(kind))
	}
	tree, err := parse(kind, doc)
	if err != nil {
		return nil, err
	}
	return walk(kind, root, tree)
}

func walk(kind Kind, s *jsonschema.Schema, tree *node) (w *walker, err error) {
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
func (w *walker) visit(s *jsonschema.Schema, n *node) {
	if s == nil || s.Bool != nil {
		return
	}
	if k := keywordsOf(s); k != nil {
		w.note(k, n)
	}
	w.visit(s.Ref, n)
	for _, sub := range s.AllOf {
		w.visit(sub, n)
	}
	for _, sub := range slices.Concat(s.AnyOf, s.OneOf) {
		if sub.Validate(n.value) == nil {
			w.visit(sub, n)
		}
	}
	if s.If != nil {
		if s.If.Validate(n.value) == nil {
			w.visit(s.Then, n)
		} else {
			w.visit(s.Else, n)
		}
	}
	w.visitChildren(s, n)
}

func (w *walker) visitChildren(s *jsonschema.Schema, n *node) {
	w.nodes = append(w.nodes, n)
	defer func() { w.nodes = w.nodes[:len(w.nodes)-1] }()
	if n.names == nil {
		for i, child := range n.children {
			switch {
			case i < len(s.PrefixItems):
				w.descend(s.PrefixItems[i], strconv.Itoa(i), child)
			case s.Items2020 != nil:
				w.descend(s.Items2020, strconv.Itoa(i), child)
			}
		}
		return
	}
	if s.Properties == nil && s.PatternProperties == nil && s.AdditionalProperties == nil {
		return
	}
	for i, child := range n.children {
		name := n.names[i]
		sub, known := s.Properties[name]
		if known {
			w.descend(sub, name, child)
		}
		for re, sub := range s.PatternProperties {
			if re.MatchString(name) {
				known = true
				w.descend(sub, name, child)
			}
		}
		if sub, ok := s.AdditionalProperties.(*jsonschema.Schema); ok && !known {
			w.descend(sub, name, child)
		}
	}
}

func (w *walker) descend(s *jsonschema.Schema, token string, n *node) {
	w.path = append(w.path, token)
	w.visit(s, n)
	w.path = w.path[:len(w.path)-1]
}

// note records what the keywords say about the string n.
func (w *walker) note(k *keywords, n *node) {
	id, ok := n.value.(string)
	if !ok || id == "" {
		return
	}
	if p := (place{n.order, k.def, true}); k.def != "" && !w.seen[p] {
		w.seen[p] = true
		d := Definition{Pointer: pointer(w.path), Line: n.line, Kind: k.def, ID: id}
		w.defs = append(w.defs, found[Definition]{n.order, d})
	}
	if k.ref == nil {
		return
	}
	ref := Reference{Pointer: pointer(w.path), Line: n.line, To: w.target(k.ref), ID: id, Required: k.ref.required, Subject: k.ref.subject}
	p := place{n.order, ref.To, false}
	if ref.To == "" || w.seen[p] {
		return
	}
	w.seen[p] = true
	if k.ref.within != "" && w.kind != KindModel {
		ref.Scope = w.enclosing(k.ref.within)
	}
	if !k.ref.braces {
		w.refs = append(w.refs, found[Reference]{n.order, ref})
		return
	}
	ref.Embedded = true
	for _, m := range braced.FindAllStringSubmatch(id, -1) {
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
			return s
		}
	}
	return ""
}

// stringIn looks a member up in the generic value, whose cost does not grow
// with the number of members.
func (w *walker) stringIn(i int, name string) string {
	if i < 0 {
		return ""
	}
	object, _ := w.nodes[i].value.(map[string]any)
	s, _ := object[name].(string)
	return s
}
