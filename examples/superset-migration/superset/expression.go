package superset

import (
	"regexp"
	"strings"
)

// aggregates are the SQL functions that a measure's type stands for.
var aggregates = map[string]string{
	"SUM":            "sum",
	"AVG":            "avg",
	"MIN":            "min",
	"MAX":            "max",
	"COUNT":          "count",
	"COUNT_DISTINCT": "count_distinct", // as charts spell COUNT(DISTINCT …)
}

var aggregateCall = regexp.MustCompile(`(?is)^\s*(SUM|AVG|MIN|MAX|COUNT)\s*\(\s*(DISTINCT\s+)?(\*|[a-z_][a-z0-9_]*|"[^"]+"|` + "`[^`]+`" + `|\[[^\]]+\])\s*\)\s*$`)

// aggregate reads a metric's SQL as the aggregate of one column. column is
// empty for COUNT(*); ok is false when the SQL is anything else.
func aggregate(sql string) (typ, column string, ok bool) {
	m := aggregateCall.FindStringSubmatch(sql)
	if m == nil {
		return "", "", false
	}
	function, distinct, argument := strings.ToUpper(m[1]), m[2] != "", m[3]
	if argument[0] == '"' || argument[0] == '`' || argument[0] == '[' {
		argument = argument[1 : len(argument)-1]
	}
	switch {
	case argument == "*":
		return "count", "", function == "COUNT" && !distinct
	case distinct && function == "COUNT":
		return "count_distinct", argument, true
	case distinct:
		return "", "", false
	}
	return aggregates[function], argument, true
}

var notIdentifier = regexp.MustCompile(`[^A-Za-z0-9_]+`)

// identifier turns a name into one that needs no quotes anywhere: ASCII
// letters, digits and underscores, not beginning with a digit.
func identifier(name string) string {
	id := strings.Trim(notIdentifier.ReplaceAllString(name, "_"), "_")
	if id == "" || id[0] >= '0' && id[0] <= '9' {
		id = "_" + id
	}
	return id
}
