package legible

import (
	"fmt"
	"strconv"
	"strings"
)

// Bytes writes a size in binary units with three significant digits: "0 B",
// "999 B", "4.07 KiB", "12.5 MiB". Sizes below zero are unknown: "?".
func Bytes(n int64) string {
	if n < 0 {
		return "?"
	}
	if n < 1024 {
		return strconv.FormatInt(n, 10) + " B"
	}
	units := "KMGTPE"
	f, unit := float64(n)/1024, 0
	for f >= 999.5 && unit < len(units)-1 {
		f /= 1024
		unit++
	}
	return fmt.Sprintf("%.*f %ciB", Decimals(f), f, units[unit])
}

// Decimals is how many digits after the point make three significant ones.
func Decimals(f float64) int {
	switch {
	case f < 9.995:
		return 2
	case f < 99.95:
		return 1
	}
	return 0
}

// Count writes n with a comma every three digits.
func Count(n int64) string {
	s := strconv.FormatInt(n, 10)
	start := 0
	if n < 0 {
		start = 1
	}
	for i := len(s) - 3; i > start; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// Plural writes a count with its noun: "1 report", "1,200 reports". A noun that
// forms its plural otherwise is given as "entry/entries".
func Plural(n int64, noun string) string {
	singular, plural, ok := strings.Cut(noun, "/")
	if !ok {
		plural = noun + "s"
	}
	if n == 1 {
		return "1 " + singular
	}
	return Count(n) + " " + plural
}
