package restore

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"

	"github.com/oneanalytics/oa-archive/schema"
)

// ReadPlan reads what [Plan.Write] wrote, to its end. It refuses a document that
// breaks the schema, that another version wrote, or that was edited: a plan's id
// is computed over all the rest. [Amend] reads one that a person has edited.
//
// The text of a large plan is not kept while it is read: memory is about that of
// the plan itself, some 700 bytes a step, plus at most some hundred MiB for one
// step or whatever stands beside the steps. How much is read is for the caller
// to bound. One step takes at most 16 MiB of text, all that is not a step at most
// 64 MiB. Steps of the plan may share lists and texts.
//
// The errors are [*schema.ValidationError], [ErrPlanAltered] and those of r.
func ReadPlan(r io.Reader) (*Plan, error) {
	p, err := readPlan(r, planLimits)
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

// ParsePlan is [ReadPlan] for a document in memory: what [Plan.Marshal] returned.
func ParsePlan(doc []byte) (*Plan, error) { return ReadPlan(bytes.NewReader(doc)) }

// readPlan reads a plan's document, whether or not it was edited.
func readPlan(r io.Reader, limits splitLimits) (*Plan, error) {
	p, err := readAnyPlan(r, limits)
	if err != nil {
		return nil, fmt.Errorf("restore: read plan: %w", err)
	}
	if p.Format != PlanFormat {
		return nil, fmt.Errorf("restore: read plan: it has format %q, this version reads %q; make a new plan", p.Format, PlanFormat)
	}
	return p, nil
}

// readAnyPlan reads a plan of any format, whole or in parts.
func readAnyPlan(r io.Reader, limits splitLimits) (*Plan, error) {
	head, err := io.ReadAll(io.LimitReader(r, int64(limits.whole)+1))
	if err != nil {
		return nil, err
	}
	if len(head) <= limits.whole {
		return decodePlan(head)
	}
	return readLargePlan(io.MultiReader(bytes.NewReader(head), r), limits)
}

// readLargePlan reads a plan without holding more of its text than one batch of
// steps and what stands beside the steps. Both are checked as strictly as a
// whole document.
func readLargePlan(r io.Reader, limits splitLimits) (*Plan, error) {
	var batches [][]Step
	n := 0
	texts := newOneCopy()
	s := newPlanSplitter(limits, func(doc, array []byte, line int) error {
		steps, err := decodeSteps(doc, array)
		if err != nil {
			return movedProblems(err, n, line)
		}
		texts.share(steps)
		batches = append(batches, steps)
		n += len(steps)
		return nil
	})
	if err := s.readFrom(r); err != nil {
		return nil, err
	}
	p, err := decodePlan(s.frame)
	if err != nil {
		return nil, s.inWhole(err)
	}
	if n > 0 {
		p.Steps = make([]Step, 0, n)
		for i, steps := range batches {
			p.Steps = append(p.Steps, steps...)
			batches[i] = nil
		}
	}
	return p, nil
}

// decodePlan checks and decodes a plan's document.
func decodePlan(doc []byte) (*Plan, error) {
	if err := schema.Validate(schema.KindPlan, doc); err != nil {
		return nil, err
	}
	var p Plan
	return &p, decodeKnown(doc, &p)
}

// decodeSteps checks the plan in doc, and decodes its steps, the array in it.
func decodeSteps(doc, array []byte) ([]Step, error) {
	if err := schema.Validate(schema.KindPlan, doc); err != nil {
		return nil, err
	}
	var steps []Step
	return steps, decodeKnown(array, &steps)
}

// decodeKnown decodes a document that has no members but those of v.
func decodeKnown(doc []byte, v any) error {
	dec := json.NewDecoder(bytes.NewReader(doc))
	dec.DisallowUnknownFields()
	return dec.Decode(v)
}
