package diff

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/oneanalytics/oa-archive/layout"
)

func mustParse(t testing.TB, kind layout.Kind, doc string) any {
	t.Helper()
	v, ok := parse(kind, []byte(doc))
	if !ok {
		t.Fatalf("cannot be parsed: %s", doc)
	}
	return v
}

func changesOf(kind layout.Kind, was, is any) []FieldChange {
	f := &fields{document: documentOf(layout.Name{Kind: kind}), max: DefaultFields}
	f.compare(place{}, was, is)
	return f.list
}

// TestFields compares pairs of documents. A change is shown as its operation,
// path and sentence.
func TestFields(t *testing.T) {
	const model = layout.Model
	for _, c := range []struct {
		name    string
		kind    layout.Kind
		was, is string
		want    []string
	}{
		{"equal", model, "a: 1\nb: [x]\n", "b: [x] # comment\na: 1.0\n", nil},
		{"a measure's column", model, "measures:\n - {id: revenue, type: sum, column: orders.net}\n", "measures:\n - {id: revenue, type: sum, column: orders.gross}\n",
			[]string{`changed /measures/revenue/column measure "revenue": column orders.net → orders.gross`}},
		{"a measure more, one less", model, "measures: [{id: a, type: count}, {id: b, type: count}]\n", "measures: [{id: c, type: count}, {id: b, type: count}]\n",
			[]string{`removed /measures/a measure "a" removed`, `added /measures/c measure "c" added`}},
		{"another order", model, "dimensions: [{id: a}, {id: b}, {id: c}]\n", "dimensions: [{id: c}, {id: a}, {id: d}, {id: b}]\n",
			[]string{`added /dimensions/d dimension "d" added`, `reordered /dimensions dimensions in another order`}},
		{"a join", model, "joins: [{left: o.c, right: c.id, kind: many_to_one}]\n", "joins: [{left: o.c, right: c.id, kind: one_to_one}]\n",
			[]string{`changed /joins/o.c = c.id/kind join "o.c = c.id": kind many_to_one → one_to_one`}},
		{"a security predicate", model, "security: [{name: own, predicate: \"c.region = 'Nord'\"}]\n", "security: [{name: own, predicate: 1=1}]\n",
			[]string{`changed /security/own/predicate rule "own": predicate "c.region = 'Nord'" → "1=1"`}},
		{"a subject", model, "security: [{name: own, applies_to: {role: [rep]}}]\n", "security: [{name: own, applies_to: {role: [rep, boss]}}]\n",
			[]string{`added /security/own/applies_to/role/boss rule "own", applies_to role "boss" added`}},
		{"a visual of a page", layout.Report,
			`{"pages": [{"id": "p1", "name": "Überblick", "visuals": [{"id": "v1", "query": {"limit": 10, "measures": ["revenue"]}}]}]}`,
			`{"pages": [{"id": "p1", "name": "Überblick", "visuals": [{"id": "v1", "query": {"limit": 20, "measures": ["revenue", {"id": "x"}]}, "options": {"stack": true}}]}]}`,
			[]string{`added /pages/p1/visuals/v1/options page "Überblick", visual "v1": options added: {"stack":true}`,
				`changed /pages/p1/visuals/v1/query/limit page "Überblick", visual "v1": query.limit 10 → 20`,
				`added /pages/p1/visuals/v1/query/measures/x page "Überblick", visual "v1", query measure "x" added`}},
		{"a condition", layout.Alert, `{"condition": {"type": "threshold", "op": ">", "value": 1}}`, `{"condition": {"type": "threshold", "op": ">=", "value": 1.50}}`,
			[]string{`changed /condition/op condition.op > → >=`, `changed /condition/value condition.value 1 → 1.5`}},
		{"people", layout.Metadata, `{"members": [{"principal": {"type": "team", "id": "team_a"}, "role": "viewer"}], "users": [{"id": "usr_1", "name": "Jo", "status": "active"}]}`,
			`{"members": [{"principal": {"type": "team", "id": "team_a"}, "role": "editor"}], "users": [{"id": "usr_1", "name": "Jo", "status": "suspended"}]}`,
			[]string{`changed /members/team:team_a/role member "team:team_a": role viewer → editor`, `changed /users/usr_1/status user "Jo": status active → suspended`}},
		{"by index", layout.Report, `{"filters": [{"field": "a"}, {"field": "a", "value": 1}]}`, `{"filters": [{"field": "b"}]}`,
			[]string{`changed /filters/0/field filters.0.field a → b`, `removed /filters/1 filters.1 removed: {"field":"a","value":1}`}},
		{"other types", layout.Report, `{"a": [1], "b": {"x": 1}, "c": null, "d": "1"}`, `{"a": {"x": 1}, "b": 2, "c": false, "d": 1}`,
			[]string{`changed /a a [1] → {"x":1}`, `changed /b b {"x":1} → 2`, `changed /c c null → false`, `changed /d d "1" → 1`}},
		{"names that need escapes", layout.Report, `{"a/b~c": 1, "l": [{"id": "x/y"}]}`, `{"a/b~c": 2, "l": []}`,
			[]string{`changed /a~1b~0c a/b~c 1 → 2`, `removed /l/x~1y l "x/y" removed`}},
		{"the whole", layout.Report, `1`, `2`, []string{`changed  the whole document 1 → 2`}},
		{"precise numbers", layout.Report, `{"a": 9007199254740993}`, `{"a": 9007199254740992}`, []string{`changed /a a 9007199254740993 → 9007199254740992`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got []string
			for _, change := range changesOf(c.kind, mustParse(t, c.kind, c.was), mustParse(t, c.kind, c.is)) {
				got = append(got, fmt.Sprintf("%s %s %s", change.Op, change.Path, change.Sentence()))
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(c.want, "\n"))
			}
		})
	}
}

