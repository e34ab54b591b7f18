package sign

import (
	"fmt"
	"strings"
)

// maxPattern is the length at which OpenSSH gives up on a pattern and matches
// nothing.
const maxPattern = 1023

// patternList is a list of patterns as ssh_config(5) describes it under PATTERNS:
// separated by commas, with the wildcards * and ?, negated by a leading "!".
type patternList []pattern

type pattern struct {
	text    string
	negated bool
}

func parsePatternList(s string) (patternList, error) {
	if s == "" {
		return nil, nil
	}
	var list patternList
	for text := range strings.SplitSeq(s, ",") {
		text, negated := strings.CutPrefix(text, "!")
		if len(text) >= maxPattern {
			return nil, fmt.Errorf("a pattern of %d bytes, limit %d", len(text), maxPattern-1)
		}
		list = append(list, pattern{text: text, negated: negated})
	}
	return list, nil
}

// match reports whether some pattern matches s and no negated one does.
func (l patternList) match(s string) bool {
	matched := false
	for _, p := range l {
		if !matchWildcards(p.text, s) {
			continue
		}
		if p.negated {
			return false
		}
		matched = true
	}
	return matched
}

// hasPositive reports whether the list can match anything.
func (l patternList) hasPositive() bool {
	for _, p := range l {
		if !p.negated && p.text != "" {
			return true
		}
	}
	return false
}

// matchWildcards reports whether pattern matches all of s, byte by byte. On a
// mismatch it lets the last * take one byte more, which is enough, so the time is
// bounded by len(pattern)·len(s).
func matchWildcards(pattern, s string) bool {
	p, i := 0, 0
	star, resume := -1, 0
	for i < len(s) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, resume = p, i
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == s[i]):
			p++
			i++
		case star >= 0:
			resume++
			p, i = star+1, resume
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}
