package mapping

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// Place names one entry of a map.
type Place struct {
	Kind Kind
	Key  string
}

// Note is what [Marshal] writes beside an entry for people, as comments.
type Note struct {
	Name string // what the archive calls it
	How  string // how its target was found, or what there is to choose from
}

// Marshal writes a mapping file: sections in the order of [Kinds], in each
// blank entries first, then by key. Notes may be nil. [Parse] gives the map
// back.
func Marshal(m *Map, notes map[Place]Note) []byte {
	var b strings.Builder
	b.WriteString(heading)
	fmt.Fprintf(&b, "format: %q\n", Format)
	if m.Archive != "" {
		fmt.Fprintf(&b, "archive: %s # the tenant that the archive is of\n", scalar(m.Archive))
	}
	if m.Target != "" {
		fmt.Fprintf(&b, "target: %s # the tenant that it goes into\n", scalar(m.Target))
	}
	for _, k := range Kinds() {
		s := m.Section(k)
		if s.IsZero() {
			continue
		}
		s.write(&b, k, notes)
	}
	return []byte(b.String())
}

const heading = `# Who and what of the target stands for whom and what of the archive.
# After each "to:" stands an id of the target, or create, fallback or none;
# where nothing stands, the rules of the section decide. See docs/mapping.md.
`

func (s *Section) write(b *strings.Builder, k Kind, notes map[Place]Note) {
	fmt.Fprintf(b, "\n%s:\n", k)
	if s.Match != nil {
		rules := make([]string, len(s.Match))
		for i, r := range s.Match {
			rules[i] = string(r)
		}
		fmt.Fprintf(b, "  match: [%s]\n", strings.Join(rules, ", "))
	}
	if s.Otherwise != "" {
		fmt.Fprintf(b, "  otherwise: %s # %s\n", s.Otherwise, oneOf(k.Answers()))
	}
	if s.Fallback != "" {
		fmt.Fprintf(b, "  fallback: %s\n", scalar(s.Fallback))
	}
	if len(s.Entries) == 0 {
		return
	}
	b.WriteString("  entries:\n")
	keys := sortedKeys(s.Entries)
	slices.SortStableFunc(keys, func(x, y string) int { return cmp.Compare(open(s.Entries[y]), open(s.Entries[x])) })
	for _, key := range keys {
		e, note := s.Entries[key], notes[Place{k, key}]
		fmt.Fprintf(b, "    %s:%s\n", scalar(key), comment(note.Name))
		member, value := "to", e.To
		if e.ID != "" {
			member, value = "id", e.ID
		}
		if value != "" {
			value = " " + scalar(value)
		}
		fmt.Fprintf(b, "      %s:%s%s\n", member, value, comment(note.How))
	}
}

// open is 1 for blank entries, which a person has to fill in.
func open(e Entry) int {
	if e.Blank() {
		return 1
	}
	return 0
}

// comment returns the text as a comment that ends the line. Whatever a tenant
// calls somebody cannot leave the comment, nor steer a terminal.
func comment(text string) string {
	text = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, " "))
	if text = strings.TrimSpace(text); text == "" {
		return ""
	}
	return " # " + text
}

// scalar writes a text so that it is read back as the same: plain where that
// is beyond doubt, else in double quotes.
func scalar(s string) string {
	if isPlain(s) {
		return s
	}
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r < 0x20 || r == 0x7f:
			fmt.Fprintf(&b, `\x%02X`, r)
		case unicode.IsPrint(r):
			b.WriteRune(r)
		case r <= 0xffff:
			fmt.Fprintf(&b, `\u%04X`, r)
		default:
			fmt.Fprintf(&b, `\U%08X`, r)
		}
	}
	return b.String() + `"`
}

// reserved words that a plain scalar would not be a text for some reader of.
var reserved = []string{"null", "true", "false", "yes", "no", "on", "off", "y", "n", "nan", "inf"}

// isPlain reports whether s consists of letters, digits, '_', '-' and '.',
// begins with a letter and means nothing but itself; or is a UUID, which may
// begin with a digit and has hyphens where no number has.
func isPlain(s string) bool {
	if s == "" || slices.Contains(reserved, strings.ToLower(s)) {
		return false
	}
	for _, r := range s {
		if !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '_' || r == '-' || r == '.') {
			return false
		}
	}
	first := s[0]
	isLetter := first >= 'a' && first <= 'z' || first >= 'A' && first <= 'Z'
	return isLetter || len(s) == 36 && strings.Count(s, "-") == 4 && first != '-'
}
