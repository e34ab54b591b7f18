package superset

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"

	"github.com/go-json-experiment/json/jsontext"
)

// A mapping is a YAML mapping whose members keep their order. Values are
// mappings, lists ([]any), texts (string), numbers and literals (plain).
// Members with a nil value or an empty text, list or mapping are left out.
type mapping []member

type member struct {
	key   string
	value any
}

// plain is a value that is written as it is: a number, true, false or null.
type plain string

// lineWidth is up to where a collection is written on one line.
const lineWidth = 160

// yamlText writes a model for people: what fits is on one line, in the style
// of hand-written models, and texts of several lines are blocks.
func yamlText(comment string, top mapping) []byte {
	var b strings.Builder
	for line := range strings.Lines(comment) {
		b.WriteString("# " + strings.TrimSuffix(line, "\n") + "\n")
	}
	writeMembers(&b, top, 0, false)
	return []byte(b.String())
}

func writeMembers(b *strings.Builder, m mapping, indent int, inline bool) {
	for _, member := range m {
		if isEmpty(member.value) {
			continue
		}
		if !inline {
			b.WriteString(strings.Repeat(" ", indent))
		}
		inline = false
		b.WriteString(quote(member.key) + ":")
		writeValue(b, member.value, indent, len(member.key)+1)
	}
}

// writeValue writes what follows "key:" or "-". used is how much of the line
// beyond the indent is taken.
func writeValue(b *strings.Builder, value any, indent, used int) {
	if s, ok := value.(string); ok && isBlock(s) {
		b.WriteString(" |-\n")
		for line := range strings.SplitSeq(s, "\n") {
			if line != "" {
				b.WriteString(strings.Repeat(" ", indent+2) + line)
			}
			b.WriteString("\n")
		}
		return
	}
	if line, ok := flow(value); ok && indent+used+1+len(line) <= lineWidth {
		b.WriteString(" " + line + "\n")
		return
	}
	switch v := value.(type) {
	case mapping:
		b.WriteString("\n")
		writeMembers(b, v, indent+2, false)
	case []any:
		b.WriteString("\n")
		for _, element := range v {
			b.WriteString(strings.Repeat(" ", indent+2) + "-")
			if m, ok := element.(mapping); ok {
				writeElement(b, m, indent+2)
				continue
			}
			writeValue(b, element, indent+2, 1)
		}
	default:
		line, _ := flow(value)
		b.WriteString(" " + line + "\n")
	}
}

// writeElement writes a mapping that is an element of a list: on the line of
// its dash if it fits, else beginning there.
func writeElement(b *strings.Builder, m mapping, indent int) {
	if line, ok := flow(m); ok && indent+2+len(line) <= lineWidth {
		b.WriteString(" " + line + "\n")
		return
	}
	b.WriteString(" ")
	writeMembers(b, m, indent+2, true)
}

// flow writes a value on one line; ok is false when a text in it wants a
// block of its own, or a list has mappings for elements: those stand below
// each other.
func flow(value any) (line string, ok bool) {
	switch v := value.(type) {
	case plain:
		return string(v), true
	case string:
		return quote(v), !isBlock(v)
	case []any:
		parts := make([]string, len(v))
		for i, element := range v {
			if _, nested := element.(mapping); nested {
				return "", false
			}
			if parts[i], ok = flow(element); !ok {
				return "", false
			}
		}
		return "[" + strings.Join(parts, ", ") + "]", true
	case mapping:
		var parts []string
		for _, member := range v {
			if isEmpty(member.value) {
				continue
			}
			part, ok := flow(member.value)
			if !ok {
				return "", false
			}
			parts = append(parts, quote(member.key)+": "+part)
		}
		if len(parts) == 0 {
			return "{}", true
		}
		return "{ " + strings.Join(parts, ", ") + " }", true
	}
	panic(fmt.Sprintf("superset: no YAML for a %T", value))
}

func isEmpty(value any) bool {
	switch v := value.(type) {
	case nil:
		return true
	case string:
		return v == ""
	case []any:
		return len(v) == 0
	case mapping:
		for _, member := range v {
			if !isEmpty(member.value) {
				return false
			}
		}
		return true
	}
	return false
}

// isBlock reports whether s reads better as a block of lines, and whether a
// block can hold it: its first line shows the indent, its last does not end in
// a line break, and no character in it needs an escape.
func isBlock(s string) bool {
	if !strings.Contains(s, "\n") || strings.ContainsFunc(s, needsEscape) {
		return false
	}
	first, last := s[0], s[len(s)-1]
	return first != ' ' && first != '\n' && last != '\n' && last != ' '
}

// needsEscape reports characters that only a quoted text can carry: all that
// do not print, and those at which older YAML breaks lines.
func needsEscape(r rune) bool {
	return r != '\n' && !unicode.IsPrint(r) || r == '\uFEFF'
}

// word matches texts that mean themselves without quotes, wherever they stand.
// Words that some version of YAML takes for something else are in reserved.
var (
	word     = regexp.MustCompile(`^[\pL_][\pL\pN_./-]*( [\pL\pN_./-]+)*$`)
	reserved = regexp.MustCompile(`^(?i:null|true|false|yes|no|on|off|y|n)$`)
)

func quote(s string) string {
	if word.MatchString(s) && !reserved.MatchString(s) {
		return s
	}
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\t':
			b.WriteString(`\t`)
		case r > 0xFFFF && needsEscape(r):
			fmt.Fprintf(&b, `\U%08X`, r)
		case needsEscape(r):
			fmt.Fprintf(&b, `\u%04X`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// yamlValue turns JSON into a value that yamlText writes.
func yamlValue(value jsontext.Value) any {
	switch value.Kind() {
	case '"':
		s, _ := jsontext.AppendUnquote(nil, value)
		return string(s)
	case '[':
		list := []any{}
		for _, element := range (parameters{"": value}).list("") {
			list = append(list, yamlValue(element))
		}
		return list
	case '{':
		m := mapping{}
		for name, value := range members(value) {
			m = append(m, member{name, yamlValue(value)})
		}
		return m
	}
	return plain(value)
}
