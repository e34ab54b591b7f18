package restore

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/oneanalytics/oa-archive/archive"
	"github.com/oneanalytics/oa-archive/layout"
	"github.com/oneanalytics/oa-archive/tenant"
)

// Amendment is a plan after a person has edited its decisions.
type Amendment struct {
	Plan     *Plan    // with the edits; the plan as it was when nothing was edited
	Edits    []Change // what the person decided, in the order of steps
	Entailed []Change // what else is decided differently because of that
}

// Change is a step of a plan that is decided differently than before, or that
// brings its asset in another form.
type Change struct {
	Kind    Kind     `json:"kind"`
	ID      string   `json:"id"` // in the archive
	Name    string   `json:"name,omitempty"`
	Was     Decision `json:"was"`
	Is      Decision `json:"is"`
	NewName string   `json:"new_name,omitempty"` // of a copy
	Why     []string `json:"why"`                // sentences: why it is blocked, else the reason, or what else differs
}

// Amend reads a plan's document, as [ReadPlan] does, in which a person may have
// edited the decisions of steps (to overwrite, fork or skip) and the names of
// copies, and makes the plan anew with them. A plan that was not edited is
// returned as it is, to be applied exactly so.
//
// A large plan in a doc that is an [io.Seeker], as files are, is not held: it is
// made anew at once, and if that gives the very document, applying it goes on from
// there. Otherwise the document is read once more.
//
// An edited plan must belong to the archive and to the state that the target is
// in; if it does, the edits become answers in [Options.PerAsset], and the new
// plan is checked like any other: documents against their schemas, references
// across documents. Steps that the edits block are part of the new plan, not
// an error.
//
// Errors for callers to test: those of doc, [*schema.ValidationError],
// [ErrArchiveChanged], [*StaleError], and [*EditError] for edits of anything else, which wraps
// [ErrPlanAltered].
func Amend(ctx context.Context, doc io.Reader, a *archive.Archive, target tenant.Target) (*Amendment, error) {
	if file, err := largeFile(doc, planLimits); err != nil {
		return nil, err
	} else if file != nil {
		plan, err := replan(ctx, file, a, layout.Digest(a.ManifestDigest()), target, planLimits)
		if plan != nil || err != nil {
			return &Amendment{Plan: plan}, err
		}
	}
	edited, err := readPlan(cancelled{ctx, doc}, planLimits)
	if err != nil {
		return nil, err
	}
	if id, err := edited.computeID(); err != nil || id == edited.ID {
		return &Amendment{Plan: edited}, err
	}
	digest := layout.Digest(a.ManifestDigest())
	if err := edited.checkArchive(a.Manifest(), digest); err != nil {
		return nil, err
	}
	return amend(ctx, edited, a, digest, target)
}

// cancelled reads until the context ends.
type cancelled struct {
	ctx context.Context
	io.Reader
}

func (c cancelled) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.Reader.Read(p)
}

// amend is Amend for a plan that was edited.
func amend(ctx context.Context, edited *Plan, a source, digest layout.Digest, target tenant.Target) (*Amendment, error) {
	info, err := target.Tenant(ctx)
	if err != nil {
		return nil, fmt.Errorf("restore: describe the target: %w", err)
	}
	if info.ID != edited.Target.Tenant {
		return nil, fmt.Errorf("restore: the plan is for tenant %q, the target is tenant %q", edited.Target.Tenant, info.ID)
	}
	inventory, err := takeInventory(ctx, target)
	if err != nil {
		return nil, fmt.Errorf("restore: read the target: %w", err)
	}
	if fingerprint := inventory.hash(); fingerprint != edited.Target.Fingerprint {
		return nil, (&application{plan: edited}).stale(fingerprint, inventory)
	}
	again := func(known *reading, opts Options) (*Plan, error) {
		p, err := newPlannerOn(ctx, a, digest, known, target, info, opts)
		if err != nil {
			return nil, err
		}
		p.src.shared.Store(true)
		return p.plan(ctx)
	}
	base, err := again(nil, edited.Options)
	if err != nil {
		return nil, &EditError{Plan: edited.ID, Problems: []EditProblem{{"/options", err.Error()}}}
	}
	if err := onlyDecisions(base, edited); err != nil {
		return nil, err
	}
	opts, which, err := base.answers(edited)
	if err != nil {
		return nil, err
	}
	plan, err := again(base.made.reading(), opts)
	if err != nil {
		return nil, &EditError{Plan: edited.ID, Problems: []EditProblem{{"/steps", err.Error()}}}
	}
	return compare(base, edited, plan, which)
}

