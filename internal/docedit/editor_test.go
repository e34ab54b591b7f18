package docedit

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
	"pgregory.net/rapid"
)

const pretty = `{
  "name": "Sales",
  "users": [
    {
      "id": "u1",
      "n": 1.50
    },
    {
      "id": "u2"
    }
  ],
  "rows": [
    {"id": 1, "tags": []},
    {"id": 2, "tags": ["x"]}
  ],
  "inline": { "a" : [1, 2] },
  "none": {},
  "empty": [ ]
}
`

func TestSet(t *testing.T) {
	tests := []struct {
		name, doc, pointer, value, out string
	}{
		{"root", " 1\n", "", `{"a":[]}`, " {\"a\": []}\n"},
		{"scalar", pretty, "/users/0/n", " 2.50 ", strings.Replace(pretty, "1.50", "2.50", 1)},
		{"scalar to object", pretty, "/name", `{"x":[1,{}]}`, strings.Replace(pretty, `"Sales"`, "{\n    \"x\": [\n      1,\n      {}\n    ]\n  }", 1)},
		{"scalar in a line", pretty, "/rows/0/id", `{"x":[1,{}]}`, strings.Replace(pretty, `"id": 1`, `"id": {"x": [1, {}]}`, 1)},
		{"object in lines", pretty, "/users/1", `{"id":"é\u00e9","x":1e2}`, strings.Replace(pretty, "\"id\": \"u2\"", "\"id\": \"é\\u00e9\",\n      \"x\": 1e2", 1)},
		{"object in a line", pretty, "/rows/1", "{\n\"id\":3}", strings.Replace(pretty, `{"id": 2, "tags": ["x"]}`, `{"id": 3}`, 1)},
		{"member", pretty, "/users/0/new", `[true]`, strings.Replace(pretty, "1.50\n", "1.50,\n      \"new\": [\n        true\n      ]\n", 1)},
		{"member in a line", pretty, "/inline/b~1", "null", strings.Replace(pretty, "[1, 2] }", `[1, 2], "b/" : null }`, 1)},
		{"last member", pretty, "/z", `{}`, strings.Replace(pretty, "[ ]\n", "[ ],\n  \"z\": {}\n", 1)},
		{"member of an empty object", pretty, "/none/\"", `1`, strings.Replace(pretty, "{}", "{\n    \"\\\"\": 1\n  }", 1)},
		{"element", pretty, "/users/-", `{"id":"u3"}`, strings.Replace(pretty, "\"u2\"\n    }", "\"u2\"\n    },\n    {\n      \"id\": \"u3\"\n    }", 1)},
		{"element like its siblings", pretty, "/rows/-", `{"id":3,"tags":[1,2]}`, strings.Replace(pretty, "[\"x\"]}\n", "[\"x\"]},\n    {\"id\": 3, \"tags\": [1, 2]}\n", 1)},
		{"element in a line", pretty, "/rows/1/tags/-", `"y"`, strings.Replace(pretty, `["x"]`, `["x", "y"]`, 1)},
		{"third element in a line", pretty, "/inline/a/-", `[3,4]`, strings.Replace(pretty, `[1, 2]`, `[1, 2, [3, 4]]`, 1)},
		{"element of an empty array", pretty, "/empty/-", `1`, strings.Replace(pretty, "[ ]", "[\n    1\n  ]", 1)},
		{"element of an empty array in a line", pretty, "/rows/0/tags/-", `{"a":1}`, strings.Replace(pretty, "[]", `[{"a": 1}]`, 1)},
		{"member called -", `{"a":1}`, "/-", `2`, `{"a":1,"-":2}`},
		{"compact in lines", "{\n  \"a\": [\n    {\"b\":[1,2]}\n  ]\n}", "/a/-", `{"b": [3, 4]}`, "{\n  \"a\": [\n    {\"b\":[1,2]},\n    {\"b\":[3,4]}\n  ]\n}"},
		{"compact, replaced", "{\n  \"a\": {\"b\":[1,2]}\n}", "/a", `{"b": [3, 4], "c": 5}`, "{\n  \"a\": {\"b\":[3,4],\"c\":5}\n}"},
		{"compact", `{"a":[1]}`, "/a/-", `{"b":[2, 3]}`, `{"a":[1,{"b":[2,3]}]}`},
		{"compact, empty", `{"a":[]}`, "/b", `[ ]`, `{"a":[],"b":[]}`},
		{"spaced", `{"a": 1}`, "/b", `[2,3]`, `{"a": 1, "b": [2, 3]}`},
		{"nothing to go by", `{}`, "/a", `[1,2]`, `{"a": [1, 2]}`},
		{"tabs and carriage returns", "{\r\n\t\"a\": {\r\n\t\t\"b\": 1\r\n\t}\r\n}", "/a/c", `[1]`, "{\r\n\t\"a\": {\r\n\t\t\"b\": 1,\r\n\t\t\"c\": [\r\n\t\t\t1\r\n\t\t]\r\n\t}\r\n}"},
		{"space before commas", "[ 1 , 2 ]", "/-", `3`, "[ 1 , 2 , 3 ]"},
		{"no indentation", "[\n1\n]", "/-", `[2]`, "[\n1,\n[\n2\n]\n]"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			out, err := Set([]byte(tt.doc), tt.pointer, jsontext.Value(tt.value))
			if err != nil {
				t.Fatal(err)
			}
			if string(out) != tt.out {
				t.Errorf("got\n%s\nwant\n%s", out, tt.out)
			}
		})
	}
}

