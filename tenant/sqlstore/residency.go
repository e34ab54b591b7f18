package sqlstore

import (
	"fmt"

	"github.com/go-json-experiment/json"

	"github.com/oneanalytics/oa-archive/tenant"
)

// encodeResidency returns the text of the column: a JSON object, or nothing
// when residency is not stated.
func encodeResidency(r *tenant.Residency) (string, error) {
	if r == nil {
		return "", nil
	}
	text, err := json.Marshal(r)
	return string(text), err
}

// decodeResidency reads the column, strictly: people write to it by SQL, and
// what is misspelt would otherwise be lost.
func decodeResidency(text string, t *tenant.Info) error {
	if text == "" {
		return nil
	}
	var r tenant.Residency
	err := json.Unmarshal([]byte(text), &r, json.RejectUnknownMembers(true))
	if err == nil {
		err = r.CheckStored()
	}
	if err != nil {
		return fmt.Errorf("sqlstore: column residency of tenant %+q: %w", t.ID, err)
	}
	t.Residency = &r
	return nil
}
