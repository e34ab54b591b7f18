package docedit

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"
	"pgregory.net/rapid"
)

func TestReplace(t *testing.T) {
	block := "a: x # c\nb:\n  - 'one' # two\n  - \"three\"\n  -   \n  - four\nc: {d: e, 'f': \"g\", h: [1, 2,], i: }\n? j\n: ~\nk:\nl: long\n  plain\n# end\n"
	tests := []struct {
		name     string
		format   Format
		doc, out string
		edits    []Edit
	}{
		{"nothing", JSON, ` {"a" : 1}`, ` {"a" : 1}`, nil},
		{"root", JSON, " 1 ", ` "x" `, []Edit{{"", "x"}}},
		{"every kind", JSON, `[0, 0,0 ,0,0,0]`, `["\"é\n", true,null ,-7,0.1,1e+21]`, []Edit{
			{"/0", "\"é\n"}, {"/1", true}, {"/2", nil}, {"/3", int64(-7)}, {"/4", 0.1}, {"/5", 1e21}}},
		{"pointer escapes", JSON, `{"a/b":{"~":"x","":1,"é\"":2}}`, `{"a/b":{"~":1,"":2,"é\"":3}}`, []Edit{
			{"/a~1b/~0", int64(1)}, {"/a~1b/", int64(2)}, {"/a~1b/é\"", int64(3)}}},
		{"the last counts", JSON, `[1.0]`, `[3]`, []Edit{{"/0", int64(2)}, {"/0", 3.0}}},

		{"nothing", YAML, block, block, nil},
		{"root", YAML, "# a\nx # b\n", "# a\nz # b\n", []Edit{{"", "z"}}},
		{"plain", YAML, block, strings.Replace(block, "a: x", "a: some text", 1), []Edit{{"/a", "some text"}}},
		{"plain, longer", YAML, block, strings.Replace(block, "- four", "- "+idA, 1), []Edit{{"/b/3", idA}}},
		{"single", YAML, block, strings.Replace(block, "'one'", "'it''s #1: é'", 1), []Edit{{"/b/0", "it's #1: é"}}},
		{"single to double", YAML, block, strings.Replace(block, "'one'", `"a\nb"`, 1), []Edit{{"/b/0", "a\nb"}}},
		{"double", YAML, block, strings.Replace(block, `"three"`, `"\\ \"\t\u2028\ufeff\x7fé"`, 1), []Edit{{"/b/1", "\\ \"\t\u2028\ufeff\u007fé"}}},
		{"quoted to number", YAML, block, strings.Replace(block, `"three"`, `3.0`, 1), []Edit{{"/b/1", 3.0}}},
		{"flow", YAML, block, strings.NewReplacer("d: e", `d: "a, b"`, `"g"`, `"h"`, "[1, 2,]", "[true, x y,]", "i: }", "i: null}").Replace(block), []Edit{
			{"/c/d", "a, b"}, {"/c/f", "h"}, {"/c/h/0", true}, {"/c/h/1", "x y"}, {"/c/i", nil}}},
		{"block takes what flow does not", YAML, block, strings.Replace(block, "a: x", "a: a, [b]", 1), []Edit{{"/a", "a, [b]"}}},
		{"complex key", YAML, block, strings.Replace(block, ": ~", ": -1", 1), []Edit{{"/j", int64(-1)}}},
		{"absent value", YAML, block, strings.NewReplacer("k:", "k: new", "  -   \n", "  - \"\"   \n").Replace(block), []Edit{{"/k", "new"}, {"/b/2", ""}}},
		{"absent value before a comment", YAML, "a: # c\nb: 1\n", "a: x # c\nb: 1\n", []Edit{{"/a", "x"}}},
		{"absent value in flow", YAML, `{"a":,"b":}`, `{"a": 1,"b": 2}`, []Edit{{"/a", int64(1)}, {"/b", int64(2)}}},
		{"folded plain", YAML, block, strings.Replace(block, "long\n  plain", "short", 1), []Edit{{"/l", "short"}}},
		{"folded quoted", YAML, "- \"a\n\n  b\\\n  c\"\n- 'it''s\n  x' # c\n", "- \"d\"\n- 'e' # c\n", []Edit{{"/0", "d"}, {"/1", "e"}}},
		{"line breaks", YAML, "é: ü # é\r\nb: 'x'\r\n", "é: 1 # é\r\nb: 'y'\r\n", []Edit{{"/é", int64(1)}, {"/b", "y"}}},
		{"several", YAML, "[a, b, c]", "[x, \"true\", \"3\"]", []Edit{{"/2", "3"}, {"/0", "y"}, {"/0", "x"}, {"/1", "true"}}},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprintf("%d/%s", tt.format, tt.name), func(t *testing.T) {
			out, err := Replace(tt.format, []byte(tt.doc), tt.edits)
			if err != nil {
				t.Fatal(err)
			}
			if string(out) != tt.out {
				t.Errorf("%s\nbecame\n%s\nwant\n%s", tt.doc, out, tt.out)
			}
		})
	}
}

func TestReplaceQuotesWhatIsNoPlainString(t *testing.T) {
	for _, s := range []string{
		"", " ", "x ", " x", "~", "null", "True", "yes", "No", "ON", "y", "0", "-1", "+1", "1_000", "0x1F", "0o17", "1e3", ".5", ".inf", ".NaN", "12:30:00",
		"2026-11-21", "<<", "- x", "? x", "-", "x: y", "x:", "x #y", "#", "&x", "*x", "!x", "|", ">", "%x", "@x", "`x", "'x'", "\"x\"", "[x]", "{x}", "x\ny", "\t", "\u0085",
	} {
		for _, doc := range []string{"- a # c\n", "[a]\n"} {
			out, err := Replace(YAML, []byte(doc), []Edit{{"/0", s}})
			if err != nil {
				t.Errorf("%q: %v", s, err)
			} else if !strings.HasPrefix(strings.TrimLeft(string(out), "-[ "), `"`) {
				t.Errorf("%q is not quoted: %s", s, out)
			}
		}
	}
}