func TestDelete(t *testing.T) {
	tests := []struct{ name, doc, pointer, out string }{
		{"first member", pretty, "/name", strings.Replace(pretty, "\n  \"name\": \"Sales\",", "", 1)},
		{"last member", pretty, "/empty", strings.Replace(pretty, ",\n  \"empty\": [ ]", "", 1)},
		{"member between", pretty, "/inline", strings.Replace(pretty, "\n  \"inline\": { \"a\" : [1, 2] },", "", 1)},
		{"only member", pretty, "/inline/a", strings.Replace(pretty, `{ "a" : [1, 2] }`, "{}", 1)},
		{"element", pretty, "/users/0/n", strings.Replace(pretty, ",\n      \"n\": 1.50", "", 1)},
		{"first element in a line", "[ 1 , 2,3 ]", "/0", "[ 2,3 ]"},
		{"element between in a line", "[ 1 , 2,3 ]", "/1", "[ 1 ,3 ]"},
		{"last element in a line", "[ 1 , 2,3 ]", "/2", "[ 1 , 2 ]"},
		{"only element", " [\n1\n] ", "/0", " [] "},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			out, err := Delete([]byte(tt.doc), tt.pointer)
			if err != nil {
				t.Fatal(err)
			}
			if string(out) != tt.out {
				t.Errorf("got\n%s\nwant\n%s", out, tt.out)
			}
		})
	}
}

func TestGet(t *testing.T) {
	tests := []struct {
		pointer, want string
		ok            bool
	}{
		{"", strings.TrimSpace(pretty), true},
		{"/users/0/n", "1.50", true},
		{"/rows/1", `{"id": 2, "tags": ["x"]}`, true},
		{"/empty", "[ ]", true},
		{"/empty/0", "", false},
		{"/empty/-", "", false},
		{"/name/x", "", false},
		{"/no", "", false},
		{"/no/no", "", false},
		{"/rows/01", "", false},
		{"/rows/+1", "", false},
		{"/rows/99999999999999999999", "", false},
	}
	for _, tt := range tests {
		got, ok, err := Get([]byte(pretty), tt.pointer)
		if err != nil || string(got) != tt.want || ok != tt.ok {
			t.Errorf("%s: got %s, %v, %v", tt.pointer, got, ok, err)
		}
	}
}

func TestEditorRefuses(t *testing.T) {
	doc := []byte(pretty)
	for pointer, notFound := range map[string]bool{"/name/x": true, "/no/x": true, "/users/7": true, "/users/x": true, "/users/-/x": true, "users": false, "/~": false} {
		if _, err := Set(doc, pointer, jsontext.Value("1")); err == nil || errors.Is(err, ErrNotFound) != notFound {
			t.Errorf("Set %s: error %v", pointer, err)
		}
	}
	for pointer, notFound := range map[string]bool{"/name/x": true, "/no": true, "/users/2": true, "/users/-": true, "": false, "users": false} {
		if _, err := Delete(doc, pointer); err == nil || errors.Is(err, ErrNotFound) != notFound {
			t.Errorf("Delete %s: error %v", pointer, err)
		}
	}
	for _, value := range []string{"", "{", "1 2", `{"a":1,"a":2}`, "\"\xff\""} {
		if _, err := Set(doc, "/name", jsontext.Value(value)); err == nil || !strings.Contains(err.Error(), "not valid JSON") {
			t.Errorf("value %s: error %v", value, err)
		}
	}
	for _, doc := range []string{"", "{", "1 2", `{"a":1,"a":2}`, "\xef\xbb\xbf1"} {
		_, err := Set([]byte(doc), "", jsontext.Value("1"))
		if err == nil || !strings.Contains(err.Error(), "parse JSON") {
			t.Errorf("document %q: error %v", doc, err)
		}
		if _, err := Delete([]byte(doc), ""); err == nil {
			t.Errorf("document %q: Delete accepts it", doc)
		}
		if _, _, err := Get([]byte(doc), ""); err == nil {
			t.Errorf("document %q: Get accepts it", doc)
		}
	}
	if _, _, err := Get(doc, "users"); err == nil {
		t.Error("Get accepts a pointer that is none")
	}
}

