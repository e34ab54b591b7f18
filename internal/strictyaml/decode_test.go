package strictyaml

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

type object = map[string]any

// TestCoreSchema holds plain scalars against YAML 1.2.2, section 10.3.2.
func TestCoreSchema(t *testing.T) {
	for _, c := range []struct {
		text string
		want any
	}{
		{"", nil}, {"~", nil}, {"null", nil}, {"Null", nil}, {"NULL", nil}, {"nULL", "nULL"},
		{"true", true}, {"True", true}, {"TRUE", true}, {"false", false}, {"tRUE", "tRUE"},
		{"yes", "yes"}, {"Yes", "Yes"}, {"no", "no"}, {"NO", "NO"}, {"on", "on"}, {"off", "off"}, {"y", "y"}, {"n", "n"},
		{"0", int64(0)}, {"-1", int64(-1)}, {"+1", int64(1)}, {"010", int64(10)}, {"08", int64(8)}, {"-010", int64(-10)},
		{"0o10", int64(8)}, {"0o8", "0o8"}, {"-0o10", "-0o10"}, {"0x1F", int64(31)}, {"0xg", "0xg"}, {"0b11", "0b11"},
		{"1_000", "1_000"}, {"1,000", "1,000"}, {"190:20:30", "190:20:30"}, {"1.2.3", "1.2.3"},
		{"9223372036854775807", int64(9223372036854775807)}, {"-9223372036854775808", int64(-9223372036854775808)},
		{"1.5", 1.5}, {".5", 0.5}, {"1.", 1.0}, {"1e3", 1000.0}, {"-1.25E-2", -0.0125}, {"0.10", 0.1}, {"1e", "1e"}, {".", "."}, {"-", nil},
		{"0.30000000000000004", 0.30000000000000004}, {"-0.0", 0.0}, {"100e-2", 1.0},
		{"2026-11-21", "2026-11-21"}, {"2026-11-21T10:00:00Z", "2026-11-21T10:00:00Z"}, {"12:30", "12:30"},
		{`"010"`, "010"}, {"'true'", "true"}, {`"~"`, "~"}, {`"\u00e9\x41"`, "éA"}, {"名前", "名前"}, {"<<", "<<"},
		{"region = {{ user.attributes.region }}", "region = {{ user.attributes.region }}"},
	} {
		if c.text == "-" {
			continue // a sequence entry, not a scalar
		}
		doc, err := Decode([]byte("v: "+c.text+"\n"), Limits{})
		if err != nil {
			t.Errorf("%q: %v", c.text, err)
			continue
		}
		if got := doc.Value.(object)["v"]; got != c.want {
			t.Errorf("%q is %T %v, want %T %v", c.text, got, got, c.want, c.want)
		}
	}
}

