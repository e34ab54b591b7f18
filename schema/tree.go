package schema

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
	"go.yaml.in/yaml/v4"

	"github.com/oneanalytics/oa-archive/internal/strictjson"
	"github.com/oneanalytics/oa-archive/internal/strictyaml"
)

// Limits of JSON documents. Those of models are strictyaml's defaults.
const (
	maxSize  = 64 << 20  // bytes
	maxNodes = 2_000_000 // values; the manifest of 250,000 entries has fewer
)

// A node is a value of a document with its place. Objects keep the order in
// which their members stand.
type node struct {
	value    any      // as the validator takes it
	names    []string // of an object's members
	children []*node  // an object's or array's values
	line     int
	order    int // position in the document, counted from 0
}

// parse reads a document of the kind strictly.
func parse(kind Kind, doc []byte) (*node, error) {
	var root *node
	var err error
	if kind == KindModel || kind == KindMapping {
		root, err = parseYAML(doc)
	} else {
		root, err = parseJSON(doc)
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

func parseYAML(doc []byte) (*node, error) {
	d, err := strictyaml.Decode(doc, strictyaml.Limits{})
	if err != nil {
		return nil, err
	}
	n := 0
	return fromYAML(d.Root, d.Value, &n), nil
}

func fromYAML(y *yaml.Node, value any, count *int) *node {
	n := &node{value: value, line: y.Line, order: *count}
	*count++
	switch v := value.(type) {
	case []any:
		for i, child := range y.Content {
			n.children = append(n.children, fromYAML(child, v[i], count))
		}
	case map[string]any:
		for i := 0; i+1 < len(y.Content); i += 2 {
			name := y.Content[i].Value
			n.names = append(n.names, name)
			n.children = append(n.children, fromYAML(y.Content[i+1], v[name], count))
		}
	}
	return n
}

func parseJSON(doc []byte) (*node, error) {
	if err := strictjson.Check(doc, strictjson.Limits{Size: maxSize}); err != nil {
		return nil, err
	}
	r := jsonReader{
		doc:  doc,
		dec:  jsontext.NewDecoder(bytes.NewReader(doc), jsontext.AllowDuplicateNames(true)),
		line: 1,
	}
	root, err := r.read()
	if err != nil {
		return nil, err
	}
	if _, err := r.dec.ReadToken(); err != io.EOF {
		return nil, errors.New("something follows the document")
	}
	return root, nil
}

// jsonReader turns tokens into nodes.
type jsonReader struct {
	doc   []byte
	dec   *jsontext.Decoder
	seen  int64 // offset up to which lines are counted
	line  int
	count int
}

// token returns the next token and notes its line: no token spans two.
func (r *jsonReader) token() (jsontext.Token, error) {
	tok, err := r.dec.ReadToken()
	if err != nil {
		return tok, err
	}
	end := r.dec.InputOffset()
	r.line += bytes.Count(r.doc[r.seen:end], []byte{'\n'})
	r.seen = end
	return tok, nil
}

func (r *jsonReader) read() (*node, error) {
	tok, err := r.token()
	if err != nil {
		return nil, err
	}
	return r.value(tok)
}

func (r *jsonReader) value(tok jsontext.Token) (*node, error) {
	if r.count >= maxNodes {
		return nil, fmt.Errorf("the document has more than %d values", maxNodes)
	}
	n := &node{line: r.line, order: r.count}
	r.count++
	switch tok.Kind() {
	case 'n':
	case 't', 'f':
		n.value = tok.Bool()
	case '"':
		n.value = tok.String()
	case '0':
		n.value = json.Number(tok.String())
	case '[':
		return n, r.array(n)
	case '{':
		return n, r.object(n)
	default:
		return nil, fmt.Errorf("unexpected %v", tok.Kind())
	}
	return n, nil
}

func (r *jsonReader) array(n *node) error {
	values := []any{}
	for {
		tok, err := r.token()
		if err != nil {
			return err
		}
		if tok.Kind() == ']' {
			n.value = values
			return nil
		}
		child, err := r.value(tok)
		if err != nil {
			return err
		}
		n.children = append(n.children, child)
		values = append(values, child.value)
	}
}

func (r *jsonReader) object(n *node) error {
	values := map[string]any{}
	for {
		tok, err := r.token()
		if err != nil {
			return err
		}
		if tok.Kind() == '}' {
			n.value = values
			return nil
		}
		name := tok.String()
		child, err := r.read()
		if err != nil {
			return err
		}
		n.names = append(n.names, name)
		n.children = append(n.children, child)
		values[name] = child.value
	}
}

// member returns an object's member, or nil.
func (n *node) member(name string) *node {
	if n == nil {
		return nil
	}
	for i, have := range n.names {
		if have == name {
			return n.children[i]
		}
	}
	return nil
}

// elements returns an array's values, and nothing for other nodes.
func (n *node) elements() []*node {
	if n == nil || n.names != nil {
		return nil
	}
	return n.children
}

// text returns a string's value, or "" for other nodes.
func (n *node) text() string {
	if n == nil {
		return ""
	}
	s, _ := n.value.(string)
	return s
}

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
	switch v := n.value.(type) {
	case int64:
		return v
	case json.Number:
		i, _ := v.Int64()
		return i
	}
	return 0
}
