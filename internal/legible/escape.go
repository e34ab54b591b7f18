package legible

import (
	"fmt"
	"iter"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxMarks is how many combining marks may follow one letter. Vietnamese and
// pointed Hebrew need two or three.
const maxMarks = 4

// Escape spells out, as \n, \t, \r, \xNN, \uNNNN or \UNNNNNNNN, what could move
// the cursor, change colours, hide, or reorder what stands beside it: every
// control and formatting character, every character without a glyph, bytes that
// are not UTF-8, and combining marks beyond the fourth in a row. Letters of any
// script pass. With lines, line feeds and tabs pass too.
//
// A backslash stands for itself: the result cannot be turned back.
func Escape(s string, lines bool) string {
	if isPlain(s) {
		return s
	}
	var b strings.Builder
	for run, spelled := range Runs(s) {
		if spelled && lines && (run == `\n` || run == `\t`) {
			run = map[string]string{`\n`: "\n", `\t`: "\t"}[run]
		}
		b.WriteString(run)
	}
	return b.String()
}

// Runs cuts s into what may be shown as it is and what is spelled out, one
// character at a time, by the rules of [Escape]. It lets a caller mark the
// latter, so that it cannot be taken for a name that holds a backslash.
func Runs(s string) iter.Seq2[string, bool] {
	return func(yield func(run string, spelled bool) bool) {
		start, marks := 0, 0
		for i := 0; i < len(s); {
			r, n := utf8.DecodeRuneInString(s[i:])
			if unicode.In(r, unicode.Mn, unicode.Me) {
				marks++
			} else {
				marks = 0
			}
			broken := r == utf8.RuneError && n == 1
			if !broken && Visible(r) && marks <= maxMarks {
				i += n
				continue
			}
			if start < i && !yield(s[start:i], false) {
				return
			}
			spelled := spell(r)
			if broken {
				spelled = fmt.Sprintf(`\x%02x`, s[i])
			}
			if !yield(spelled, true) {
				return
			}
			i += n
			start = i
		}
		if start < len(s) {
			yield(s[start:], false)
		}
	}
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

// Visible reports whether r has a glyph, or is a space, and changes nothing but
// its own place on the line.
func Visible(r rune) bool {
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
