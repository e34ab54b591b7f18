package schema_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/oneanalytics/oa-archive/layout"
	"github.com/oneanalytics/oa-archive/manifest"
	"github.com/oneanalytics/oa-archive/schema"
)

// TestManifestsThatAreWrittenAreValid holds the schema to the package that
// writes manifests.
func TestManifestsThatAreWrittenAreValid(t *testing.T) {
	entry := manifest.Entry{
		Path: "workspaces/0b54f1a2-6f5e-4c0e-9a55-1f2f3c4d5e6f/metadata.json", Size: 93, SHA256: layout.DigestOf([]byte("x")), Offset: 1024,
	}
	full := manifest.Manifest{
		ID: "019aa5c2-7d10-7c3e-9b41-6f0d2a8e5b77", Created: time.Date(2026, 11, 21, 8, 30, 0, 0, time.UTC), Generator: "test",
		Kind: manifest.KindFull, Purpose: manifest.PurposeInsurance, Sequence: 7,
		Tenant:     manifest.Tenant{ID: "halvorsen-cycles", Name: "Halvorsen Cycles", Region: "eu-north-1", Jurisdiction: "NO"},
		SigningKey: "SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU", ContentHash: manifest.ContentHash([]manifest.Entry{entry}),
		Coverage: manifest.Coverage{
			Included: map[string]int64{"workspace": 1}, Excluded: []manifest.Omission{{Kind: "rows", Count: 3, Reason: "not asked for"}},
		},
		Entries:    []manifest.Entry{entry},
		Extensions: manifest.Members{{Name: "com.example", Value: json.RawMessage(`{"a":1}`)}},
		Residency:  json.RawMessage(`{"country": "NO", "jurisdiction": "NO", "exceptions": [{"sub_processor": "Mail Inc.", "country": "US", "legal_basis": "SCC 2021/914"}]}`),
		Lineage:    json.RawMessage(`{"archive":"x"}`),
		Extra:      manifest.Members{{Name: "later", Value: json.RawMessage(`[1.50]`)}},
	}
	least := full
	least.Sequence, least.SigningKey, least.Extensions, least.Lineage, least.Residency, least.Extra, least.Coverage.Excluded = 0, "", nil, nil, nil, nil, nil
	for name, m := range map[string]manifest.Manifest{"full": full, "least": least} {
		doc, err := m.Marshal()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if err := schema.Validate(schema.KindManifest, doc); err != nil {
			t.Errorf("%s: %v\n%s", name, err, doc)
		}
	}
}
