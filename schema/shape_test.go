package schema

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"pgregory.net/rapid"
)

// shapesOf returns every schema that a document can be held against, with its
// shape, in a fixed order.
func shapesOf(t testing.TB) (schemas []*jsonschema.Schema, shapes map[*jsonschema.Schema]*shape) {
	all := compiledSchemas(t)
	b := shaper{done: map[*jsonschema.Schema]*shape{}}
	for _, kind := range Kinds() {
		if _, err := b.shape(all.roots[kind]); err != nil {
			t.Fatal(err)
		}
	}
	return slices.SortedFunc(maps.Keys(b.done), func(x, y *jsonschema.Schema) int { return strings.Compare(x.Location, y.Location) }), b.done
}

// odd are values at the edges of what keywords ask for.
var odd = []string{
	`null`, `true`, `false`, `""`, `"x"`, `"\u0000"`, `"🙂"`, `[]`, `{}`, `[null]`, `{"id":null}`, `[[]]`, `{"":""}`,
	`0`, `-0`, `1`, `-1`, `1.0`, `1e2`, `1.5`, `-1.5`, `0.0`, `1e-3`, `12e-1`, `120e-1`, `9223372036854775807`, `-9223372036854775808`,
	`1e19`, `1E300`, `2147483648`, `"2026-11-01T00:00:00Z"`, `"2026-02-30T00:00:00Z"`, `"2026-12-31T23:59:60Z"`, `"a@b.example"`, `"a@@b"`,
	`"viewer"`, `"usr_1"`, `"` + wsID + `"`, `"0 5 * * 1"`, `"` + strings.Repeat("é", 256) + `"`, `"` + strings.Repeat("é", 257) + `"`,
	`"` + strings.Repeat("x", 4096) + `"`, `"` + strings.Repeat("ab", 32) + `"`,
}

func parsed(t testing.TB, kind Kind, doc []byte) *node {
	n, err := parse(kind, doc, &new(Parser).room().builder)
	if err != nil {
		t.Fatalf("%s: %v", doc, err)
	}
	return n
}

// eachNode returns n and all nodes below it.
func eachNode(n *node) []*node {
	all := []*node{n}
	for _, child := range n.children {
		all = append(all, eachNode(child)...)
	}
	return all
}

// agree compares the two verdicts on one value.
func agree(t testing.TB, s *jsonschema.Schema, sh *shape, n *node) {
	t.Helper()
	want := s.Validate(n.instance())
	if got := sh.holds(n); got != (want == nil) {
		value, _ := json.Marshal(n.instance())
		t.Fatalf("%s and %.300s: the shape says %v, the library %v", s.Location, value, got, want)
	}
}

// TestShapesAgree holds every value of sound documents, and odd ones, against
// every schema: the shape and the library must agree on each pair.
func TestShapesAgree(t *testing.T) {
	schemas, shapes := shapesOf(t)
	if len(schemas) < 200 {
		t.Fatalf("only %d schemas", len(schemas))
	}
	values := map[string]*node{}
	for _, text := range odd {
		values[text] = parsed(t, KindReport, []byte(text))
	}
	for kind, doc := range good {
		for _, n := range eachNode(parsed(t, kind, []byte(doc))) {
			text, err := json.Marshal(n.instance())
			if err != nil {
				t.Fatal(err)
			}
			values[fmt.Sprintf("%T %s", n.value, text)] = n
		}
	}
	yes := 0
	for _, s := range schemas {
		for _, n := range values {
			agree(t, s, shapes[s], n)
			if shapes[s].holds(n) {
				yes++
			}
		}
	}
	if pairs := len(schemas) * len(values); yes < pairs/50 || yes > pairs-pairs/50 {
		t.Errorf("%d of %d pairs hold: too one-sided to say much", yes, pairs)
	}
}

// TestShapesAgreeOnBrokenDocuments breaks sound documents in several places.
func TestShapesAgreeOnBrokenDocuments(t *testing.T) {
	all := compiledSchemas(t)
	kinds := slices.Sorted(maps.Keys(good))
	rapid.Check(t, func(r *rapid.T) {
		kind := rapid.SampledFrom(kinds).Draw(r, "kind")
		tree := parsed(t, kind, []byte(good[kind]))
		for range rapid.IntRange(0, 3).Draw(r, "faults") {
			nodes := eachNode(tree)
			n := nodes[rapid.IntRange(0, len(nodes)-1).Draw(r, "node")]
			if i := rapid.IntRange(0, 2).Draw(r, "fault"); i == 0 && n.form == object && len(n.names) > 0 {
				at := rapid.IntRange(0, len(n.names)-1).Draw(r, "member")
				n.names, n.children = slices.Delete(slices.Clone(n.names), at, at+1), slices.Delete(slices.Clone(n.children), at, at+1)
			} else if other := nodes[rapid.IntRange(0, len(nodes)-1).Draw(r, "other")]; i == 1 && !slices.Contains(eachNode(other), n) {
				*n = *other
			} else {
				*n = *parsed(t, KindReport, []byte(rapid.SampledFrom(odd).Draw(r, "value")))
			}
		}
		agree(t, all.roots[kind], all.shapes[kind], tree)
	})
}

// FuzzShapes looks for a document, or a part of one, that the two disagree on.
func FuzzShapes(f *testing.F) {
	for kind, doc := range good {
		f.Add(kind == KindModel, uint16(0), []byte(doc))
	}
	for i, text := range odd {
		f.Add(false, uint16(i), []byte(text))
		f.Add(true, uint16(i), []byte(text))
	}
	schemas, shapes := shapesOf(f)
	all := compiledSchemas(f)
	f.Fuzz(func(t *testing.T, yaml bool, which uint16, doc []byte) {
		kind := KindReport
		if yaml {
			kind = KindModel
		}
		tree, err := parse(kind, doc, &new(Parser).room().builder)
		if err != nil || tree.form != scalar && len(eachNode(tree)) > 2000 {
			return
		}
		s := schemas[int(which)%len(schemas)]
		agree(t, s, shapes[s], tree)
		for _, kind := range Kinds() {
			agree(t, all.roots[kind], all.shapes[kind], tree)
		}
	})
}

// TestShapesRefuseWhatTheyDoNotKnow compiles schemas with keywords that no
// shape has: none may be passed over in silence.
func TestShapesRefuseWhatTheyDoNotKnow(t *testing.T) {
	for _, text := range []string{
		`{"anyOf": [{}]}`, `{"oneOf": [{}]}`, `{"maxProperties": 1}`, `{"minProperties": 1}`, `{"patternProperties": {"x": {}}}`,
		`{"dependentSchemas": {"a": {}}}`, `{"unevaluatedProperties": false}`, `{"unevaluatedItems": false}`,
		`{"uniqueItems": true}`, `{"contains": {}}`, `{"prefixItems": [{}]}`, `{"exclusiveMaximum": 1}`, `{"multipleOf": 2}`,
		`{"$dynamicRef": "#"}`, `{"enum": [1]}`, `{"const": {}}`, `{"minimum": 0.5}`, `{"properties": {"a": {"items": {"multipleOf": 2}}}}`,
	} {
		c := jsonschema.NewCompiler()
		c.DefaultDraft(jsonschema.Draft2020)
		doc, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		if err := c.AddResource("x.json", doc); err != nil {
			t.Fatal(err)
		}
		s, err := c.Compile("x.json")
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		b := shaper{done: map[*jsonschema.Schema]*shape{}}
		if _, err := b.shape(s); err == nil || !strings.Contains(err.Error(), "shapes do not know") {
			t.Errorf("%s gives %v", text, err)
		}
	}
}
