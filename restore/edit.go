package restore

import (
	"encoding/json"
	"errors"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/oneanalytics/oa-archive/internal/docedit"
)

// jsonEditor edits one JSON document and keeps every byte that no edit
// concerns.
type jsonEditor struct {
	inner *docedit.Editor
	edits int
}

func newJSONEditor(doc []byte) (*jsonEditor, error) {
	inner, err := docedit.NewEditor(doc)
	if err != nil {
		return nil, err
	}
	return &jsonEditor{inner: inner}, nil
}

// editJSON returns doc after the edits that do makes.
func editJSON(doc []byte, do func(*jsonEditor) error) ([]byte, error) {
	e, err := newJSONEditor(doc)
	if err != nil {
		return nil, err
	}
	if err := do(e); err != nil {
		return nil, err
	}
	return e.bytes(doc), nil
}

// bytes returns the edited document, or doc itself when nothing was edited.
func (e *jsonEditor) bytes(doc []byte) []byte {
	if e.edits == 0 {
		return doc
	}
	return e.inner.Bytes()
}

// set puts the value at pointer, unless the same value stands there.
func (e *jsonEditor) set(pointer string, raw json.RawMessage) error {
	old, ok, err := e.inner.Get(pointer)
	if err != nil {
		return err
	}
	if ok && sameJSON(old, raw) {
		return nil
	}
	e.edits++
	return e.inner.Set(pointer, jsontext.Value(raw))
}

// append adds an element to the list at /list, which it makes if it is absent.
func (e *jsonEditor) append(list string, raw json.RawMessage) error {
	if _, ok, err := e.inner.Get("/" + list); err != nil {
		return err
	} else if !ok {
		if err := e.inner.Set("/"+list, jsontext.Value("[]")); err != nil {
			return err
		}
	}
	e.edits++
	return e.inner.Set("/"+list+"/-", jsontext.Value(raw))
}

func (e *jsonEditor) delete(pointer string) error {
	e.edits++
	return e.inner.Delete(pointer)
}

func (e *jsonEditor) deleteIfThere(pointer string) error {
	err := e.delete(pointer)
	if errors.Is(err, docedit.ErrNotFound) {
		e.edits--
		return nil
	}
	return err
}

// parent splits a pointer into that of the container and the last token.
func parent(pointer string) (container, last string) {
	i := strings.LastIndexByte(pointer, '/')
	if i < 0 {
		return "", ""
	}
	return pointer[:i], pointer[i+1:]
}

// isIndex reports whether a token of a pointer is an array index.
func isIndex(token string) bool {
	n, err := strconv.Atoi(token)
	return err == nil && n >= 0
}
