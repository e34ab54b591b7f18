package secretscan

// An automaton finds all of many keywords in one pass, without regard to the
// case of ASCII letters (A. Aho, M. Corasick: Efficient string matching, CACM
// 18, 1975), with all transitions written out.
type automaton struct {
	next [][256]int16
	ends [][]int16 // keywords that end in a state
	any  []bool    // whether some do; most states are none of these
}

func fold(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

// newAutomaton takes keywords in lower case; none is empty.
func newAutomaton(keywords []string) *automaton {
	a := &automaton{next: make([][256]int16, 1), ends: make([][]int16, 1)}
	for k, keyword := range keywords {
		state := int16(0)
		for i := range len(keyword) {
			c := keyword[i]
			if a.next[state][c] == 0 {
				a.next[state][c] = int16(len(a.next))
				a.next = append(a.next, [256]int16{})
				a.ends = append(a.ends, nil)
			}
			state = a.next[state][c]
		}
		a.ends[state] = append(a.ends[state], int16(k))
	}
	a.link()
	return a
}

// link turns the trie into an automaton: where a state has no child, it goes
// where its longest proper suffix goes.
func (a *automaton) link() {
	fail := make([]int16, len(a.next))
	queue := make([]int16, 0, len(a.next))
	for _, child := range a.next[0] {
		if child != 0 {
			queue = append(queue, child)
		}
	}
	for len(queue) > 0 {
		state := queue[0]
		queue = queue[1:]
		a.ends[state] = append(a.ends[state], a.ends[fail[state]]...)
		for c := range 256 {
			child := a.next[state][c]
			if child == 0 {
				a.next[state][c] = a.next[fail[state]][c]
				continue
			}
			fail[child] = a.next[fail[state]][c]
			queue = append(queue, child)
		}
	}
	a.any = make([]bool, len(a.next))
	for state := range a.next {
		a.any[state] = len(a.ends[state]) > 0
		for c := byte('A'); c <= 'Z'; c++ {
			a.next[state][c] = a.next[state][fold(c)]
		}
	}
}

// find calls hit with each keyword and where it ends in text, until hit
// returns false.
func find[T string | []byte](a *automaton, text T, hit func(keyword, end int) bool) {
	state := int16(0)
	next, ends := a.next, a.any
	for i := range len(text) {
		state = next[state][text[i]]
		if !ends[state] {
			continue
		}
		for _, k := range a.ends[state] {
			if !hit(int(k), i+1) {
				return
			}
		}
	}
}
