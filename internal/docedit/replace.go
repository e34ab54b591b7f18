package docedit

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"
	"go.yaml.in/yaml/v4"
)

var errNotUTF8 = errors.New("the new value is not valid UTF-8")

// An Edit gives one scalar a new value.
type Edit struct {
	Pointer string // where it stands (RFC 6901)
	Value   any    // string, bool, nil, int64 or a finite float64
}

// Replace gives scalars of doc new values. Each edit must point at a scalar;
// of several at one place the last counts. If an edit is not possible, none is
// made: an error that wraps [ErrNotFound] names a pointer that leads nowhere.
//
// In YAML a string keeps the quotes, or absence of quotes, of the scalar it
// replaces; where the new text does not allow that, it gets double quotes.
// Scalars in a block style, after | or >, cannot be replaced.
func Replace(f Format, doc []byte, edits []Edit) ([]byte, error) {
	if len(doc) > MaxSize {
		return nil, fmt.Errorf("replace: %w", ErrTooLarge)
	}
	var out []byte
	var err error
	switch f {
	case JSON:
		out, err = replaceJSON(doc, edits)
	case YAML:
		out, err = replaceYAML(string(doc), edits)
	default:
		err = fmt.Errorf("unknown format %d", f)
	}
	if err != nil {
		return nil, fmt.Errorf("replace: %w", err)
	}
	return out, nil
}

func replaceJSON(doc []byte, edits []Edit) ([]byte, error) {
	e, err := NewEditor(doc)
	if err != nil {
		return nil, err
	}
	for _, edit := range edits {
		text, err := encodeJSON(edit.Value)
		if err != nil {
			return nil, fmt.Errorf("%q: %w", edit.Pointer, err)
		}
		at, err := e.locate(edit.Pointer)
		if err != nil {
			return nil, err
		}
		v := at.value()
		if v == nil {
			return nil, notFound(edit.Pointer)
		}
		if v.isContainer() {
			return nil, notScalar(edit.Pointer)
		}
		v.raw = text
	}
	return e.Bytes(), nil
}

// encodeJSON spells the value of an edit as JSON.
func encodeJSON(value any) (string, error) {
	switch v := value.(type) {
	case nil:
		return "null", nil
	case bool:
		return strconv.FormatBool(v), nil
	case int64:
		return strconv.FormatInt(v, 10), nil
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return "", fmt.Errorf("%v is not a number that documents can hold", v)
		}
		return jsontext.Float(v).String(), nil
	case string:
		text, err := jsontext.AppendQuote(nil, v)
		if err != nil {
			return "", errNotUTF8
		}
		return string(text), nil
	}
	return "", fmt.Errorf("a value of type %T is no scalar", value)
}

func replaceYAML(doc string, edits []Edit) ([]byte, error) {
	root, err := parseYAML(doc)
	if err != nil {
		return nil, err
	}
	type target struct {
		node  *yaml.Node
		flow  bool
		value any
	}
	targets := make(map[*yaml.Node]target, len(edits))
	for _, edit := range edits {
		node, flow, err := findYAML(root, edit.Pointer)
		if err != nil {
			return nil, err
		}
		targets[node] = target{node, flow, edit.Value}
	}
	text := newYAMLText(doc)
	var made splices
	for _, t := range targets {
		sp, err := text.replace(t.node, t.flow, t.value)
		if err != nil {
			return nil, err
		}
		made = append(made, sp)
	}
	slices.SortFunc(made, func(a, b splice) int { return cmp.Compare(a.start, b.start) })

	out := made.apply(doc)
	got, err := parseYAML(out)
	if err != nil {
		return nil, err
	}
	err = compareYAML(root, got, false, func(a, b *yaml.Node, _ bool) error {
		if a.Value != b.Value {
			return differs(a.Line)
		}
		return nil
	})
	return []byte(out), err
}

// findYAML returns the scalar that pointer leads to, and whether it stands in
// a flow collection.
func findYAML(root *yaml.Node, pointer string) (n *yaml.Node, flow bool, err error) {
	tokens, err := parsePointer(pointer)
	if err != nil {
		return nil, false, err
	}
	if root == nil {
		return nil, false, notFound(pointer)
	}
	n = root.Content[0]
	for _, token := range tokens {
		flow = flow || n.Style&yaml.FlowStyle != 0
		next := -1
		switch n.Kind {
		case yaml.MappingNode:
			for i := 0; i < len(n.Content); i += 2 {
				if k := n.Content[i]; k.Kind == yaml.ScalarNode && k.Value == token {
					next = i + 1
				}
			}
		case yaml.SequenceNode:
			next = parseIndex(token, len(n.Content))
		}
		if next < 0 {
			return nil, false, notFound(pointer)
		}
		n = n.Content[next]
	}
	if n.Kind != yaml.ScalarNode {
		return nil, false, notScalar(pointer)
	}
	return n, flow, nil
}

// parsePointer returns the reference tokens of an RFC 6901 pointer, decoded.
func parsePointer(pointer string) ([]string, error) {
	p := jsontext.Pointer(pointer)
	if !p.IsValid() {
		return nil, fmt.Errorf("%q is no JSON pointer", pointer)
	}
	return slices.Collect(p.Tokens()), nil
}

// parseIndex returns the index that token spells, -1 if that is not below n.
func parseIndex(token string, n int) int {
	i, err := strconv.Atoi(token)
	if err != nil || i < 0 || i >= n || strconv.Itoa(i) != token {
		return -1
	}
	return i
}

func notFound(pointer string) error  { return fmt.Errorf("%q: %w", pointer, ErrNotFound) }
func notScalar(pointer string) error { return fmt.Errorf("%q: not a scalar", pointer) }
