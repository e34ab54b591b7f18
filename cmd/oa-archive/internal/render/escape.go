package render

import "github.com/oneanalytics/oa-archive/internal/legible"

// Escape makes text from an archive or a store safe to print on one line: what
// could move the cursor, change colours, hide, or reorder what stands beside it
// is spelled out as \n, \t, \r, \xNN, \uNNNN or \UNNNNNNNN. That is every control and
// formatting character (bidirectional overrides, zero-width joiners), every
// character without a glyph, bytes that are not UTF-8, and combining marks
// beyond the fourth in a row. Letters of any script pass.
//
// The result is for eyes. A backslash stands for itself, so it cannot be
// turned back into the original: JSON output can.
func Escape(s string) string { return legible.Escape(s, false) }

// EscapeLines is [Escape] for text of several lines, such as an error: line
// breaks and tabs stay.
func EscapeLines(s string) string { return legible.Escape(s, true) }
