package schema

import (
	"bytes"
	"errors"
	"fmt"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// refusing is the loader of schemas: whatever is not embedded does not exist.
type refusing struct{}

func (refusing) Load(url string) (any, error) {
	return nil, fmt.Errorf("schema: %s is not embedded, and nothing is fetched", url)
}

// compiled holds every schema, ready for use by any number of goroutines.
type compiled struct {
	roots map[Kind]*jsonschema.Schema
	byURL map[string]*jsonschema.Schema // every subschema by its location

	shapes map[Kind]*shape
}

var schemas = sync.OnceValues(compileAll)

func compileAll() (*compiled, error) {
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	c.UseLoader(refusing{})
	c.AssertFormat()
	c.RegisterVocabulary(&jsonschema.Vocabulary{URL: BaseURI + "vocabulary", Compile: compileKeywords})
	c.AssertVocabs()
	names := []string{"defs"}
	for _, kind := range Kinds() {
		names = append(names, string(kind))
	}
	for _, name := range names {
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(embedded(name)))
		if err != nil {
			return nil, fmt.Errorf("schema: read the schema %s: %w", name, err)
		}
		if err := c.AddResource(BaseURI+name+".json", doc); err != nil {
			return nil, fmt.Errorf("schema: add the schema %s: %w", name, err)
		}
	}
	out := &compiled{roots: map[Kind]*jsonschema.Schema{}, byURL: map[string]*jsonschema.Schema{}, shapes: map[Kind]*shape{}}
	for _, kind := range Kinds() {
		s, err := c.Compile(BaseURI + string(kind) + ".json")
		if err != nil {
			return nil, fmt.Errorf("schema: compile the schema %s: %w", kind, err)
		}
		out.roots[kind] = s
		out.index(s)
	}
	sh := shaper{done: map[*jsonschema.Schema]*shape{}}
	for _, kind := range Kinds() {
		root, err := sh.shape(out.roots[kind])
		if err != nil {
			return nil, fmt.Errorf("schema: the schema %s: %w", kind, err)
		}
		out.shapes[kind] = root
	}
	if s := sh.circular(); s != nil {
		return nil, fmt.Errorf("schema: %s refers to itself without going into the document", s.schema.Location)
	}
	sh.mark()
	return out, nil
}

// index notes s and all below it by location.
func (c *compiled) index(s *jsonschema.Schema) {
	if s == nil || c.byURL[s.Location] != nil {
		return
	}
	c.byURL[s.Location] = s
	for _, sub := range subschemas(s) {
		c.index(sub)
	}
}

// subschemas returns what s is made of, as far as our schemas use it.
func subschemas(s *jsonschema.Schema) []*jsonschema.Schema {
	subs := []*jsonschema.Schema{s.Ref, s.Not, s.If, s.Then, s.Else, s.Items2020, s.PropertyNames}
	subs = append(subs, s.AllOf...)
	subs = append(subs, s.AnyOf...)
	subs = append(subs, s.OneOf...)
	subs = append(subs, s.PrefixItems...)
	for _, p := range s.Properties {
		subs = append(subs, p)
	}
	for _, p := range s.PatternProperties {
		subs = append(subs, p)
	}
	if p, ok := s.AdditionalProperties.(*jsonschema.Schema); ok {
		subs = append(subs, p)
	}
	return subs
}

// keywords are those of our own at one place of a schema.
type keywords struct {
	ref  *refRule
	def  RefKind // x-oa-def
	text string  // x-oa-text

	defBit uint64 // of def; see bits
}

// refRule is the value of x-oa-ref.
type refRule struct {
	to       RefKind // or
	toBit    uint64  // of to; see bits
	by       string  // the sibling that holds the kind
	within   string  // see the description of defs.json
	braces   bool    // the text holds identifiers in braces
	required bool
	subject  bool
}

// Validate has nothing to say: the keywords annotate.
func (*keywords) Validate(*jsonschema.ValidatorContext, any) {}

// keywordsOf returns what stands at s, or nil.
func keywordsOf(s *jsonschema.Schema) *keywords {
	for _, ext := range s.Extensions {
		if k, ok := ext.(*keywords); ok {
			return k
		}
	}
	return nil
}

func compileKeywords(_ *jsonschema.CompilerContext, obj map[string]any) (jsonschema.SchemaExt, error) {
	var k keywords
	var err error
	if def, ok := obj["x-oa-def"]; ok {
		s, ok := def.(string)
		if !ok || !refKinds[RefKind(s)] {
			return nil, fmt.Errorf("schema: x-oa-def %v names no kind", def)
		}
		k.def, k.defBit = RefKind(s), bits[RefKind(s)]
	}
	if text, ok := obj["x-oa-text"]; ok {
		if k.text, ok = text.(string); !ok {
			return nil, errors.New("schema: x-oa-text is not a text")
		}
	}
	if ref, ok := obj["x-oa-ref"]; ok {
		if k.ref, err = compileRef(ref); err != nil {
			return nil, err
		}
	}
	if k == (keywords{}) {
		return nil, nil
	}
	return &k, nil
}

func compileRef(v any) (*refRule, error) {
	r := &refRule{}
	switch v := v.(type) {
	case string:
		r.to = RefKind(v)
	case map[string]any:
		to, _ := v["to"].(string)
		r.to = RefKind(to)
		r.by, _ = v["by"].(string)
		r.within, _ = v["within"].(string)
		r.braces, _ = v["braces"].(bool)
		r.required, _ = v["required"].(bool)
		r.subject, _ = v["subject"].(bool)
	}
	if (r.to == "") == (r.by == "") || r.to != "" && !refKinds[r.to] {
		return nil, fmt.Errorf("schema: x-oa-ref %v names no kind", v)
	}
	r.toBit = bits[r.to]
	return r, nil
}
