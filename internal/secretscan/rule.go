package secretscan

import (
	"cmp"
	"math"
	"regexp"
	"strings"
	"sync"
)

// A rule describes one sort of credential.
type rule struct {
	id    string
	about string // what it is, for people

	// One of the keywords, in lower case, stands where an occurrence begins,
	// or as many bytes after that as back says. The case of keywords is not
	// looked at; that is for pattern.
	keywords []string
	back     []int // none: 0

	// What is cheap comes first: least is how many characters of tokens follow
	// the keyword, gate looks at all that follows it.
	least int
	gate  func(rest string) bool

	// pattern is anchored where an occurrence begins. Its group 1 is the
	// secret, which is the whole if there is no group. It sees window bytes;
	// none: 320. Where after is given, it takes the secret from what follows
	// the match.
	pattern string
	window  int
	after   func(rest string) (secret string, ok bool)

	inside  bool    // may follow a letter, digit, '_' or '-'
	needs   string  // a text that must stand nearby, before or behind
	entropy float64 // least bits a character of the secret; 0: 2
	check   func(secret string) bool

	match, miss []string // examples, for the tests
}

// Rule describes a rule to people.
type Rule struct {
	ID          string
	Description string
}

// Rules lists the rules in the order in which they are tried.
func Rules() []Rule {
	list := make([]Rule, 0, len(table)+1)
	for i := range table {
		list = append(list, Rule{table[i].id, table[i].about})
	}
	return append(list, Rule{memberRule, "a member whose name says that it holds a credential"})
}

const (
	// window is how far the longest occurrences are looked at; they may go on.
	window = 2048

	// nearby is how far off a text may be that a rule needs beside a secret.
	nearby = 1024

	// leastEntropy is that of rules which state none: it turns down xxxxxxxx
	// and 12341234 behind a right prefix.
	leastEntropy = 2.0
)

// A matcher holds the rules ready for use.
type matcher struct {
	automaton *automaton
	ruleOf    []int // by keyword
	length    []int // of keywords
	compiled  []*regexp.Regexp
}

var rules = sync.OnceValue(func() *matcher {
	m := &matcher{}
	var keywords []string
	for i := range table {
		m.compiled = append(m.compiled, regexp.MustCompile("^(?:"+table[i].pattern+")"))
		for _, k := range table[i].keywords {
			keywords = append(keywords, k)
			m.ruleOf = append(m.ruleOf, i)
			m.length = append(m.length, len(k))
		}
	}
	m.automaton = newAutomaton(keywords)
	return m
})

// An occurrence is what a rule found in a text.
type occurrence struct {
	rule   int
	secret string
}

// each calls found with the occurrences in text, until it returns false.
func (m *matcher) each(text string, found func(occurrence) bool) {
	find(m.automaton, text, func(keyword, end int) bool {
		i := m.ruleOf[keyword]
		begin := end - m.length[keyword]
		if !table[i].opens(text[end:]) {
			return true
		}
		if len(table[i].back) == 0 {
			o, ok := m.at(i, text, begin)
			return !ok || found(o)
		}
		for _, back := range table[i].back {
			if o, ok := m.at(i, text, begin-back); ok {
				return found(o)
			}
		}
		return true
	})
}

// at looks for an occurrence of a rule that begins at a place.
func (m *matcher) at(i int, text string, begin int) (o occurrence, ok bool) {
	r := &table[i]
	if begin < 0 || !r.inside && begin > 0 && isWord(text[begin-1]) {
		return o, false
	}
	if o.secret, ok = m.secret(i, text[begin:]); !ok || !r.accepts(o.secret) {
		return o, false
	}
	if r.needs != "" && !strings.Contains(text[max(0, begin-nearby):min(len(text), begin+nearby)], r.needs) {
		return o, false
	}
	o.rule = i
	return o, true
}

// secret returns what the pattern of a rule takes for one.
func (m *matcher) secret(i int, rest string) (secret string, ok bool) {
	r := &table[i]
	limit := min(len(rest), cmp.Or(r.window, 320))
	if r.after != nil {
		match := m.compiled[i].FindStringIndex(rest[:limit])
		if match == nil {
			return "", false
		}
		return r.after(rest[match[1]:min(len(rest), match[1]+window)])
	}
	groups := m.compiled[i].FindStringSubmatchIndex(rest[:limit])
	if groups == nil {
		return "", false
	}
	return rest[groups[len(groups)-2]:groups[len(groups)-1]], true
}

// accepts reports whether what has the form of a secret is one.
func (r *rule) accepts(secret string) bool {
	return (r.check == nil || r.check(secret)) && entropy(secret) >= max(r.entropy, leastEntropy) && !isPlaceholder(secret)
}

// opens reports whether what follows the keyword is worth a closer look.
func (r *rule) opens(rest string) bool {
	if r.gate != nil {
		return r.gate(rest)
	}
	if len(rest) < r.least {
		return false
	}
	for i := range r.least {
		if !tokenBytes[rest[i]] {
			return false
		}
	}
	return true
}

// tokenBytes are those that occur in tokens and the addresses around them.
var tokenBytes = func() (set [256]bool) {
	for c := range 256 {
		set[c] = isWord(byte(c)) || strings.IndexByte("./+=%:@~&?", byte(c)) >= 0
	}
	return set
}()

func isWord(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '-'
}

// entropy returns the bits a character of s by how often each byte occurs in
// it (C. Shannon, 1948). Of what is longer than a window, the beginning counts.
func entropy(s string) float64 {
	s = s[:min(len(s), window)]
	if s == "" {
		return 0
	}
	var counts [256]uint16
	sum := 0.0 // of n·log₂n over the counts
	for i := range len(s) {
		n := counts[s[i]]
		counts[s[i]]++
		sum += weighted[n+1] - weighted[n]
	}
	return math.Log2(float64(len(s))) - sum/float64(len(s))
}

// weighted is n·log₂n.
var weighted = func() (table [window + 1]float64) {
	for n := 1; n <= window; n++ {
		table[n] = float64(n) * math.Log2(float64(n))
	}
	return table
}()