func TestFieldsAreBounded(t *testing.T) {
	long := strings.Repeat("ü", 5000)
	f := &fields{document: "report", max: 2, maxValue: 100}
	f.compare(place{}, mustParse(t, layout.Report, `{"a": 1, "b": 1, "c": 1, "d": 1}`), mustParse(t, layout.Report, `{"a": "`+long+`", "b": 2, "c": 2}`))
	if len(f.list) != 2 || f.more != 2 || !f.list[0].Cut || f.list[0].Is != nil || f.list[0].Sentence() != "a changed" {
		t.Errorf("%+v and %d more", f.list, f.more)
	}
	c := FieldChange{Op: FieldAdded, Field: "a", Is: text(long)}
	if s := c.Sentence(); len(s) > 200 || !strings.HasSuffix(s, "…") {
		t.Errorf("sentence of %d bytes: %s", len(s), s)
	}
	if s := (FieldChange{Op: FieldChanged, Field: "a", Was: text("x → y\n"), Is: text("")}).Sentence(); s != `a "x → y\n" → ""` {
		t.Errorf("%s", s)
	}
}

// apply carries out changes that lead from v, found by the same keys.
func apply(v any, changes []FieldChange) any {
	// Removals and changes first, each below the keys of the old list; then
	// order; then additions in order of their index.
	for _, op := range []Op{FieldChanged, FieldRemoved, FieldReordered, FieldAdded} {
		list := changes
		if op == FieldRemoved { // from the end, so that indexes stay
			list = slices.Clone(changes)
			slices.Reverse(list)
		}
		for _, c := range list {
			if c.Op == op {
				v = applyAt(v, strings.Split(c.Path, "/")[1:], c)
			}
		}
	}
	return v
}

func valueOf(raw json.RawMessage) any {
	v, _ := parse(layout.Report, raw)
	return v
}

