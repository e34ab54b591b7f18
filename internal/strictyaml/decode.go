package strictyaml

import (
	"bytes"
	"fmt"
	"io"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
	"go.yaml.in/yaml/v4/plugin/loaderlimits"
)

// Document is a document that passed every check.
type Document struct {
	// Root is the document's content: a tree without aliases or tags, with
	// the line and column of every node. Tags of plain scalars are those of
	// the library; for their meaning use Value or [Resolve].
	Root *yaml.Node

	// Value is the content as nil, bool, int64, float64, string, []any and
	// map[string]any.
	Value any
}

// Decode reads the one document in data. Errors are of type [*Error], but for
// a negative limit. A panic of the parser is contained and reported as a
// syntax error. data is not kept.
func Decode(data []byte, lim Limits) (doc *Document, err error) {
	lim, err = lim.withDefaults()
	if err != nil {
		return nil, err
	}
	if err := scan(data, lim); err != nil {
		return nil, err
	}
	defer func() {
		if r := recover(); r != nil {
			doc, err = nil, &Error{Rule: RuleSyntax, Text: clean(fmt.Sprintf("the parser gave up: %v", r))}
		}
	}()
	root, err := compose(data, lim)
	if err != nil {
		return nil, err
	}
	c := checker{lim: lim, lines: splitLines(data)}
	value, err := c.collect(root, 1)
	if err != nil {
		return nil, err
	}
	return &Document{Root: root, Value: value}, nil
}

// compose parses data into nodes. It never lets the library build values,
// because that compares the keys of a mapping each with each.
func compose(data []byte, lim Limits) (*yaml.Node, error) {
	l, err := yaml.NewLoader(bytes.NewReader(data), yaml.WithPlugin(loaderlimits.New(loaderlimits.DepthValue(lim.Depth))))
	if err != nil {
		return nil, translate(err)
	}
	var doc, second yaml.Node
	if err := l.Load(&doc); err == io.EOF {
		return nil, &Error{Rule: RuleEmpty, Text: "the document is empty"}
	} else if err != nil {
		return nil, translate(err)
	}
	switch err := l.Load(&second); {
	case err == nil:
		return nil, &Error{Line: second.Line, Rule: RuleDocuments, Text: "a second document begins; keep one per file"}
	case err != io.EOF:
		return nil, translate(err)
	}
	if doc.Kind != yaml.DocumentNode || len(doc.Content) != 1 {
		return nil, &Error{Rule: RuleEmpty, Text: "the document is empty"}
	}
	return doc.Content[0], nil
}

// checker holds what a walk over the nodes needs.
type checker struct {
	lim   Limits
	lines [][]byte
	nodes int
}

func splitLines(data []byte) [][]byte { return bytes.Split(data, []byte("\n")) }

// collect checks n and what is below it, and returns its value. depth is
// n's own, should it be a collection.
func (c *checker) collect(n *yaml.Node, depth int) (any, error) {
	if c.nodes++; c.nodes > c.lim.Nodes {
		return nil, errorAt(n, RuleLimit, "the document has more than %d nodes", c.lim.Nodes)
	}
	switch {
	case n.Kind == yaml.AliasNode:
		return nil, errorAt(n, RuleAlias, "aliases are not allowed; write the value out")
	case n.Anchor != "":
		return nil, errorAt(n, RuleAnchor, "anchors are not allowed; remove &%s", clean(n.Anchor))
	case n.Style&yaml.TaggedStyle != 0 || n.Tag == "!":
		return nil, errorAt(n, RuleTag, "tags are not allowed; remove %s, and put a text in quotes", clean(n.Tag))
	case n.Kind == yaml.ScalarNode:
		return Resolve(n)
	case depth > c.lim.Depth:
		return nil, errorAt(n, RuleLimit, "collections are nested more than %d deep", c.lim.Depth)
	case n.Kind == yaml.SequenceNode:
		return c.sequence(n, depth)
	case n.Kind == yaml.MappingNode:
		return c.mapping(n, depth)
	}
	return nil, errorAt(n, RuleSyntax, "unexpected content")
}

func (c *checker) sequence(n *yaml.Node, depth int) (any, error) {
	if err := c.tabs(n, n); err != nil {
		return nil, err
	}
	out := make([]any, 0, len(n.Content))
	for _, child := range n.Content {
		v, err := c.collect(child, depth+1)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, nil
}

func (c *checker) mapping(n *yaml.Node, depth int) (any, error) {
	if len(n.Content)/2 > c.lim.Keys {
		return nil, errorAt(n, RuleLimit, "a mapping has %d keys; the limit is %d", len(n.Content)/2, c.lim.Keys)
	}
	out := make(map[string]any, len(n.Content)/2)
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		if err := c.key(n, key, depth); err != nil {
			return nil, err
		}
		if _, dup := out[key.Value]; dup {
			return nil, errorAt(key, RuleDuplicate, "the key %s stands twice; keep one", quote(key.Value))
		}
		v, err := c.collect(n.Content[i+1], depth+1)
		if err != nil {
			return nil, err
		}
		out[key.Value] = v
	}
	return out, nil
}

// key checks that a mapping's key is a string.
func (c *checker) key(mapping, key *yaml.Node, depth int) error {
	if err := c.tabs(mapping, key); err != nil {
		return err
	}
	v, err := c.collect(key, depth+1)
	if err != nil {
		return err
	}
	if _, ok := v.(string); !ok {
		return errorAt(key, RuleKey, "a key is not a text; put it in quotes")
	}
	if key.Value == "<<" && key.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) == 0 {
		return errorAt(key, RuleMerge, "merge keys are not allowed; write the members out")
	}
	return nil
}

// tabs refuses a member of a block collection that a tab stands before: how
// far it is indented would be a matter of taste.
func (c *checker) tabs(collection, member *yaml.Node) error {
	if collection.Style&yaml.FlowStyle != 0 || member.Line < 1 || member.Line > len(c.lines) {
		return nil
	}
	prefix := c.lines[member.Line-1]
	for range member.Column - 1 {
		if len(prefix) == 0 {
			break
		}
		if prefix[0] == '\t' {
			return errorAt(member, RuleTab, "a tab stands where indentation counts; indent with spaces")
		}
		_, size := utf8.DecodeRune(prefix)
		prefix = prefix[size:]
	}
	return nil
}
