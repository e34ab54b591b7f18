package render

import (
	"fmt"
	"math"
	"time"

	"github.com/oneanalytics/oa-archive/internal/legible"
)

// Bytes writes a size in binary units with three significant digits: "0 B",
// "999 B", "4.07 KiB", "12.5 MiB". Sizes below zero are unknown: "?".
func Bytes(n int64) string { return legible.Bytes(n) }

// Count writes n with a comma every three digits.
func Count(n int64) string { return legible.Count(n) }

// Short writes a count in few characters: exactly below ten thousand, then
// "60.4k", "4.12M", "18.2G".
func Short(n int64) string {
	if n < 10_000 {
		return Count(n)
	}
	units := "kMGTPE"
	f, unit := float64(n)/1000, 0
	for f >= 999.5 && unit < len(units)-1 {
		f /= 1000
		unit++
	}
	return fmt.Sprintf("%.*f%c", legible.Decimals(f), f, units[unit])
}

// Plural writes a count with its noun: "1 report", "1,200 reports". A noun that
// forms its plural otherwise is given as "entry/entries".
func Plural(n int64, noun string) string { return legible.Plural(n, noun) }

// Percent writes part of whole: "37%", or "0%" for an empty whole.
func Percent(part, whole int64) string {
	if whole <= 0 {
		return "0%"
	}
	return fmt.Sprintf("%.0f%%", math.Round(100*float64(part)/float64(whole)))
}

// Time writes an instant in UTC to the second.
func Time(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }

// Ago writes how long before now t is, roughly, or "" when t lies ahead.
func Ago(t, now time.Time) string {
	d := now.Sub(t)
	const day = 24 * time.Hour
	switch {
	case d < 0:
		return ""
	case d < time.Minute:
		return "just now"
	case d < time.Hour:
		return Plural(int64(d/time.Minute), "minute") + " ago"
	case d < 2*day:
		return Plural(int64(d/time.Hour), "hour") + " ago"
	case d < 60*day:
		return Plural(int64(d/day), "day") + " ago"
	case d < 730*day:
		return Plural(int64(d/(30*day)), "month") + " ago"
	}
	return Plural(int64(d/(365*day)), "year") + " ago"
}
