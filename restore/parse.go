package restore

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/oneanalytics/oa-archive/schema"
)

// ParsePlan reads what [Plan.Marshal] wrote. It refuses a document that breaks
// the schema, that another version wrote, or that was edited: a plan's id is
// computed over all the rest. [Amend] reads one that a person has edited. The
// errors are [*schema.ValidationError] and [ErrPlanAltered].
func ParsePlan(doc []byte) (*Plan, error) {
	p, err := readPlan(doc)
	if err != nil {
		return nil, err
	}
	id, err := p.computeID()
	if err != nil {
		return nil, err
	}
	if id != p.ID {
		return nil, fmt.Errorf("restore: read plan %s: %w", p.ID, ErrPlanAltered)
	}
	return p, nil
}

// readPlan reads a plan's document, whether or not it was edited.
func readPlan(doc []byte) (*Plan, error) {
	if err := schema.Validate(schema.KindPlan, doc); err != nil {
		return nil, fmt.Errorf("restore: read plan: %w", err)
	}
	var p Plan
	dec := json.NewDecoder(bytes.NewReader(doc))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&p); err != nil {
		return nil, fmt.Errorf("restore: read plan: %w", err)
	}
	if p.Format != PlanFormat {
		return nil, fmt.Errorf("restore: read plan: it has format %q, this version reads %q; make a new plan", p.Format, PlanFormat)
	}
	return &p, nil
}
