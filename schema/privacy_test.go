package schema

import (
	"encoding/json"
	"maps"
	"strings"
	"testing"

	"github.com/oneanalytics/oa-archive/internal/strictyaml"
)

// secretText cannot be an id or a name.
const secretText = `Kari <kari@firma.example>: geheim`

// TestProblemsHoldNoContent puts a text that nobody may read in a log in the
// place of each text of the sample tenant's documents, and looks for it in what
// is said about the document and its workspace.
func TestProblemsHoldNoContent(t *testing.T) {
	entries := sampleEntries(t)
	problems, texts := 0, 0
	for name, doc := range entries {
		kind, ok := KindOf(name.Kind)
		if !ok {
			continue
		}
		leak := func(err string) {
			if strings.Contains(err, "geheim") || strings.Contains(err, "firma") {
				t.Errorf("%s: %s", name, err)
			}
		}
		tree := treeOf(t, kind, doc)
		everyText(tree, func() {
			changed, err := json.Marshal(tree)
			if err != nil {
				t.Fatal(err)
			}
			if err := Validate(kind, changed); err != nil {
				leak(err.Error())
				for _, p := range err.(*ValidationError).Problems {
					leak(p.String())
					problems++
				}
			}
			if texts++; texts%5 != 0 && kind != KindModel {
				return // the workspace takes longer to check
			}
			all := maps.Clone(entries)
			all[name] = changed
			for _, p := range CheckWorkspace(ofWorkspace(all, name.Workspace)) {
				leak(p.String())
				problems++
			}
		})
	}
	if problems < 500 || texts < 1000 {
		t.Errorf("only %d problems of %d texts were looked at", problems, texts)
	}
}

// treeOf reads a document, models too, as JSON does.
func treeOf(t *testing.T, kind Kind, doc []byte) any {
	t.Helper()
	if kind == KindModel {
		d, err := strictyaml.Decode(doc, strictyaml.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		return d.Value
	}
	var tree any
	if err := json.Unmarshal(doc, &tree); err != nil {
		t.Fatal(err)
	}
	return tree
}

// everyText calls look with each text of the tree replaced in turn.
func everyText(tree any, look func()) {
	visit := func(v any, set func(any)) {
		if old, ok := v.(string); ok {
			set(secretText)
			look()
			set(old)
			return
		}
		everyText(v, look)
	}
	switch tree := tree.(type) {
	case map[string]any:
		for k, v := range tree {
			visit(v, func(v any) { tree[k] = v })
		}
	case []any:
		for i, v := range tree {
			visit(v, func(v any) { tree[i] = v })
		}
	}
}
