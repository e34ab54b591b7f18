package superset

import (
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"go.yaml.in/yaml/v4"
	"pgregory.net/rapid"

	"github.com/oneanalytics/oa-archive/schema"
)

func TestYAMLText(t *testing.T) {
	got := string(yamlText("Two\nlines", mapping{
		{"text", "plain words"},
		{"absent", ""},
		{"like_a_number", "12"},
		{"like_a_bool", "No"},
		{"colon", "a: b"},
		{"schrift", "größe 東京 🚲"},
		{"control", "tab\tbell\a\u2028"},
		{"lines", "SELECT *\n\n  FROM t"},
		{"lines that no block can hold", " SELECT\n*"},
		{"empty", mapping{{"a", mapping{}}, {"b", []any{}}}},
		{"flow", mapping{{"list", []any{"a", plain("1")}}, {"nested", mapping{{"k", "v"}}}}},
		{"long", mapping{{"a", strings.Repeat("x", 100)}, {"b", strings.Repeat("y", 100)}}},
		{"rows", []any{
			mapping{{"id", "a"}, {"type", "sum"}},
			mapping{{"id", "b"}, {"sql", "1\n+ 2"}},
			"text",
			"a\nb",
			[]any{"x", mapping{{"k", "v"}}},
		}},
	}))
	const want = `# Two
# lines
text: plain words
like_a_number: "12"
like_a_bool: "No"
colon: "a: b"
schrift: "größe 東京 🚲"
control: "tab\tbell\u0007\u2028"
lines: |-
  SELECT *

    FROM t
lines that no block can hold: " SELECT\n*"
flow: { list: [a, 1], nested: { k: v } }
long:
  a: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
  b: yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy
rows:
  - { id: a, type: sum }
  - id: b
    sql: |-
      1
      + 2
  - text
  - |-
    a
    b
  -
    - x
    - { k: v }
`
	if got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}

// texts draws texts that are awkward in YAML.
func texts() *rapid.Generator[string] {
	pieces := rapid.SampledFrom([]string{
		"a", "Z", "0", "1.5", " ", "  ", "\n", "\t", "\r", ":", ": ", " #", "#", "-", "- ", "?", "&", "*", "!", "|", ">", "'", `"`, `\`, "%", "@", "`",
		"{", "}", "[", "]", ",", "~", "null", "yes", "é", "東", "🚲", "\u0085", "\u2028", "\ufeff", "\u00a0", "\x00", "\x7f", "\ufffd", "---", "...", "=", "<<", "0x1", "1e3", ".inf", "2020-01-01",
	})
	return rapid.Custom(func(t *rapid.T) string {
		return strings.Join(rapid.SliceOfN(pieces, 0, 8).Draw(t, "pieces"), "")
	})
}

func TestYAMLTextRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		texts := rapid.SliceOfN(texts(), 1, 6).Draw(t, "texts")
		var list []any
		row := mapping{}
		want := map[string]any{}
		for _, s := range texts {
			list = append(list, s, mapping{{"x", s}})
			if _, twice := want[s]; !twice && s != "" {
				row = append(row, member{s, s})
				want[s] = s
			}
		}
		doc := yamlText("", mapping{{"list", list}, {"row", row}, {"deep", mapping{{"rows", []any{row}}}}, {"last", "x"}})
		var got struct {
			List []any
			Row  map[string]any
			Deep struct{ Rows []map[string]any }
			Last string
		}
		if err := yaml.Load(doc, &got); err != nil {
			t.Fatalf("%v in:\n%s", err, doc)
		}
		for i, s := range texts {
			if got.List[2*i] != s {
				t.Fatalf("%q became %q in:\n%s", s, got.List[2*i], doc)
			}
		}
		for s := range want {
			if got.Row[s] != s || got.Deep.Rows[0][s] != s {
				t.Fatalf("%q became %q and %q in:\n%s", s, got.Row[s], got.Deep.Rows[0][s], doc)
			}
		}
		if len(got.Row) != len(want) || got.Last != "x" {
			t.Fatalf("got %d members, want %d, in:\n%s", len(got.Row), len(want), doc)
		}
	})
}

// TestModelsAreSound holds that the model of any dataset, however it names its
// columns, is one that archives accept, with all its dimensions and measures.
func TestModelsAreSound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := func(label string) string {
			s := strings.NewReplacer("\n", "", "\r", "").Replace(texts().Draw(t, label))
			if s == "" || len(s) > 200 {
				return "x"
			}
			return s
		}
		doc := datasetDocument{UUID: "5e7a0000-0000-4000-8000-000000000001", TableName: name("table"), SQL: texts().Draw(t, "sql"), Description: texts().Draw(t, "description")}
		for range rapid.IntRange(0, 5).Draw(t, "columns") {
			doc.Columns = append(doc.Columns, columnDocument{
				Name:       name("column"),
				Label:      texts().Draw(t, "label"),
				Type:       rapid.SampledFrom([]string{"", "TEXT", "BIGINT", "DATE", "timestamp with time zone", "MAP<A,B>"}).Draw(t, "type"),
				Expression: rapid.SampledFrom([]string{"", "", "a + b", "CASE\n\tWHEN x THEN y \nEND "}).Draw(t, "expression"),
				GroupBy:    rapid.Bool().Draw(t, "groupby"),
				Temporal:   rapid.Bool().Draw(t, "is_dttm"),
				DateFormat: rapid.SampledFrom([]string{"", "%Y", "epoch_s"}).Draw(t, "format"),
			})
		}
		for range rapid.IntRange(0, 3).Draw(t, "metrics") {
			expression := "SUM(\"" + name("argument") + "\")"
			if len(doc.Columns) > 0 && rapid.Bool().Draw(t, "known") {
				expression = "sum([" + doc.Columns[0].Name + "])"
			}
			doc.Metrics = append(doc.Metrics, metricDocument{Name: "metric " + name("metric"), Expression: expression})
		}
		m := newModel(doc)
		text := m.yaml("datasets/x\ny.yaml", connection{Name: name("connection"), Type: "sql"})
		if err := schema.Validate(schema.KindModel, text); err != nil {
			shown, _ := json.Marshal(err.Error())
			t.Fatalf("%s in:\n%s", shown, text)
		}
		definitions, err := schema.Definitions(schema.KindModel, text)
		if err != nil || len(definitions) != len(m.fields)+len(m.metrics) {
			t.Fatalf("%d definitions, error %v; want %d dimensions and %d measures in:\n%s", len(definitions), err, len(m.fields), len(m.metrics), text)
		}
	})
}