func TestDecode(t *testing.T) {
	const text = `--- # a comment
dataset: sales_cube
source: { type: postgres, ref: "warehouse" }
tables:
- {name: orders, primary_key: id}
-   name: customers   # trailing
    sql: |
      SELECT *
      	FROM customers
on: 1
`
	doc, err := Decode([]byte(text), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	want := object{
		"dataset": "sales_cube",
		"source":  object{"type": "postgres", "ref": "warehouse"},
		"tables": []any{
			object{"name": "orders", "primary_key": "id"},
			object{"name": "customers", "sql": "SELECT *\n\tFROM customers\n"},
		},
		"on": int64(1),
	}
	if !reflect.DeepEqual(doc.Value, want) {
		t.Errorf("got  %v\nwant %v", doc.Value, want)
	}
	if doc.Root.Kind != yaml.MappingNode || doc.Root.Content[1].Line != 2 {
		t.Errorf("the root is of kind %v, its first value on line %d", doc.Root.Kind, doc.Root.Content[1].Line)
	}
	for _, ok := range []string{"a: 1\r\nb: 2\r\n", "a: 1\n...\n", "a:\t1", "{}", "[]", "a", "? a\n: b\n", "a: 'x\n  y'", "a: 1 # é\n", "'<<': 1", "a: \"\\u2028\\ufeff\""} {
		if _, err := Decode([]byte(ok), Limits{}); err != nil {
			t.Errorf("%q: %v", ok, err)
		}
	}
}

// TestRefuses is the table of traps: one fault each.
func TestRefuses(t *testing.T) {
	for _, c := range []struct {
		name, text string
		rule, want string
	}{
		{"empty", "", RuleEmpty, "document is empty"},
		{"comment only", "# nothing\n", RuleEmpty, "document is empty"},
		{"marker and comment only", "# x\n---\n# y\n", RuleTag, ""},
		{"two documents", "a: 1\n---\nb: 2\n", RuleDocuments, "line 2: a second document begins"},
		{"second document empty", "a: 1\n---\n", RuleDocuments, "second document"},
		{"second after end", "a: 1\n...\nb: 2\n", RuleDocuments, "second document"},
		{"directive", "%YAML 1.1\n---\na: 1\n", RuleDirective, "line 1: directives"},
		{"tag directive", "# c\n%TAG ! tag:x,2026:\n---\na: 1\n", RuleDirective, "line 2: directives"},
		{"anchor", "a: 1\nb: &x 2\n", RuleAnchor, "line 2: anchors are not allowed; remove &x"},
		{"anchor on mapping", "a: &x\n  b: 1\n", RuleAnchor, "anchors"},
		{"alias", "a: &x 1\nb: *x\n", RuleAnchor, "line 1"},
		{"alias alone", "a: *x\n", RuleAlias, "line 1: aliases are not allowed; write the value out"},
		{"alias as key", "*x : 1\n", RuleAlias, "aliases"},
		{"self reference", "a: &x [*x]\n", RuleAnchor, ""},
		{"merge key", "<<: {a: 1}\n", RuleMerge, "write the members out"},
		{"merge key in flow", "a: {<<: {b: 1}}\n", RuleMerge, "merge keys"},
		{"standard tag", "a: !!str 1\n", RuleTag, "remove !!str"},
		{"custom tag", "a: !python/object x\n", RuleTag, "tags are not allowed"},
		{"verbatim tag", "a: !<tag:yaml.org,2002:int> 1\n", RuleTag, "tags"},
		{"non-specific tag", "a: ! 1\n", RuleTag, "remove !"},
		{"tag on mapping", "!!map {a: 1}\n", RuleTag, "tags"},
		{"duplicate key", "a: 1\nb: 2\na: 3\n", RuleDuplicate, `line 3: the key "a" stands twice`},
		{"duplicate after decoding", "{a: 1, \"\\x61\": 2}\n", RuleDuplicate, `"a"`},
		{"duplicate deep", "x:\n  - {é: 1, 'é': 2}\n", RuleDuplicate, "line 2"},
		{"number as key", "1: a\n", RuleKey, "put it in quotes"},
		{"null as key", "~: a\n", RuleKey, "quotes"},
		{"bool as key", "true: a\n", RuleKey, "quotes"},
		{"no key", ": a\n", RuleKey, "quotes"},
		{"sequence as key", "? [a]\n: b\n", RuleKey, "not a text"},
		{"mapping as key", "{{a: 1}: b}\n", RuleKey, "not a text"},
		{"tab indents", "a:\n\tb: 1\n", RuleSyntax, "indent with spaces"},
		{"tab after dash", "-\ta: 1\n-\tb: 2\n", RuleTab, "indent with spaces"},
		{"tab before key", "a: 1\n\tb: 2\n", "", ""},
		{"tab in block scalar's indentation", "a: |\n\tx\n", RuleTab, "indent with spaces"},
		{"carriage return", "a: x\rb: y\n", RuleLineBreak, "line 1: a carriage return"},
		{"next line", "a: x\u0085b: y\n", RuleLineBreak, "U+0085"},
		{"line separator", "a: \"x\u2028y\"\n", RuleLineBreak, `\u2028 in double quotes`},
		{"paragraph separator", "a: 1\n# x\u2029b: 2\n", RuleLineBreak, "line 2"},
		{"byte order mark", "\ufeffa: 1\n", RuleEncoding, "byte order mark"},
		{"byte order mark inside", "a: \ufeffb\n", RuleEncoding, "byte order mark"},
		{"UTF-16", "a\x00:\x00 \x001\x00", RuleEncoding, "U+0000"},
		{"UTF-16 with mark", "\xff\xfea\x00", RuleEncoding, "not UTF-8"},
		{"Latin-1", "a: caf\xe9\n", RuleEncoding, "line 1: the document is not UTF-8"},
		{"overlong", "a: \xc0\x80\n", RuleEncoding, "not UTF-8"},
		{"encoded surrogate", "a: \xed\xa0\x80\n", RuleEncoding, "not UTF-8"},
		{"escaped surrogate", `a: "\ud800"`, RuleSyntax, "invalid Unicode"},
		{"escaped pair", `a: "\ud83d\ude00"`, RuleSyntax, "invalid Unicode"},
		{"escape character", "a: \x1b[31m\n", RuleEncoding, "U+001B"},
		{"delete", "a: \x7f\n", RuleEncoding, "U+007F"},
		{"infinity", "a: .inf\n", RuleNumber, "no counterpart in JSON"},
		{"negative infinity", "a: -.INF\n", RuleNumber, "JSON"},
		{"not a number", "a: .NaN\n", RuleNumber, "JSON"},
		{"integer above 64 bits", "a: 9223372036854775808\n", RuleNumber, "does not fit 64 bits"},
		{"hexadecimal above 64 bits", "a: 0xffffffffffffffff\n", RuleNumber, "64 bits"},
		{"too precise", "a: 0.12345678901234567890\n", RuleNumber, "more precise"},
		{"too large", "a: 1e999\n", RuleNumber, "larger than"},
		{"huge exponent", "a: 1e99999999999999999999999\n", RuleNumber, "larger than"},
		{"underflow", "a: 1e-999\n", RuleNumber, "more precise"},
		{"long number", "a: " + strings.Repeat("1", 65) + "\n", RuleNumber, "more than 64 characters"},
		{"unclosed", "a: [1, 2\n", RuleSyntax, ""},
		{"at sign", "a: @b\n", RuleSyntax, "put the text in quotes"},
		{"colon in plain text", "a: b: c\n", RuleSyntax, "line 1"},
		{"deep flow", strings.Repeat("[", 65) + strings.Repeat("]", 65), RuleLimit, "nested"},
		{"deep block", strings.Repeat("- ", 65) + "a", RuleLimit, "nested"},
		{"deep mixed", strings.Repeat("- ", 40) + strings.Repeat("[", 40) + strings.Repeat("]", 40), RuleLimit, "nested"},
	} {
		t.Run(c.name, func(t *testing.T) {
			doc, err := Decode([]byte(c.text), Limits{})
			if err == nil {
				if c.name == "marker and comment only" && doc.Value == nil {
					return // an explicit document whose content is null
				}
				t.Fatalf("accepted as %v", doc.Value)
			}
			var e *Error
			if !errors.As(err, &e) {
				t.Fatalf("error is a %T: %v", err, err)
			}
			if c.rule != "" && e.Rule != c.rule {
				t.Errorf("rule %s, want %s: %v", e.Rule, c.rule, err)
			}
			if !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %q lacks %q", err, c.want)
			}
		})
	}
}

