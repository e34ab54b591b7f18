package schema

import (
	"fmt"
	"maps"
	"math/big"
	"slices"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// A shape is a schema in the form that is quick to hold a document against,
// and to walk along. It knows the keywords that our schemas use, and no other.
type shape struct {
	schema *jsonschema.Schema // which it was made of
	marks  *keywords          // of our own; may be nil
	silent bool               // nothing below has marks: nothing to walk for

	verdict *bool // of a boolean schema
	types   typeSet
	whole   bool // numbers only if they have no fraction
	enum    *enumeration
	consts  *enumeration
	format  func(any) error
	bounds  []bound

	ref            *shape
	allOf          []*shape
	not            *shape
	cond, yes, no  *shape // if, then, else
	items          *shape
	minItems       int
	maxItems       int // negative: any number
	required       []string
	dependent      map[string][]string // members that a member asks for
	properties     map[string]*shape
	additional     *shape
	noAdditional   bool
	propertyNames  *shape
	hasLength      bool
	minLen, maxLen int
	pattern        jsonschema.Regexp
}

// typeSet is a set of the types of JSON; empty means any.
type typeSet byte

const (
	nullType typeSet = 1 << iota
	boolType
	numberType
	stringType
	arrayType
	objectType
)

var typesByName = map[string]typeSet{
	"null": nullType, "boolean": boolType, "number": numberType, "integer": numberType,
	"string": stringType, "array": arrayType, "object": objectType,
}

// enumeration is a list of allowed values, without numbers and containers.
type enumeration struct {
	texts map[string]bool
	null  bool
	bools [2]bool // false, true
}

// bound is a limit of numbers. Its test takes the sign of number minus limit.
type bound struct {
	limit int64
	holds func(sign int) bool
}

// shaper turns schemas into shapes, each one once.
type shaper struct {
	done map[*jsonschema.Schema]*shape
}

// shape returns the shape of s. The error names a keyword that shapes lack.
func (b *shaper) shape(s *jsonschema.Schema) (*shape, error) {
	if s == nil {
		return nil, nil
	}
	if done := b.done[s]; done != nil {
		return done, nil
	}
	out := &shape{schema: s, marks: keywordsOf(s), verdict: s.Bool, pattern: s.Pattern, required: s.Required, dependent: s.DependentRequired, maxItems: -1}
	b.done[s] = out
	if keyword := unknownToShapes(s); keyword != "" {
		return nil, fmt.Errorf("%s: shapes do not know the keyword %s", s.Location, keyword)
	}
	if err := out.scalars(s); err != nil {
		return nil, fmt.Errorf("%s: %w", s.Location, err)
	}
	return out, b.parts(out, s)
}

// parts makes the shapes of which out is made up.
func (b *shaper) parts(out *shape, s *jsonschema.Schema) error {
	for _, part := range []struct {
		to   **shape
		from *jsonschema.Schema
	}{
		{&out.ref, s.Ref}, {&out.not, s.Not}, {&out.cond, s.If}, {&out.yes, s.Then}, {&out.no, s.Else},
		{&out.items, s.Items2020}, {&out.propertyNames, s.PropertyNames},
	} {
		var err error
		if *part.to, err = b.shape(part.from); err != nil {
			return err
		}
	}
	for _, sub := range s.AllOf {
		made, err := b.shape(sub)
		if err != nil {
			return err
		}
		out.allOf = append(out.allOf, made)
	}
	switch additional := s.AdditionalProperties.(type) {
	case bool:
		out.noAdditional = !additional
	case *jsonschema.Schema:
		var err error
		if out.additional, err = b.shape(additional); err != nil {
			return err
		}
	}
	if s.Properties != nil {
		out.properties = make(map[string]*shape, len(s.Properties))
	}
	for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
		made, err := b.shape(s.Properties[name])
		if err != nil {
			return err
		}
		out.properties[name] = made
	}
	return nil
}

