package docedit

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

// blockStyles are the styles of scalars that end with their indentation.
const blockStyles = yaml.LiteralStyle | yaml.FoldedStyle

// A yamlText is the text of a YAML document with the offset of each line.
type yamlText struct {
	string
	lines []int
}

func newYAMLText(s string) yamlText {
	lines := []int{0}
	for i, r := range s {
		switch r {
		case '\r':
			if strings.HasPrefix(s[i:], "\r\n") {
				continue
			}
			fallthrough
		case '\n', '\u0085', '\u2028', '\u2029': // what the parser counts as line breaks
			lines = append(lines, i+utf8.RuneLen(r))
		}
	}
	return yamlText{s, lines}
}

// scalar returns where the text of the flow or plain scalar n stands. ok is
// false if n is a block scalar, or is not found where the parser says.
func (t yamlText) scalar(n *yaml.Node) (start, end int, ok bool) {
	if n.Line < 1 || n.Line > len(t.lines) || n.Style&blockStyles != 0 {
		return 0, 0, false
	}
	start = t.lines[n.Line-1]
	for range n.Column - 1 { // columns count characters
		_, size := utf8.DecodeRuneInString(t.string[start:])
		start += size
	}
	s := t.string[start:]
	var length int
	switch {
	case n.Style&yaml.DoubleQuotedStyle != 0:
		length = quotedLength(s, '"', '\\')
	case n.Style&yaml.SingleQuotedStyle != 0:
		length = quotedLength(s, '\'', '\'')
	default:
		length = plainLength(s, n.Value)
	}
	return start, start + length, length >= 0
}

// quotedLength returns the length of the scalar that s starts with, -1 if it
// has no end. Escape takes the byte after it along; where it is the quote
// itself, only another quote.
func quotedLength(s string, quote, escape byte) int {
	if s == "" || s[0] != quote {
		return -1
	}
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == escape && (escape != quote || i+1 < len(s) && s[i+1] == quote):
			i++
		case s[i] == quote:
			return i + 1
		}
	}
	return -1
}

// plainLength returns the length of the plain scalar that s starts with and
// whose value is known, -1 if s does not start with it. Only folded white space
// can differ between the two.
func plainLength(s, value string) int {
	const white = " \t\r\n"
	i, v := 0, 0
	for v < len(value) {
		if rest := strings.TrimLeft(value[v:], white); len(rest) < len(value[v:]) {
			v = len(value) - len(rest)
			i = len(s) - len(strings.TrimLeft(s[i:], white))
			continue
		}
		if i == len(s) || s[i] != value[v] {
			return -1
		}
		i, v = i+1, v+1
	}
	return i
}

// replace returns the splice that gives n a new value, and changes n to what a
// parser must then find there.
func (t yamlText) replace(n *yaml.Node, flow bool, value any) (splice, error) {
	start, end, ok := t.scalar(n)
	if !ok {
		return splice{}, fmt.Errorf("line %d: a scalar in this style cannot be replaced in place; write it on one line", n.Line)
	}
	text, tag, err := encodeYAML(value, n.Style, flow)
	if err != nil {
		return splice{}, fmt.Errorf("line %d: %w", n.Line, err)
	}
	n.Tag, n.Value = tag, text
	if s, ok := value.(string); ok {
		n.Value = s
	}
	if start == end && start > 0 && !strings.ContainsRune(" \t\r\n", rune(t.string[start-1])) {
		text = " " + text
	}
	return splice{start, end, text}, nil
}

// encodeYAML spells value as YAML 1.2 core, a string in style if that can.
func encodeYAML(value any, style yaml.Style, flow bool) (text, tag string, err error) {
	if s, ok := value.(string); ok {
		if !utf8.ValidString(s) {
			return "", "", errNotUTF8
		}
		return encodeYAMLString(s, style, flow), "!!str", nil
	}
	text, err = encodeJSON(value)
	switch value.(type) {
	case nil:
		tag = "!!null"
	case bool:
		tag = "!!bool"
	case int64:
		tag = "!!int"
	case float64:
		tag = "!!float"
		if !strings.ContainsAny(text, ".e") {
			text += ".0"
		}
	}
	return text, tag, err
}

func encodeYAMLString(s string, style yaml.Style, flow bool) string {
	quoted := strconv.Quote(s) // all its escapes are YAML's too (YAML 1.2.2, section 5.7)
	switch {
	case style&yaml.SingleQuotedStyle != 0 && !strings.ContainsFunc(s, func(r rune) bool { return !strconv.IsPrint(r) }):
		return "'" + strings.ReplaceAll(s, "'", "''") + "'"
	case style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) == 0 && plainSafe(s, flow):
		return s
	}
	return quoted
}

// plainSafe reports whether s can stand without quotes and is then a string
// for readers of YAML 1.1 and 1.2 alike.
func plainSafe(s string, flow bool) bool {
	switch strings.ToLower(s) {
	case "y", "n", "yes", "no", "on", "off":
		return false
	}
	if s == "" || strings.ContainsFunc(s, func(r rune) bool { return !strconv.IsPrint(r) }) ||
		strings.ContainsRune("+-.0123456789", rune(s[0])) && strings.ContainsAny(s, ":_") {
		return false
	}
	doc := "k: " + s
	if flow {
		doc = "{" + doc + "}"
	}
	root, err := parseYAML(doc)
	if err != nil {
		return false
	}
	pair := root.Content[0].Content
	return len(pair) == 2 && pair[1].Style == 0 && pair[1].Tag == "!!str" && pair[1].Value == s
}
