package strictjson

import (
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

var simpleEscapes = map[byte]rune{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

// unescape reads the escape that text begins with and returns its character
// and length, or the rule that it breaks.
func unescape(text []byte) (r rune, n int, rule string) {
	if len(text) < 2 {
		return 0, 0, "ends within a string"
	}
	if r, ok := simpleEscapes[text[1]]; ok {
		return r, 2, ""
	}
	r, ok := unicodeEscape(text)
	switch {
	case !ok:
		return 0, 0, "a string holds an escape that JSON does not have"
	case !utf16.IsSurrogate(r):
		return r, 6, ""
	}
	low, ok := unicodeEscape(text[6:])
	if pair := utf16.DecodeRune(r, low); ok && pair != utf8.RuneError {
		return pair, 12, ""
	}
	return 0, 0, "a string holds half of a surrogate pair"
}

// unicodeEscape reads \uXXXX.
func unicodeEscape(text []byte) (r rune, ok bool) {
	if len(text) < 6 || text[0] != '\\' || text[1] != 'u' {
		return 0, false
	}
	for _, c := range text[2:6] {
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c >= 'a' && c <= 'f':
			c -= 'a' - 10
		case c >= 'A' && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}

// Fold returns s with each character replaced by one that stands for all that
// differ from it only in case, so that two names clash exactly when their
// folded forms are equal. Lower-case ASCII stays as it is.
func Fold(s string) string { return string(fold([]byte(s))) }

// fold returns name itself when nothing in it folds.
func fold(name []byte) []byte {
	for i, c := range name {
		if c >= utf8.RuneSelf || c >= 'A' && c <= 'Z' {
			return foldFrom(name, i)
		}
	}
	return name
}

func foldFrom(name []byte, i int) []byte {
	folded := append(make([]byte, 0, len(name)), name[:i]...)
	for _, r := range string(name[i:]) {
		folded = utf8.AppendRune(folded, foldRune(r))
	}
	return folded
}

func foldRune(r rune) rune {
	if r >= utf8.RuneSelf {
		least := r
		for next := unicode.SimpleFold(r); next != r; next = unicode.SimpleFold(next) {
			least = min(least, next)
		}
		r = least
	}
	if r >= 'A' && r <= 'Z' {
		r += 'a' - 'A'
	}
	return r
}
