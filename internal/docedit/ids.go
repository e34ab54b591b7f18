package docedit

import (
	"fmt"
	"strings"
)

// idLength is the length of a UUID as RFC 9562, section 4, writes it.
const idLength = 36

// idMap returns what replaces an identifier, a lower-case UUID by another one;
// ok is false for identifiers that stay.
type idMap func(id string) (to string, ok bool)

// newIDMap checks ids and leaves out what would change nothing.
func newIDMap(ids map[string]string) (idMap, error) {
	m := make(map[string]string, len(ids))
	for from, to := range ids {
		for _, id := range []string{from, to} {
			if err := checkID(id); err != nil {
				return nil, err
			}
		}
		if from != to {
			m[from] = to
		}
	}
	return func(id string) (string, bool) {
		to, ok := m[id]
		return to, ok
	}, nil
}

func checkID(id string) error {
	if len(id) != idLength || !isID(id) || id != strings.ToLower(id) {
		return fmt.Errorf("rewrite identifiers: %q is no lower-case UUID", id)
	}
	return nil
}

// A splice replaces the bytes from start to end, end not included.
type splice struct {
	start, end int
	text       string
}

// splices are in ascending order and do not overlap.
type splices []splice

func (ss splices) apply(s string) string {
	if len(ss) == 0 {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	done := 0
	for _, sp := range ss {
		b.WriteString(s[done:sp.start])
		b.WriteString(sp.text)
		done = sp.end
	}
	b.WriteString(s[done:])
	return b.String()
}

// find returns where s spells an identifier of m, with its replacement. A
// spelling next to a further hexadecimal digit is something else. One in
// capitals is replaced in capitals, any other in lower case.
func (m idMap) find(s string) splices {
	var found splices
	// Every dash may be the first of a UUID, which then starts 8 bytes before.
	for next := 8; next < len(s); {
		dash := strings.IndexByte(s[next:], '-')
		if dash < 0 {
			break
		}
		start := next + dash - 8
		end := start + idLength
		next += dash + 1
		if end > len(s) {
			break
		}
		if !isID(s[start:end]) || start > 0 && isHex(s[start-1]) || end < len(s) && isHex(s[end]) {
			continue
		}
		spelling := s[start:end]
		lower := strings.ToLower(spelling)
		if to, ok := m(lower); ok {
			if spelling != lower && spelling == strings.ToUpper(spelling) {
				to = strings.ToUpper(to)
			}
			found = append(found, splice{start, end, to})
		}
		next = end
	}
	return found
}

// isID reports whether s, of idLength bytes, is a UUID in either case.
func isID(s string) bool {
	if s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
		return false
	}
	for i := range idLength {
		if !isHex(s[i]) && i != 8 && i != 13 && i != 18 && i != 23 {
			return false
		}
	}
	return true
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

// lineOf returns the number of the line, from 1, that offset is in.
func lineOf(s string, offset int) int {
	return 1 + strings.Count(s[:min(offset, len(s))], "\n")
}
