package superset

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode"

	"github.com/go-json-experiment/json/jsontext"
	"go.yaml.in/yaml/v4"
)

// Limits of one document of a bundle.
const (
	MaxDocument = 16 << 20 // bytes of YAML
	maxNodes    = 1 << 20  // values and keys, aliases expanded
	maxDepth    = 48       // leaves room for the report around it: documents nest to 64 at most
)

var errTooLarge = errors.New("aliases expand beyond what this program reads")

// A conversion turns one YAML document into JSON. Numbers keep their spelling
// where JSON has it, keys keep theirs, and mappings keep their order.
type conversion struct {
	out   *jsontext.Encoder
	nodes int

	// lossy says what an archive's strict JSON cannot carry; empty when the
	// result says all that the YAML did.
	lossy string
}

// toJSON converts a YAML document. When lossy is not empty the JSON is good
// for reading members from, but the archive should carry the YAML instead.
//
// Superset writes these files with PyYAML, which puts an anchor wherever one
// object occurs twice; so aliases are expanded, up to a limit.
func toJSON(doc []byte) (value jsontext.Value, lossy string, err error) {
	root, err := parse(doc)
	if err != nil {
		return nil, "", err
	}
	var buf bytes.Buffer
	c := conversion{out: jsontext.NewEncoder(&buf, jsontext.AllowDuplicateNames(false))}
	if err := c.node(root, 0); err != nil {
		return nil, "", err
	}
	return jsontext.Value(bytes.TrimSuffix(buf.Bytes(), []byte("\n"))), c.lossy, nil
}

// parse reads YAML. A parser that stumbles over a hostile document must not
// end the program.
func parse(doc []byte) (root *yaml.Node, err error) {
	defer func() {
		if r := recover(); r != nil {
			root, err = nil, fmt.Errorf("the YAML cannot be read: %v", r)
		}
	}()
	root = new(yaml.Node)
	return root, yaml.Load(doc, root)
}

func (c *conversion) node(n *yaml.Node, depth int) error {
	if c.nodes++; c.nodes > maxNodes {
		return errTooLarge
	}
	if depth > maxDepth {
		return fmt.Errorf("line %d: nested deeper than %d levels", n.Line, maxDepth)
	}
	switch n.Kind {
	case yaml.DocumentNode:
		return c.node(n.Content[0], depth)
	case yaml.AliasNode:
		return c.node(n.Alias, depth+1)
	case yaml.MappingNode:
		return c.mapping(n, depth)
	case yaml.SequenceNode:
		if err := c.out.WriteToken(jsontext.BeginArray); err != nil {
			return err
		}
		for _, element := range n.Content {
			if err := c.node(element, depth+1); err != nil {
				return err
			}
		}
		return c.out.WriteToken(jsontext.EndArray)
	}
	return c.scalar(n)
}

func (c *conversion) mapping(n *yaml.Node, depth int) error {
	if err := c.out.WriteToken(jsontext.BeginObject); err != nil {
		return err
	}
	folded := make(map[string]bool, len(n.Content)/2)
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		if key.Kind != yaml.ScalarNode || key.ShortTag() == "!!merge" {
			return fmt.Errorf("line %d: a key is not a plain word", key.Line)
		}
		if f := fold(key.Value); folded[f] {
			c.lossy = fmt.Sprintf("line %d: key %q differs from another in case alone", key.Line, key.Value)
		} else {
			folded[f] = true
		}
		if err := c.out.WriteToken(jsontext.String(key.Value)); err != nil {
			return fmt.Errorf("line %d: key %q: %w", key.Line, key.Value, err)
		}
		if err := c.node(n.Content[i+1], depth+1); err != nil {
			return err
		}
	}
	return c.out.WriteToken(jsontext.EndObject)
}

func (c *conversion) scalar(n *yaml.Node) error {
	switch n.ShortTag() {
	case "!!null":
		return c.out.WriteToken(jsontext.Null)
	case "!!bool":
		return c.out.WriteToken(jsontext.Bool(strings.EqualFold(n.Value, "true")))
	case "!!int", "!!float":
		literal, exact := number(n.Value)
		if !exact {
			c.lossy = fmt.Sprintf("line %d: JSON has no exact number for %s", n.Line, n.Value)
		}
		return c.out.WriteValue(jsontext.Value(literal))
	}
	return c.out.WriteToken(jsontext.String(n.Value))
}

// number spells a YAML number in JSON. exact is false when JSON cannot spell
// it, when a reader that holds numbers in 64 bits would see another one, or
// when readers of YAML do not agree on it; the literal is then a string.
func number(s string) (literal string, exact bool) {
	if leadingZero(s) {
		return strconv.Quote(s), false // octal to PyYAML, decimal to YAML 1.2
	}
	if i, err := strconv.ParseInt(s, 0, 64); err == nil {
		return strconv.FormatInt(i, 10), true
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || f != f || f-f != 0 {
		return strconv.Quote(s), false
	}
	if significant(s) != significant(strconv.FormatFloat(f, 'e', -1, 64)) {
		return strconv.Quote(s), false
	}
	if !jsontext.Value(s).IsValid() {
		return strconv.FormatFloat(f, 'g', -1, 64), true
	}
	return s, true
}

func leadingZero(s string) bool {
	s = strings.TrimLeft(s, "+-")
	return len(s) > 1 && s[0] == '0' && s[1] >= '0' && s[1] <= '9'
}

// significant returns the digits of a decimal literal without its sign, point,
// exponent, and leading and trailing zeros.
func significant(s string) string {
	s, _, _ = strings.Cut(strings.ToLower(s), "e")
	s = strings.NewReplacer(".", "", "-", "", "+", "").Replace(s)
	return strings.Trim(s, "0")
}

// fold maps strings that differ in case alone to the same string, by Unicode
// simple folding.
func fold(s string) string {
	return strings.Map(func(r rune) rune {
		least := r
		for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
			least = min(least, f)
		}
		return least
	}, s)
}
