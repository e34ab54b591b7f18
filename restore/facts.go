package restore

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"

	"github.com/oneanalytics/oa-archive/access"
	"github.com/oneanalytics/oa-archive/internal/strictyaml"
	"github.com/oneanalytics/oa-archive/layout"
)

// facts are what documents other than the metadata say about access.
type facts struct {
	owner string // of a report or alert
	rules []access.Rule
}

// factsOfTarget reads the facts of an asset of the target.
func (p *planner) factsOfTarget(ctx context.Context, a *asset) (facts, error) {
	for _, kind := range []layout.Kind{layout.Model, layout.Report, layout.Alert} {
		if e, ok := a.entryOf(kind); ok {
			doc, err := p.readTarget(ctx, e)
			if err != nil {
				return facts{}, fmt.Errorf("target: %s: %w", e.path, err)
			}
			return factsOf(kind, doc), nil
		}
	}
	return facts{}, nil
}

// factsOf reads what a document says about access. What has another shape than
// its schema demands says nothing here: validation reports it.
func factsOf(kind layout.Kind, doc []byte) facts {
	switch kind {
	case layout.Report, layout.Alert:
		var owned struct{ Owner string }
		_ = json.Unmarshal(doc, &owned)
		return facts{owner: owned.Owner}
	case layout.Model:
		return facts{rules: rulesOf(doc)}
	}
	return facts{}
}

// rulesOf reads the rules of row security of a model. Of one that cannot be
// read nobody is known to see anything.
func rulesOf(model []byte) []access.Rule {
	// Most models have none. A key may be spelt with escapes.
	if !bytes.Contains(model, []byte("security")) && !bytes.Contains(model, []byte(`\`)) {
		return nil
	}
	doc, err := strictyaml.Decode(model, strictyaml.DefaultLimits())
	if err != nil {
		return []access.Rule{{Predicate: "FALSE"}}
	}
	root, _ := doc.Value.(map[string]any)
	list, _ := root["security"].([]any)
	var rules []access.Rule
	for _, element := range list {
		rule, _ := element.(map[string]any)
		to, _ := rule["applies_to"].(map[string]any)
		name, _ := rule["name"].(string)
		predicate, _ := rule["predicate"].(string)
		rules = append(rules, access.Rule{Name: name, Predicate: predicate, Roles: texts(to["role"]), Teams: texts(to["team"]), Users: texts(to["user"])})
	}
	return rules
}

func texts(list any) []string {
	elements, _ := list.([]any)
	var all []string
	for _, e := range elements {
		if s, ok := e.(string); ok {
			all = append(all, s)
		}
	}
	return all
}
