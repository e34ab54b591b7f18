package residency

import (
	"errors"
	"fmt"

	"github.com/go-json-experiment/json"

	"github.com/oneanalytics/oa-archive/internal/strictyaml"
	"github.com/oneanalytics/oa-archive/manifest"
)

// ParseRecord reads where a tenant's data lies from a file, YAML or JSON, with
// the members that a manifest has (docs/spec/manifest.md, M-22) and no others:
// for archives of stores that do not know it. Errors are [*SyntaxError].
func ParseRecord(doc []byte) (*manifest.Residency, error) {
	d, err := strictyaml.Decode(doc, limits)
	if err != nil {
		var ye *strictyaml.Error
		if errors.As(err, &ye) {
			return nil, &SyntaxError{Line: ye.Line, Column: ye.Column, Text: ye.Text}
		}
		return nil, &SyntaxError{Text: err.Error()}
	}
	value, err := json.Marshal(d.Value, json.Deterministic(true))
	if err != nil {
		return nil, &SyntaxError{Text: err.Error()}
	}
	r, err := manifest.ParseResidency(value)
	if err != nil {
		if e := (*manifest.Error)(nil); errors.As(err, &e) {
			err = e.Err
		}
		return nil, &SyntaxError{Text: err.Error()}
	}
	return r, checkRecord(r)
}

// checkRecord is stricter than a manifest is: the record is of today.
func checkRecord(r *manifest.Residency) error {
	if len(r.Extra) > 0 {
		return &SyntaxError{Text: fmt.Sprintf("%s is no member of a record; want country, region, jurisdiction, exceptions", printable(r.Extra[0].Name))}
	}
	if err := CheckCountry(r.Country); err != nil {
		return &SyntaxError{Path: "country", Text: err.Error()}
	}
	for i, e := range r.Exceptions {
		path := fmt.Sprintf("exceptions[%d]", i)
		if len(e.Extra) > 0 {
			return &SyntaxError{Path: path, Text: fmt.Sprintf("%s is no member of an exception; want sub_processor, country, legal_basis, purpose", printable(e.Extra[0].Name))}
		}
		if err := CheckCountry(e.Country); err != nil {
			return &SyntaxError{Path: path + ".country", Text: err.Error()}
		}
	}
	return nil
}
