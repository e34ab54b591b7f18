package render

import (
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"
)

// Width returns how many columns s takes: wide characters two, combining marks
// none. s holds no escape sequences.
func Width(s string) int {
	n := 0
	for _, r := range s {
		n += text.RuneWidth(r)
	}
	return n
}

// ellipsis marks where something was cut off.
const ellipsis = "…"

// Truncate shortens s to at most width columns, the last of them an ellipsis if
// anything was cut off. A wide character that would straddle the edge goes
// whole, and combining marks stay with their letter.
func Truncate(s string, width int) string {
	if Width(s) <= width {
		return s
	}
	if width < 1 {
		return ""
	}
	n := 0
	for i, r := range s {
		n += text.RuneWidth(r)
		if n > width-1 {
			return s[:i] + ellipsis
		}
	}
	return s
}

// TruncateMiddle is [Truncate] with the ellipsis in the middle, for paths and
// digests, whose ends matter.
func TruncateMiddle(s string, width int) string {
	total := Width(s)
	if total <= width {
		return s
	}
	if width < 3 {
		return Truncate(s, width)
	}
	tail := (width - 1) / 2
	head := strings.TrimSuffix(Truncate(s, width-tail), ellipsis)
	n, cut := total, len(s)
	for i, r := range s {
		if n <= tail && text.RuneWidth(r) > 0 {
			cut = i
			break
		}
		n -= text.RuneWidth(r)
	}
	return head + ellipsis + s[cut:]
}

// pad appends spaces until s is width columns wide.
func pad(s string, width int) string {
	if n := width - Width(s); n > 0 {
		return s + strings.Repeat(" ", n)
	}
	return s
}
