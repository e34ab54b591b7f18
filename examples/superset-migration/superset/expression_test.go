package superset

import "testing"

func TestAggregate(t *testing.T) {
	for _, c := range []struct {
		sql, typ, column string
		ok               bool
	}{
		{"COUNT(*)", "count", "", true},
		{" count( * ) ", "count", "", true},
		{"COUNT(name)", "count", "name", true},
		{"COUNT(DISTINCT name)", "count_distinct", "name", true},
		{"SUM(sales)", "sum", "sales", true},
		{`Avg("net amount")`, "avg", "net amount", true},
		{"min(`a b`)", "min", "a b", true},
		{"MAX([a b])", "max", "a b", true},
		{"SUM(*)", "sum", "", false},
		{"COUNT(DISTINCT *)", "count", "", false},
		{"SUM(DISTINCT a)", "", "", false},
		{"SUM(a) + SUM(b)", "", "", false},
		{"SUM(a + b)", "", "", false},
		{"SUM(t.a)", "", "", false},
		{`SUM("a" || "b")`, "", "", false},
		{"STDDEV(a)", "", "", false},
		{"", "", "", false},
	} {
		typ, column, ok := aggregate(c.sql)
		if ok != c.ok || ok && (typ != c.typ || column != c.column) {
			t.Errorf("aggregate(%s) = %q, %q, %v; want %q, %q, %v", c.sql, typ, column, ok, c.typ, c.column, c.ok)
		}
	}
}

func TestIdentifier(t *testing.T) {
	for name, want := range map[string]string{"crm.regions": "crm_regions", "2018 survey!": "_2018_survey", "…": "_", "ok_1": "ok_1"} {
		if got := identifier(name); got != want {
			t.Errorf("identifier(%q) = %q, want %q", name, got, want)
		}
	}
}
