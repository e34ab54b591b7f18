package access

import (
	"slices"
	"strings"
	"testing"
)

func TestConditions(t *testing.T) {
	for _, c := range []struct{ predicate, want string }{
		{"TRUE", ""}, {" true ", ""}, {"(TRUE)", ""}, {"1 = 1", ""}, {"1=1", ""}, {"1 = 1.0", ""}, {"TRUE = TRUE", ""}, {"1", ""},
		{"'a' = 'a'", ""}, {"2 > 1", ""}, {"1 <> 0", ""}, {"1 != 0", ""}, {"NOT FALSE", ""}, {"NOT (1 = 0)", ""}, {"not not true", ""},
		{"NULL IS NULL", ""}, {"region = 'x' OR 1 = 1", ""}, {"(region = 'x' OR TRUE) AND 2 >= 2", ""},
		{"region IS NULL OR region IS NOT NULL", ""}, {"a.b IS NOT NULL OR a.b IS NULL", ""},
		{"FALSE", "FALSE"}, {"1 = 0", "FALSE"}, {"0", "FALSE"}, {"region = 'x' AND 1 > 2", "FALSE"}, {"NOT TRUE", "FALSE"},
		{"region = 'x'", "region = 'x'"}, {"region='x'", "region = 'x'"}, {"((region = 'x'))", "region = 'x'"},
		{"region = 'x' AND TRUE", "region = 'x'"}, {"b = 2 and a = 1", "a = 1 | b = 2"}, {"(a = 1 AND b = 2) AND c <> 3", "a = 1 | b = 2 | c <> 3"},
		{"a = 1 OR b = 2", "(a = 1 OR b = 2)"}, {"b = 2 OR a = 1", "(a = 1 OR b = 2)"}, {"a = 1 OR FALSE", "a = 1"},
		{"a BETWEEN 1 AND 2 AND b = 3", "a BETWEEN 1 AND 2 | b = 3"},
		{"a IN ('x', 'AND')", "a IN ('x', 'AND')"}, {"lower(a) = 'x' AND b = 1", "b = 1 | lower (a) = 'x'"},
		{"(a + 1) * 2 = 4", "(a + 1) * 2 = 4"},
		{"region = {{user.attributes.region}}", "region = {{ user.attributes.region }}"},
		{"x = x", "x = x"}, {"'a' = 'A'", "'a' = 'A'"}, {"'it''s' = 'it''s'", ""},
		{`"a" = "a"`, `"a" = "a"`}, {"region = '1 = 1'", "region = '1 = 1'"}, {"a = 1 -- AND b = 2", "a = 1 -- AND b = 2"},
		{"CASE WHEN a AND b THEN 1 END = 1", "CASE WHEN a AND b THEN 1 END = 1"}, {"a = 1 AND", "a = 1 AND"}, {"(a = 1", "(a = 1"}, {"'open", "'open"},
		{`a = 'x\' OR 1=1 --'`, `a = 'x\' OR 1=1 --'`}, {"1e9 = 1e9", "1e9 = 1e9"}, {"EXISTS (SELECT 1 WHERE a AND b)", "EXISTS (SELECT 1 WHERE a AND b)"},
	} {
		if got := strings.Join(Conditions(c.predicate), " | "); got != c.want {
			t.Errorf("%s: %q, want %q", c.predicate, got, c.want)
		}
	}
}

func TestConditionsOfDeepPredicates(t *testing.T) {
	for _, deep := range []string{strings.Repeat("(", 50000) + "a" + strings.Repeat(")", 50000), strings.Repeat("NOT ", 50000) + "a", strings.Repeat("(", 50000)} {
		if len(Conditions(deep)) != 1 {
			t.Error("want one condition")
		}
	}
}

func FuzzConditions(f *testing.F) {
	for _, s := range []string{"1 = 1", "a = 1 AND (b = 2 OR NOT c)", "a BETWEEN 1 AND 2", "{{ user.attributes.x }}", "'", "((", "NOT", "CASE", "a IS NULL OR a IS NOT NULL", "\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := Conditions(s)
		if !slices.IsSorted(got) {
			t.Errorf("not sorted: %q", got)
		}
		if again := Conditions("(" + s + ")"); len(got) == 0 && len(again) != 0 && !strings.ContainsAny(s, "()-/#") {
			t.Errorf("always true, but not in parentheses: %q", again)
		}
	})
}
