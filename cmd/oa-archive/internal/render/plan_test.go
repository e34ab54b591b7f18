package render

import (
	"fmt"
	"strings"
	"testing"

	"github.com/oneanalytics/oa-archive/access"
	"github.com/oneanalytics/oa-archive/restore"
)

// someSteps returns steps of workspaces with 50 assets each, with all
// decisions, changes and reasons.
func someSteps(n int) []restore.Step {
	kinds := []restore.Kind{restore.Dataset, restore.Report, restore.Report, restore.Alert, restore.File}
	order := []restore.Decision{restore.Create, restore.Overwrite, restore.Fork, restore.Merge, restore.Unchanged, restore.Skip, restore.Blocked}
	steps := make([]restore.Step, 0, n)
	workspace := ""
	for i := range n {
		s := restore.Step{
			Kind: kinds[i%len(kinds)], ID: fmt.Sprintf("%08x-0000-4000-8000-%012x", i*2654435761&0xffffffff, i),
			Name: fmt.Sprintf("Übersicht %d <b>日本\u202e", i), Decision: order[i/3%len(order)], Reason: "the target has another", Why: "selected",
			Entries: []restore.StepEntry{{Path: fmt.Sprintf("workspaces/%d/reports/%d.json", i/50, i), Digest: strings.Repeat("0", 64), Size: int64(i) * 1000}},
		}
		switch {
		case i%50 == 0:
			s.Kind, workspace = restore.Workspace, s.ID
		case i%7 == 0:
			s.Why = "needed by report 01234567-89ab-4cde-8f01-23456789abcd"
			s.NewName = s.Name + " (copy)"
		case i%11 == 0:
			s.Changes = []string{fmt.Sprintf("owner user %d becomes user x", i), "its filter is dropped", "three", "four", "five"}
		}
		if s.Decision == restore.Blocked {
			s.Blocked = []string{"a role is missing", "map it, or create it"}
		}
		s.Workspace = workspace
		steps = append(steps, s)
	}
	return steps
}

// somePlan returns a plan with something in every list that a page shows.
func somePlan(n int) *restore.Plan {
	plan := &restore.Plan{ID: "plan", Target: restore.TargetRef{Tenant: "t"}, Steps: someSteps(n), Warnings: []string{"look out"}}
	for i := range n / 10 {
		s := &plan.Steps[i*10]
		plan.Asleep = append(plan.Asleep, restore.Asleep{Kind: "link", Asset: s.ID, Name: s.Name, What: "it is closed", Wake: fmt.Sprintf("open grant %d", i/3)})
		plan.Unresolved = append(plan.Unresolved, restore.Unresolved{
			Kind: []string{"user", "role"}[i%2], ID: fmt.Sprintf("usr_%d", i), Email: "a@b.example", UsedBy: []string{s.ID, "gone", s.ID}, Effect: "dropped; " + []string{"a", "b", "c"}[i%3],
		})
		plan.Access = append(plan.Access, access.Change{ID: fmt.Sprintf("%012x", i), Widens: i%4 == 0, Sentence: fmt.Sprintf("user %d may edit", i)})
	}
	return plan
}

func planPage(plan *restore.Plan, width int, all bool) string {
	var b strings.Builder
	p := NewPrinter(&b, width, false)
	p.Plan(&PlanPage{Plan: plan, All: all})
	return b.String()
}

func TestPlanPageLinesUpAcrossWorkspaces(t *testing.T) {
	plan := somePlan(200)
	for _, width := range []int{0, 60, 100} {
		columns := map[int]bool{}
		for line := range strings.Lines(planPage(plan, width, true)) {
			line = strings.TrimRight(line, "\n")
			if at := strings.Index(line, "report   "); at >= 0 && strings.HasPrefix(line, "  ") && !strings.HasPrefix(line, "  !") {
				columns[Width(line[:at])] = true
			}
			if strings.HasPrefix(line, "  + create ") && width > 0 && Width(line) > width {
				t.Errorf("width %d: %q takes %d columns", width, line, Width(line))
			}
		}
		if len(columns) != 1 {
			t.Errorf("width %d: kinds begin in columns %v", width, columns)
		}
	}
}

func TestPlanPageCountsWhatDoesNothing(t *testing.T) {
	plan := &restore.Plan{Steps: []restore.Step{{Kind: restore.Workspace, Workspace: "w", ID: "w", Name: "W", Decision: restore.Skip, Reason: "not asked for"}}}
	for i := range 4 {
		plan.Steps = append(plan.Steps,
			restore.Step{Kind: restore.Report, Workspace: "w", ID: fmt.Sprint("u", i), Name: fmt.Sprint("name", i), Decision: restore.Unchanged})
	}
	for i := range 3 {
		plan.Steps = append(plan.Steps, restore.Step{Kind: restore.Extension, ID: fmt.Sprint("ext/", i), Decision: restore.Skip})
	}
	short := planPage(plan, 0, false)
	if !strings.Contains(short, "= unchanged  4 assets (--all lists them)") || strings.Contains(short, "name0") || !strings.Contains(short, "ext/2") {
		t.Errorf("the short page:\n%s", short)
	}
	if !strings.Contains(short, "Workspace W · w · - skip · not asked for\n") {
		t.Errorf("the workspace's own line is missing:\n%s", short)
	}
	if full := planPage(plan, 0, true); strings.Contains(full, "--all") || !strings.Contains(full, "name3") {
		t.Errorf("the full page:\n%s", full)
	}
	if first, last := strings.Index(short, "Workspace W"), strings.Index(short, "Beside the workspaces"); first > last {
		t.Errorf("what belongs to no workspace does not come last:\n%s", short)
	}
}

// TestPlanPagesOfManySteps goes through a page that names assets by their short
// ids, and pins the lists below the steps.
func TestPlanPagesOfManySteps(t *testing.T) {
	page := planPage(somePlan(200), 0, false)
	for _, want := range []string{
		"Access: 20 changes, 5 give somebody more than before\n", "  ! user 16 may edit (--allow-access 000000000010)\n  · user 1 may edit\n", "  · 8 more (--all lists them)\n",
		`  z link to "Übersicht 0 <b>日本\u202e", link to "Übersicht 10 <b>日本\u202e" and 1 more: it is closed; to wake it: open grant 0`,
		"Not in the target: 10 roles, 10 users\n", "  ? user: dropped; a; c; b\n", "used by ",
		"  · look out\n",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("%q is missing in\n%s", want, page)
		}
	}
}
