package restore

import (
	"fmt"
	"strings"
)

var singulars = map[string]string{
	"users": "user", "teams": "team", "roles": "role", "members": "member", "connections": "connection",
	"folders": "folder", "tags": "tag", "datasets": "dataset record", "files": "file record",
	"saved_queries": "saved query", "grants": "grant",
}

// singular names one record of a list.
func singular(list string) string { return singulars[list] }

// count names n records of a list.
func count(n int, list string) string {
	one := singulars[list]
	switch {
	case n == 1:
		return "1 " + one
	case list == "saved_queries":
		return fmt.Sprintf("%d saved queries", n)
	}
	return fmt.Sprintf("%d %ss", n, one)
}

// escapeToken escapes a member's name for a JSON pointer.
func escapeToken(name string) string {
	return strings.NewReplacer("~", "~0", "/", "~1").Replace(name)
}
