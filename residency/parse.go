package residency

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/oneanalytics/oa-archive/internal/strictyaml"
)

// MaxSize is the largest policy or record that is read, in bytes.
const MaxSize = 4 << 20

// maxName bounds names of places, rules, jurisdictions and regions, in bytes.
const maxName = 64

var limits = strictyaml.Limits{Size: MaxSize, Nodes: 200_000, Keys: 10_000, Depth: 8, Indicators: 1_000_000}

// Parse reads a policy, YAML or JSON. Members that it does not know are refused,
// and so is what could not have been meant: a country that does not exist, a rule
// that is never reached, a place that nobody declares. Errors are [*SyntaxError].
func Parse(doc []byte) (*Policy, error) {
	root, err := decode(doc)
	if err != nil {
		return nil, err
	}
	p := &Policy{}
	format := ""
	if err := read(root, "", map[string]reader{
		"format": textInto(&format),
		"places": listInto(func(n *yaml.Node, path string) error { return p.readPlace(n, path) }),
		"rules":  listInto(func(n *yaml.Node, path string) error { return p.readRule(n, path) }),
	}, "format", "rules"); err != nil {
		return nil, err
	}
	switch {
	case format != Format:
		return nil, at(root, "format", "want %q, found %s", Format, printable(format))
	case len(p.Rules) == 0:
		return nil, at(root, "rules", "there are none, so nothing may go anywhere; write a rule that says so if that is meant")
	}
	return p, p.checkRules(root)
}

func decode(doc []byte) (*yaml.Node, error) {
	d, err := strictyaml.Decode(doc, limits)
	if err != nil {
		var ye *strictyaml.Error
		if errors.As(err, &ye) {
			return nil, &SyntaxError{Line: ye.Line, Column: ye.Column, Text: ye.Text}
		}
		return nil, &SyntaxError{Text: err.Error()}
	}
	return d.Root, nil
}

func at(n *yaml.Node, path, format string, args ...any) error {
	return &SyntaxError{Line: n.Line, Column: n.Column, Path: path, Text: fmt.Sprintf(format, args...)}
}

// A reader takes the value of one member.
type reader func(n *yaml.Node, path string) error

// read reads an object with the known members, of which some are required.
func read(n *yaml.Node, path string, known map[string]reader, required ...string) error {
	if n.Kind != yaml.MappingNode {
		return at(n, path, "want members, each with a name and a colon")
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		name := n.Content[i].Value
		set, ok := known[name]
		if !ok {
			return at(n.Content[i], path, "%s is no member here; want %s", printable(name), listOf(known))
		}
		seen[name] = true
		if err := set(n.Content[i+1], join(path, name)); err != nil {
			return err
		}
	}
	for _, name := range required {
		if !seen[name] {
			return at(n, path, "the member %s is missing", name)
		}
	}
	return nil
}

func listOf(known map[string]reader) string {
	var names []string
	for name := range known {
		names = append(names, name)
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// text reads a scalar that is a text, of 1 to maxName printable bytes.
func text(n *yaml.Node, path string) (string, error) {
	if n.Kind == yaml.ScalarNode {
		v, err := strictyaml.Resolve(n)
		if err != nil {
			return "", at(n, path, "%v", err)
		}
		if s, ok := v.(string); ok {
			switch {
			case s == "":
				return "", at(n, path, "the text is empty")
			case printable(s) != s && !isPlain(s):
				return "", at(n, path, "the text holds characters that are not printed")
			}
			return s, nil
		}
		// A Norwegian "NO" is a text in this dialect; true and 5 are not.
	}
	return "", at(n, path, "want a text; put it in quotes")
}

func textInto(dst *string) reader {
	return func(n *yaml.Node, path string) (err error) {
		*dst, err = text(n, path)
		return err
	}
}

func listInto(element reader) reader {
	return func(n *yaml.Node, path string) error {
		if n.Kind != yaml.SequenceNode {
			return at(n, path, "want a list, each element after a dash")
		}
		for i, child := range n.Content {
			if err := element(child, fmt.Sprintf("%s[%d]", path, i)); err != nil {
				return err
			}
		}
		return nil
	}
}

// textsInto reads a list of at least one text, each of which check accepts.
func textsInto(dst *[]string, check func(string) error) reader {
	return func(n *yaml.Node, path string) error {
		err := listInto(func(n *yaml.Node, path string) error {
			s, err := text(n, path)
			if err == nil && check != nil {
				if rule := check(s); rule != nil {
					return at(n, path, "%v", rule)
				}
			}
			*dst = append(*dst, s)
			return err
		})(n, path)
		if err == nil && len(*dst) == 0 {
			return at(n, path, "the list is empty; leave the member out")
		}
		return err
	}
}

func addressesInto(dst *[]Address) reader {
	var texts []string
	return textsInto(&texts, func(s string) error {
		a, err := ParseAddress(s)
		if err != nil {
			return fmt.Errorf("%s is no address: %w", printable(s), err)
		}
		*dst = append(*dst, a)
		return nil
	})
}

// checkName bounds what is repeated in messages.
func checkName(s string) error {
	if len(s) > maxName {
		return fmt.Errorf("%s has %d bytes, at most %d are allowed", printable(s), len(s), maxName)
	}
	return nil
}
