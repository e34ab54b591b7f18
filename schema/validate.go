package schema

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// Validate reports whether doc is a sound document of the kind. A document
// that is not yields a [*ValidationError]; any other error means that the
// kind is unknown.
//
// A document that breaks the syntax is reported with that one problem alone.
// doc is not kept and not changed.
func Validate(kind Kind, doc []byte) (err error) {
	use(kind, doc, func(d *Document) { err = d.Validate() })
	return err
}

// CheckModel is [Validate] for [KindModel].
func CheckModel(doc []byte) error { return Validate(KindModel, doc) }

// validate holds the tree against the schema of its kind. Only if it does not
// hold, the library is asked why; should it disagree, its word counts. Panics
// are contained.
func (c *compiled) validate(kind Kind, tree *node, report func([]string, Problem)) {
	defer func() {
		if r := recover(); r != nil {
			report(nil, panicProblem(r))
		}
	}()
	if c.shapes[kind].holds(tree) {
		return
	}
	err := c.roots[kind].Validate(tree.instance())
	var verr *jsonschema.ValidationError
	if errors.As(err, &verr) {
		c.explain(verr, report)
	} else if err != nil {
		report(nil, Problem{Rule: "invalid", Text: printable(err.Error())})
	}
}

func panicProblem(r any) Problem {
	return Problem{Rule: "validator-gave-up", Text: printable(fmt.Sprintf("the validator gave up on the document: %v", r))}
}

// A collector gathers the problems of one document.
type collector struct {
	kind     Kind
	tree     *node
	problems []placed
}

// placed is a problem with its order in the document.
type placed struct {
	Problem
	order int
}

// report adds a problem at the place that tokens lead to.
func (c *collector) report(tokens []string, p Problem) {
	n := c.tree.at(tokens)
	p.Pointer, p.Line = pointer(tokens), n.line
	c.problems = append(c.problems, placed{p, n.order})
}

// add adds a problem that knows its pointer and line.
func (c *collector) add(order int, p Problem) {
	c.problems = append(c.problems, placed{p, order})
}

// err returns the problems in document order, the same ones once.
func (c *collector) err() error {
	if len(c.problems) == 0 {
		return nil
	}
	slices.SortStableFunc(c.problems, func(a, b placed) int {
		return cmp.Or(cmp.Compare(a.order, b.order), cmp.Compare(a.Pointer, b.Pointer), cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Text, b.Text))
	})
	e := &ValidationError{Kind: c.kind}
	for _, p := range slices.Compact(c.problems) {
		if len(e.Problems) < MaxProblems {
			e.Problems = append(e.Problems, p.Problem)
		} else {
			e.More++
		}
	}
	return e
}
