// Package docedit edits JSON and YAML documents in place: the bytes that an
// edit does not concern stay as they are, comments, key order, number
// spelling, quoting and white space included.
//
// [RewriteIDs] gives a forked asset its new identifiers. [Replace] puts
// scalars where scalars stand. An [Editor], or [Get], [Set] and [Delete] for a
// single step, changes the structure of JSON documents.
//
// Nothing is returned that was not checked. RewriteIDs, and Replace on YAML,
// parse their result and compare it with the tree that was asked for; a
// difference is an error, and the document is not changed. So a document that
// the package's own reading of the text gets wrong is refused, never damaged.
//
// JSON is read as RFC 8259 with unique names and valid UTF-8. YAML is read as
// go.yaml.in/yaml/v4 reads it, one document without anchors, aliases and tags.
// All functions are safe for concurrent use; an Editor is not.
package docedit

import (
	"errors"
	"fmt"
)

// MaxSize is the size in bytes of the largest document that [RewriteIDs] and
// [Replace] accept. Larger ones are refused with [ErrTooLarge].
const MaxSize = 4 << 20

// Errors that callers test for. They come wrapped, with the place they concern.
var (
	ErrTooLarge = errors.New("the document is larger than 4 MiB")
	ErrNotFound = errors.New("the document has no value there")
)

// Format is the syntax of a document.
type Format uint8

// The formats of documents in an archive.
const (
	JSON Format = iota + 1
	YAML
)

// A RewriteError says why the identifiers of a document cannot be rewritten.
type RewriteError struct {
	Line int    // of the document, from 1
	Rule string // what stands in the way, and how to fix it
}

// Error returns the line and the rule.
func (e *RewriteError) Error() string {
	return fmt.Sprintf("rewrite identifiers: line %d: %s", e.Line, e.Rule)
}

const (
	ruleSpelling = "an identifier is written in a way that cannot be changed in place; " +
		"write it in one piece and without escapes, then import again"
	ruleSameKey = "two keys of one object would become the same identifier; remove one of them, then import again"
)
