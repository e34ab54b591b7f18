package schema

import (
	"fmt"
	"strings"
)

// MaxProblems is how many problems of one document are kept. The rest are
// only counted.
const MaxProblems = 100

// A Problem is one fault of a document, or between documents.
type Problem struct {
	Path    string // of the document in the archive; only [CheckWorkspace] sets it
	Pointer string // RFC 6901, into the document; "" is the document itself
	Line    int    // 1-based line of that place; 0 when not known
	Rule    string // stable identifier in kebab case, for example "unknown-measure"
	Text    string // a sentence without its full stop that says what to do
	Warning bool   // worth a look, but the document can be used
}

// String returns the problem on one line, safe for a terminal.
func (p Problem) String() string {
	var b strings.Builder
	if p.Path != "" {
		fmt.Fprintf(&b, "%s: ", printable(p.Path))
	}
	if p.Line > 0 {
		fmt.Fprintf(&b, "line %d: ", p.Line)
	}
	if p.Pointer != "" {
		fmt.Fprintf(&b, "%s: ", printable(p.Pointer))
	}
	fmt.Fprintf(&b, "%s (%s)", p.Text, p.Rule)
	return b.String()
}

// A ValidationError lists what is wrong with one document, in document order.
type ValidationError struct {
	Kind     Kind
	Problems []Problem // at least one, at most [MaxProblems]
	More     int       // how many further problems were found and dropped
}

// Error returns the first problem and how many there are.
func (e *ValidationError) Error() string {
	n := len(e.Problems) + e.More
	if n == 0 {
		return fmt.Sprintf("schema: invalid %s", e.Kind)
	}
	if n == 1 {
		return fmt.Sprintf("schema: invalid %s: %s", e.Kind, e.Problems[0])
	}
	return fmt.Sprintf("schema: invalid %s: %s, and %d more problems", e.Kind, e.Problems[0], n-1)
}

// printable quotes s if any of it could confuse a terminal, and cuts it.
func printable(s string) string {
	const limit = 200
	if len(s) > limit {
		s = strings.ToValidUTF8(s[:limit], "") + "…"
	}
	if q := fmt.Sprintf("%q", s); q[1:len(q)-1] != s {
		return q
	}
	return s
}
