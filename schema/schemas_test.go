package schema

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/oneanalytics/oa-archive/layout"
)

func compiledSchemas(t testing.TB) *compiled {
	all, err := schemas()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestSchemasAreEmbedded(t *testing.T) {
	for _, kind := range Kinds() {
		var doc struct {
			ID     string `json:"$id"`
			Schema string `json:"$schema"`
			Title  string
		}
		if err := json.Unmarshal(JSON(kind), &doc); err != nil {
			t.Errorf("%s: %v", kind, err)
		}
		if doc.ID != BaseURI+string(kind)+".json" || doc.Schema != "https://json-schema.org/draft/2020-12/schema" || doc.Title == "" {
			t.Errorf("%s: the schema begins with %+v", kind, doc)
		}
	}
	if JSON("nonsense") != nil || JSON("../v1/defs") != nil || !bytes.Contains(SharedJSON(), []byte(`"$defs"`)) {
		t.Error("JSON returns a schema for an unknown kind, or there are no shared definitions")
	}
	JSON(KindAlert)[0] = 'x'
	if JSON(KindAlert)[0] != '{' {
		t.Error("a caller can change the embedded schema")
	}
}

func TestExamplesInSchemasAreValid(t *testing.T) {
	n := 0
	for url, s := range compiledSchemas(t).byURL {
		for _, example := range s.Examples {
			n++
			if err := s.Validate(example); err != nil {
				t.Errorf("%s: %v: %v", url, example, err)
			}
		}
	}
	for _, kind := range Kinds() {
		examples := compiledSchemas(t).roots[kind].Examples
		if len(examples) == 0 {
			t.Errorf("the schema %s has no example", kind)
		}
		for _, example := range examples {
			doc, err := json.Marshal(example)
			if err != nil {
				t.Fatal(err)
			}
			if err := Validate(kind, doc); err != nil {
				t.Errorf("%s: %s", kind, allProblems(err))
			}
		}
	}
	if n < 30 {
		t.Errorf("only %d examples were found", n)
	}
}

// TestEveryMemberIsDescribed holds that the schemas read as documentation.
func TestEveryMemberIsDescribed(t *testing.T) {
	all := compiledSchemas(t)
	described := func(s *jsonschema.Schema) bool {
		for ; s != nil; s = s.Ref {
			if s.Description != "" {
				return true
			}
		}
		return false
	}
	for url, s := range all.byURL {
		if strings.HasSuffix(url, "/if") {
			continue
		}
		for name, p := range s.Properties {
			constrains := p.Types != nil && !p.Types.IsEmpty() || p.Ref != nil || p.Enum != nil
			if constrains && !described(p) {
				t.Errorf("%s: the member %s has no description", url, name)
			}
		}
	}
}

// TestNothingIsFetched holds that a schema outside this package does not exist.
func TestNothingIsFetched(t *testing.T) {
	for _, url := range []string{"https://example.com/x.json", "file:///etc/passwd", BaseURI + "other.json", "x.json"} {
		if _, err := (refusing{}).Load(url); err == nil || !strings.Contains(err.Error(), "nothing is fetched") {
			t.Errorf("load %s: %v", url, err)
		}
	}
}

func TestKindOf(t *testing.T) {
	for k := layout.Metadata; k <= layout.Manifest; k++ {
		kind, ok := KindOf(k)
		want := k != layout.Rows && k != layout.File && k != layout.Audit && k != layout.Extension
		if ok != want || ok && string(kind) != k.String() {
			t.Errorf("KindOf(%v) = %q, %v", k, kind, ok)
		}
	}
}

func TestKeywordsAreChecked(t *testing.T) {
	for _, text := range []string{
		`{"x-oa-def": "elephant"}`, `{"x-oa-def": 1}`, `{"x-oa-ref": "elephant"}`, `{"x-oa-ref": {}}`,
		`{"x-oa-ref": {"to": "user", "by": "type"}}`, `{"x-oa-ref": []}`, `{"x-oa-text": 1}`,
	} {
		var obj map[string]any
		if err := json.Unmarshal([]byte(text), &obj); err != nil {
			t.Fatal(err)
		}
		if _, err := compileKeywords(nil, obj); err == nil {
			t.Errorf("%s is accepted", text)
		}
	}
}
