package strictyaml

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"
)

// Rules that an [Error] names.
const (
	RuleSyntax    = "yaml-syntax"
	RuleEncoding  = "yaml-encoding"
	RuleLineBreak = "yaml-line-break"
	RuleTab       = "yaml-tab"
	RuleEmpty     = "yaml-empty"
	RuleDocuments = "yaml-documents"
	RuleDirective = "yaml-directive"
	RuleAnchor    = "yaml-anchor"
	RuleAlias     = "yaml-alias"
	RuleMerge     = "yaml-merge-key"
	RuleTag       = "yaml-tag"
	RuleKey       = "yaml-key"
	RuleDuplicate = "yaml-duplicate-key"
	RuleNumber    = "yaml-number"
	RuleLimit     = "yaml-limit"
)

// An Error says where a document breaks which rule.
type Error struct {
	Line   int // 1-based; 0 when the whole document is meant
	Column int // 1-based, in characters; 0 when the whole line is meant
	Rule   string
	Text   string // what is wrong and what to write instead; safe for a terminal
}

// Error returns the text with its line.
func (e *Error) Error() string {
	if e.Line == 0 {
		return "yaml: " + e.Text
	}
	return fmt.Sprintf("yaml: line %d: %s", e.Line, e.Text)
}

func errorAt(n *yaml.Node, rule, format string, args ...any) *Error {
	return &Error{Line: n.Line, Column: n.Column, Rule: rule, Text: fmt.Sprintf(format, args...)}
}

// quote shows a piece of the document, cut to a length that fits a line.
func quote(s string) string {
	const limit = 60
	if len(s) > limit {
		s = strings.ToValidUTF8(s[:limit], "") + "…"
	}
	return strconv.Quote(s)
}

// translate turns an error of the library into ours.
func translate(err error) *Error {
	var le *yaml.LoadError
	if !errors.As(err, &le) {
		return &Error{Rule: RuleSyntax, Text: clean(err.Error())}
	}
	e := &Error{Line: le.Mark.Line, Column: le.Mark.Column, Rule: RuleSyntax, Text: clean(le.Message)}
	switch {
	case strings.HasPrefix(le.Message, "unknown anchor"):
		e.Rule, e.Text = RuleAlias, "aliases are not allowed; write the value out"
	case strings.HasPrefix(le.Message, "exceeded max depth"):
		e.Rule, e.Text = RuleLimit, "collections are nested too deeply"
	case strings.Contains(le.Message, " tab "):
		e.Rule, e.Text = RuleTab, le.Message+"; indent with spaces"
	case strings.Contains(le.Message, "cannot start any token"):
		e.Text = "found a character that cannot begin a value; put the text in quotes, and indent with spaces"
	case le.ContextMsg != "":
		e.Text = clean(le.ContextMsg + ": " + le.Message)
	}
	return e
}

// clean escapes what a terminal might act on.
func clean(s string) string {
	q := strconv.QuoteToGraphic(strings.ToValidUTF8(s, "�"))
	return strings.NewReplacer(`\"`, `"`, `\\`, `\`).Replace(q[1 : len(q)-1])
}
