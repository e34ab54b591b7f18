package secretscan

import (
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// mayHoldJSON reports whether a document, valid JSON, can hold a finding at
// all. Most hold none, and following the structure is what costs. Here the
// text is looked through once for the beginnings of tokens, then each string
// once: escapes may hide a token, and a name may be that of a credential.
func mayHoldJSON(doc string) bool {
	if mayHoldToken(doc) {
		return true
	}
	name := "" // the last one; arrays within its value do not matter
	for {
		start := strings.IndexByte(doc, '"')
		if start < 0 {
			return false
		}
		doc = doc[start:]
		text, length := firstString(doc)
		if len(text)+2 != length && mayHoldToken(text) {
			return true
		}
		doc = doc[length:]
		isName := strings.HasPrefix(strings.TrimLeft(doc, " \t\r\n"), ":")
		if isName {
			name = text
		}
		if (isName || isNaming(name)) && sense(text) != harmless {
			return true
		}
	}
}

// firstString returns what the string says that doc begins with, and how long
// it is in the document.
func firstString(doc string) (text string, length int) {
	end := 1 + strings.IndexByte(doc[1:], '"')
	if escape := strings.IndexByte(doc[1:end], '\\'); escape < 0 {
		return doc[1:end], end + 1
	}
	for end = 1; doc[end] != '"'; end++ {
		if doc[end] == '\\' {
			end++
		}
	}
	unquoted, _ := jsontext.AppendUnquote(nil, doc[:end+1]) // it is valid
	return string(unquoted), end + 1
}
