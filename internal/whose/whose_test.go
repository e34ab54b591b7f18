package whose_test

import (
	"reflect"
	"testing"

	"github.com/oneanalytics/oa-archive/internal/whose"
	"github.com/oneanalytics/oa-archive/manifest"
	"github.com/oneanalytics/oa-archive/tenant"
)

func TestThereAndBack(t *testing.T) {
	for _, info := range []tenant.Info{
		{ID: "acme"},
		{ID: "acme", Name: "Acme", Region: "eu-central-1", Jurisdiction: "EU"},
		{ID: "acme", Region: "eu-central-1", Residency: &tenant.Residency{Country: "DE", Exceptions: []tenant.Exception{}}},
		{ID: "acme", Jurisdiction: "EU", Residency: &tenant.Residency{Country: "DE", Exceptions: []tenant.Exception{
			{SubProcessor: "a", Country: "US", LegalBasis: "b", Purpose: "c"}, {SubProcessor: "d", Country: "CA", LegalBasis: "e"},
		}}},
	} {
		m := manifest.Manifest{Purpose: manifest.PurposeManual}
		var stated *manifest.Residency
		m.Tenant, stated = whose.Manifest(info)
		if stated != nil {
			value, err := stated.Marshal()
			if err != nil {
				t.Fatal(err)
			}
			m.Residency = value
		}
		m.Format, _ = m.Versions()
		if back, err := whose.Info(&m); err != nil || !reflect.DeepEqual(back, info) {
			t.Errorf("%+v became %+v, %v", info, back, err)
		}
	}
}

// TestPlacesOfResidencyCount: what only the residency says is the tenant's too.
func TestPlacesOfResidencyCount(t *testing.T) {
	m := manifest.Manifest{Format: manifest.Current, Tenant: manifest.Tenant{ID: "acme"}, Residency: []byte(`{"country": "DE", "region": "r", "jurisdiction": "j", "exceptions": []}`)}
	info, err := whose.Info(&m)
	if err != nil || info.Region != "r" || info.Jurisdiction != "j" {
		t.Errorf("%+v, %v", info, err)
	}
}

// TestLimitsAgree: what a store accepts, an archive can state.
func TestLimitsAgree(t *testing.T) {
	if tenant.MaxExceptions != manifest.MaxExceptions || tenant.MaxSubProcessor != manifest.MaxSubProcessor ||
		tenant.MaxLegalBasis != manifest.MaxLegalBasis || tenant.MaxRegion != manifest.MaxPlace {
		t.Error("a store's limits differ from a manifest's")
	}
}
