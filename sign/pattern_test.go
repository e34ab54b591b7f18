package sign

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestPatternList(t *testing.T) {
	for _, c := range []struct {
		list, s string
		want    bool
	}{
		{"file", "file", true},
		{"file", "files", false},
		{"file", "File", false},
		{"", "", false},
		{"", "file", false},
		{",", "", true}, // two empty patterns
		{"a,,b", "b", true},
		{"*", "", true},
		{"*", "anything", true},
		{"?", "", false},
		{"?", "a", true},
		{"f*e", "fe", true},
		{"f*e", "file", true},
		{"f*e", "filed", false},
		{"*a*b*c*", "xxaxxbxxcxx", true},
		{"*a*b*c*", "xxcxxbxxaxx", false},
		{"a*a*a", "aa", false},
		{"**?", "x", true},
		{"oa-archive.v1:*", testNamespace, true},
		{"oa-archive.v1:*", "oa-archive.v10:x", false},
		{"oa-archive.v1:*/metadata.json", testNamespace, true},
		{"oa-archive.v1:*,!*manifest.json", "oa-archive.v1:x:manifest.json", false},
		{"oa-archive.v1:*,!*manifest.json", testNamespace, true},
		{"!*manifest.json,oa-archive.v1:*", "oa-archive.v1:x:manifest.json", false},
		{"!file", "other", false}, // a negation alone matches nothing
		{"!file,*", "other", true},
		{"email,file", "file", true},
		{" file", "file", false}, // spaces are part of a pattern
	} {
		list, err := parsePatternList(c.list)
		if err != nil {
			t.Fatal(err)
		}
		if got := list.match(c.s); got != c.want {
			t.Errorf("%q matches %q: %v, want %v", c.list, c.s, got, c.want)
		}
	}
}

func TestPatternLength(t *testing.T) {
	longest := strings.Repeat("a", maxPattern-1)
	if list, err := parsePatternList("b," + longest); err != nil || !list.match(longest) {
		t.Errorf("a pattern of %d bytes: %v", len(longest), err)
	}
	_, err := parsePatternList("b," + longest + "a")
	wantError(t, err, nil, "a pattern of 1023 bytes, limit 1022")
}

// matchSlowly follows the definition: a * stands for any number of bytes.
func matchSlowly(pattern, s string) bool {
	if pattern == "" {
		return s == ""
	}
	if pattern[0] == '*' {
		return matchSlowly(pattern[1:], s) || s != "" && matchSlowly(pattern, s[1:])
	}
	return s != "" && (pattern[0] == '?' || pattern[0] == s[0]) && matchSlowly(pattern[1:], s[1:])
}

func TestMatchWildcards(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		pattern := rapid.StringMatching(`[ab*?]{0,8}`).Draw(t, "pattern")
		s := rapid.StringMatching(`[abc]{0,8}`).Draw(t, "s")
		if got, want := matchWildcards(pattern, s), matchSlowly(pattern, s); got != want {
			t.Fatalf("%q matches %q: %v, want %v", pattern, s, got, want)
		}
	})
}