func applyAt(v any, path []string, c FieldChange) any {
	if len(path) == 0 {
		if c.Op != FieldReordered {
			return valueOf(c.Is)
		}
		byKey := map[string]any{}
		for _, e := range v.([]any) {
			key, _ := keyOf(e)
			byKey[key] = e
		}
		sorted := []any{}
		for _, key := range valueOf(c.Is).([]any) {
			sorted = append(sorted, byKey[key.(string)])
		}
		return sorted
	}
	token := strings.NewReplacer("~1", "/", "~0", "~").Replace(path[0])
	switch at := v.(type) {
	case map[string]any:
		switch {
		case len(path) == 1 && c.Op == FieldRemoved:
			delete(at, token)
		case len(path) == 1 && c.Op == FieldAdded:
			at[token] = valueOf(c.Is)
		default:
			at[token] = applyAt(at[token], path[1:], c)
		}
	case []any:
		if len(path) == 1 && c.Op == FieldAdded {
			if c.At != nil {
				return slices.Insert(at, *c.At, valueOf(c.Is))
			}
			return append(at, valueOf(c.Is))
		}
		i := slices.IndexFunc(at, func(e any) bool { key, ok := keyOf(e); return ok && key == token })
		if n, err := strconv.Atoi(token); i < 0 && err == nil {
			i = n
		}
		if len(path) == 1 && c.Op == FieldRemoved {
			return slices.Delete(at, i, i+1)
		}
		at[i] = applyAt(at[i], path[1:], c)
	}
	return v
}

// drawValue draws a document whose ids cannot be taken for indexes.
func drawValue(r *rapid.T, depth int) any {
	kinds := 5
	if depth > 0 {
		kinds = 8
	}
	switch rapid.IntRange(0, kinds).Draw(r, "kind") {
	case 0:
		return nil
	case 1:
		return rapid.Bool().Draw(r, "bool")
	case 2, 3:
		return int64(rapid.IntRange(-2, 2).Draw(r, "int"))
	case 4, 5:
		return rapid.SampledFrom([]string{"", "a", "b/c", "~", "é"}).Draw(r, "string")
	case 6:
		list := []any{}
		for range rapid.IntRange(0, 4).Draw(r, "length") {
			list = append(list, drawValue(r, depth-1))
		}
		return list
	case 7: // elements with ids
		list := []any{}
		for _, id := range rapid.Permutation([]string{"a", "b", "c/d", "~e", "f"}).Draw(r, "ids")[:rapid.IntRange(0, 5).Draw(r, "length")] {
			list = append(list, map[string]any{"id": id, "v": drawValue(r, depth-1)})
		}
		return list
	}
	object := map[string]any{}
	for range rapid.IntRange(0, 4).Draw(r, "members") {
		object[rapid.SampledFrom([]string{"a", "b/", "~c", "name", "list"}).Draw(r, "name")] = drawValue(r, depth-1)
	}
	return object
}

// TestChangesLeadFromOneToTheOther draws pairs of documents: there is no change
// exactly when they say the same, and applied to the first they give the second.
func TestChangesLeadFromOneToTheOther(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		was, is := drawValue(r, 3), drawValue(r, 3)
		if rapid.Bool().Draw(r, "below one root") {
			was, is = map[string]any{"x": was, "l": drawValue(r, 2)}, map[string]any{"x": is, "l": drawValue(r, 2)}
		}
		before, after := text(was), text(is)
		changes := changesOf(layout.Report, was, is)
		if (len(changes) == 0) != equal(was, is) || (len(changes) == 0) != (string(before) == string(after)) {
			r.Fatalf("%d changes between\n%s\n%s", len(changes), before, after)
		}
		for _, c := range changes {
			if c.Sentence() == "" || c.Document == "" {
				r.Fatalf("%+v says nothing", c)
			}
		}
		if got := text(apply(valueOf(before), changes)); string(got) != string(after) {
			r.Fatalf("from %s\nto   %s\ngot  %s\nby %+v", before, after, got, changes)
		}
	})
}

func FuzzFields(f *testing.F) {
	f.Add([]byte(`{"a":[{"id":"x"},{"id":"y"}]}`), []byte(`{"a":[{"id":"y"}]}`))
	f.Add([]byte(`{"a":1e400}`), []byte(`[[[]]]`))
	f.Fuzz(func(t *testing.T, a, b []byte) {
		for _, kind := range []layout.Kind{layout.Report, layout.Model} {
			was, ok1 := parse(kind, a)
			is, ok2 := parse(kind, b)
			if !ok1 || !ok2 {
				continue
			}
			if changes := changesOf(kind, was, is); (len(changes) == 0) != equal(was, is) {
				t.Errorf("%d changes between %s and %s", len(changes), a, b)
			}
		}
	})
}
