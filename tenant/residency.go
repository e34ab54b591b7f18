package tenant

import (
	"fmt"
	"slices"
)

// Bounds of a [Residency]. They are those of a manifest.
const (
	MaxExceptions   = 1000 // elements of Exceptions
	MaxSubProcessor = 256  // bytes of SubProcessor
	MaxLegalBasis   = 1024 // bytes of LegalBasis and of Purpose
)

// Residency says where a tenant's data lies, beside [Info.Region] and
// [Info.Jurisdiction], and who elsewhere handles it. An archive of the tenant
// states it (docs/spec/manifest.md, M-22).
type Residency struct {
	Country string `json:"country"` // ISO 3166-1 alpha-2, upper case
	// Exceptions is the whole register: empty says that there are none.
	Exceptions []Exception `json:"exceptions"`
}

// An Exception is a sub-processor that handles data of the tenant in another
// country.
type Exception struct {
	SubProcessor string `json:"sub_processor"`
	Country      string `json:"country"`           // ISO 3166-1 alpha-2, upper case
	LegalBasis   string `json:"legal_basis"`       // of the transfer
	Purpose      string `json:"purpose,omitempty"` // what it does with the data
}

// Equal reports whether both descriptions say the same.
func (t Info) Equal(u Info) bool {
	a, b := t.Residency, u.Residency
	t.Residency, u.Residency = nil, nil
	if t != u || (a == nil) != (b == nil) {
		return false
	}
	return a == nil || a.Country == b.Country && slices.Equal(a.Exceptions, b.Exceptions)
}

// CheckStored is [Residency.Check] for what was read from a store: the register
// must be there, so that one that was forgotten does not pass for an empty one.
func (r *Residency) CheckStored() error {
	if r.Exceptions == nil {
		return fmt.Errorf("residency: exceptions is missing: [] says that there are none")
	}
	return r.Check()
}

// Check says which rule r breaks, or nil.
func (r *Residency) Check() error {
	if !isCountry(r.Country) {
		return fmt.Errorf("residency: country %+.20q: want two capital letters, as ISO 3166-1 has them", r.Country)
	}
	if len(r.Exceptions) > MaxExceptions {
		return fmt.Errorf("residency: %d exceptions, at most %d are allowed", len(r.Exceptions), MaxExceptions)
	}
	for i, e := range r.Exceptions {
		if rule := e.broken(); rule != "" {
			return fmt.Errorf("residency: exception %d: %s", i+1, rule)
		}
	}
	return nil
}

func (e Exception) broken() string {
	if !isCountry(e.Country) {
		return fmt.Sprintf("country %+.20q: want two capital letters, as ISO 3166-1 has them", e.Country)
	}
	for _, text := range [...]struct {
		member, value string
		least, most   int
	}{
		{"sub_processor", e.SubProcessor, 1, MaxSubProcessor}, {"legal_basis", e.LegalBasis, 1, MaxLegalBasis}, {"purpose", e.Purpose, 0, MaxLegalBasis},
	} {
		if len(text.value) < text.least {
			return text.member + " is empty"
		}
		if rule := checkText(text.value, text.most); rule != "" {
			return text.member + " " + rule
		}
	}
	return ""
}

func isCountry(s string) bool {
	return len(s) == 2 && s[0] >= 'A' && s[0] <= 'Z' && s[1] >= 'A' && s[1] <= 'Z'
}
