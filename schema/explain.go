package schema

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
)

// explain turns the validator's tree of errors into problems, in no order.
func (c *compiled) explain(verr *jsonschema.ValidationError, report func([]string, Problem)) {
	if k, ok := verr.ErrorKind.(*kind.PropertyNames); ok {
		report(verr.InstanceLocation, Problem{Rule: "unknown-name", Text: fmt.Sprintf("the name %s is not allowed here", show(k.Property))})
		return
	}
	if len(verr.Causes) > 0 {
		for _, cause := range verr.Causes {
			c.explain(cause, report)
		}
		return
	}
	if missing, ok := verr.ErrorKind.(*kind.Required); ok {
		for _, name := range missing.Missing {
			report(verr.InstanceLocation, Problem{Rule: "missing-member", Text: fmt.Sprintf("the member %q is missing; add it", name)})
		}
		return
	}
	rule, text := c.sentence(verr)
	report(verr.InstanceLocation, Problem{Rule: rule, Text: text})
}

func (c *compiled) sentence(verr *jsonschema.ValidationError) (rule, text string) {
	switch k := verr.ErrorKind.(type) {
	case *kind.Type:
		return "wrong-type", fmt.Sprintf("want %s, found %s", typeNames(k.Want), typeName(k.Got))
	case *kind.Enum:
		return "unknown-value", fmt.Sprintf("want one of %s; found %s", list(k.Want), describe(k.Got))
	case *kind.Const:
		return "unknown-value", fmt.Sprintf("want %s; found %s", show(k.Want), describe(k.Got))
	case *kind.Pattern:
		return "malformed", c.advice(verr, "want a text that matches "+k.Want) + "; found " + describe(k.Got)
	case *kind.Format:
		return "malformed", c.advice(verr, "want a "+k.Want) + "; found " + describe(k.Got)
	case *kind.Not:
		return "reserved-value", c.advice(verr, "this value is not allowed here")
	case *kind.MinLength:
		if k.Want == 1 {
			return "empty", "the text is empty; fill it in or remove the member"
		}
		return "too-short", fmt.Sprintf("the text has %d characters; want at least %d", k.Got, k.Want)
	case *kind.MaxLength:
		return "too-long", fmt.Sprintf("the text has %d characters; the limit is %d", k.Got, k.Want)
	case *kind.MinItems:
		return "too-few", fmt.Sprintf("the list has %d elements; want at least %d", k.Got, k.Want)
	case *kind.Minimum:
		return "out-of-range", fmt.Sprintf("want at least %s", k.Want.RatString())
	case *kind.Maximum:
		return "out-of-range", fmt.Sprintf("want at most %s", k.Want.RatString())
	case *kind.ExclusiveMinimum:
		return "out-of-range", fmt.Sprintf("want more than %s", k.Want.RatString())
	}
	return "invalid", fmt.Sprintf("breaks %s", strings.TrimPrefix(verr.SchemaURL, BaseURI))
}

// advice returns the schema's own text for the place that complained.
func (c *compiled) advice(verr *jsonschema.ValidationError, otherwise string) string {
	if s := c.byURL[verr.SchemaURL]; s != nil {
		if k := keywordsOf(s); k != nil && k.text != "" {
			return k.text
		}
	}
	return otherwise
}

var typeWords = map[string]string{
	"string": "a text", "number": "a number", "integer": "a whole number", "boolean": "true or false",
	"object": "an object", "array": "a list", "null": "null",
}

func typeName(t string) string {
	if w := typeWords[t]; w != "" {
		return w
	}
	return t
}

func typeNames(types []string) string {
	words := make([]string, len(types))
	for i, t := range types {
		words[i] = typeName(t)
	}
	return strings.Join(words, " or ")
}

// describe says what kind of value stands in a document, and not which: problems
// are logged and mailed, and documents hold names, addresses and predicates.
func describe(v any) string {
	switch v := v.(type) {
	case string:
		switch n := utf8.RuneCountInString(v); n {
		case 0:
			return "an empty text"
		case 1:
			return "a text of 1 character"
		default:
			return fmt.Sprintf("a text of %d characters", n)
		}
	case map[string]any:
		return "an object"
	case []any:
		return "a list"
	case bool:
		return "true or false"
	case nil:
		return "null"
	}
	return "a number"
}

// show quotes an id, the name of a member, or what a schema allows. What cannot
// be an id or a name, because it is long or an address, is only described.
func show(v any) string {
	const limit = 64
	text, ok := v.(string)
	switch {
	case !ok:
		return fmt.Sprint(v)
	case len(text) > limit || strings.ContainsAny(text, "@\n") || strings.Contains(text, "://"):
		return describe(v)
	}
	return fmt.Sprintf("%q", text)
}

// list shows values in words, the first dozen of them.
func list(values []any) string {
	words := make([]string, 0, len(values))
	for _, v := range values {
		if s, ok := v.(string); ok {
			words = append(words, s)
		} else {
			words = append(words, show(v))
		}
	}
	return some(words, 12, func(s string) string { return s })
}

// some joins words, as write writes them, and cuts the list after limit of them.
func some(words []string, limit int, write func(string) string) string {
	var shown []string
	for _, word := range words[:min(len(words), limit)] {
		shown = append(shown, write(word))
	}
	text := strings.Join(shown, ", ")
	if len(words) > limit {
		text += fmt.Sprintf(" and %d more", len(words)-limit)
	}
	return text
}

// named is show without quotes around a plain name.
func named(s string) string {
	if shown := show(s); shown != `"`+s+`"` {
		return shown
	}
	return s
}
