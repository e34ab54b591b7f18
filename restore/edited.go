package restore

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// EditProblem is one edit of a plan that is refused.
type EditProblem struct {
	Path string // RFC 6901 pointer into the plan's document
	Text string // what is wrong and what to do
}

// EditError refuses a plan in which more was edited than decisions and names
// of copies, or in which a decision is not possible. It wraps
// [ErrPlanAltered].
type EditError struct {
	Plan     string        // id
	Problems []EditProblem // at least one
}

// Error lists the first problems, one a line.
func (e *EditError) Error() string {
	const shown = 10
	var b strings.Builder
	fmt.Fprintf(&b, "restore: plan %s was edited in a way that cannot be carried out", e.Plan)
	for i, p := range e.Problems {
		if i == shown {
			fmt.Fprintf(&b, "\n  … and %d more", len(e.Problems)-i)
			break
		}
		fmt.Fprintf(&b, "\n  %s: %s", p.Path, p.Text)
	}
	return b.String()
}

// Unwrap returns [ErrPlanAltered].
func (e *EditError) Unwrap() error { return ErrPlanAltered }

// tree returns the plan's document as a value. The steps stay what they are: as
// values, those of a large plan take gigabytes.
func (p *Plan) tree() (any, error) {
	frame := *p
	frame.Steps = []Step{}
	v, err := valueOf(frame.listing())
	if members, ok := v.(map[string]any); ok {
		members["steps"] = p.Steps
	}
	return v, err
}

func valueOf(write func(io.Writer) error) (any, error) {
	var doc bytes.Buffer
	if err := write(&doc); err != nil {
		return nil, err
	}
	dec := json.NewDecoder(&doc)
	dec.UseNumber()
	var v any
	err := dec.Decode(&v)
	return v, err
}

// differences notes the places where two values differ, but for those that may
// be edited.
func (e *EditError) differences(path string, was, is any) error {
	if isEditable(path) {
		return nil
	}
	switch w := was.(type) {
	case map[string]any:
		if i, ok := is.(map[string]any); ok {
			names := map[string]bool{}
			for name := range w {
				names[name] = true
			}
			for name := range i {
				names[name] = true
			}
			for _, name := range sortedKeys(names) {
				if err := e.differences(path+"/"+escapeToken(name), w[name], i[name]); err != nil {
					return err
				}
			}
			return nil
		}
	case []any:
		if i, ok := is.([]any); ok && len(i) == len(w) {
			for n := range w {
				if err := e.differences(path+"/"+strconv.Itoa(n), w[n], i[n]); err != nil {
					return err
				}
			}
			return nil
		}
	case []Step:
		if i, ok := is.([]Step); ok && len(i) == len(w) {
			return e.stepDifferences(path, w, i)
		}
	default:
		if was == is {
			return nil
		}
	}
	e.Problems = append(e.Problems, EditProblem{path, "was edited; only decision and new_name of steps may be"})
	return nil
}

// stepDifferences is differences for steps, as many on both sides. Only those
// that differ become values.
func (e *EditError) stepDifferences(path string, was, is []Step) error {
	var a, b []byte
	for n := range was {
		a, b = was[n].appendIndented(a[:0]), is[n].appendIndented(b[:0])
		if bytes.Equal(a, b) {
			continue
		}
		before, err := valueOf(func(w io.Writer) error { _, err := w.Write(a); return err })
		if err != nil {
			return err
		}
		after, err := valueOf(func(w io.Writer) error { _, err := w.Write(b); return err })
		if err != nil {
			return err
		}
		if err := e.differences(path+"/"+strconv.Itoa(n), before, after); err != nil {
			return err
		}
	}
	return nil
}

// isEditable reports whether the path is that of a step's decision or new
// name.
func isEditable(path string) bool {
	parts := strings.Split(path, "/")
	return len(parts) == 4 && parts[1] == "steps" && (parts[3] == "decision" || parts[3] == "new_name")
}