// onlyDecisions refuses edits of anything but decisions and names of copies.
//
// The id covers the options, and the base was made with the edited ones: so a
// different id means that these were edited, and nothing else can be judged.
func onlyDecisions(base, edited *Plan) error {
	if base.ID != edited.ID {
		return &EditError{Plan: edited.ID, Problems: []EditProblem{
			{"/options", "the options or the id were edited, or another version made the plan; give options as flags, to a new plan"}}}
	}
	was, err := base.tree()
	if err != nil {
		return err
	}
	is, err := edited.tree()
	if err != nil {
		return err
	}
	refused := &EditError{Plan: edited.ID}
	if err := refused.differences("", was, is); err != nil {
		return err
	}
	if len(refused.Problems) == 0 {
		return nil
	}
	return refused
}

// answers turns the edits into options. which are the indices of edited steps.
func (p *Plan) answers(edited *Plan) (opts Options, which []int, err error) {
	opts = p.Options
	opts.PerAsset = maps.Clone(opts.PerAsset)
	if opts.PerAsset == nil {
		opts.PerAsset = map[string]Choice{}
	}
	refused := &EditError{Plan: edited.ID}
	for i := range p.Steps {
		was, is := &p.Steps[i], &edited.Steps[i]
		if was.Decision == is.Decision && was.NewName == is.NewName {
			continue
		}
		which = append(which, i)
		at := fmt.Sprintf("/steps/%d/", i)
		renamed := was.NewName != is.NewName
		switch {
		case renamed && is.Decision != Fork:
			refused.Problems = append(refused.Problems, EditProblem{at + "new_name", fmt.Sprintf("%s is not forked, and only copies get a new name", is.label())})
		case is.Decision == Create && was.Decision == Skip:
			delete(opts.PerAsset, is.ID)
		case is.Decision != Overwrite && is.Decision != Fork && is.Decision != Skip:
			refused.Problems = append(refused.Problems, EditProblem{at + "decision", fmt.Sprintf("%s: %s cannot be asked for; write overwrite, fork or skip", is.label(), is.Decision)})
		case is.Decision == Overwrite && was.isEarlierCopy():
			// The copy that an earlier import made.
			opts.PerAsset[was.TargetID] = Choice{Decision: Overwrite}
			if opts.PerAsset[is.ID].Decision == Skip {
				delete(opts.PerAsset, is.ID)
			}
		default:
			choice := Choice{Decision: is.Decision}
			if is.Decision == Fork {
				choice.NewName = opts.PerAsset[is.ID].NewName
				if renamed {
					choice.NewName = is.NewName
				}
			}
			opts.PerAsset[is.ID] = choice
		}
	}
	if len(refused.Problems) > 0 {
		return opts, nil, refused
	}
	return opts, which, nil
}

// compare holds that the new plan does what the edits ask for, and lists what
// is decided differently.
func compare(base, edited, plan *Plan, which []int) (*Amendment, error) {
	am := &Amendment{Plan: plan}
	refused := &EditError{Plan: edited.ID}
	for i := range plan.Steps {
		was, is := &base.Steps[i], &plan.Steps[i]
		if slices.Contains(which, i) {
			if asked := edited.Steps[i].Decision; !is.answers(asked) {
				refused.Problems = append(refused.Problems, EditProblem{
					fmt.Sprintf("/steps/%d/decision", i),
					fmt.Sprintf("%s: %s is not possible: %s; it would be %s", is.label(), asked, is.Reason, is.Decision),
				})
			}
			am.Edits = append(am.Edits, is.change(was))
			continue
		}
		if was.Decision != is.Decision || !slices.Equal(was.Blocked, is.Blocked) || !slices.Equal(was.Changes, is.Changes) {
			am.Entailed = append(am.Entailed, is.change(was))
		}
	}
	if len(refused.Problems) > 0 {
		return nil, refused
	}
	return am, nil
}

// answers reports whether the step's decision is what somebody who asked for
// the other one gets.
func (s *Step) answers(asked Decision) bool {
	switch s.Decision {
	case asked, Blocked, Unchanged:
		return true
	case Merge: // a workspace that is skipped or copied still takes records
		return asked == Skip || asked == Fork
	}
	return false
}

// isEarlierCopy reports whether the step is about a copy that the target has
// already, so that overwriting means the copy, not the original.
func (s *Step) isEarlierCopy() bool {
	there := func(e StepEntry) bool { return e.Current != "" }
	return s.Kind != Workspace && s.TargetID != "" && s.TargetID != s.ID && slices.ContainsFunc(s.Entries, there)
}

func (s *Step) change(was *Step) Change {
	c := Change{Kind: s.Kind, ID: s.ID, Name: s.Name, Was: was.Decision, Is: s.Decision, NewName: s.NewName, Why: s.Blocked}
	if len(c.Why) == 0 && was.Decision != s.Decision {
		c.Why = []string{s.Reason}
	}
	if len(c.Why) == 0 {
		c.Why = slices.DeleteFunc(slices.Clone(s.Changes), func(now string) bool { return slices.Contains(was.Changes, now) })
	}
	if len(c.Why) == 0 {
		c.Why = []string{s.Reason}
	}
	return c
}