func TestNestingWithinLimit(t *testing.T) {
	for _, text := range []string{
		strings.Repeat("[", 64) + strings.Repeat("]", 64),
		strings.Repeat("- ", 63) + "- a",
	} {
		if _, err := Decode([]byte(text), Limits{}); err != nil {
			t.Errorf("%.20q…: %v", text, err)
		}
	}
}

func TestLimits(t *testing.T) {
	keys := func(n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, "k%d: 0\n", i)
		}
		return b.String()
	}
	for _, c := range []struct {
		name string
		text string
		lim  Limits
		want string
	}{
		{"size", "a: 12345", Limits{Size: 7}, "8 bytes; the limit is 7"},
		{"default size", "a: " + strings.Repeat("x", 4<<20), Limits{}, "limit is 4194304"},
		{"keys", keys(4), Limits{Keys: 3}, "4 keys; the limit is 3"},
		{"default keys", keys(10_001), Limits{}, "10001 keys"},
		{"nodes", "[1, 2, 3]", Limits{Nodes: 3}, "more than 3 nodes"},
		{"default nodes", "[" + strings.Repeat("1,", 100_000) + "]", Limits{}, "more than 100000 nodes"},
		{"indicators", "[1,2,3]", Limits{Indicators: 3}, "4 line breaks and indicator characters"},
		{"default indicators", "[" + strings.Repeat("[],", 400_000) + "]", Limits{}, "the limit is 1000000"},
		{"depth", "[[1]]", Limits{Depth: 1}, "nested"},
		{"negative", "a: 1", Limits{Depth: -1}, "a limit is negative"},
	} {
		if _, err := Decode([]byte(c.text), c.lim); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v lacks %q", c.name, err, c.want)
		}
	}
	if _, err := Decode([]byte(keys(10_000)), Limits{}); err != nil {
		t.Errorf("10,000 keys: %v", err)
	}
}