func TestReplaceRefuses(t *testing.T) {
	tests := []struct {
		format   Format
		doc      string
		edit     Edit
		text     string
		notFound bool
	}{
		{JSON, `{"a":[1]}`, Edit{"/b", ""}, `"/b": the document has no value there`, true},
		{JSON, `{"a":[1]}`, Edit{"/a/1", ""}, `"/a/1"`, true},
		{JSON, `{"a":[1]}`, Edit{"/a/-", ""}, `"/a/-"`, true},
		{JSON, `{"a":[1]}`, Edit{"/a/00", ""}, `"/a/00"`, true},
		{JSON, `{"a":[1]}`, Edit{"/a/0/b", ""}, `"/a/0/b"`, true},
		{JSON, `{"a":[1]}`, Edit{"/a", ""}, `"/a": not a scalar`, false},
		{JSON, `{"a":[1]}`, Edit{"a", ""}, "no JSON pointer", false},
		{JSON, `{"a":[1]}`, Edit{"/a~2", ""}, "no JSON pointer", false},
		{JSON, `{"a":[1]}`, Edit{"/a/0", []int{}}, "type []int is no scalar", false},
		{JSON, `{"a":[1]}`, Edit{"/a/0", math.NaN()}, "not a number", false},
		{JSON, `{"a":[1]}`, Edit{"/a/0", "\xff"}, "not valid UTF-8", false},
		{JSON, `{"a":}`, Edit{"/a", ""}, "parse JSON", false},
		{YAML, "a: [1]", Edit{"/b", ""}, `"/b"`, true},
		{YAML, "a: [1]", Edit{"/a/1", ""}, `"/a/1"`, true},
		{YAML, "a: [1]", Edit{"/a/0/b", ""}, `"/a/0/b"`, true},
		{YAML, "# nothing", Edit{"", ""}, `""`, true},
		{YAML, "a: [1]", Edit{"/a", ""}, "not a scalar", false},
		{YAML, "a: [1]", Edit{"a", ""}, "no JSON pointer", false},
		{YAML, "a: [1]", Edit{"/a/0", 7}, "type int is no scalar", false},
		{YAML, "a: [1]", Edit{"/a/0", math.Inf(1)}, "not a number", false},
		{YAML, "a: [1]", Edit{"/a/0", "\xff"}, "not valid UTF-8", false},
		{YAML, "a: [1", Edit{"/a/0", ""}, "parse YAML", false},
		{YAML, "a: 1\nb: |\n  x\n", Edit{"/b", ""}, "line 2: a scalar in this style", false},
		{YAML, "{a, b}", Edit{"/a", "x"}, "line 1", false},
		{7, "a", Edit{}, "unknown format 7", false},
	}
	for _, tt := range tests {
		out, err := Replace(tt.format, []byte(tt.doc), []Edit{tt.edit})
		if err == nil {
			t.Errorf("%s with %v became %s", tt.doc, tt.edit, out)
		} else if !strings.Contains(err.Error(), tt.text) || errors.Is(err, ErrNotFound) != tt.notFound {
			t.Errorf("%s with %v: error %v, want %q", tt.doc, tt.edit, err, tt.text)
		}
	}
}

// scalars returns the pointers of the scalars of a YAML document.
func scalars(n *yaml.Node, pointer string, out *[]string) {
	escape := strings.NewReplacer("~", "~0", "/", "~1").Replace
	switch n.Kind {
	case yaml.ScalarNode:
		if n.Style&blockStyles == 0 {
			*out = append(*out, pointer)
		}
	case yaml.SequenceNode:
		for i, c := range n.Content {
			scalars(c, fmt.Sprintf("%s/%d", pointer, i), out)
		}
	case yaml.MappingNode:
		for i := 0; i < len(n.Content); i += 2 {
			scalars(n.Content[i+1], pointer+"/"+escape(n.Content[i].Value), out)
		}
	}
}

// Replace verifies the values itself; what is left to see is that it succeeds
// and leaves the comments.
func TestReplaceInRandomYAML(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := &writer{t: t, ids: map[string]string{}}
		w.yamlBlock("", rapid.Bool().Draw(t, "mapping"))
		root, err := parseYAML(w.in.String())
		if err != nil {
			t.Fatal(err)
		}
		var pointers []string
		scalars(root.Content[0], "", &pointers)
		var edits []Edit
		for _, p := range pointers {
			if w.chance(70) {
				edits = append(edits, Edit{p, rapid.OneOf(
					rapid.String().AsAny(), rapid.Just(idA).AsAny(), rapid.Float64().AsAny(), rapid.Int64().AsAny(), rapid.Bool().AsAny(), rapid.Just[any](nil),
				).Draw(t, "value")})
			}
		}
		out, err := Replace(YAML, []byte(w.in.String()), edits)
		if err != nil {
			t.Fatalf("%s\n%v\n%v", w.in.String(), edits, err)
		}
		if _, err := decodeTree(YAML, out); err != nil {
			t.Fatalf("%s\nbecame\n%s\n%v", w.in.String(), out, err)
		}
		rest := string(out)
		for line := range strings.Lines(w.in.String()) {
			if i := strings.Index(line, `{"a`); i > 40 { // the end of a comment
				var found bool
				if _, rest, found = strings.Cut(rest, line[i-39:]); !found {
					t.Fatalf("%s\nbecame\n%s\nwithout %s", w.in.String(), out, line)
				}
			}
		}
	})
}
