package secretscan

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/oneanalytics/oa-archive/internal/docedit"
)

// Options say what is known to be harmless. The zero value allows nothing.
type Options struct {
	Allow []Allow

	// Valid says that the document is known to be valid, so that it need not
	// be read to the end only to find that out.
	Valid bool
}

// Allow is one exception: it holds where all of its fields that are not empty
// apply. One field at least must not be.
type Allow struct {
	Rule string // id of a rule

	// Pointer is a JSON pointer in which a token * stands for any one token
	// and ** for any number of them.
	Pointer string

	// SHA256 is the digest of the value, or of the secret inside it, in
	// lower-case hexadecimal. It does not give the value away if that is long
	// and random; a password can be guessed from its digest.
	SHA256 string
}

func (a Allow) check() error {
	if a == (Allow{}) {
		return errors.New("an exception without a rule, a pointer or a digest would allow everything")
	}
	if a.Rule != "" && !isRule(a.Rule) {
		return fmt.Errorf("an exception names the rule %+q, which there is none of", a.Rule)
	}
	if a.Pointer != "" && a.Pointer[0] != '/' {
		return fmt.Errorf("an exception has the pointer %+q; pointers begin with a slash", a.Pointer)
	}
	if b, err := hex.DecodeString(a.SHA256); a.SHA256 != "" && (err != nil || len(b) != sha256.Size || strings.ToLower(a.SHA256) != a.SHA256) {
		return errors.New("an exception has a digest that is not 64 lower-case hexadecimal digits")
	}
	return nil
}

func isRule(id string) bool {
	for _, r := range Rules() {
		if r.ID == id {
			return true
		}
	}
	return false
}

// allows reports whether the exception covers a secret that was found in a
// value.
func (a Allow) allows(rule, pointer, secret, value string) bool {
	if a.Rule != "" && a.Rule != rule || a.Pointer != "" && !matches(strings.Split(a.Pointer, "/")[1:], strings.Split(pointer, "/")[1:]) {
		return false
	}
	return a.SHA256 == "" || a.SHA256 == digest(secret) || a.SHA256 == digest(value)
}

func digest(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}

// matches reports whether the tokens of a pointer are those of a pattern.
// After a ** the shortest match of what follows is taken, so the time is the
// product of the lengths.
func matches(pattern, tokens []string) bool {
	p, t, star, from := 0, 0, -1, 0
	for t < len(tokens) {
		switch {
		case p < len(pattern) && pattern[p] == "**":
			star, from = p, t
			p++
		case p < len(pattern) && (pattern[p] == "*" || pattern[p] == tokens[t]):
			p, t = p+1, t+1
		case star >= 0:
			from++
			p, t = star+1, from
		default:
			return false
		}
	}
	for p < len(pattern) && pattern[p] == "**" {
		p++
	}
	return p == len(pattern)
}

// A Place says in which part of a document something was found.
type Place string

// The parts of a document.
const (
	InValue   Place = "value"
	InName    Place = "name"    // of the member
	InComment Place = "comment" // beside the value
)

// A Finding says where something that looks like a credential stands.
type Finding struct {
	// Pointer leads to the value (RFC 6901). Where a name is what was found,
	// [redacted:rule] stands in its place.
	Pointer string
	In      Place
	Line    int    // of the document, from 1
	Rule    string // the rule's id
	Preview string // what the rule says of every such secret, and its length; no part of it
}

// String returns the finding for people. It holds nothing of the secret.
func (f Finding) String() string {
	where := fmt.Sprintf("%+q", f.Pointer)
	if f.In != InValue {
		where = "the " + string(f.In) + " at " + where
	}
	return fmt.Sprintf("line %d: %s looks like %s (%s, %s)", f.Line, where, description(f.Rule), f.Rule, f.Preview)
}

func description(id string) string {
	for _, r := range Rules() {
		if r.ID == id {
			return r.Description
		}
	}
	return "a credential"
}

