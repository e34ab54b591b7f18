package schema

import (
	"cmp"
	"strconv"
	"strings"
	"unicode/utf8"
)

// holds reports whether n holds to s, exactly as the library of JSON Schema
// would, an order of magnitude faster: most documents are valid, and nobody
// needs to be told why. Numbers that take more than a look are left to the
// library, and so is every explanation. TestShapesAgree and FuzzShapes hold
// the two against each other.
func (s *shape) holds(n *node) bool {
	if s.verdict != nil {
		return *s.verdict
	}
	t := n.jsonType()
	switch {
	case s.types != 0 && s.types&t == 0,
		s.whole && t == numberType && !s.isWhole(n),
		s.enum != nil && !s.enum.has(n, t),
		s.consts != nil && !s.consts.has(n, t),
		s.ref != nil && !s.ref.holds(n):
		return false
	}
	switch t {
	case stringType:
		if !s.holdsText(n.str) {
			return false
		}
	case numberType:
		if len(s.bounds) > 0 && !s.inBounds(n) {
			return false
		}
	case arrayType:
		if !s.holdsArray(n) {
			return false
		}
	case objectType:
		if !s.holdsObject(n) {
			return false
		}
	}
	for _, sub := range s.allOf {
		if !sub.holds(n) {
			return false
		}
	}
	if s.not != nil && s.not.holds(n) {
		return false
	}
	branch := s.branch(n)
	return branch == nil || branch.holds(n)
}

// branch returns what the condition of s, if it has one, demands of n.
func (s *shape) branch(n *node) *shape {
	switch {
	case s.cond == nil:
		return nil
	case s.cond.holds(n):
		return s.yes
	}
	return s.no
}

func (s *shape) holdsText(text string) bool {
	if s.hasLength {
		length := utf8.RuneCountInString(text)
		if length < s.minLen || s.maxLen >= 0 && length > s.maxLen {
			return false
		}
	}
	return (s.pattern == nil || s.pattern.MatchString(text)) && (s.format == nil || s.format(text) == nil)
}

func (s *shape) holdsArray(n *node) bool {
	if len(n.children) < s.minItems || s.maxItems >= 0 && len(n.children) > s.maxItems {
		return false
	}
	if s.items == nil {
		return true
	}
	for _, child := range n.children {
		if !s.items.holds(child) {
			return false
		}
	}
	return true
}

func (s *shape) holdsObject(n *node) bool {
	for _, name := range s.required {
		if n.member(name) == nil {
			return false
		}
	}
	for name, needed := range s.dependent {
		if n.member(name) == nil {
			continue
		}
		for _, other := range needed {
			if n.member(other) == nil {
				return false
			}
		}
	}
	if s.properties == nil && s.additional == nil && !s.noAdditional && s.propertyNames == nil {
		return true
	}
	for i, child := range n.children {
		if s.propertyNames != nil && !s.propertyNames.holds(&node{form: text, str: n.names[i]}) {
			return false
		}
		sub, known := s.properties[n.names[i]]
		switch {
		case known:
		case s.noAdditional:
			return false
		default:
			sub = s.additional
		}
		if sub != nil && !sub.holds(child) {
			return false
		}
	}
	return true
}

func (n *node) jsonType() typeSet {
	switch n.form {
	case array:
		return arrayType
	case object:
		return objectType
	case text:
		return stringType
	case number:
		return numberType
	}
	switch n.value.(type) {
	case nil:
		return nullType
	case bool:
		return boolType
	}
	return numberType
}

func (e *enumeration) has(n *node, t typeSet) bool {
	switch t {
	case stringType:
		return e.texts[n.str]
	case nullType:
		return e.null
	case boolType:
		return e.bools[index(n.value.(bool))]
	}
	return false
}

// plain returns the value of a number that is written as an integer of 64 bits.
func (n *node) plain() (int64, bool) {
	if n.form == number {
		i, err := strconv.ParseInt(n.str, 10, 64)
		return i, err == nil
	}
	i, is := n.value.(int64)
	return i, is
}

func (s *shape) isWhole(n *node) bool {
	if n.form == number && !strings.ContainsAny(n.str, ".eE") {
		return true
	}
	if _, ok := n.plain(); ok {
		return true
	}
	return s.schema.Validate(n.instance()) == nil
}

func (s *shape) inBounds(n *node) bool {
	v, ok := n.plain()
	if !ok {
		return s.schema.Validate(n.instance()) == nil
	}
	for _, b := range s.bounds {
		if !b.holds(cmp.Compare(v, b.limit)) {
			return false
		}
	}
	return true
}
