package docedit

import (
	"errors"
	"fmt"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// Get returns the JSON value at pointer (RFC 6901) as it is spelled, and
// whether there is one. The error is for documents and pointers that are none.
func Get(doc []byte, pointer string) (jsontext.Value, bool, error) {
	e, err := NewEditor(doc)
	if err != nil {
		return nil, false, err
	}
	return e.Get(pointer)
}

// Set returns doc after [Editor.Set].
func Set(doc []byte, pointer string, value jsontext.Value) ([]byte, error) {
	e, err := NewEditor(doc)
	if err != nil {
		return nil, err
	}
	if err := e.Set(pointer, value); err != nil {
		return nil, err
	}
	return e.Bytes(), nil
}

// Delete returns doc after [Editor.Delete].
func Delete(doc []byte, pointer string) ([]byte, error) {
	e, err := NewEditor(doc)
	if err != nil {
		return nil, err
	}
	if err := e.Delete(pointer); err != nil {
		return nil, err
	}
	return e.Bytes(), nil
}

// An Editor makes many changes to one JSON document. Each sees those before
// it: after the deletion of element 0 the former element 1 is element 0. An
// Editor reads the members of an object or array once, when a pointer first
// leads there, so a change costs about as much as the siblings on its way. It
// is not safe for concurrent use. After an error it is as it was.
type Editor struct {
	before, after string // white space around the document
	root          *value
	style         style
}

// NewEditor returns an Editor for doc, which must be valid JSON with unique
// names. It takes a copy.
func NewEditor(doc []byte) (*Editor, error) {
	text := string(doc)
	if err := eachToken(text, func(token, string, int) error { return nil }); err != nil {
		return nil, err
	}
	raw := strings.TrimLeft(text, white)
	before := text[:len(text)-len(raw)]
	raw = strings.TrimRight(raw, white)
	return &Editor{before, text[len(before)+len(raw):], &value{raw: raw}, detectStyle(raw)}, nil
}

// Bytes returns the document with the changes made so far.
func (e *Editor) Bytes() []byte {
	out := e.root.append([]byte(e.before))
	return append(out, e.after...)
}

// Get returns the value at pointer as it is spelled, and whether there is one.
func (e *Editor) Get(pointer string) (jsontext.Value, bool, error) {
	at, err := e.locate(pointer)
	switch {
	case errors.Is(err, ErrNotFound):
		return nil, false, nil
	case err != nil:
		return nil, false, err
	case at.value() == nil:
		return nil, false, nil
	}
	return at.value().append(nil), true, nil
}

// Set puts value at pointer: in place of the value there, as a new last
// member of an object, or, where the pointer ends in "-", as a new last
// element of an array. What is new is laid out like its siblings; a value that
// is an object or array is laid out like the one it replaces. The error wraps
// [ErrNotFound] if there is nothing that could hold the value.
func (e *Editor) Set(pointer string, v jsontext.Value) error {
	if !v.IsValid() {
		return fmt.Errorf("set %q: the value is not valid JSON", pointer)
	}
	at, err := e.locate(pointer)
	if err != nil {
		return fmt.Errorf("set: %w", err)
	}
	if old := at.value(); old != nil {
		s, multiline := e.style, at.multiline
		if old.isContainer() && !old.isEmpty() {
			s, multiline = s.like(old), old.multiline()
		}
		*old = value{raw: s.format(v, at.indent, multiline)}
		return nil
	}
	if at.parent.isArray() && at.name != "-" {
		return fmt.Errorf("set: %w", notFound(pointer))
	}
	e.insert(at, v)
	return nil
}

// Delete removes the member or element at pointer with its comma. The error
// wraps [ErrNotFound] if there is none; the whole document cannot be deleted.
func (e *Editor) Delete(pointer string) error {
	at, err := e.locate(pointer)
	if err != nil {
		return fmt.Errorf("delete: %w", err)
	}
	if at.value() == nil {
		return fmt.Errorf("delete: %w", notFound(pointer))
	}
	if at.parent == nil {
		return errors.New("delete: the pointer leads to the whole document")
	}
	members, i := at.parent.members, at.index
	switch gone := members[i]; {
	case i == len(members)-1 && i > 0:
		members[i-1].after = gone.after
	case i == 0 && len(members) > 1:
		members[1].before = gone.before
	}
	at.parent.members = append(members[:i], members[i+1:]...)
	return nil
}

// A location is where a pointer leads: member index of parent, or a place for
// a new member called name if index is -1. The root has no parent.
type location struct {
	parent    *value
	root      *value
	index     int
	name      string
	indent    string // of the line on which the value, or its parent if it is new, starts
	multiline bool   // that value starts on a line of its own
}

// value returns the value at l, nil if there is none yet.
func (l location) value() *value {
	switch {
	case l.parent == nil:
		return l.root
	case l.index < 0:
		return nil
	}
	return l.parent.members[l.index].value
}

// locate follows pointer. All but its last token must lead somewhere, and the
// last one must have an object or array to lead into.
func (e *Editor) locate(pointer string) (location, error) {
	tokens, err := parsePointer(pointer)
	if err != nil {
		return location{}, err
	}
	at := location{root: e.root, multiline: e.style.newline != ""}
	for _, token := range tokens {
		v := at.value()
		if v == nil || !v.isContainer() {
			return location{}, notFound(pointer)
		}
		if err := v.open(); err != nil {
			return location{}, err
		}
		at.parent, at.name, at.index = v, token, v.find(token)
		if at.index >= 0 {
			indent, ok := lineIndent(v.members[at.index].before)
			if at.multiline = ok; ok {
				at.indent = indent
			}
		}
	}
	return at, nil
}

// insert adds a member or element at the end of at.parent.
func (e *Editor) insert(at location, v jsontext.Value) {
	s := e.style
	parent := at.parent
	added := member{name: at.name}
	colon := s.colon
	multiline := false
	if n := len(parent.members); n > 0 {
		last := &parent.members[n-1]
		added.before, added.after, colon = last.before, last.after, last.colon()
		last.after = ""
		if n > 1 {
			last.after = parent.members[n-2].after
		}
		if multiline = strings.Contains(added.before, "\n"); n == 1 && !multiline {
			added.before = s.comma
		}
		if last.value.isContainer() && !last.value.isEmpty() {
			s, multiline = s.like(last.value), last.value.multiline()
		}
	} else if multiline = s.newline != "" && at.multiline; multiline {
		added.before = s.newline + at.indent + s.unit
		added.after = s.newline + at.indent
	}
	if !parent.isArray() {
		name, _ := jsontext.AppendQuote(nil, at.name) // valid UTF-8: the pointer was
		added.key = string(name) + colon
	}
	indent, ok := lineIndent(added.before)
	if !ok {
		indent = at.indent
	}
	added.value = &value{raw: s.format(v, indent, multiline)}
	parent.members = append(parent.members, added)
	parent.opened = true
}
