package secretscan

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/oneanalytics/oa-archive/internal/docedit"
)

// ErrName is the error for findings in the names of members: a name cannot be
// replaced without changing what the document means.
var ErrName = errors.New("the name of a member looks like a credential; rename it in the source")

// Redact returns doc with the values of findings, which Scan returned for it,
// replaced by the string [redacted:rule]. The whole string goes, not only the
// secret in it, and so does the whole comment. Every other byte stays. Of
// several findings in one string the first gives the rule.
//
// The result has been parsed and compared; where that shows more than the
// values changed, there is an error instead. Findings in names are an error
// that wraps [ErrName].
func Redact(f docedit.Format, doc []byte, findings []Finding) ([]byte, error) {
	rulesAt := map[string]string{} // by pointer
	var edits []docedit.Edit
	var comments []Finding
	for _, found := range findings {
		switch {
		case found.In == InName:
			return nil, fmt.Errorf("secretscan: redact line %d: %w", found.Line, ErrName)
		case found.In == InComment:
			comments = append(comments, found)
		case rulesAt[found.Pointer] == "":
			rulesAt[found.Pointer] = found.Rule
			edits = append(edits, docedit.Edit{Pointer: found.Pointer, Value: marker(found.Rule)})
		}
	}
	if len(findings) == 0 {
		return bytes.Clone(doc), nil
	}
	var err error
	if f == docedit.YAML {
		doc, edits, err = redactText(doc, edits, comments)
	}
	if err == nil && len(edits) > 0 {
		doc, err = docedit.Replace(f, doc, edits)
	}
	if err == nil {
		err = checkGone(f, doc, findings)
	}
	if err != nil {
		return nil, fmt.Errorf("secretscan: redact: %w", err)
	}
	return doc, nil
}

// checkGone demands that nothing is found any more where the findings were:
// where a document has two members of one name, only one was replaced.
func checkGone(f docedit.Format, doc []byte, findings []Finding) error {
	asked := map[string]bool{}
	for _, found := range findings {
		asked[found.Pointer] = true
	}
	left, err := Scan(f, doc, Options{})
	if err != nil {
		return err
	}
	for _, found := range left {
		if asked[found.Pointer] {
			return fmt.Errorf("a secret is left at line %d; redact the document by hand", found.Line)
		}
	}
	return nil
}

// redactText does what docedit does not: comments and block scalars. It
// returns the edits that are left.
func redactText(doc []byte, edits []docedit.Edit, comments []Finding) ([]byte, []docedit.Edit, error) {
	root, err := parse(doc)
	if err != nil || root == nil {
		return nil, nil, errors.Join(err, errors.New("the document is empty"))
	}
	blocks := map[string]*yaml.Node{}
	before := map[string]string{}
	walkScalars(root, "", func(pointer string, n *yaml.Node) {
		before[pointer] = n.Value
		if n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0 {
			blocks[pointer] = n
		}
	})
	lines := strings.SplitAfter(string(doc), "\n")
	if err := redactComments(lines, root, comments); err != nil {
		return nil, nil, err
	}
	var left []docedit.Edit
	want := map[string]string{}
	for _, e := range edits {
		n := blocks[e.Pointer]
		if n == nil {
			left = append(left, e)
			continue
		}
		want[e.Pointer] = e.Value.(string)
		redactBlock(lines, n, e.Value.(string))
	}
	out := []byte(strings.Join(lines, ""))
	if len(comments) == 0 && len(want) == 0 {
		return out, left, nil
	}
	return out, left, checkScalars(out, before, want)
}

// checkScalars demands that the scalars of doc are those of before, but for
// those that were to change.
func checkScalars(doc []byte, before, want map[string]string) error {
	root, err := parse(doc)
	if err != nil || root == nil {
		return errors.Join(errors.New("the document cannot be read any more where it was redacted; redact it by hand"), err)
	}
	n, differs := 0, false
	walkScalars(root, "", func(pointer string, node *yaml.Node) {
		n++
		value, had := before[pointer]
		if to, changed := want[pointer]; changed {
			value = to
		}
		differs = differs || !had || node.Value != value
	})
	if differs || n != len(before) {
		return errors.New("more than the secrets would change; redact the document by hand")
	}
	return nil
}

// walkScalars visits every scalar value with its pointer.
func walkScalars(n *yaml.Node, at string, visit func(pointer string, n *yaml.Node)) {
	switch n.Kind {
	case yaml.DocumentNode:
		for _, child := range n.Content {
			walkScalars(child, at, visit)
		}
	case yaml.SequenceNode:
		for i, child := range n.Content {
			walkScalars(child, fmt.Sprintf("%s/%d", at, i), visit)
		}
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			walkScalars(n.Content[i+1], string(appendToken([]byte(at), n.Content[i].Value)), visit)
		}
	case yaml.ScalarNode:
		visit(at, n)
	}
}

// redactBlock puts a quoted string in the place of a block scalar. lines keep
// their number: those of the block become empty, and the first one's end.
func redactBlock(lines []string, n *yaml.Node, value string) {
	head := n.Line - 1
	at := strings.LastIndexAny(lines[head], "|>")
	if at < 0 {
		return // checkScalars says so
	}
	indent, last := -1, head
	for i := head + 1; i < len(lines); i++ {
		text := strings.TrimRight(lines[i], " \r\n")
		if text == "" {
			continue
		}
		spaces := len(text) - len(strings.TrimLeft(text, " "))
		if indent < 0 {
			indent = spaces
		}
		if spaces < indent {
			break
		}
		last = i
	}
	ending := lines[last][len(strings.TrimRight(lines[last], "\r\n")):]
	lines[head] = lines[head][:at] + `"` + value + `"` + ending
	for i := head + 1; i <= last; i++ {
		lines[i] = ""
	}
}

// redactComments replaces each line of the comments in which something was
// found.
func redactComments(lines []string, root *yaml.Node, findings []Finding) error {
	if len(findings) == 0 {
		return nil
	}
	texts := map[string]string{} // lines of comments with the rule that finds something in the comment
	eachComment(root, func(comment string) {
		rules().each(comment, func(o occurrence) bool {
			if !slices.ContainsFunc(findings, func(f Finding) bool { return f.Rule == table[o.rule].id }) {
				return true
			}
			for line := range strings.SplitSeq(comment, "\n") {
				if line = strings.TrimSpace(line); line != "" {
					texts[line] = table[o.rule].id
				}
			}
			return false
		})
	})
	done := 0
	for i, line := range lines {
		text := strings.TrimRight(line, " \t\r\n")
		for at := strings.IndexByte(text, '#'); at >= 0; {
			if rule, ok := texts[text[at:]]; ok {
				lines[i] = text[:at] + "# " + marker(rule) + line[len(text):]
				done++
				break
			}
			next := strings.IndexByte(text[at+1:], '#')
			if next < 0 {
				break
			}
			at += 1 + next
		}
	}
	if done == 0 {
		return errors.New("a comment is written in a way that cannot be changed in place; redact it by hand")
	}
	return nil
}

// eachComment visits the comments that the parser attached to nodes.
func eachComment(n *yaml.Node, visit func(string)) {
	for _, comment := range [...]string{n.HeadComment, n.LineComment, n.FootComment} {
		if comment != "" {
			visit(comment)
		}
	}
	for _, child := range n.Content {
		eachComment(child, visit)
	}
}
