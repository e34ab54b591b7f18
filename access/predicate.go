package access

import (
	"slices"
	"strings"
)

// Conditions returns a predicate as the conditions that a row must all meet,
// normalised and sorted, so that predicates which differ in spelling only are
// equal. No conditions mean that every row is admitted; the one condition
// FALSE means that none is.
//
// Normalising drops white space outside of quotes, writes keywords in capitals
// and != as <>, takes redundant parentheses away, and splits conditions at AND.
// Identifiers keep their case.
//
// These are recognised as always true: TRUE; comparisons of two equal numbers
// or strings, and of two different numbers, as they come out (1 = 1, 'a' = 'a',
// 2 > 1, 1 <> 0); comparisons of TRUE and FALSE; NULL IS NULL; X IS NULL OR X IS
// NOT NULL; the numbers 1 and 0 standing alone; and whatever NOT, AND and OR
// make of those and of unknown conditions, such as region = 'x' OR 1 = 1. The
// contrary is recognised as always false. x = x is neither, since it does not
// admit rows without an x.
//
// A predicate that is not read with certainty, because of comments, backslashes
// or CASE, is one condition: its text.
func Conditions(predicate string) []string {
	tokens, ok := scan(predicate)
	if !ok {
		return []string{strings.TrimSpace(predicate)}
	}
	p := &parser{tokens: tokens}
	e := p.or()
	if p.failed || p.pos != len(tokens) {
		return []string{join(tokens)}
	}
	var conditions []string
	for _, c := range e.conjuncts() {
		switch c.truth {
		case yes:
		case no:
			return []string{"FALSE"}
		default:
			conditions = append(conditions, c.text)
		}
	}
	slices.Sort(conditions)
	return slices.Compact(conditions)
}

// truth is what is known about a condition without looking at a row.
type truth int

const (
	unknown truth = iota
	yes
	no
)

func (t truth) not() truth { return [...]truth{unknown, no, yes}[t] }

// expression is a condition that was read.
type expression struct {
	truth truth
	text  string
	parts []expression // of AND
}

func (e expression) conjuncts() []expression {
	if len(e.parts) == 0 {
		return []expression{e}
	}
	var all []expression
	for _, p := range e.parts {
		all = append(all, p.conjuncts()...)
	}
	return all
}

// parser reads OR, AND, NOT and parentheses. What stands between them is one
// condition, whatever it is.
type parser struct {
	tokens []token
	pos    int
	depth  int
	failed bool
}

func (p *parser) peek() string {
	if p.pos < len(p.tokens) {
		return p.tokens[p.pos].text
	}
	return ""
}

func (p *parser) take(word string) bool {
	if p.pos < len(p.tokens) && p.tokens[p.pos].kind != quoted && p.tokens[p.pos].text == word {
		p.pos++
		return true
	}
	return false
}

func (p *parser) or() expression {
	parts := []expression{p.and()}
	for p.take("OR") {
		parts = append(parts, p.and())
	}
	if len(parts) == 1 {
		return parts[0]
	}
	result := expression{truth: no}
	var texts []string
	for _, part := range parts {
		if part.truth == yes {
			result.truth = yes
		}
		if part.truth == unknown && result.truth == no {
			result.truth = unknown
		}
		if part.truth != no {
			texts = append(texts, part.text)
		}
	}
	slices.Sort(texts)
	texts = slices.Compact(texts)
	for _, t := range texts {
		if operand, ok := strings.CutSuffix(t, " IS NULL"); ok && slices.Contains(texts, operand+" IS NOT NULL") {
			result.truth = yes
		}
	}
	result.text = combine(texts, " OR ", "FALSE")
	return result
}

// combine joins sorted conditions; none makes the neutral one.
func combine(texts []string, with, neutral string) string {
	switch len(texts) {
	case 0:
		return neutral
	case 1:
		return texts[0]
	}
	return "(" + strings.Join(texts, with) + ")"
}

func (p *parser) and() expression {
	parts := []expression{p.not()}
	for p.take("AND") {
		parts = append(parts, p.not())
	}
	if len(parts) == 1 {
		return parts[0]
	}
	result := expression{truth: yes, parts: parts}
	var texts []string
	for _, part := range parts {
		if part.truth == no {
			result.truth = no
		}
		if part.truth == unknown && result.truth == yes {
			result.truth = unknown
		}
		for _, c := range part.conjuncts() {
			if c.truth != yes {
				texts = append(texts, c.text)
			}
		}
	}
	slices.Sort(texts)
	result.text = combine(slices.Compact(texts), " AND ", "TRUE")
	return result
}

func (p *parser) not() expression {
	if p.take("NOT") {
		if p.depth++; p.depth > maxDepth {
			p.failed = true
			return expression{}
		}
		inner := p.not()
		p.depth--
		return expression{truth: inner.truth.not(), text: "NOT " + inner.text}
	}
	return p.condition()
}

// maxDepth is how deep parentheses may be nested.
const maxDepth = 64

// condition reads up to the next AND, OR or closing parenthesis of its own
// depth.
func (p *parser) condition() expression {
	if e, ok := p.parenthesised(); ok {
		return e
	}
	start, depth := p.pos, 0
	between := false
	for ; p.pos < len(p.tokens); p.pos++ {
		t := p.tokens[p.pos]
		if t.kind == quoted {
			continue
		}
		switch t.text {
		case "(":
			depth++
		case ")":
			depth--
		case "CASE", ";":
			p.failed = true // its own ANDs and WHENs are not ours to split
		case "BETWEEN":
			between = between || depth == 0
		}
		if depth < 0 || depth == 0 && (t.text == "OR" || t.text == "AND" && !between) {
			break
		}
		if depth == 0 && t.text == "AND" {
			between = false
		}
	}
	words := p.tokens[start:p.pos]
	if len(words) == 0 {
		p.failed = true
		return expression{}
	}
	return expression{truth: constant(words), text: join(words)}
}

// parenthesised reads a condition in parentheses, if nothing but AND, OR or
// the end follows them.
func (p *parser) parenthesised() (expression, bool) {
	start := p.pos
	if p.depth++; p.depth > maxDepth {
		p.failed = true
	}
	defer func() { p.depth-- }()
	if p.failed || !p.take("(") {
		return expression{}, false
	}
	e := p.or()
	if p.take(")") && !p.failed {
		switch p.peek() {
		case "", "AND", "OR", ")":
			return e, true
		}
	}
	if p.depth <= maxDepth {
		p.failed = false
	}
	p.pos = start
	return expression{}, false
}
