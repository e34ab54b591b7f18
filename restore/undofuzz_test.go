package restore

import (
	"bytes"
	"os"
	"testing"

	"github.com/oneanalytics/oa-archive/schema"
)

// seedExample adds the example of a document's schema.
func seedExample(f *testing.F, kind schema.Kind) {
	for _, fence := range bytes.Split(page(f), []byte("```json "+string(kind)+"\n"))[1:] {
		doc, _, _ := bytes.Cut(fence, []byte("```"))
		f.Add(doc)
	}
	f.Add([]byte("{}"))
	f.Add([]byte("null"))
}

func page(f *testing.F) []byte {
	text, err := os.ReadFile("../docs/documents.md")
	if err != nil {
		f.Fatal(err)
	}
	return text
}

// FuzzUndoPlan holds that what is read is what would be written.
func FuzzUndoPlan(f *testing.F) {
	seedExample(f, schema.KindUndoPlan)
	plan := &UndoPlan{
		Format: UndoPlanFormat, Import: UndoneImport{ID: archiveID, At: "2026-11-22T09:00:00Z"},
		Insurance: ArchiveRef{ID: archiveID, Tenant: "corp", Created: "2026-11-22T09:00:00Z", ContentHash: state(nil).hash(), Manifest: memoryDigest},
		Target:    TargetRef{Tenant: "corp", Fingerprint: state(nil).hash()}, Steps: []UndoStep{},
	}
	var err error
	if plan.ID, err = plan.computeID(); err != nil {
		f.Fatal(err)
	}
	doc, err := plan.Marshal()
	if err != nil {
		f.Fatal(err)
	}
	if _, err := ParseUndoPlan(doc); err != nil {
		f.Fatal(err)
	}
	f.Add(doc)
	f.Fuzz(func(t *testing.T, doc []byte) {
		p, err := ParseUndoPlan(doc)
		if err != nil {
			return
		}
		again, err := p.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		if q, err := ParseUndoPlan(again); err != nil || q.ID != p.ID {
			t.Errorf("%v\n%s", err, again)
		}
	})
}

const memoryDigest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

// FuzzInsuranceRecord holds that a record that is accepted names entries that
// a tenant can have, each once.
func FuzzInsuranceRecord(f *testing.F) {
	seedExample(f, schema.KindInsurance)
	f.Fuzz(func(t *testing.T, doc []byte) {
		r, err := ParseInsuranceRecord(doc)
		if err != nil {
			return
		}
		seen := map[string]bool{}
		for _, c := range r.Entries {
			if nameOfPath(c.Path).String() != c.Path || seen[c.Path] {
				t.Errorf("accepted %q", c.Path)
			}
			seen[c.Path] = true
		}
		again, err := r.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := ParseInsuranceRecord(again); err != nil {
			t.Errorf("%v\n%s", err, again)
		}
	})
}

// FuzzResult holds that a result that is accepted can be written and read.
func FuzzResult(f *testing.F) {
	seedExample(f, schema.KindImportResult)
	f.Fuzz(func(t *testing.T, doc []byte) {
		r, err := ParseResult(doc)
		if err != nil {
			return
		}
		again, err := r.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := ParseResult(again); err != nil {
			t.Errorf("%v\n%s", err, again)
		}
	})
}
