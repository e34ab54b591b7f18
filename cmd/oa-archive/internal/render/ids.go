package render

import "sort"

// ids are identifiers in ascending order, wherever they are kept.
type ids struct {
	n  int
	at func(int) string
}

// shortest is how many characters a short form has at least.
const shortest = 8

// find returns the place of an id, the last one of several, or -1.
func (l ids) find(id string) int {
	at := sort.Search(l.n, func(i int) bool { return l.at(i) > id }) - 1
	if at < 0 || l.at(at) != id {
		return -1
	}
	return at
}

// short returns the shortest beginning of an id, of at least eight characters,
// that no other one has: what selectors take. It is "" for one that is not
// listed.
func (l ids) short(id string) string {
	at := l.find(id)
	if at < 0 {
		return ""
	}
	n := shortest
	for _, beside := range []int{at - 1, at + 1} {
		if beside < 0 || beside >= l.n {
			continue
		}
		if other := l.at(beside); other != id {
			n = max(n, commonPrefix(id, other)+1)
		}
	}
	return id[:min(n, len(id))]
}

func commonPrefix(a, b string) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return n
}
