package diff

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// shownValue is how many characters of a value a sentence has.
const shownValue = 60

// Sentence says in one line what changed, without the asset:
//
//	measure "revenue": column orders.net → orders.gross
//
// It may hold any characters that the documents hold; escape it before it goes
// to a terminal.
func (c FieldChange) Sentence() string {
	what := c.Field
	if c.Document == "record" {
		what = strings.TrimSpace("record " + what)
	}
	switch {
	case c.About == "" && what == "":
		what = "the whole document"
	case c.About != "" && what != "":
		what = c.About + ": " + what
	default:
		what = c.About + what
	}
	switch c.Op {
	case FieldAdded:
		return what + " added" + detail(c.Is, c.Field != "")
	case FieldRemoved:
		return what + " removed" + detail(c.Was, c.Field != "")
	case FieldReordered:
		return what + " in another order"
	}
	if c.Cut {
		return what + " changed"
	}
	return what + " " + shown(c.Was) + " → " + shown(c.Is)
}

// detail shows a value where the name of the place does not say what it was.
func detail(value json.RawMessage, wanted bool) string {
	if !wanted || value == nil {
		return ""
	}
	return ": " + shown(value)
}

// shown writes a value for people: plain texts without quotes, long ones cut.
func shown(value json.RawMessage) string {
	var s string
	if json.Unmarshal(value, &s) == nil && value[0] == '"' {
		if plain(s) {
			return shorten(s)
		}
		return quoted(s)
	}
	return shorten(string(value))
}

// plain reports whether a text cannot be mistaken for anything but itself.
func plain(s string) bool {
	for _, r := range s {
		if r <= ' ' || r == '"' || r == '→' || r == ':' || r == utf8.RuneError || !strconv.IsPrint(r) {
			return false
		}
	}
	return s != "" && s != "null" && s != "true" && s != "false" && !strings.ContainsAny(s[:1], "-0123456789[{")
}

func quoted(s string) string { return strconv.Quote(shorten(s)) }

func shorten(s string) string {
	n := 0
	for i := range s {
		if n++; n > shownValue {
			return s[:i] + "…"
		}
	}
	return s
}

// String returns the sentence with the document.
func (c FieldChange) String() string { return fmt.Sprintf("%s: %s", c.Document, c.Sentence()) }
