package access

import (
	"math/big"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

type tokenKind int

const (
	word   tokenKind = iota // a keyword, an identifier, or {{ … }}
	number                  // 1, 2.5
	quoted                  // '…' or "…" or `…`
	symbol
)

type token struct {
	kind tokenKind
	text string
}

var keywords = []string{
	"AND", "OR", "NOT", "TRUE", "FALSE", "NULL", "IS", "IN", "LIKE", "ILIKE", "BETWEEN", "CASE", "WHEN", "THEN", "ELSE", "END",
	"EXISTS", "SELECT", "FROM", "WHERE", "ANY", "ALL",
}

// scan splits a predicate into tokens. It returns false for what it cannot
// split with certainty.
func scan(s string) ([]token, bool) {
	var tokens []token
	for s != "" {
		r, size := utf8.DecodeRuneInString(s)
		var t token
		switch {
		case unicode.IsSpace(r):
			s = s[size:]
			continue
		case strings.HasPrefix(s, "--"), strings.HasPrefix(s, "/*"), strings.HasPrefix(s, "#"), r == '\\', r == '$', r == utf8.RuneError && size == 1:
			return nil, false // comments and quotes differ between databases
		case r == '\'' || r == '"' || r == '`':
			n := quotedLength(s, byte(r))
			if n == 0 || strings.Contains(s[:n], `\`) {
				return nil, false
			}
			t = token{quoted, s[:n]}
			s = s[n:]
		case strings.HasPrefix(s, "{{"):
			end := strings.Index(s, "}}")
			if end < 0 {
				return nil, false
			}
			t = token{word, "{{ " + strings.Join(strings.Fields(s[2:end]), " ") + " }}"}
			s = s[end+2:]
		case unicode.IsDigit(r):
			n := strings.IndexFunc(s, func(r rune) bool { return r != '.' && !isWord(r) })
			if n < 0 {
				n = len(s)
			}
			t = token{number, s[:n]}
			s = s[n:]
		case isWord(r):
			n := strings.IndexFunc(s, func(r rune) bool { return !isWord(r) })
			if n < 0 {
				n = len(s)
			}
			t = token{word, s[:n]}
			if upper := strings.ToUpper(t.text); slices.Contains(keywords, upper) {
				t.text = upper
			}
			s = s[n:]
		default:
			n := size
			for _, long := range []string{"<>", "!=", "<=", ">=", "||", "&&", "::", "=="} {
				if strings.HasPrefix(s, long) {
					n = len(long)
				}
			}
			t = token{symbol, s[:n]}
			if t.text == "!=" {
				t.text = "<>"
			}
			s = s[n:]
		}
		tokens = append(tokens, t)
	}
	return tokens, len(tokens) > 0
}

func isWord(r rune) bool { return r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) }

// quotedLength returns the length of the quoted text that s begins with, in
// which the quote itself is doubled, or 0.
func quotedLength(s string, quote byte) int {
	for i := 1; i < len(s); i++ {
		if s[i] != quote {
			continue
		}
		if i+1 < len(s) && s[i+1] == quote {
			i++
			continue
		}
		return i + 1
	}
	return 0
}

// join writes tokens in one spelling.
func join(tokens []token) string {
	var b strings.Builder
	for i, t := range tokens {
		tight := i == 0 || t.text == "." || t.text == ")" || t.text == "," || tokens[i-1].text == "." || tokens[i-1].text == "("
		if !tight {
			b.WriteByte(' ')
		}
		b.WriteString(t.text)
	}
	return b.String()
}

// constant returns what a condition without AND, OR and NOT is, when it does
// not depend on the row.
func constant(tokens []token) truth {
	switch len(tokens) {
	case 1:
		switch tokens[0] {
		case token{word, "TRUE"}, token{number, "1"}:
			return yes
		case token{word, "FALSE"}, token{number, "0"}:
			return no
		}
	case 3:
		if join(tokens) == "NULL IS NULL" {
			return yes
		}
		return compare(tokens[0], tokens[1].text, tokens[2])
	case 4:
		if join(tokens) == "NULL IS NOT NULL" {
			return no
		}
	}
	return unknown
}

// compare evaluates a comparison of two literals.
func compare(a token, operator string, b token) truth {
	order, known := 0, false
	switch {
	case a.kind == number && b.kind == number:
		// SetString takes more spellings than SQL has, so both must be plain.
		x, okx := new(big.Rat).SetString(plainNumber(a.text))
		y, oky := new(big.Rat).SetString(plainNumber(b.text))
		if !okx || !oky {
			return unknown
		}
		order, known = x.Cmp(y), true
	case a.kind == quoted && a == b && a.text[0] == '\'':
		known = true
	case isBool(a) && isBool(b):
		order, known = strings.Compare(a.text, b.text), true // FALSE sorts before TRUE
	}
	if !known {
		return unknown
	}
	holds := false
	switch operator {
	case "=", "==":
		holds = order == 0
	case "<>":
		holds = order != 0
	case "<":
		holds = order < 0
	case "<=":
		holds = order <= 0
	case ">":
		holds = order > 0
	case ">=":
		holds = order >= 0
	default:
		return unknown
	}
	if holds {
		return yes
	}
	return no
}

func isBool(t token) bool { return t.kind == word && (t.text == "TRUE" || t.text == "FALSE") }

// plainNumber returns the text if it is digits with one point at most, and of
// a length that is cheap to compute with.
func plainNumber(text string) string {
	if len(text) > 40 || strings.Trim(text, "0123456789.") != "" || strings.Count(text, ".") > 1 {
		return ""
	}
	return text
}
