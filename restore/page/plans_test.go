package page

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"github.com/oneanalytics/oa-archive/restore"
)

func testID(kind byte, n int) string {
	return fmt.Sprintf("%c%07x-0000-4000-8000-%012x", kind, n, n)
}

// summarize fills in the summary from the steps.
func summarize(p *restore.Plan) *restore.Plan {
	p.Summary = restore.Summary{}
	s := &p.Summary
	counts := map[restore.Decision]*int{
		restore.Create: &s.Create, restore.Unchanged: &s.Unchanged, restore.Overwrite: &s.Overwrite, restore.Fork: &s.Fork,
		restore.Merge: &s.Merge, restore.Skip: &s.Skip, restore.Blocked: &s.Blocked,
	}
	for _, step := range p.Steps {
		if n := counts[step.Decision]; n != nil {
			*n++
		}
		for _, e := range step.Entries {
			if e.Write {
				s.Entries++
				s.Bytes += e.ResultSize
			}
		}
	}
	return p
}

func newPlan(steps ...restore.Step) *restore.Plan {
	return summarize(&restore.Plan{
		Format: restore.PlanFormat, ID: testID('f', 1), SameTenant: true, Steps: steps,
		Archive: restore.ArchiveRef{ID: testID('a', 1), Tenant: "acme", Created: "2026-11-21T08:15:00Z", ContentHash: "h1:content", Manifest: "beef"},
		Target:  restore.TargetRef{Tenant: "acme", Fingerprint: "h1:before", Entries: 12},
	})
}

// step makes a step of one entry, which is written unless it stays.
func step(kind restore.Kind, workspace, id, name string, d restore.Decision, needs ...string) restore.Step {
	writes := d != restore.Unchanged && d != restore.Skip && d != restore.Blocked
	s := restore.Step{
		Kind: kind, Workspace: workspace, ID: id, Name: name, Decision: d, Reason: "because of " + string(d), Why: "selected",
		Entries: []restore.StepEntry{{Path: "p/" + id, Size: 2048, ResultSize: 2100, Write: writes}},
	}
	if kind != restore.Workspace && workspace != "" {
		s.DependsOn = append([]string{workspace}, needs...)
	}
	return s
}

// samplePlan has two workspaces and a step of each decision.
func samplePlan() *restore.Plan {
	sales, ops := testID('a', 1), testID('a', 2)
	orders, returns := testID('d', 1), testID('d', 2)
	revenue, detail := testID('e', 1), testID('e', 2)
	p := newPlan(
		step(restore.Workspace, sales, sales, "Sales", restore.Merge),
		step(restore.Dataset, sales, orders, "Orders", restore.Unchanged),
		step(restore.Dataset, sales, returns, "Returns", restore.Overwrite),
		step(restore.Report, sales, revenue, "Revenue", restore.Fork, orders, detail),
		step(restore.Report, sales, detail, "Detail", restore.Create, orders, returns),
		step(restore.Alert, sales, testID('b', 1), "Revenue drops", restore.Blocked, orders),
		step(restore.File, sales, testID('c', 1), "orders.csv", restore.Create),
		step(restore.Workspace, ops, ops, "Ops", restore.Create),
		step(restore.Dataset, ops, testID('d', 3), "Machines", restore.Create),
		step(restore.Extension, "", "extensions/com.example/flags.json", "extensions/com.example/flags.json", restore.Skip),
	)
	p.Steps[3].NewName, p.Steps[3].TargetID = "Revenue (copy)", testID('e', 9)
	p.Steps[4].Changes = []string{"arrives without its owner user usr_anna, who is not in the target"}
	p.Steps[5].Blocked = []string{`needs connection "slack", which is not in the target: map it, or create it first`}
	p.Unresolved = []restore.Unresolved{
		{Kind: "connection", ID: "slack", UsedBy: []string{testID('b', 1)}, Effect: "what uses it is blocked"},
		{Kind: "user", ID: "usr_anna", Name: "Anna", Email: "anna@corp.example", UsedBy: []string{detail}, Effect: "what it owns arrives without an owner; lists that name it lose it"},
	}
	p.Warnings = []string{"the archive is older than the target"}
	return p
}

// unblocked is the plan without what is blocked.
func unblocked(p *restore.Plan) *restore.Plan {
	var steps []restore.Step
	for _, s := range p.Steps {
		if s.Decision != restore.Blocked {
			steps = append(steps, s)
		}
	}
	p.Steps = steps
	return summarize(p)
}

func sampleOptions() Options {
	return Options{
		Generator: "oa-archive v1.2.3", Made: time.Date(2026, 11, 22, 9, 30, 0, 0, time.UTC),
		Archive: "acme.oa-archive", Tenant: Tenant{Name: "Acme", Region: "eu-north-1", Jurisdiction: "NO"}, Store: "sqlite:acme.db", TargetName: "Acme",
		Signer: &Signer{Trust: Trusted, Principal: "backup@acme.example", Fingerprint: "SHA256:abc"},
		Next:   []Command{{Does: "Plan again", Line: "oa-archive plan acme.oa-archive --into sqlite:acme.db --on-conflict fork"}},
	}
}

func sampleResult(p *restore.Plan) *restore.Result {
	return &restore.Result{
		ImportID: testID('9', 1), Plan: p.ID, At: time.Date(2026, 11, 22, 9, 31, 5, 0, time.UTC),
		Entries: p.Summary.Entries, Bytes: p.Summary.Bytes, Fingerprint: "h1:after", Summary: p.Summary,
	}
}

// largePlan has so many reports on a twentieth as many datasets, in workspaces
// of about 500 assets. Most stay as they are unless all is set.
func largePlan(reports int, all bool) *restore.Plan {
	var steps []restore.Step
	decide := func(i int) restore.Decision {
		switch {
		case all:
			return restore.Create
		case i%400 == 0:
			return restore.Overwrite
		}
		return restore.Unchanged
	}
	ws := ""
	for i := range reports {
		if i%500 == 0 {
			ws = testID('a', i)
			steps = append(steps, step(restore.Workspace, ws, ws, fmt.Sprint("Workspace ", i/500), restore.Merge))
		}
		if i%20 == 0 {
			steps = append(steps, step(restore.Dataset, ws, testID('d', i), fmt.Sprint("Dataset ", i), decide(i+1)))
		}
		r := step(restore.Report, ws, testID('e', i), fmt.Sprint("Report ", i), decide(i), testID('d', i/20*20))
		r.Changes = []string{fmt.Sprintf("refers to the copy of dataset %s", testID('d', i)), "arrives without its owner"}
		steps = append(steps, r)
	}
	return newPlan(steps...)
}

func written(t testing.TB, p *restore.Plan, r *restore.Result, o Options) string {
	t.Helper()
	var b bytes.Buffer
	if err := Write(&b, p, r, o); err != nil {
		t.Fatal(err)
	}
	return b.String()
}
