package diff

import (
	"bytes"
	"encoding/json"
	"math"
	"strconv"

	"github.com/oneanalytics/oa-archive/internal/strictjson"
	"github.com/oneanalytics/oa-archive/internal/strictyaml"
	"github.com/oneanalytics/oa-archive/layout"
)

// maxFieldDocument is the largest document, in bytes, that is looked into: a
// parsed document takes many times its size.
const maxFieldDocument = 16 << 20

// parse returns what a document says: nil, bool, int64, float64, string, []any
// or map[string]any; ok is false for documents that are too large or break
// the rules of their form. Two documents whose values are equal say the same:
// neither the order of members nor the spelling of a number counts.
func parse(kind layout.Kind, doc []byte) (value any, ok bool) {
	if doc == nil || len(doc) > maxFieldDocument {
		return nil, false
	}
	if kind == layout.Model {
		parsed, err := strictyaml.Decode(doc, strictyaml.Limits{})
		if err != nil {
			return nil, false
		}
		return normal(parsed.Value), true
	}
	if strictjson.Check(doc, strictjson.Limits{}) != nil {
		return nil, false
	}
	d := json.NewDecoder(bytes.NewReader(doc))
	d.UseNumber()
	if d.Decode(&value) != nil {
		return nil, false
	}
	return normal(value), true
}

// normal gives each number one form: int64 where it is a whole number that
// fits, else float64. Strict documents have no others.
func normal(v any) any {
	switch v := v.(type) {
	case []any:
		for i := range v {
			v[i] = normal(v[i])
		}
	case map[string]any:
		for name := range v {
			v[name] = normal(v[name])
		}
	case json.Number:
		if n, err := strconv.ParseInt(string(v), 10, 64); err == nil {
			return n
		}
		f, err := v.Float64()
		if err != nil {
			return string(v)
		}
		return normal(f)
	case int:
		return int64(v)
	case float64:
		if v == math.Trunc(v) && math.Abs(v) < 1<<53 {
			return int64(v)
		}
	}
	return v
}

// equal reports whether two values from parse are the same.
func equal(a, b any) bool {
	switch a := a.(type) {
	case []any:
		b, ok := b.([]any)
		if !ok || len(a) != len(b) {
			return false
		}
		for i := range a {
			if !equal(a[i], b[i]) {
				return false
			}
		}
		return true
	case map[string]any:
		b, ok := b.(map[string]any)
		if !ok || len(a) != len(b) {
			return false
		}
		for name := range a {
			other, has := b[name]
			if !has || !equal(a[name], other) {
				return false
			}
		}
		return true
	}
	switch b.(type) {
	case []any, map[string]any:
		return false
	}
	return a == b
}

// text writes a value as JSON, members sorted by name.
func text(v any) json.RawMessage {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if e.Encode(v) != nil {
		return nil // not for values from parse
	}
	return bytes.TrimRight(b.Bytes(), "\n")
}
