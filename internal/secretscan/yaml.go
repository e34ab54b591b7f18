package secretscan

import (
	"bytes"
	"errors"
	"io"
	"strconv"
	"strings"
	"sync"

	"go.yaml.in/yaml/v4"

	"github.com/oneanalytics/oa-archive/internal/strictyaml"
)

// names finds the words that make a member's name that of a credential.
var names = sync.OnceValue(func() *automaton {
	var list []string
	for _, c := range credentialNames {
		list = append(list, c.suffix)
		if strings.Contains(c.suffix, "_") {
			for _, separator := range separators[1:] {
				list = append(list, strings.ReplaceAll(c.suffix, "_", string(separator)))
			}
		}
	}
	return newAutomaton(list)
})

// mayHold reports whether a YAML document can hold a finding at all. Most hold
// none, and parsing is what costs. Without backslashes and explicit keys every
// name stands in the text as it is, and so does every token: where lines are
// folded, patterns take a line break for the space that it becomes.
func mayHold(doc string) bool {
	if strings.IndexByte(doc, '\\') >= 0 || strings.Contains(doc, "? ") || strings.Contains(doc, "?\n") {
		return true
	}
	if mayHoldToken(doc) {
		return true
	}
	may := false
	// A name stands before a colon, or beside a member called value.
	value := strings.Contains(doc, "value")
	find(names(), doc, func(_, end int) bool {
		rest := skipSpace(skipQuote(doc[end:]))
		may = value || strings.HasPrefix(rest, ":") || strings.HasPrefix(rest, "#")
		return !may
	})
	if may { // by its words; its names tell
		var plain sensitive
		if strictyaml.Plain([]byte(doc), strictyaml.Limits{}, &plain) {
			return plain.found
		}
	}
	return may
}

// mayHoldToken reports whether a keyword of a rule stands in a text, and behind
// it what may go on as the rule says.
func mayHoldToken(doc string) (may bool) {
	find(rules().automaton, doc, func(keyword, end int) bool {
		may = table[rules().ruleOf[keyword]].opens(doc[end:])
		return !may
	})
	return may
}

// parse returns the root of a YAML document, nil if there is none.
func parse(doc []byte) (root *yaml.Node, err error) {
	defer func() {
		if p := recover(); p != nil {
			root, err = nil, errors.New("the document cannot be read as YAML")
		}
	}()
	loader, err := yaml.NewLoader(bytes.NewReader(doc))
	if err != nil {
		return nil, errors.New("the document cannot be read as YAML")
	}
	var node, next yaml.Node
	if err := loader.Load(&node); err == io.EOF {
		return nil, nil
	} else if err != nil {
		return nil, errors.New("the document is not valid YAML")
	}
	if err := loader.Load(&next); err != io.EOF {
		return nil, errors.New("the document goes on after its end, or holds several")
	}
	return &node, nil
}

// A yamlSpot is the spot of a node, or of a comment beside it.
type yamlSpot struct {
	up   *yamlSpot
	name string
	line int
}

func (p *yamlSpot) pointer() string {
	if p.up == nil {
		return ""
	}
	return string(appendToken([]byte(p.up.pointer()), p.name))
}

func (p *yamlSpot) lineNumber() int { return p.line }

// yaml goes through a YAML document.
func (s *scanner) yaml() error {
	root, err := parse(s.doc)
	if err != nil || root == nil {
		return err
	}
	s.node(root, "", &yamlSpot{line: 1})
	return nil
}

// node looks at a node of the member called name, and at all below it.
func (s *scanner) node(n *yaml.Node, name string, at *yamlSpot) {
	at.line = max(1, n.Line)
	s.comments(n, at)
	switch n.Kind {
	case yaml.ScalarNode:
		if n.Tag != "!!null" && n.Tag != "!!bool" {
			s.value(n.Value, name, n.Tag == "!!int" || n.Tag == "!!float", at)
		}
	case yaml.DocumentNode:
		for _, child := range n.Content {
			s.node(child, name, at)
		}
	case yaml.SequenceNode:
		for i, child := range n.Content {
			s.node(child, name, &yamlSpot{up: at, name: strconv.Itoa(i)})
		}
	case yaml.MappingNode:
		named := ""
		for i := 0; i+1 < len(n.Content); i += 2 {
			key, child := n.Content[i], n.Content[i+1]
			below := &yamlSpot{up: at, name: key.Value, line: max(1, key.Line)}
			s.key(key, below)
			s.comments(key, below)
			s.node(child, nameOf(key.Value, named), below)
			if isNaming(key.Value) && child.Kind == yaml.ScalarNode {
				named = child.Value
			}
		}
	}
}

// key looks at the name of a member, and hides it from pointers if it is a
// secret.
func (s *scanner) key(key *yaml.Node, at *yamlSpot) {
	if key.Kind != yaml.ScalarNode {
		s.node(key, "", &yamlSpot{up: at.up, name: "?", line: at.line})
		return
	}
	before := len(s.findings)
	at.name = ""
	if !s.text(key.Value, InName, at) {
		at.name = key.Value
		return
	}
	at.name = "[redacted]"
	for i := before; i < len(s.findings); i++ {
		at.name = marker(s.findings[i].Rule)
		s.findings[i].Pointer = at.pointer()
	}
}

// comments looks at those that the parser attached to a node.
func (s *scanner) comments(n *yaml.Node, at *yamlSpot) {
	if n.HeadComment == "" && n.LineComment == "" && n.FootComment == "" {
		return
	}
	for _, comment := range [...]string{n.HeadComment, n.LineComment, n.FootComment} {
		if comment == "" {
			continue
		}
		before := len(s.findings)
		line := at.line
		if s.text(comment, InComment, at) {
			for i := before; i < len(s.findings); i++ {
				s.findings[i].Line = s.commentLine(comment, line)
			}
		}
	}
}

// commentLine returns the line on which a comment begins: that nearest to the
// node which ends like it.
func (s *scanner) commentLine(comment string, near int) int {
	if s.lines == nil {
		s.lines = strings.Split(string(s.doc), "\n")
	}
	first, _, _ := strings.Cut(comment, "\n")
	for away := range len(s.lines) {
		for _, line := range [...]int{near - away, near + away} {
			if line >= 1 && line <= len(s.lines) && strings.HasSuffix(strings.TrimRight(s.lines[line-1], " \t\r"), first) {
				return line
			}
		}
	}
	return near
}
