package sqliterows

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/oneanalytics/oa-archive/parquetio"
)

// longestName is how many bytes of a column's name are kept: with it the
// statement that creates the widest table stays below SQLite's limit of
// 1,000,000 bytes.
const longestName = 160

// Quote returns name as an identifier in SQL. It must not hold NUL.
func Quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// folded returns what SQLite compares names by: only the letters of ASCII
// have no case.
func folded(name string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, name)
}

// columnNames returns a name for each column that no other one equals, also
// when case is folded: its own wherever that is free and short enough. A name
// that stands in the schema as it is stays with its column, so that numbered
// names do not push others aside.
func columnNames(schema parquetio.Schema) []string {
	names := make([]string, len(schema))
	taken := map[string]bool{folded(Ordinal): true}
	for i, c := range schema {
		if key := folded(c.Name); len(c.Name) <= longestName && !taken[key] {
			taken[key] = true
			names[i] = c.Name
		}
	}
	last := map[string]int{} // the number that a name's beginning was given last
	for i, c := range schema {
		if names[i] != "" {
			continue
		}
		short := cut(c.Name, longestName-8)
		for n := max(2, last[folded(short)]+1); ; n++ {
			last[folded(short)] = n
			name := short + "_" + strconv.Itoa(n)
			if key := folded(name); !taken[key] {
				taken[key] = true
				names[i] = name
				break
			}
		}
	}
	return names
}

// cut returns at most n bytes of name, whole characters only.
func cut(name string, n int) string {
	if len(name) <= n {
		return name
	}
	for n > 0 && !utf8.RuneStart(name[n]) {
		n--
	}
	return name[:n]
}
