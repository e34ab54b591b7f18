package main

import (
	"fmt"
	"math"
)

// seconds writes a time with three digits that mean something.
func seconds(v float64) string {
	switch {
	case math.IsNaN(v):
		return "–"
	case v < 0.9995:
		return fmt.Sprintf("%.0f ms", v*1000)
	case v < 9.995:
		return fmt.Sprintf("%.2f s", v)
	case v < 99.95:
		return fmt.Sprintf("%.1f s", v)
	}
	return fmt.Sprintf("%.0f s", v)
}

// factor writes a ratio with two digits that mean something.
func factor(v float64) string {
	switch {
	case math.IsNaN(v):
		return "–"
	case v < 0.0995:
		return fmt.Sprintf("%.3f", v)
	case v < 9.95:
		return fmt.Sprintf("%.2f", v)
	}
	return fmt.Sprintf("%.0f", v)
}

// bytesText writes a number of bytes in binary units.
func bytesText(v float64) string {
	units := []string{"B", "KiB", "MiB", "GiB"}
	i := 0
	for ; v >= 1000 && i < len(units)-1; i++ {
		v /= 1024
	}
	switch {
	case i == 0 || v >= 99.5:
		return fmt.Sprintf("%.0f %s", v, units[i])
	case v >= 9.95:
		return fmt.Sprintf("%.1f %s", v, units[i])
	}
	return fmt.Sprintf("%.2f %s", v, units[i])
}

// inUnit writes a value of an aim.
func inUnit(v float64, unit string) string {
	switch unit {
	case "×":
		return factor(v) + " ×"
	case "s":
		return seconds(v)
	case "bytes":
		return bytesText(v)
	}
	return fmt.Sprintf("%.0f %s", v, unit)
}

// middle writes the median of a spread, and its ends unless they read the same.
func (s spread) middle(write func(float64) string) string {
	text, low, high := write(s.Median), write(s.Min), write(s.Max)
	if low == text && high == text {
		return text
	}
	return fmt.Sprintf("%s (%s–%s)", text, low, high)
}
