package restore

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/google/uuid"

	"github.com/oneanalytics/oa-archive/layout"
	"github.com/oneanalytics/oa-archive/schema"
)

// Marshal returns the plan as a document: indented JSON that ends with a line
// feed. The same plan always gives the same bytes.
func (p *Plan) Marshal() ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(p); err != nil {
		return nil, fmt.Errorf("restore: marshal plan: %w", err)
	}
	return b.Bytes(), nil
}

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

// computeID returns the UUIDv5 of the plan without its id.
func (p *Plan) computeID() (string, error) {
	without := *p
	without.ID = ""
	doc, err := without.Marshal()
	if err != nil {
		return "", err
	}
	return uuid.NewSHA1(planSpace, doc).String(), nil
}

// Digest returns the SHA-256 of the plan's document: what the target's journal
// keeps of it.
func (p *Plan) Digest() (layout.Digest, error) {
	doc, err := p.Marshal()
	if err != nil {
		return layout.Digest{}, err
	}
	return layout.DigestOf(doc), nil
}
