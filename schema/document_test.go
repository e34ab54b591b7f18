package schema

import (
	"strings"
	"testing"

	"github.com/oneanalytics/oa-archive/layout"
)

func TestADocumentAnswersMoreThanOnce(t *testing.T) {
	for kind, text := range good {
		d := Parse(kind, []byte(text))
		for range 2 {
			if err := d.Validate(); err != nil {
				t.Errorf("%s: %s", kind, allProblems(err))
			}
			refs, err := d.References()
			want, _ := References(kind, []byte(text))
			if err != nil || len(refs) == 0 || len(refs) != len(want) {
				t.Errorf("%s: %d references, want %d; %v", kind, len(refs), len(want), err)
			}
			defs, err := d.Definitions()
			again, _ := Definitions(kind, []byte(text))
			if err != nil || len(defs) != len(again) {
				t.Errorf("%s: %d definitions, want %d; %v", kind, len(defs), len(again), err)
			}
		}
	}
}

func TestAFaultyDocumentSaysSoEveryTime(t *testing.T) {
	for _, c := range []struct {
		kind Kind
		text string
		want string
	}{
		{KindReport, `{"a": 1, "a": 2}`, "second member"},
		{KindModel, "a: *x", "alias"},
		{"elephant", `{}`, `unknown kind of document "elephant"`},
	} {
		d := Parse(c.kind, []byte(c.text))
		_, refs := d.References()
		_, defs := d.Definitions()
		for _, err := range []error{d.Validate(), refs, defs, d.Validate()} {
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s gives %v, want %q", c.text, err, c.want)
			}
		}
	}
}

// TestParsedDocumentsAreCheckedAlike compares the check of a workspace whose
// documents are parsed, validated and asked for references beforehand.
func TestParsedDocumentsAreCheckedAlike(t *testing.T) {
	entries := sampleEntries(t)
	for name := range entries {
		if name.Kind == layout.Report || name.Kind == layout.Alert {
			delete(entries, name)
			break
		}
	}
	for at := range entries {
		if at.Kind != layout.Metadata {
			continue
		}
		want := inLines(CheckWorkspace(ofWorkspace(entries, at.Workspace)))
		got := inLines(CheckDocuments(func(yield func(layout.Name, *Document) bool) {
			for name, doc := range ofWorkspace(entries, at.Workspace) {
				var d *Document
				if kind, ok := KindOf(name.Kind); ok {
					d = Parse(kind, doc)
					if err := d.Validate(); err != nil {
						t.Error(err)
					}
				}
				if !yield(name, d) {
					return
				}
			}
		}))
		if got != want {
			t.Errorf("%s: %s, want %s", at.Workspace, got, want)
		}
	}
}
