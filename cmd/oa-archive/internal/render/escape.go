package render

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Escape makes text from an archive or a store safe to print on one line: what
// could move the cursor, change colours, hide, or reorder what stands beside it
// is spelled out as \n, \t, \r, \xNN, \uNNNN or \UNNNNNNNN. That is every control and
// formatting character (bidirectional overrides, zero-width joiners), every
// character without a glyph, bytes that are not UTF-8, and combining marks
// beyond the fourth in a row. Letters of any script pass.
//
// The result is for eyes. A backslash stands for itself, so it cannot be
// turned back into the original: JSON output can.
func Escape(s string) string { return escape(s, false) }

// EscapeLines is [Escape] for text of several lines, such as an error: line
// breaks and tabs stay.
func EscapeLines(s string) string { return escape(s, true) }

// maxMarks is how many combining marks may follow one letter. Vietnamese and
// pointed Hebrew need two or three.
const maxMarks = 4

func escape(s string, lines bool) string {
	if isPlain(s) {
		return s
	}
	var b strings.Builder
	marks := 0
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		if unicode.In(r, unicode.Mn, unicode.Me) {
			marks++
		} else {
			marks = 0
		}
		switch {
		case r == utf8.RuneError && n == 1:
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case lines && (r == '\n' || r == '\t'):
			b.WriteRune(r)
		case visible(r) && marks <= maxMarks:
			b.WriteString(s[i : i+n])
		default:
			b.WriteString(spell(r))
		}
		i += n
	}
	return b.String()
}

// isPlain is the common case: printable ASCII.
func isPlain(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// visible reports whether r has a glyph, or is a space, and changes nothing but
// its own place on the line.
func visible(r rune) bool {
	switch {
	case unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector):
		return false
	case r == '\u2800': // the braille pattern without dots
		return false
	}
	return unicode.IsPrint(r) || unicode.Is(unicode.Zs, r)
}

func spell(r rune) string {
	switch {
	case r == '\n':
		return `\n`
	case r == '\r':
		return `\r`
	case r == '\t':
		return `\t`
	case r < utf8.RuneSelf:
		return fmt.Sprintf(`\x%02x`, r)
	case r <= 0xffff:
		return fmt.Sprintf(`\u%04x`, r)
	}
	return fmt.Sprintf(`\U%08x`, r)
}
