package docedit

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
)

// seedDocuments are valid in the format named by their key.
var seedDocuments = map[Format][]string{
	JSON: {
		pretty,
		`{"` + idA + `":["CHART-` + strings.ToUpper(idA) + `",{"p":"{\"k\":\"\\u544a` + idB + `\"}"}]}`,
		`["\u0032` + idA[1:] + `","\b` + idA + `","\ud83d\ude00` + idD + `"]`,
		"[ 1.0 ,\r\n\t-0, \"\\/\", null,{ } ]\n",
	},
	YAML: {
		"# " + idA + "\n" + idA + ": '" + idB + "' # " + idC + "\nb:\n- x\n-   # c\n- {a: [1, \"\\x41\"], b: }\n",
		"a: |2-\n    # " + idA + "\nb: >\n  x\n\n  " + idB + "\n? c\n: \"" + idA[:9] + "\\\n  " + idA[9:] + "\"\n...\n",
		"%YAML 1.2\n---\r\n- plain\r\n  folded\r\n- 'a''\u0085" + idA + "\u2028'\r\n",
		"&a [*a, !t " + idA + "]",
		"p: '{\"k\":\"\\u544a" + idA + "\"}'",
		"- - # " + idA + "\n  # x\n- ? a\n",
	},
}

func validDocument(f Format, doc []byte) error {
	if f == JSON {
		_, err := NewEditor(doc)
		return err
	}
	_, err := parseYAML(string(doc))
	return err
}

func FuzzRewriteIDs(f *testing.F) {
	for format, docs := range seedDocuments {
		for _, doc := range docs {
			f.Add(uint8(format), doc)
		}
	}
	f.Fuzz(func(t *testing.T, format uint8, doc string) {
		ids := make(map[string]string)
		reversible := !strings.Contains(doc, `\`)
		for i := 0; i+36 <= len(doc); i++ {
			id := doc[i : i+36]
			lower := strings.ToLower(id)
			if !idPattern.MatchString(id) || ids[lower] != "" {
				continue
			}
			ids[lower] = fmt.Sprintf("%08x-cafe%s", len(ids), idA[13:])
			reversible = reversible && (id == lower || id == strings.ToUpper(id)) && !strings.Contains(strings.ToLower(doc), ids[lower])
		}
		out, n, err := RewriteIDs(Format(format), []byte(doc), ids)
		if err != nil {
			return
		}
		if n == 0 && string(out) != doc {
			t.Fatalf("%q became %q with nothing replaced", doc, out)
		}
		if err := validDocument(Format(format), out); err != nil {
			t.Fatalf("%q became %q: %v", doc, out, err)
		}
		if !reversible {
			return
		}
		back, m, err := RewriteIDs(Format(format), out, inverse(ids))
		if err != nil || m != n || string(back) != doc {
			t.Fatalf("%q became %q (%d), and that %q (%d): %v", doc, out, n, back, m, err)
		}
	})
}

func FuzzReplace(f *testing.F) {
	for format, docs := range seedDocuments {
		for _, doc := range docs {
			for _, pointer := range []string{"/0", "/b/2", "/b/1/b", "/c", "/users/0/id", "/0/0"} {
				f.Add(uint8(format), doc, pointer, "it's: \u2028 #")
			}
		}
	}
	f.Fuzz(func(t *testing.T, format uint8, doc, pointer, value string) {
		for _, v := range []any{value, nil, true, int64(len(value)), 0.5} {
			out, err := Replace(Format(format), []byte(doc), []Edit{{pointer, v}})
			if err != nil {
				continue
			}
			if err := validDocument(Format(format), out); err != nil {
				t.Fatalf("%q became %q: %v", doc, out, err)
			}
			if Format(format) == JSON {
				want, _ := encodeJSON(v)
				if got, ok, err := Get(out, pointer); err != nil || !ok || string(got) != want {
					t.Fatalf("%q became %q, which has %q at %q", doc, out, got, pointer)
				}
			}
		}
	})
}

func FuzzEditor(f *testing.F) {
	for _, doc := range seedDocuments[JSON] {
		for _, pointer := range []string{"/0", "/users/-", "/users/0/id", "/none/x", "/rows/1/tags", "", "/4/~0~1"} {
			f.Add(doc, pointer, `{"a":[1, {"b" : 2}]}`)
		}
	}
	compact := func(doc []byte) string {
		v := jsontext.Value(bytes.Clone(doc))
		if err := v.Compact(jsontext.PreserveRawStrings(true)); err != nil {
			return err.Error()
		}
		return string(v)
	}
	f.Fuzz(func(t *testing.T, doc, pointer, value string) {
		_, existed, err := Get([]byte(doc), pointer)
		out, setErr := Set([]byte(doc), pointer, jsontext.Value(value))
		if removed, err := Delete([]byte(doc), pointer); err == nil {
			if err := validDocument(JSON, removed); err != nil || !existed {
				t.Fatalf("without %q, %q became %q: %v", pointer, doc, removed, err)
			}
		} else if existed && pointer != "" {
			t.Fatal(err)
		}
		if setErr != nil {
			if existed && jsontext.Value(value).IsValid() || err != nil && errors.Is(setErr, ErrNotFound) {
				t.Fatalf("%q: Set %v, Get %v", doc, setErr, err)
			}
			return
		}
		if err := validDocument(JSON, out); err != nil {
			t.Fatalf("%q became %q: %v", doc, out, err)
		}
		got, ok, _ := Get(out, pointer)
		if ok && compact(got) != compact([]byte(value)) || !ok && !strings.HasSuffix(pointer, "/-") {
			t.Fatalf("%q became %q, which has %q at %q", doc, out, got, pointer)
		}
		if ok && !existed {
			if back, err := Delete(out, pointer); err != nil || compact(back) != compact([]byte(doc)) {
				t.Fatalf("%q became %q, and that %q: %v", doc, out, back, err)
			}
		}
	})
}
