package residency

import "strings"

// matchGlob matches one name: * stands for any characters, ? for one.
func matchGlob(pattern, s string) bool {
	// The last star that was met, and where what it stands for ends.
	star, end := -1, 0
	p, i := 0, 0
	for i < len(s) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, end = p, i
			p++
		case p < len(pattern) && pattern[p] == '?':
			i += runeLen(s[i:])
			p++
		case p < len(pattern) && pattern[p] == s[i]:
			i++
			p++
		case star >= 0:
			end += runeLen(s[end:])
			p, i = star+1, end
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}

func runeLen(s string) int {
	for i := range s {
		if i > 0 {
			return i
		}
	}
	return len(s)
}

// matchHost matches label by label, so that no star reaches into another
// domain.
func matchHost(pattern, host string) bool {
	patterns, labels := strings.Split(pattern, "."), strings.Split(host, ".")
	if len(patterns) != len(labels) {
		return false
	}
	for i := range labels {
		if !matchGlob(patterns[i], labels[i]) {
			return false
		}
	}
	return true
}

// matchPath matches segment by segment. Its time is the product of the
// lengths, however many ** there are.
func matchPath(pattern, path []string) bool {
	reached := make([]bool, len(path)+1) // reached[j]: the pattern so far matches path[:j]
	reached[0] = true
	for _, segment := range pattern {
		if segment == "**" {
			for j := 1; j <= len(path); j++ {
				reached[j] = reached[j] || reached[j-1]
			}
			continue
		}
		for j := len(path); j > 0; j-- {
			reached[j] = reached[j-1] && matchGlob(segment, path[j-1])
		}
		reached[0] = false
	}
	return reached[len(path)]
}
