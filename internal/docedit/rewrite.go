package docedit

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// RewriteIDs replaces every identifier of doc that is a key of ids by that
// key's value, all at once, and returns how many it replaced. Keys and values
// of ids are lower-case UUIDs.
//
// An identifier counts wherever text stands: in a value, in a key, inside a
// longer string, in a JSON document inside a string, with escapes or without,
// in lower case or in capitals (the replacement is then in capitals too). It
// does not count in a YAML comment, nor when a hexadecimal digit stands
// directly before or after it. All other bytes stay, but a YAML scalar that
// spells an identifier with escapes is written anew.
//
// The result is parsed and compared with doc before it is returned. If it
// is not doc with its strings mapped and its comments unchanged, or if two
// keys of one object became equal, the error is a [*RewriteError]. The result
// may share memory with doc.
func RewriteIDs(f Format, doc []byte, ids map[string]string) (out []byte, n int, err error) {
	m, err := newIDMap(ids)
	if err != nil {
		return nil, 0, err
	}
	return m.rewrite(f, doc)
}

// RewriteFunc is [RewriteIDs] for a replacement that is a function: it is
// called with each identifier of doc, in lower case, and returns the lower-case
// UUID to put there, or false to let it stay. So a large set of replacements
// is not gone through for each document. It must answer alike whenever it is
// asked about the same identifier.
func RewriteFunc(f Format, doc []byte, replacement func(id string) (to string, ok bool)) (out []byte, n int, err error) {
	var invalid error
	m := idMap(func(id string) (string, bool) {
		to, ok := replacement(id)
		if !ok || to == id {
			return "", false
		}
		if err := checkID(to); err != nil {
			invalid = err
			return "", false
		}
		return to, true
	})
	out, n, err = m.rewrite(f, doc)
	if invalid != nil {
		return nil, 0, invalid
	}
	return out, n, err
}

func (m idMap) rewrite(f Format, doc []byte) (out []byte, n int, err error) {
	if len(doc) > MaxSize {
		return nil, 0, fmt.Errorf("rewrite identifiers: %w", ErrTooLarge)
	}
	var text string
	switch f {
	case JSON:
		var found splices
		found, text, err = m.rewriteJSON(string(doc))
		n = len(found)
	case YAML:
		text, n, err = m.rewriteYAML(string(doc))
	default:
		err = fmt.Errorf("rewrite identifiers: unknown format %d", f)
	}
	switch {
	case err != nil:
		return nil, 0, err
	case n == 0:
		return doc, 0, nil
	}
	return []byte(text), n, nil
}

// A token is one of a JSON document: of a string its decoded text, of any
// other its spelling.
type token struct {
	kind jsontext.Kind
	text string
}

// rewriteJSON returns what to replace in doc and doc with it replaced, proven.
func (m idMap) rewriteJSON(doc string) (splices, string, error) {
	var found splices
	var want []token
	err := eachToken(doc, func(tok token, raw string, start int) error {
		if tok.kind == '"' {
			here, text, err := m.rewriteText(tok.text)
			if err != nil {
				return &RewriteError{Line: lineOf(doc, start), Rule: err.Rule}
			}
			tok.text = text
			for _, sp := range encoded(raw[1:], here) {
				found = append(found, splice{start + 1 + sp.start, start + 1 + sp.end, sp.text})
			}
		}
		want = append(want, tok)
		return nil
	})
	if err != nil {
		return nil, "", err
	}
	if len(found) == 0 {
		return nil, doc, nil
	}

	out := found.apply(doc)
	err = eachToken(out, func(got token, _ string, start int) error {
		if len(want) == 0 || got != want[0] {
			return &RewriteError{Line: lineOf(out, start), Rule: ruleSpelling}
		}
		want = want[1:]
		return nil
	})
	var syntactic *jsontext.SyntacticError
	if errors.Is(err, jsontext.ErrDuplicateName) && errors.As(err, &syntactic) {
		err = &RewriteError{Line: lineOf(out, int(syntactic.ByteOffset)), Rule: ruleSameKey}
	}
	if err == nil && len(want) > 0 {
		err = &RewriteError{Line: lineOf(out, len(out)), Rule: ruleSpelling}
	}
	return found, out, err
}

// rewriteText does for the decoded text of a string what rewriteJSON does for
// a document. Text that is a JSON object or array is rewritten as one, so that
// its escapes are seen for what they are.
func (m idMap) rewriteText(s string) (splices, string, *RewriteError) {
	if t := strings.TrimLeft(s, white); t != "" && (t[0] == '{' || t[0] == '[') {
		found, out, err := m.rewriteJSON(s)
		var rewrite *RewriteError
		if err == nil || errors.As(err, &rewrite) {
			return found, out, rewrite
		}
	}
	found := m.find(s)
	return found, found.apply(s), nil
}

// eachToken calls yield with the tokens of a JSON document, their spelling and
// where that starts, until an error.
func eachToken(doc string, yield func(tok token, raw string, start int) error) error {
	dec := jsontext.NewDecoder(bytes.NewBufferString(doc))
	for values := 0; ; {
		kind := dec.PeekKind()
		var raw jsontext.Value
		var err error
		switch kind {
		case '{', '}', '[', ']':
			_, err = dec.ReadToken()
			raw = jsontext.Value{byte(kind)}
		default:
			raw, err = dec.ReadValue()
		}
		if err == io.EOF && values == 1 {
			return nil
		}
		if err == nil && values == 1 {
			err = errors.New("more than one value")
		}
		if err != nil {
			return fmt.Errorf("parse JSON: %w", err)
		}
		if dec.StackDepth() == 0 {
			values++
		}
		tok := token{kind, string(raw)}
		if kind == '"' {
			text, err := jsontext.AppendUnquote(nil, raw)
			if err != nil {
				return fmt.Errorf("parse JSON: %w", err)
			}
			tok.text = string(text)
		}
		end := int(dec.InputOffset())
		if err := yield(tok, doc[end-len(raw):end], end-len(raw)); err != nil {
			return err
		}
	}
}

// encoded translates offsets in the decoded text of a JSON string to offsets
// in raw, its spelling after the opening quote.
func encoded(raw string, decoded splices) splices {
	out := make(splices, len(decoded))
	at, length := 0, 0 // how far raw is read, and the length of that, decoded
	seek := func(offset int) int {
		for length < offset {
			width, size := escape(raw[at:])
			at, length = at+width, length+size
		}
		return at
	}
	for i, sp := range decoded {
		out[i] = splice{seek(sp.start), seek(sp.end), sp.text}
	}
	return out
}

// escape returns the length of the first byte or escape of a JSON string, as
// spelled and decoded. A surrogate pair is one escape (RFC 8259, section 7).
func escape(raw string) (width, size int) {
	switch {
	case raw[0] != '\\':
		return 1, 1
	case raw[1] != 'u':
		return 2, 1
	}
	var r rune
	for _, c := range []byte(raw[2:6]) {
		r = r<<4 | rune(unhex(c))
	}
	if 0xd800 <= r && r <= 0xdfff {
		return 12, 4
	}
	return 6, utf8.RuneLen(r)
}

func unhex(c byte) byte {
	if c <= '9' {
		return c - '0'
	}
	return c&0x0f + 9
}
