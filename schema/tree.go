package schema

import (
	"encoding/json"
	"errors"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/oneanalytics/oa-archive/internal/strictjson"
	"github.com/oneanalytics/oa-archive/internal/strictyaml"
)

// Limits of JSON documents. Those of models are strictyaml's defaults.
const (
	maxSize  = 64 << 20  // bytes
	maxNodes = 1_000_000 // values: with 64 MiB of text, some 300 MiB of memory
)

// A node is a value of a document with its place. Objects keep the order in
// which their members stand.
type node struct {
	form     form
	value    any              // of scalars; see instance
	str      string           // of texts and numbers; may be a part of a copy of the document
	names    []string         // of an object's members
	children []*node          // an object's or array's values
	byName   map[string]*node // of objects with many members, once asked for one
	line     int
	order    int // position in the document, counted from 0
	noted    noted
}

// parse reads a document of the kind strictly. b makes its tree.
func parse(kind Kind, doc []byte, b *builder) (*node, error) {
	var root *node
	var err error
	if kind == KindModel || kind == KindMapping {
		root, err = parseYAML(doc, b)
	} else {
		root, err = parseJSON(doc, b)
	}
	if err != nil {
		return nil, &ValidationError{Kind: kind, Problems: []Problem{syntaxProblem(err)}}
	}
	return root, nil
}

func syntaxProblem(err error) Problem {
	var ye *strictyaml.Error
	var je *strictjson.Error
	switch {
	case errors.As(err, &ye):
		return Problem{Line: ye.Line, Rule: ye.Rule, Text: ye.Text}
	case errors.As(err, &je):
		return Problem{Line: je.Line, Rule: "json-syntax", Text: je.Rule}
	}
	return Problem{Rule: "syntax", Text: err.Error()}
}

func parseYAML(doc []byte, b *builder) (*node, error) {
	if strictyaml.Plain(doc, strictyaml.Limits{}, b) {
		return b.root, nil
	}
	d, err := strictyaml.Decode(doc, strictyaml.Limits{})
	if err != nil {
		return nil, err
	}
	n := 0
	return fromYAML(d.Root, d.Value, &n), nil
}

func fromYAML(y *yaml.Node, value any, count *int) *node {
	n := &node{line: y.Line, order: *count}
	*count++
	switch v := value.(type) {
	case []any:
		n.form, n.children = array, make([]*node, 0, len(v))
		for i, child := range y.Content {
			n.children = append(n.children, fromYAML(child, v[i], count))
		}
	case map[string]any:
		n.form, n.children, n.names = object, make([]*node, 0, len(v)), make([]string, 0, len(v))
		for i := 0; i+1 < len(y.Content); i += 2 {
			name := y.Content[i].Value
			n.names = append(n.names, name)
			n.children = append(n.children, fromYAML(y.Content[i+1], v[name], count))
		}
	case string:
		n.form, n.str = text, v
	default:
		n.value = value
	}
	return n
}

// A form tells scalars, arrays and objects apart, also empty ones.
type form byte

const (
	scalar form = iota // null, a bool or, in YAML, a number
	array
	object
	text
	number // of JSON, as it is written
)

// instance returns the value of n and all below it as the validator takes it:
// as nil, bool, string, json.Number, int64, float64, []any or map[string]any.
func (n *node) instance() any {
	switch n.form {
	case array:
		values := make([]any, len(n.children))
		for i, child := range n.children {
			values[i] = child.instance()
		}
		return values
	case object:
		values := make(map[string]any, len(n.children))
		for i, child := range n.children {
			values[n.names[i]] = child.instance()
		}
		return values
	case text:
		return n.str
	case number:
		return json.Number(n.str)
	}
	return n.value
}

// member returns an object's member, or nil.
func (n *node) member(name string) *node {
	if n == nil {
		return nil
	}
	if len(n.names) > mappedMembers {
		return n.memberByMap(name)
	}
	for i, have := range n.names {
		if have == name {
			return n.children[i]
		}
	}
	return nil
}

// mappedMembers is the number of members from which a map finds one faster than
// a look through the list.
const mappedMembers = 24

func (n *node) memberByMap(name string) *node {
	if n.byName == nil {
		n.byName = make(map[string]*node, len(n.names))
		for i, child := range n.children {
			n.byName[n.names[i]] = child
		}
	}
	return n.byName[name]
}

// elements returns an array's values, and nothing for other nodes.
func (n *node) elements() []*node {
	if n == nil || n.form != array {
		return nil
	}
	return n.children
}

// text returns a string's value, or "" for other nodes. What is kept for longer
// than the tree takes kept.
func (n *node) text() string {
	if n == nil || n.form != text {
		return ""
	}
	return n.str
}

// kept is text without the rest of the document in memory behind it.
func (n *node) kept() string { return strings.Clone(n.text()) }

// at follows the tokens of a pointer as far as they lead.
func (n *node) at(tokens []string) *node {
	for _, tok := range tokens {
		next := n.member(tok)
		if next == nil {
			i, err := strconv.Atoi(tok)
			if all := n.elements(); err == nil && i >= 0 && i < len(all) {
				next = all[i]
			}
		}
		if next == nil {
			return n
		}
		n = next
	}
	return n
}

var pointerEscapes = strings.NewReplacer("~", "~0", "/", "~1")

// pointer writes tokens as RFC 6901 does.
func pointer(tokens []string) string {
	var b strings.Builder
	for _, tok := range tokens {
		b.WriteByte('/')
		b.WriteString(pointerEscapes.Replace(tok))
	}
	return b.String()
}

// integer returns a whole number's value, or 0 for other nodes.
func (n *node) integer() int64 {
	if n == nil {
		return 0
	}
	i, _ := n.plain()
	return i
}
