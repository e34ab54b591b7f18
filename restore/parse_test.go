package restore

import (
	"errors"
	"strings"
	"testing"

	"github.com/oneanalytics/oa-archive/mapping"
	"github.com/oneanalytics/oa-archive/schema"
)

func samplePlan(t testing.TB) []byte {
	t.Helper()
	plan, err := tryPlan(sampleWorld().archive("corp"), otherTenant(nil, nil).memory("other"), Options{
		AllowOtherTenant: true, Mapping: mapping.Map{Connections: mapping.Pairs(map[string]string{"warehouse": "dwh"})},
		PerAsset: map[string]Choice{revenue: {Decision: Fork, NewName: "<Umsatz> & Co"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return marshal(t, plan)
}

func TestParsePlanRefuses(t *testing.T) {
	doc := string(samplePlan(t))
	if !strings.Contains(doc, "<Umsatz> & Co") {
		t.Error("the document escapes what needs no escape")
	}
	for _, c := range []struct {
		name, old, new string
		altered        bool // else the document is invalid
	}{
		{"nothing", "", "", false},
		{"another member", `"format": "1.0",`, `"format": "1.0", "extra": 1,`, true},
		{"a member twice", `"format": "1.0",`, `"format": "1.0", "format": "1.0",`, false},
		{"a decision that is none", `"decision": "create"`, `"decision": "remove"`, false},
		{"another decision", `"decision": "create"`, `"decision": "skip"`, true},
		{"another id", `"id": "`, `"id": "0`, false},
		{"a digest", `"digest": "`, `"digest": "X`, false},
		{"a later format", `"format": "1.0"`, `"format": "2.0"`, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := ParsePlan([]byte(strings.Replace(doc, c.old, c.new, 1)))
			if c.old == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			var invalid *schema.ValidationError
			if err == nil || errors.As(err, &invalid) == c.altered {
				t.Errorf("error %v", err)
			}
		})
	}
}

// FuzzParsePlan holds that a plan that can be read can be written and read
// again.
func FuzzParsePlan(f *testing.F) {
	f.Add(samplePlan(f))
	f.Add([]byte(`{}`))
	f.Add([]byte(`{"format":"1.0","id":"` + revenue + `","steps":null}`))
	f.Fuzz(func(t *testing.T, doc []byte) {
		p, err := ParsePlan(doc)
		if err != nil {
			return
		}
		again, err := p.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := ParsePlan(again); err != nil {
			t.Errorf("a plan that was read cannot be read again: %v", err)
		}
	})
}
