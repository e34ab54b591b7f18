package mapping

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Error says where a mapping breaks which rule.
type Error struct {
	Line   int    // 1-based; 0 when the mapping did not come from a file
	Column int    // 1-based, in characters; 0 when the whole line is meant
	Path   string // of the member, such as users.entries.usr_1; "" is the whole file
	Text   string // what is wrong and what to write instead; safe for a terminal
}

// Error returns the text with its place.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString("mapping: ")
	if e.Line > 0 {
		fmt.Fprintf(&b, "line %d", e.Line)
		if e.Column > 0 {
			fmt.Fprintf(&b, ", column %d", e.Column)
		}
		b.WriteString(": ")
	}
	if e.Path != "" {
		b.WriteString(e.Path + ": ")
	}
	return b.String() + e.Text
}

// printable quotes s if any of it could confuse a terminal, and cuts it.
func printable(s string) string {
	const limit = 100
	if len(s) > limit {
		s = strings.ToValidUTF8(s[:limit], "") + "…"
	}
	if q := fmt.Sprintf("%+q", s); q[1:len(q)-1] != s || s == "" {
		return q
	}
	return s
}

// oneOf lists choices in words.
func oneOf[S ~string](choices []S) string {
	words := make([]string, len(choices))
	for i, c := range choices {
		words[i] = string(c)
	}
	if n := len(words); n > 1 {
		return strings.Join(words[:n-1], ", ") + " or " + words[n-1]
	}
	return strings.Join(words, "")
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, cmp.Compare[string])
	return keys
}