// scalars takes over the keywords that hold no schemas.
func (out *shape) scalars(s *jsonschema.Schema) error {
	if s.Types != nil {
		names := s.Types.ToStrings()
		for _, name := range names {
			out.types |= typesByName[name]
		}
		out.whole = slices.Contains(names, "integer") && !slices.Contains(names, "number")
	}
	var err error
	if s.Enum != nil {
		if out.enum, err = enumerate(s.Enum.Values); err != nil {
			return err
		}
	}
	if s.Const != nil {
		if out.consts, err = enumerate([]any{*s.Const}); err != nil {
			return err
		}
	}
	if s.Format != nil {
		out.format = s.Format.Validate
	}
	if s.MinItems != nil {
		out.minItems = *s.MinItems
	}
	if s.MaxItems != nil {
		out.maxItems = *s.MaxItems
	}
	out.maxLen = -1
	if s.MinLength != nil {
		out.hasLength, out.minLen = true, *s.MinLength
	}
	if s.MaxLength != nil {
		out.hasLength, out.maxLen = true, *s.MaxLength
	}
	for _, limit := range []struct {
		at    *big.Rat
		holds func(sign int) bool
	}{
		{s.Minimum, func(sign int) bool { return sign >= 0 }},
		{s.Maximum, func(sign int) bool { return sign <= 0 }},
		{s.ExclusiveMinimum, func(sign int) bool { return sign > 0 }},
	} {
		if limit.at == nil {
			continue
		}
		if !limit.at.IsInt() || !limit.at.Num().IsInt64() {
			return fmt.Errorf("shapes do not know limits such as %s", limit.at)
		}
		out.bounds = append(out.bounds, bound{limit.at.Num().Int64(), limit.holds})
	}
	return nil
}

func enumerate(values []any) (*enumeration, error) {
	e := &enumeration{texts: map[string]bool{}}
	for _, v := range values {
		switch v := v.(type) {
		case nil:
			e.null = true
		case string:
			e.texts[v] = true
		case bool:
			e.bools[index(v)] = true
		default:
			return nil, fmt.Errorf("shapes do not know the value %v", v)
		}
	}
	return e, nil
}

func index(b bool) int {
	if b {
		return 1
	}
	return 0
}

// unknownToShapes returns a keyword of s that would be passed over, or "".
func unknownToShapes(s *jsonschema.Schema) string {
	for keyword, used := range map[string]bool{
		"$recursiveRef": s.RecursiveRef != nil, "$dynamicRef": s.DynamicRef != nil,
		"anyOf": s.AnyOf != nil, "oneOf": s.OneOf != nil,
		"maxProperties": s.MaxProperties != nil, "minProperties": s.MinProperties != nil,
		"patternProperties": s.PatternProperties != nil, "dependencies": s.Dependencies != nil,
		"dependentSchemas":      s.DependentSchemas != nil,
		"unevaluatedProperties": s.UnevaluatedProperties != nil, "unevaluatedItems": s.UnevaluatedItems != nil,
		"uniqueItems": s.UniqueItems, "contains": s.Contains != nil,
		"items of older drafts": s.Items != nil || s.AdditionalItems != nil, "prefixItems": s.PrefixItems != nil,
		"contentEncoding": s.ContentEncoding != nil, "contentMediaType": s.ContentMediaType != nil, "contentSchema": s.ContentSchema != nil,
		"exclusiveMaximum": s.ExclusiveMaximum != nil, "multipleOf": s.MultipleOf != nil,
	} {
		if used {
			return keyword
		}
	}
	return ""
}

// mark finds the shapes that have nothing to walk for: a shape is silent
// unless it, or one that it is made up of, has marks.
func (b *shaper) mark() {
	for _, s := range b.done {
		s.silent = true
	}
	for changed := true; changed; {
		changed = false
		for _, s := range b.done {
			if s.silent && (s.marks != nil && (s.marks.ref != nil || s.marks.def != "") || slices.ContainsFunc(s.walked(), func(sub *shape) bool { return !sub.silent })) {
				s.silent, changed = false, true
			}
		}
	}
}

// circular returns a shape that demands of a value to hold to that very shape,
// or nil. Nothing would ever end there.
func (b *shaper) circular() *shape {
	const (
		open = iota + 1
		done
	)
	state := map[*shape]int{}
	var visit func(s *shape) *shape
	visit = func(s *shape) *shape {
		if s == nil || state[s] == done {
			return nil
		}
		if state[s] == open {
			return s
		}
		state[s] = open
		for _, sub := range append(slices.Clone(s.allOf), s.ref, s.not, s.cond, s.yes, s.no) {
			if found := visit(sub); found != nil {
				return found
			}
		}
		state[s] = done
		return nil
	}
	for _, s := range b.done {
		if found := visit(s); found != nil {
			return found
		}
	}
	return nil
}

// walked returns the shapes that a walk along s can come to.
func (s *shape) walked() []*shape {
	subs := slices.Concat(s.allOf, slices.Collect(maps.Values(s.properties)), []*shape{s.ref, s.yes, s.no, s.items, s.additional})
	return slices.DeleteFunc(subs, func(sub *shape) bool { return sub == nil })
}
