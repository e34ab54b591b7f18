package residency

import (
	"fmt"
	"strings"
)

// A SyntaxError says where a policy or a record breaks which rule.
type SyntaxError struct {
	Line   int    // 1-based; 0 when not known
	Column int    // 1-based, in characters; 0 when the whole line is meant
	Path   string // of the member, such as rules.eu.allow; "" is the whole file
	Text   string // what is wrong and what to write instead; safe for a terminal
}

// Error returns the text with its place.
func (e *SyntaxError) Error() string {
	var b strings.Builder
	b.WriteString("residency: ")
	if e.Line > 0 {
		fmt.Fprintf(&b, "line %d", e.Line)
		if e.Column > 0 {
			fmt.Fprintf(&b, ", column %d", e.Column)
		}
		b.WriteString(": ")
	}
	if e.Path != "" {
		b.WriteString(e.Path + ": ")
	}
	return b.String() + e.Text
}

// A RefusedError is a destination that a policy does not permit.
type RefusedError struct {
	Rule        string // name of the rule that decided; empty when no rule is for the data
	Tenant      string // id of the tenant whose data it is
	Destination string // as [Destination.String] writes it, without passwords
	Place       string // name of the place that declares it; empty when none does
	Why         string // for people
}

// Error names the rule, the tenant, the destination and the reason.
func (e *RefusedError) Error() string {
	rule := "the residency policy"
	if e.Rule != "" {
		rule = fmt.Sprintf("the residency rule %s", printable(e.Rule))
	}
	return fmt.Sprintf("%s keeps data of tenant %s out of %s: %s", rule, printable(e.Tenant), printable(e.Destination), e.Why)
}

// printable quotes s if any of it could confuse a terminal, and cuts it.
func printable(s string) string {
	const limit = 200
	if len(s) > limit {
		s = strings.ToValidUTF8(s[:limit], "") + "…"
	}
	if q := fmt.Sprintf("%+q", s); q[1:len(q)-1] != s || s == "" {
		return q
	}
	return s
}