// TestErrorsAreSafeToPrint feeds texts that a terminal would act on.
func TestErrorsAreSafeToPrint(t *testing.T) {
	for _, text := range []string{
		"{\"\\e[31m\": 1, \"\\e[31m\": 2}", "{\"\\u202ex\": 1, \"\\u202ex\": 2}", "a: !\u202e x", "a: &\u202e x", "a: *\u202e", "a: " + strings.Repeat("9", 60),
	} {
		_, err := Decode([]byte(text), Limits{})
		if err == nil {
			t.Errorf("%q accepted", text)
		} else if strings.ContainsAny(err.Error(), "\x1b\u202e") {
			t.Errorf("%q: error %+q holds control characters", text, err)
		}
	}
}

// FuzzDecode holds that whatever is accepted is a tree of plain values whose
// texts are UTF-8 and whose nodes have a line.
func FuzzDecode(f *testing.F) {
	for _, seed := range []string{
		"a: 1\n", "- a\n- {b: [c, 1.5, null]}\n", "a: |\n  x\n  y\n", "? a\n: b\n", "a: \"\\u00e9\"\n", "a: &x 1\nb: *x\n", "<<: {a: 1}\n",
		"%YAML 1.1\n---\na: 010\n", "a: 1\n---\nb: 2\n", "a:\n\tb: 1\n", "-\ta: 1\n", "a: !!int 1", "{a: 1, \"a\": 2}", "a: x\rb: y", "\ufeffa: 1", "a: >-\n  folded\n\n  text # no comment\n",
		"dataset: d\nmeasures:\n  - { id: m, type: sum, column: t.c }\n", "a: 1e400", "a: 0o17", "'a b': \"c\\\n  d\"",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		doc, err := Decode(data, Limits{})
		if err != nil {
			var e *Error
			if !errors.As(err, &e) || e.Rule == "" || e.Text == "" || !utf8.ValidString(e.Text) {
				t.Fatalf("error %#v", err)
			}
			return
		}
		checkValue(t, doc.Value)
		checkNodes(t, doc.Root, 1+strings.Count(string(data), "\n"))
		again, err := Decode(data, Limits{})
		if err != nil || !reflect.DeepEqual(again.Value, doc.Value) {
			t.Fatalf("read again: %v, %v", again, err)
		}
	})
}

func checkNodes(t *testing.T, n *yaml.Node, lines int) {
	// A value that is missing at the end stands on the line after it.
	if n.Line < 1 || n.Line > lines+1 || n.Kind == yaml.AliasNode || n.Anchor != "" {
		t.Fatalf("node %+v in a document of %d lines", n, lines)
	}
	for _, child := range n.Content {
		checkNodes(t, child, lines)
	}
}

func checkValue(t *testing.T, v any) {
	switch v := v.(type) {
	case nil, bool, int64, float64:
	case string:
		if !utf8.ValidString(v) {
			t.Fatalf("text %q is not UTF-8", v)
		}
	case []any:
		for _, e := range v {
			checkValue(t, e)
		}
	case map[string]any:
		for k, e := range v {
			checkValue(t, k)
			checkValue(t, e)
		}
	default:
		t.Fatalf("value of type %T", v)
	}
}