// Scan returns what looks like a credential in doc, in document order, at most
// one finding for a rule and a string. The error is for documents that cannot
// be read and for options that make no sense; it holds nothing of the document.
func Scan(f docedit.Format, doc []byte, opts Options) ([]Finding, error) {
	for _, a := range opts.Allow {
		if err := a.check(); err != nil {
			return nil, fmt.Errorf("secretscan: %w", err)
		}
	}
	s := scanner{matcher: rules(), allow: opts.Allow, doc: doc, line: 1}
	var err error
	switch f {
	case docedit.JSON:
		if !opts.Valid || mayHoldJSON(string(doc)) {
			err = s.json()
		}
	case docedit.YAML:
		if mayHold(string(doc)) {
			err = s.yaml()
		}
	default:
		err = fmt.Errorf("unknown format %d", f)
	}
	if err != nil {
		return nil, fmt.Errorf("secretscan: %w", err)
	}
	return s.findings, nil
}

// A scanner goes through one document.
type scanner struct {
	*matcher
	allow    []Allow
	doc      []byte
	findings []Finding

	line, counted int // the line at which byte counted of doc stands
	lines         []string
}

// A spot is where a string stands in a document.
type spot interface {
	pointer() string
	lineNumber() int
}

// value looks at a scalar of the member called name.
func (s *scanner) value(text, name string, number bool, at spot) {
	if !number && s.text(text, InValue, at) {
		return
	}
	if sense(name).holds(text, number) {
		s.report(memberRule, InValue, text, text, "", at)
	}
}

// text looks for tokens in any string, and reports whether there are some,
// allowed ones included.
func (s *scanner) text(text string, in Place, at spot) (found bool) {
	if len(text) < 8 {
		return false
	}
	var seen [4]uint64 // rules that were found in text
	s.each(text, func(o occurrence) bool {
		word, bit := o.rule/64, uint64(1)<<(o.rule%64)
		if seen[word]&bit != 0 {
			return true
		}
		found = true
		if s.report(table[o.rule].id, in, o.secret, text, table[o.rule].keywords[0], at) {
			seen[word] |= bit
		}
		return true
	})
	return found
}

// report adds a finding unless an exception covers it.
func (s *scanner) report(rule string, in Place, secret, value, keyword string, at spot) bool {
	pointer := at.pointer()
	for _, a := range s.allow {
		if a.allows(rule, pointer, secret, value) {
			return false
		}
	}
	preview := "…"
	if keyword != "" {
		preview = keyword + "…, " + strconv.Itoa(len(secret)) + " characters"
	}
	s.findings = append(s.findings, Finding{Pointer: pointer, In: in, Line: at.lineNumber(), Rule: rule, Preview: preview})
	return true
}

// lineAt returns the line of a byte of the document. Places come in ascending
// order, more or less.
func (s *scanner) lineAt(offset int) int {
	if offset < s.counted {
		s.line, s.counted = 1, 0
	}
	for ; s.counted < offset; s.counted++ {
		if s.doc[s.counted] == '\n' {
			s.line++
		}
	}
	return s.line
}

// marker is what stands where a secret was.
func marker(rule string) string { return "[redacted:" + rule + "]" }

// appendToken appends a token of a JSON pointer.
func appendToken(b []byte, token string) []byte {
	b = append(b, '/')
	for i := range len(token) {
		switch token[i] {
		case '~':
			b = append(b, "~0"...)
		case '/':
			b = append(b, "~1"...)
		default:
			b = append(b, token[i])
		}
	}
	return b
}

// isNaming reports whether a member says what the member value beside it holds,
// as in {"name": "DB_PASSWORD", "value": …}.
func isNaming(name string) bool { return name == "name" || name == "key" }

// nameOf returns the name under which a value is judged.
func nameOf(name, named string) string {
	if name == "value" && named != "" {
		return named
	}
	return name
}
