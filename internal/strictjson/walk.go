package strictjson

import (
	"bytes"
	"iter"
	"unicode/utf8"
)

// Members yields the members of object, which is a value from a document that
// [Check] has accepted, in their order: the name's text and the value's bytes
// without space around them. It yields nothing for other values. The name may
// be part of object; it is valid until the next step.
func Members(object []byte) iter.Seq2[[]byte, []byte] {
	return func(yield func([]byte, []byte) bool) {
		rest, ok := bytes.CutPrefix(trim(object), []byte("{"))
		for rest = trim(rest); ok && len(rest) > 0 && rest[0] == '"'; {
			n := valueLength(rest)
			name, _ := text(rest[:n])
			rest = trim(trim(rest[n:])[1:])
			n = valueLength(rest)
			if !yield(name, rest[:n]) {
				return
			}
			rest = trim(bytes.TrimPrefix(trim(rest[n:]), []byte(",")))
		}
	}
}

// Elements yields the elements of array as [Members] does those of an object.
func Elements(array []byte) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		rest, ok := bytes.CutPrefix(trim(array), []byte("["))
		for rest = trim(rest); ok && len(rest) > 0 && rest[0] != ']'; {
			n := valueLength(rest)
			if !yield(rest[:n]) {
				return
			}
			rest = trim(bytes.TrimPrefix(trim(rest[n:]), []byte(",")))
		}
	}
}

// Text returns the text of value, a string from a checked document; ok is
// false for anything else.
func Text(value []byte) (s string, ok bool) {
	b, ok := text(value)
	return string(b), ok
}

// TextBytes is [Text] without a copy: what it returns may be part of value.
func TextBytes(value []byte) (b []byte, ok bool) { return text(value) }

// IsObject reports whether value, from a checked document, is an object.
func IsObject(value []byte) bool { v := trim(value); return len(v) > 0 && v[0] == '{' }

// IsArray reports whether value, from a checked document, is an array.
func IsArray(value []byte) bool { v := trim(value); return len(v) > 0 && v[0] == '[' }

func trim(b []byte) []byte {
	for len(b) > 0 && (b[0] == ' ' || b[0] == '\n' || b[0] == '\t' || b[0] == '\r') {
		b = b[1:]
	}
	return b
}

func text(value []byte) ([]byte, bool) {
	if len(value) < 2 || value[0] != '"' {
		return nil, false
	}
	inner := value[1 : len(value)-1]
	i := bytes.IndexByte(inner, '\\')
	if i < 0 {
		return inner, true
	}
	out := append(make([]byte, 0, len(inner)), inner[:i]...)
	for i < len(inner) {
		if inner[i] != '\\' {
			out = append(out, inner[i])
			i++
			continue
		}
		r, n, rule := unescape(inner[i:])
		if rule != "" {
			return nil, false
		}
		out = utf8.AppendRune(out, r)
		i += n
	}
	return out, true
}

// valueLength returns the length of the value that b begins with.
func valueLength(b []byte) int {
	switch b[0] {
	case '"':
		return stringLength(b)
	case '{', '[':
		return containerLength(b)
	}
	for i, c := range b {
		switch c {
		case ',', '}', ']', ' ', '\n', '\t', '\r':
			return i
		}
	}
	return len(b)
}

// StringLength returns the length of the string, quotation marks included, that
// b begins with. b is part of a document that [Check] has accepted.
func StringLength(b []byte) int { return stringLength(b) }

func stringLength(b []byte) int {
	for i := 1; i < len(b); i++ {
		switch b[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(b)
}

func containerLength(b []byte) int {
	depth := 0
	for i := 0; i < len(b); i++ {
		switch b[i] {
		case '"':
			i += stringLength(b[i:]) - 1
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return len(b)
}
