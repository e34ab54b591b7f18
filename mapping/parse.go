package mapping

import (
	"errors"
	"fmt"
	"slices"

	"go.yaml.in/yaml/v4"

	"github.com/oneanalytics/oa-archive/internal/strictyaml"
)

// MaxSize is the largest mapping file that [Parse] reads, in bytes.
const MaxSize = 16 << 20

// limits allow for a hundred thousand people.
var limits = strictyaml.Limits{Size: MaxSize, Nodes: 2_000_000, Keys: 500_000, Depth: 8, Indicators: 8_000_000}

// Parse reads a mapping file. Members that it does not know are refused: a
// misspelled one would silently map nobody. Errors are of type [*Error].
func Parse(doc []byte) (*Map, error) {
	d, err := strictyaml.Decode(doc, limits)
	if err != nil {
		var ye *strictyaml.Error
		if errors.As(err, &ye) {
			return nil, &Error{Line: ye.Line, Column: ye.Column, Text: ye.Text}
		}
		return nil, &Error{Text: err.Error()}
	}
	m := &Map{}
	if err := m.read(d.Root); err != nil {
		return nil, err
	}
	return m, nil
}

// at is an error at a node.
func at(n *yaml.Node, path, format string, args ...any) error {
	return &Error{Line: n.Line, Column: n.Column, Path: path, Text: fmt.Sprintf(format, args...)}
}

// member is one member of a YAML mapping.
type member struct {
	name       string
	key, value *yaml.Node
}

// members lists the members of a mapping; none of a blank.
func members(n *yaml.Node, path string) ([]member, error) {
	if isBlank(n) {
		return nil, nil
	}
	if n.Kind != yaml.MappingNode {
		return nil, at(n, path, "want members, each with a name and a colon")
	}
	var all []member
	for i := 0; i+1 < len(n.Content); i += 2 {
		all = append(all, member{n.Content[i].Value, n.Content[i], n.Content[i+1]})
	}
	return all, nil
}

func isBlank(n *yaml.Node) bool {
	if n.Kind != yaml.ScalarNode {
		return false
	}
	v, err := strictyaml.Resolve(n)
	return err == nil && v == nil
}

// text reads a scalar as a text; blanks are empty. A number or a word such as
// true is not taken for a text: whether 010 is meant as written is not known.
func text(n *yaml.Node, path string) (string, error) {
	if isBlank(n) {
		return "", nil
	}
	if n.Kind == yaml.ScalarNode {
		v, err := strictyaml.Resolve(n)
		if err != nil {
			return "", at(n, path, "%v", err)
		}
		if s, ok := v.(string); ok {
			if s == "" {
				return "", at(n, path, "the text is empty; fill it in, or leave nothing after the colon")
			}
			return s, nil
		}
	}
	return "", at(n, path, "want a text; put it in quotes")
}

func (m *Map) read(root *yaml.Node) error {
	all, err := members(root, "")
	if err != nil {
		return err
	}
	format := false
	for _, f := range all {
		switch kind := Kind(f.name); {
		case f.name == "format":
			format = true
			s, err := text(f.value, "format")
			if err != nil {
				return err
			}
			if s != Format {
				return at(f.value, "format", "want %q, found %s", Format, printable(s))
			}
		case f.name == "archive":
			if m.Archive, err = text(f.value, "archive"); err != nil {
				return err
			}
		case f.name == "target":
			if m.Target, err = text(f.value, "target"); err != nil {
				return err
			}
		case slices.Contains(Kinds(), kind):
			if err := m.Section(kind).read(kind, f.value); err != nil {
				return err
			}
		default:
			return at(f.key, "", "%s is no member of a mapping file; want format, archive, target, %s", printable(f.name), oneOf(Kinds()))
		}
	}
	if !format {
		return &Error{Line: 1, Text: fmt.Sprintf("the member format is missing; begin the file with format: %q", Format)}
	}
	return nil
}

func (s *Section) read(k Kind, n *yaml.Node) error {
	all, err := members(n, string(k))
	if err != nil {
		return err
	}
	var otherwise *yaml.Node
	var entries []member
	for _, f := range all {
		path := string(k) + "." + f.name
		switch f.name {
		case "match":
			err = s.readMatch(k, f.value, path)
		case "otherwise":
			var word string
			word, err = text(f.value, path)
			s.Otherwise, otherwise = Answer(word), f.value
		case "fallback":
			if k != Users {
				return at(f.key, path, textNoFallback)
			}
			s.Fallback, err = text(f.value, path)
		case "entries":
			entries, err = members(f.value, path)
		default:
			err = at(f.key, string(k), "%s is no member of it; want match, otherwise, fallback or entries", printable(f.name))
		}
		if err != nil {
			return err
		}
	}
	if s.Otherwise != "" {
		if err := checkAnswer(k, s.Otherwise, s.Fallback); err != nil {
			return at(otherwise, string(k)+".otherwise", "%v", err)
		}
	}
	return s.readEntries(k, entries)
}

func (s *Section) readMatch(k Kind, n *yaml.Node, path string) error {
	if isBlank(n) {
		return nil
	}
	if n.Kind != yaml.SequenceNode {
		return at(n, path, "want a list of rules, such as [%s]", k.Rules()[0])
	}
	s.Match = []Rule{}
	for _, c := range n.Content {
		word, err := text(c, path)
		if err != nil {
			return err
		}
		if err := checkRule(k, s.Match, Rule(word)); err != nil {
			return at(c, path, "%v", err)
		}
		s.Match = append(s.Match, Rule(word))
	}
	return nil
}

func (s *Section) readEntries(k Kind, entries []member) error {
	for _, f := range entries {
		path := entryPath(k, f.name)
		parts, err := members(f.value, path)
		if err != nil {
			return at(f.value, path, "want to: with an id of the target, or with %s", oneOf(k.Answers()))
		}
		var e Entry
		for _, part := range parts {
			switch part.name {
			case "to":
				e.To, err = text(part.value, path)
			case "id":
				e.ID, err = text(part.value, path)
			default:
				err = at(part.key, path, "%s is no member of it; want to or id", printable(part.name))
			}
			if err != nil {
				return err
			}
		}
		if err := s.checkEntry(k, f.name, e); err != nil {
			return at(f.value, path, "%v", err)
		}
		if s.Entries == nil {
			s.Entries = map[string]Entry{}
		}
		s.Entries[f.name] = e
	}
	return nil
}
