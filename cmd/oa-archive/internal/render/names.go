package render

import (
	"cmp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// byName orders for people: by name, small and capital letters alike.
func byName(a, b, idA, idB string) int {
	return cmp.Or(compareFolded(a, b), strings.Compare(idA, idB))
}

// compareFolded compares as the texts' small letters compare, without making
// them: sorting compares each name many times.
func compareFolded(a, b string) int {
	for len(a) > 0 && len(b) > 0 {
		r, n := utf8.DecodeRuneInString(a)
		s, m := utf8.DecodeRuneInString(b)
		if r != s {
			if c := cmp.Compare(unicode.ToLower(r), unicode.ToLower(s)); c != 0 {
				return c
			}
		}
		a, b = a[n:], b[m:]
	}
	return cmp.Compare(len(a), len(b))
}