func TestEditorAppendsThousands(t *testing.T) {
	e, err := NewEditor([]byte("{\n  \"users\": [\n    {\"id\":0}\n  ]\n}\n"))
	if err != nil {
		t.Fatal(err)
	}
	for i := 1; i < 20000; i++ {
		if err := e.Set("/users/-", jsontext.Value(fmt.Sprintf(`{"id": %d, "name": "x"}`, i))); err != nil {
			t.Fatal(err)
		}
		if err := e.Set(fmt.Sprintf("/users/%d/name", i), jsontext.Value(`"y"`)); err != nil {
			t.Fatal(err)
		}
	}
	if err := e.Delete("/users/0"); err != nil {
		t.Fatal(err)
	}
	got, ok, err := e.Get("/users/19998")
	if err != nil || !ok || string(got) != `{"id":19999,"name":"y"}` {
		t.Errorf("got %s, %v, %v", got, ok, err)
	}
	if out := string(e.Bytes()); !strings.HasPrefix(out, "{\n  \"users\": [\n    {\"id\":1,\"name\":\"y\"},\n") || !strings.HasSuffix(out, "\"y\"}\n  ]\n}\n") {
		t.Errorf("%.80s … %s", out, out[len(out)-40:])
	}
}

// pointers returns all pointers of a decoded JSON document.
func pointers(v any, pointer string, out *[]string) {
	*out = append(*out, pointer)
	switch v := v.(type) {
	case []any:
		for i, e := range v {
			pointers(e, pointer+"/"+strconv.Itoa(i), out)
		}
	case map[string]any:
		for k, e := range v {
			pointers(e, pointer+"/"+strings.NewReplacer("~", "~0", "/", "~1").Replace(k), out)
		}
	}
}

// edit does to a decoded document what Set, or without a value Delete, does to
// its text.
func edit(doc any, tokens []string, value any, remove bool) any {
	if len(tokens) == 0 {
		return value
	}
	switch v := doc.(type) {
	case []any:
		if tokens[0] == "-" {
			return append(v, value)
		}
		i, _ := strconv.Atoi(tokens[0])
		if remove && len(tokens) == 1 {
			return append(v[:i:i], v[i+1:]...)
		}
		v[i] = edit(v[i], tokens[1:], value, remove)
	case map[string]any:
		if remove && len(tokens) == 1 {
			delete(v, tokens[0])
		} else {
			v[tokens[0]] = edit(v[tokens[0]], tokens[1:], value, remove)
		}
	}
	return doc
}

func TestEditorOnRandomJSON(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := &writer{t: t, ids: map[string]string{}}
		w.json()
		e, err := NewEditor([]byte(w.in.String()))
		if err != nil {
			t.Fatal(err)
		}
		for range rapid.IntRange(1, 5).Draw(t, "edits") {
			model, err := decodeTree(JSON, e.Bytes())
			if err != nil {
				t.Fatal(err)
			}
			var all []string
			pointers(model, "", &all)
			slices.Sort(all)
			pointer := rapid.SampledFrom(all).Draw(t, "pointer")
			got, ok, err := e.Get(pointer)
			if err != nil || !ok {
				t.Fatalf("%s\nat %s: %v, %v", e.Bytes(), pointer, ok, err)
			}
			remove := pointer != "" && w.chance(30)
			if !remove && w.chance(50) && (got[0] == '{' || got[0] == '[') {
				pointer += "/-"
			}
			tokens, err := parsePointer(pointer)
			if err != nil {
				t.Fatal(err)
			}
			var value any
			if remove {
				err = e.Delete(pointer)
			} else {
				v := &writer{t: t, ids: map[string]string{}, depth: 2}
				v.json()
				err = e.Set(pointer, jsontext.Value(v.in.String()))
				value, _ = decodeTree(JSON, []byte(v.in.String()))
			}
			if err != nil {
				t.Fatal(err)
			}
			after, err := decodeTree(JSON, e.Bytes())
			if err != nil {
				t.Fatalf("%s\n%v", e.Bytes(), err)
			}
			if want := edit(model, tokens, value, remove); !reflect.DeepEqual(after, want) {
				t.Fatalf("%s at %s gave\n%s", w.in.String(), pointer, e.Bytes())
			}
		}
	})
}
