package strictjson

import "bytes"

// manyMembers is the number of members from which a map finds clashes faster
// than looking through the list.
const manyMembers = 24

// members finds clashing names in one object. Its names are s.names[base:].
type members struct {
	base int
	set  map[string]struct{}
}

// add takes in the member called name, whose string begins at offset at.
func (m *members) add(s *scanner, at int, name []byte) bool {
	folded := fold(name)
	own := s.names[m.base:]
	if len(own) >= s.limits.Members {
		return s.fail(at, "an object has more than %d members", s.limits.Members)
	}
	if m.set == nil && len(own) >= manyMembers {
		m.set = make(map[string]struct{}, 2*manyMembers)
		for _, other := range own {
			m.set[string(other)] = struct{}{}
		}
	}
	if m.set != nil {
		if _, clash := m.set[string(folded)]; clash {
			return s.fail(at, "an object has a second member called %+.80q, or one that differs only in case", name)
		}
		m.set[string(folded)] = struct{}{}
	} else {
		for _, other := range own {
			if bytes.Equal(other, folded) {
				return s.fail(at, "an object has a second member called %+.80q, or one that differs only in case", name)
			}
		}
	}
	s.names = append(s.names, folded)
	return true
}
