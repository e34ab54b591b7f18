package restore

import (
	"bytes"
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/oneanalytics/oa-archive/schema"
	"github.com/oneanalytics/oa-archive/tenant"
)

// tryAmend is Amend for an archive in memory.
func tryAmend(doc []byte, a *memArchive, target tenant.Target) (*Amendment, error) {
	edited, err := readPlan(bytes.NewReader(doc), planLimits)
	if err != nil {
		return nil, err
	}
	if id, err := edited.computeID(); err != nil || id == edited.ID {
		return &Amendment{Plan: edited}, err
	}
	if err := edited.checkArchive(a.Manifest(), a.digest()); err != nil {
		return nil, err
	}
	return amend(context.Background(), edited, a, a.digest(), target)
}

// decide edits the decision of a step, and its new name where one is given.
func (p *Plan) decide(t testing.TB, id string, d Decision, newName string) *Plan {
	t.Helper()
	p.step(t, id)
	for i := range p.Steps {
		if p.Steps[i].ID == id {
			p.Steps[i].Decision = d
			if newName != "" {
				p.Steps[i].NewName = newName
			}
		}
	}
	return p
}

func TestAmend(t *testing.T) {
	edited := changed(revenuePath, `"name": "Revenue"`, `"name": "Edited"`)
	for _, c := range []struct {
		name     string
		target   func(*testing.T, world) world
		opts     Options
		edit     func(*testing.T, *Plan)
		want     map[string]Decision
		edits    []string // ids
		entailed []string
		fails    []string // in the error's text
	}{
		{name: "nothing", target: edited, opts: Options{OnConflict: Skip}, edit: func(*testing.T, *Plan) {}, want: map[string]Decision{revenue: Skip}},
		{
			name: "an answer to a question", target: edited, want: map[string]Decision{revenue: Overwrite}, edits: []string{revenue},
			edit: func(t *testing.T, p *Plan) { p.decide(t, revenue, Overwrite, "") },
		},
		{
			name: "a copy under a name", target: edited, want: map[string]Decision{revenue: Fork}, edits: []string{revenue},
			edit: func(t *testing.T, p *Plan) { p.decide(t, revenue, Fork, "Old revenue") },
		},
		{
			name: "another name for a copy", target: edited, opts: Options{PerAsset: map[string]Choice{revenue: {Decision: Fork, NewName: "One"}}},
			want: map[string]Decision{revenue: Fork}, edits: []string{revenue},
			edit: func(t *testing.T, p *Plan) { p.decide(t, revenue, Fork, "Two") },
		},
		{
			name: "overwrite becomes skip", target: edited, opts: Options{OnConflict: Overwrite}, want: map[string]Decision{revenue: Skip}, edits: []string{revenue},
			edit: func(t *testing.T, p *Plan) { p.decide(t, revenue, Skip, "") },
		},
		{
			name: "what depends on a skipped asset is blocked, and named", edit: func(t *testing.T, p *Plan) { p.decide(t, orders, Skip, "") },
			want:  map[string]Decision{orders: Skip, revenue: Blocked, drop: Blocked},
			edits: []string{orders}, entailed: []string{revenue, detail, drop, upload, wsSales},
		},
		{
			name: "created after all", opts: Options{PerAsset: map[string]Choice{drop: {Decision: Skip}}}, want: map[string]Decision{drop: Create}, edits: []string{drop},
			edit: func(t *testing.T, p *Plan) { p.decide(t, drop, Create, "") },
		},
		{
			name: "a workspace is copied with all that is in it", target: edited, opts: Options{OnConflict: Overwrite}, want: map[string]Decision{wsSales: Fork, revenue: Fork, orders: Fork},
			edits: []string{wsSales}, entailed: []string{orders, returns, revenue, detail, drop, upload},
			edit: func(t *testing.T, p *Plan) { p.decide(t, wsSales, Fork, "Old sales") },
		},
		{
			name: "nothing to overwrite", edit: func(t *testing.T, p *Plan) { p.decide(t, revenue, Overwrite, "") },
			fails: []string{"/decision: ", "overwrite is not possible: the target does not have it; it would be create"},
		},
		{
			name: "not a decision to take", target: edited, edit: func(t *testing.T, p *Plan) { p.decide(t, revenue, Unchanged, "") },
			fails: []string{"unchanged cannot be asked for; write overwrite, fork or skip"},
		},
		{
			name: "a name without a copy", target: edited, edit: func(t *testing.T, p *Plan) { p.decide(t, revenue, Overwrite, "New") },
			fails: []string{"/new_name: ", "only copies get a new name"},
		},
		{
			name: "something else", edit: func(_ *testing.T, p *Plan) {
				p.Steps[1].Entries[0].Result = strings.Repeat("0", 64)
				p.Summary.Create++
				p.Warnings = append(p.Warnings, "x")
			},
			fails: []string{"/steps/1/entries/0/result: was edited; only decision and new_name", "/summary/create: ", "/warnings: "},
		},
		{name: "a step is gone", edit: func(_ *testing.T, p *Plan) { p.Steps = p.Steps[1:] }, fails: []string{"/steps: was edited"}},
		{name: "the options", edit: func(_ *testing.T, p *Plan) { p.Options.Rows = true }, fails: []string{"/options: the options or the id were edited"}},
		{name: "options that cannot be", edit: func(_ *testing.T, p *Plan) { p.Options.CloneAs, p.Options.ForkLabel = "a", "b" }, fails: []string{"/options: restore: option clone_as"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			before := world{}
			if c.target != nil {
				before = c.target(t, sampleWorld())
			}
			a, target := sampleWorld().archive("corp"), before.memory("corp")
			plan := makePlan(t, a, target, c.opts)
			unedited := marshal(t, plan)
			c.edit(t, plan)
			am, err := tryAmend(marshal(t, plan), a, target)
			if len(c.fails) > 0 {
				refused := (*EditError)(nil)
				if !errors.As(err, &refused) || !errors.Is(err, ErrPlanAltered) {
					t.Fatalf("error %v", err)
				}
				for _, want := range c.fails {
					if !strings.Contains(err.Error(), want) {
						t.Errorf("error %v, want %s", err, want)
					}
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			rule{want: c.want}.checkPlan(t, am.Plan)
			if got := changedIDs(am.Edits); !slices.Equal(got, c.edits) {
				t.Errorf("edits of %v, want %v", got, c.edits)
			}
			if got := changedIDs(am.Entailed); !slices.Equal(sorted(got), sorted(c.entailed)) {
				t.Errorf("entailed for %v, want %v\n%s", got, c.entailed, am.Plan.decisions())
			}
			if len(c.edits) == 0 && string(marshal(t, am.Plan)) != string(unedited) {
				t.Error("a plan that was not edited changed")
			}
			if len(am.Plan.BlockedSteps()) == 0 {
				mustApply(t, am.Plan, a, target)
				checkOutcome(t, am.Plan, before, target.content)
			}
		})
	}
}

func changedIDs(changes []Change) []string {
	var ids []string
	for _, c := range changes {
		ids = append(ids, c.ID)
	}
	return ids
}

func sorted(ids []string) []string {
	ids = slices.Clone(ids)
	slices.Sort(ids)
	return ids
}

func TestAmendOfStaleAndForeignPlans(t *testing.T) {
	before := sampleWorld().edit(t, revenuePath, `"name": "Revenue"`, `"name": "Edited"`)
	a, target := sampleWorld().archive("corp"), before.memory("corp")
	doc := marshal(t, makePlan(t, a, target, Options{}).decide(t, revenue, Overwrite, ""))

	_, err := tryAmend(doc, sampleWorld().later("corp"), target)
	if !errors.Is(err, ErrArchiveChanged) {
		t.Error(err)
	}
	_, err = tryAmend(doc, a, before.memory("other"))
	if err == nil || !strings.Contains(err.Error(), `the plan is for tenant "corp", the target is tenant "other"`) {
		t.Error(err)
	}
	_, err = tryAmend(doc, a, before.clone().edit(t, revenuePath, "Edited", "Twice").memory("corp"))
	if stale := (*StaleError)(nil); !errors.As(err, &stale) || len(stale.Changed) != 1 || stale.Changed[0].Path != revenuePath {
		t.Error(err)
	}
	_, err = tryAmend([]byte(strings.Replace(string(doc), `"decision": "overwrite"`, `"decision": "perhaps"`, 1)), a, target)
	if invalid := (*schema.ValidationError)(nil); !errors.As(err, &invalid) || !strings.Contains(err.Error(), "/decision") {
		t.Error(err)
	}
}

// TestAmendmentsKeepTheirPromises draws edits. What comes of them is what was
// asked for, blocked, or refused with its place; and it leaves nothing broken.
func TestAmendmentsKeepTheirPromises(t *testing.T) {
	counts := map[string]int{}
	rapid.Check(t, func(rt *rapid.T) {
		g := tenants{rt}
		archived := g.draw()
		before, opts := g.state(archived), g.options(archived)
		a, target := archived.archive("corp"), before.memory("corp")
		plan, err := tryPlan(a, target, opts)
		if err != nil {
			rt.Fatal(err)
		}
		asked := map[string]Decision{}
		for i := range plan.Steps {
			if s := &plan.Steps[i]; g.upTo(2, "edit") == 0 {
				was := s.Decision
				if s.Decision = rapid.SampledFrom([]Decision{Overwrite, Fork, Skip}).Draw(rt, "decision"); s.Decision != was {
					asked[s.ID] = s.Decision
				}
			}
		}
		doc, err := plan.Marshal()
		if err != nil {
			rt.Fatal(err)
		}
		am, err := tryAmend(doc, a, target)
		if refused := (*EditError)(nil); errors.As(err, &refused) {
			counts["refused"]++
			for _, p := range refused.Problems {
				if !strings.HasPrefix(p.Path, "/steps") {
					rt.Errorf("refused at %s: %s", p.Path, p.Text)
				}
			}
			return
		}
		if err != nil {
			rt.Fatal(err)
		}
		for _, s := range am.Plan.Steps {
			if want := asked[s.ID]; want != "" && !s.answers(want) {
				rt.Errorf("%s: %s, asked for %s", s.ID, s.Decision, want)
			}
		}
		if len(am.Plan.BlockedSteps()) > 0 {
			counts["blocked"]++
			return
		}
		if _, err := applyAll(am.Plan, a, target); err != nil {
			rt.Fatalf("%v\n%s", err, am.Plan.decisions())
		}
		checkOutcome(rt, am.Plan, before, target.content)
		if !maps.Equal(before, target.content) != am.Plan.Writes() {
			rt.Errorf("writes: %v", am.Plan.Writes())
		}
		counts["applied"]++
	})
	if counts["refused"] == 0 || counts["blocked"] == 0 || counts["applied"] == 0 {
		t.Errorf("the drawn cases are one-sided: %v", counts)
	}
}
