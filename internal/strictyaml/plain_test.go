package strictyaml

import (
	"fmt"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"
)

// A recorder writes down what Plain says.
type recorder struct{ strings.Builder }

func (r *recorder) Begin(line int, mapping bool) { fmt.Fprintf(r, "%d %v(", line, mapping) }
func (r *recorder) Name(name string)             { fmt.Fprintf(r, "%q:", name) }
func (r *recorder) Text(line int, text string)   { fmt.Fprintf(r, "%d string %#v,", line, text) }
func (r *recorder) Scalar(line int, value any)   { fmt.Fprintf(r, "%d %T %#v,", line, value, value) }
func (r *recorder) End()                         { r.WriteString(")") }

// replay tells a sink what Decode says.
func replay(n *yaml.Node, value any, sink Sink) {
	switch n.Kind {
	case yaml.MappingNode:
		sink.Begin(n.Line, true)
		for i := 0; i+1 < len(n.Content); i += 2 {
			name := n.Content[i].Value
			sink.Name(name)
			replay(n.Content[i+1], value.(map[string]any)[name], sink)
		}
		sink.End()
	case yaml.SequenceNode:
		sink.Begin(n.Line, false)
		for i, child := range n.Content {
			replay(child, value.([]any)[i], sink)
		}
		sink.End()
	default:
		if text, ok := value.(string); ok {
			sink.Text(n.Line, text)
			return
		}
		sink.Scalar(n.Line, value)
	}
}

// agrees holds Plain against Decode and reports whether doc is plain.
func agrees(t *testing.T, doc string, lim Limits) bool {
	t.Helper()
	var got, want recorder
	if !Plain([]byte(doc), lim, &got) {
		return false
	}
	d, err := Decode([]byte(doc), lim)
	if err != nil {
		t.Fatalf("%q is taken for plain, but Decode says: %v", doc, err)
	}
	replay(d.Root, d.Value, &want)
	if got.String() != want.String() {
		t.Fatalf("%q reads as\n%s, but Decode says\n%s", doc, got.String(), want.String())
	}
	return true
}

var plainDocuments = []string{
	"a: 1", "a: 1\n", "# c\n\na: b # c\n\n", "a:\n  b: c\n  d: e\nf: g", "a:\n- b\n- c\nd: e", "a:\n  - b: c\n    d: e\n  - f: g\n",
	"- a\n- b", "- - a\n  - b\n- c: d\n  e: [f, g]", "a: { b: c, d: [e, \"f, g\", 'it''s'], g: {} }   # c", "a: []\nb: {}", "a: \"x # y\\n\\\"z\\\"\\\\n\"",
	"a: x#y", "a: http://example.org/x:y", "a: 10:30", "a: Größe über alles", "a: 0o17\nb: 0x1f\nc: 010\nd: -1.5e3\ne: .5\nf: ~x\n"[:38],
	"a: yes\nb: no\nc: True\nd: null\ne: NULL\nf: nullable\ng: trues", "a:   b   \nc:  # comment\n  d: e", "a:\n    - b\n    -   c: d\n        e: f\ng: h", "a: -5\nb: +5\nc: (x, y]",
	"a: [1, 2.5, true, x y]", "a: {op: =, c: <>, d: ~, e: <=}", "a: <<", "a: {b: c,d: e}", "x-y.z: 1\n_a: 2", "a: 監査 用\n",
}

var otherDocuments = []string{
	"", "a", "[a]", " a: b", "a:", "a: b\n  c", "a: b\n c: d", "a: &x b", "a: *x", "a: !t b", "a: |\n  b", "a: >\n  b", "? a\n: b", "a: b: c", "a: [b: c]", "a: [b,\n c]", "a: [b, ]", "a: [, b]", "a: {b, c}",
	"a: 1\na: 2", "true: a", "null: a", "<<: a", "1: a", "\"a\": b", "a\t: b", "a: b\t", "a: b\r\n", "---\na: b", "a: b\n...", "a: b\n---\nc: d", "%YAML 1.2\n---\na: b", "- a\nb: c", "a: b\n- c", "a:\n  - b\n c: d",
	"a: 99999999999999999999", "a: .inf", "a: 0.1234567890123456789", "a: \"b\" c", "a: \"b\": c", "a: 'b' : c", "a: \"b\\u0041\"", "a: \"b", "a: @b", "a: `b", "a: %b", "a: - b", "-a: b", "a: [b #c\n]", "a: {b: c} d", "a: [b]#c",
	"- ", "-", "- # c\n  a: b", "a:\n\n", "a: [a:b]", "a: {b:c}", "a: {b: }", "a: [b", "a: ]", "a: ,b",
}

func TestPlain(t *testing.T) {
	for _, doc := range plainDocuments {
		if !agrees(t, doc, Limits{}) {
			t.Errorf("%q is not taken for plain", doc)
		}
	}
	for _, doc := range otherDocuments {
		if agrees(t, doc, Limits{}) {
			t.Errorf("%q is taken for plain", doc)
		}
	}
}

func TestPlainKeepsLimits(t *testing.T) {
	doc := "a: [b, {c: d}]\ne: f\n"
	for _, c := range []struct {
		lim   Limits
		plain bool
	}{
		{Limits{Nodes: 9}, true}, {Limits{Nodes: 8}, false}, {Limits{Depth: 3}, true}, {Limits{Depth: 2}, false}, {Limits{Keys: 2}, true}, {Limits{Keys: 1}, false},
		{Limits{Size: len(doc)}, true}, {Limits{Size: len(doc) - 1}, false}, {Limits{Indicators: 3}, false}, {Limits{Size: -1}, false},
	} {
		if got := agrees(t, doc, c.lim); got != c.plain {
			t.Errorf("%+v: plain is %v", c.lim, got)
		}
		if _, err := Decode([]byte(doc), c.lim); (err == nil) != c.plain {
			t.Errorf("%+v: Decode says %v", c.lim, err)
		}
	}
	var many strings.Builder
	for i := range 1000 {
		fmt.Fprintf(&many, "k%d: %d\n", i, i)
	}
	if agrees(t, many.String(), Limits{}) {
		t.Error("a mapping of 1000 names is taken for plain")
	}
}

func FuzzPlain(f *testing.F) {
	for _, doc := range plainDocuments {
		f.Add(doc)
	}
	for _, doc := range otherDocuments {
		f.Add(doc)
	}
	f.Fuzz(func(t *testing.T, doc string) { agrees(t, doc, Limits{}) })
}

var modelDocument = []byte("# Umsatz\ndataset: sales\nversion: 5\nsource: { type: mqtt, ref: telemetry }\n\ntables:\n" +
	strings.Repeat("  - name: runs\n    primary_key: run_id\n    columns:\n      - { name: run_id, type: bigint }\n      - { name: price, type: \"numeric(9,2)\" }\n", 100))

func BenchmarkPlain(b *testing.B) {
	b.SetBytes(int64(len(modelDocument)))
	b.ReportAllocs()
	for b.Loop() {
		if !Plain(modelDocument, Limits{}, nothing{}) {
			b.Fatal("not plain")
		}
	}
}

// nothing is a sink that forgets.
type nothing struct{}

func (nothing) Begin(int, bool)  {}
func (nothing) Name(string)      {}
func (nothing) Text(int, string) {}
func (nothing) Scalar(int, any)  {}
func (nothing) End()             {}
