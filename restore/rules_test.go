package restore

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/oneanalytics/oa-archive/mapping"
)

// rule is one case: a target, options, and what the plan must say and do.
type rule struct {
	name    string
	archive func(t *testing.T, w world) world // from the sample; nil: the sample
	target  func(t *testing.T, w world) world // from the sample; nil: blank
	tenant  string                            // of the target; "" is that of the archive
	opts    Options
	want    map[string]Decision // by asset id
	says    []string            // somewhere in the plan
	silent  []string            // nowhere in the plan
	after   func(t *testing.T, before, after world)
}

func same(_ *testing.T, w world) world { return w }

func changed(path, old, new string) func(*testing.T, world) world {
	return func(t *testing.T, w world) world { return w.edit(t, path, old, new) }
}

func lacking(parts ...string) func(*testing.T, world) world {
	return func(_ *testing.T, w world) world { return w.without(parts...) }
}

// run plays the rules. Every plan that is not blocked is applied; then no
// reference may dangle, nothing outside the plan may have changed, and the
// next plan must have nothing to do.
func run(t *testing.T, rules []rule) {
	for _, r := range rules {
		t.Run(r.name, func(t *testing.T) {
			content, before := sampleWorld(), world{}
			if r.archive != nil {
				content = r.archive(t, content)
			}
			if r.target != nil {
				before = r.target(t, sampleWorld())
			}
			tenantID := "corp"
			if r.tenant != "" {
				tenantID, r.opts.AllowOtherTenant = r.tenant, true
			}
			a, target := content.archive("corp"), before.memory(tenantID)
			plan := makePlan(t, a, target, r.opts)
			r.checkPlan(t, plan)
			if len(plan.BlockedSteps()) > 0 {
				if r.after != nil {
					t.Fatalf("blocked:\n%s", plan.decisions())
				}
				return
			}
			mustApply(t, plan, a, target)
			after := contentOf(t, target)
			checkOutcome(t, plan, before, after)
			if r.after != nil {
				r.after(t, before, after)
			}
			again := makePlan(t, a, target, r.opts)
			if again.Writes() || len(again.BlockedSteps()) > 0 {
				t.Errorf("the same import again is not a no-op:\n%s", again.decisions())
			}
		})
	}
}

func (r rule) checkPlan(t *testing.T, plan *Plan) {
	t.Helper()
	for id, want := range r.want {
		if got := plan.step(t, id).Decision; got != want {
			t.Errorf("%s: %s, want %s\n%s", id, got, want, plan.decisions())
		}
	}
	text := string(marshal(t, plan))
	var doc any
	if err := json.Unmarshal([]byte(text), &doc); err != nil {
		t.Fatal(err)
	}
	flat := strings.Join(stringsIn(doc), "\n")
	for _, s := range r.says {
		if !strings.Contains(flat, s) {
			t.Errorf("the plan does not say %q:\n%s", s, plan.decisions())
		}
	}
	for _, s := range r.silent {
		if strings.Contains(flat, s) {
			t.Errorf("the plan says %q:\n%s", s, plan.decisions())
		}
	}
}

func stringsIn(v any) []string {
	switch v := v.(type) {
	case string:
		return []string{v}
	case []any:
		var all []string
		for _, e := range v {
			all = append(all, stringsIn(e)...)
		}
		return all
	case map[string]any:
		var all []string
		for _, k := range sortedKeys(v) {
			all = append(all, stringsIn(v[k])...)
		}
		return all
	}
	return nil
}

// reporter is what testing.TB and rapid.T share.
type reporter interface {
	Helper()
	Errorf(format string, args ...any)
}

// checkOutcome holds for every applied plan.
func checkOutcome(t reporter, plan *Plan, before, after world) {
	t.Helper()
	old := before.problems()
	for _, problem := range after.problems() {
		if !slices.Contains(old, problem) {
			t.Errorf("the import left a problem: %s\n%s", problem, plan.decisions())
		}
	}
	written := map[string]bool{}
	for _, s := range plan.Steps {
		for _, e := range s.Entries {
			if e.Write || e.Delete {
				written[e.TargetPath] = true
			}
		}
	}
	for path := range maps.Keys(after) {
		if !written[path] && before[path] != after[path] {
			t.Errorf("%s changed, but is not in the plan", path)
		}
	}
	for path := range before {
		if _, ok := after[path]; !ok && !written[path] {
			t.Errorf("%s is gone", path)
		}
	}
}

func TestConflicts(t *testing.T) {
	overwrite, fork, skip := Options{OnConflict: Overwrite, Rows: true}, Options{OnConflict: Fork, Rows: true}, Options{OnConflict: Skip, Rows: true}
	edited := changed(revenuePath, `"name": "Revenue"`, `"name": "Edited"`)
	forkOfRevenue := ForkID("corp", "corp", revenue, "copy")
	run(t, []rule{
		{
			name: "blank store takes everything, byte for byte", opts: Options{Rows: true},
			want: map[string]Decision{wsSales: Create, orders: Create, revenue: Create, drop: Create, upload: Create, flagsPath: Create},
			says: []string{"is created without its secret"},
			after: func(t *testing.T, _, after world) {
				if !maps.Equal(after, sampleWorld()) {
					t.Error("the restored tenant is not the archived one")
				}
			},
		},
		{name: "same state is unchanged, whatever the policy", target: same, opts: Options{Rows: true}, want: map[string]Decision{wsSales: Unchanged, orders: Unchanged, revenue: Unchanged, flagsPath: Unchanged}},
		{name: "same state is not overwritten", target: same, opts: overwrite, want: map[string]Decision{wsSales: Unchanged, orders: Unchanged, revenue: Unchanged}},
		{name: "a conflict asks", target: edited, want: map[string]Decision{revenue: Blocked, detail: Unchanged, wsSales: Unchanged}, says: []string{"needs an answer: overwrite, fork or skip"}},
		{
			name: "overwrite", target: edited, opts: overwrite, want: map[string]Decision{revenue: Overwrite, detail: Unchanged},
			after: func(t *testing.T, _, after world) {
				if after[revenuePath] != sampleWorld()[revenuePath] {
					t.Error("not overwritten byte for byte")
				}
			},
		},
		{name: "skip", target: edited, opts: skip, want: map[string]Decision{revenue: Skip, orders: Skip, wsSales: Unchanged}},
		{
			name: "fork", target: edited, opts: fork, want: map[string]Decision{revenue: Fork, orders: Fork, wsSales: Merge, flagsPath: Unchanged},
			says: []string{"refers to the copy of dataset", "→ " + ForkID("corp", "corp", orders, "copy")[:8], "arrives paused", `Revenue (copy)`},
			after: func(t *testing.T, before, after world) {
				if after[revenuePath] != before[revenuePath] {
					t.Error("the original changed")
				}
				copied := after["workspaces/"+wsSales+"/reports/"+forkOfRevenue+".json"]
				if strings.Contains(copied, orders) || !strings.Contains(copied, `"note": "see `+ForkID("corp", "corp", orders, "copy")) {
					t.Errorf("ids were not rewritten everywhere:\n%s", copied)
				}
				if grants := list(t, after[salesMeta], "grants"); len(grants) != 2 {
					t.Errorf("a copy arrived with grants: %s", after[salesMeta])
				}
			},
		},
		{name: "one kind differs", target: edited, opts: Options{OnConflict: Skip, PerKind: map[Kind]Decision{Report: Overwrite}}, want: map[string]Decision{revenue: Overwrite, orders: Skip}},
		{name: "one asset differs", target: edited, opts: Options{OnConflict: Overwrite, PerAsset: map[string]Choice{revenue: {Decision: Skip}}}, want: map[string]Decision{revenue: Skip, detail: Unchanged}},
		{
			name: "a copy gets the name that was asked for", target: same, opts: Options{PerAsset: map[string]Choice{detail: {Decision: Fork, NewName: "Second"}}, Select: []string{detail}},
			want: map[string]Decision{detail: Fork, orders: Unchanged, wsSales: Unchanged},
			says: []string{"Second"},
		},
		{
			name: "an asset alone brings what it needs", opts: Options{Select: []string{drop}},
			want: map[string]Decision{drop: Create, orders: Create, wsSales: Create},
			says: []string{`needed by alert "Revenue drops"`, "its rows are in the archive, but were not asked for"},
			after: func(t *testing.T, _, after world) {
				if len(after) != 3 {
					t.Errorf("entries: %v", after.paths())
				}
				if records := list(t, after[salesMeta], "datasets"); len(records) != 1 {
					t.Errorf("records of what was not selected: %s", after[salesMeta])
				}
			},
		},
		{
			name: "into a workspace that lacks it", target: lacking(revenue, drop), opts: Options{Select: []string{"report:Rev*"}},
			want: map[string]Decision{revenue: Create, detail: Unchanged, orders: Unchanged, wsSales: Unchanged},
		},
		{
			name: "an id in use in another workspace", opts: Options{OnConflict: Overwrite, Select: []string{detail}},
			target: func(t *testing.T, w world) world {
				w["workspaces/"+wsOps+"/reports/"+detail+".json"] = `{"id": "` + detail + `", "workspace": "` + wsOps + `", "name": "Moved"}`
				delete(w, detailPath)
				return w.edit(t, revenuePath, `, "drill_to": {"report": "`+detail+`"}`, "")
			},
			want: map[string]Decision{detail: Blocked}, says: []string{"does not move assets"},
		},
		{
			name: "an edited copy is not overwritten", opts: fork,
			target: func(_ *testing.T, w world) world {
				w["workspaces/"+wsSales+"/reports/"+forkOfRevenue+".json"] = `{"id": "` + forkOfRevenue + `", "workspace": "` + wsSales + `", "name": "Mine now", "owner": "usr_anna"}`
				return w
			},
			want: map[string]Decision{revenue: Blocked}, says: []string{"was edited since"},
		},
		{
			name: "an edited copy is overwritten on request", opts: Options{OnConflict: Fork, PerAsset: map[string]Choice{forkOfRevenue: {Decision: Overwrite}}},
			target: func(_ *testing.T, w world) world {
				w["workspaces/"+wsSales+"/reports/"+forkOfRevenue+".json"] = `{"id": "` + forkOfRevenue + `", "workspace": "` + wsSales + `", "name": "Mine now", "owner": "usr_anna"}`
				return w
			},
			want: map[string]Decision{revenue: Overwrite},
		},
		{
			name: "rows come only when asked for", opts: Options{Select: []string{orders}},
			after: func(t *testing.T, _, after world) {
				if _, ok := after[ordersRows]; ok {
					t.Error("rows came without being asked for")
				}
			},
		},
	})
}

func TestWhatCannotBeImported(t *testing.T) {
	forkOfRevenue := ForkID("corp", "corp", revenue, "copy")
	run(t, []rule{
		{name: "a workspace without metadata", archive: lacking(salesMeta), want: map[string]Decision{revenue: Blocked}, says: []string{"the archive has no metadata of its workspace"}},
		{
			name: "a copy that was moved", opts: Options{OnConflict: Fork, Select: []string{detail, revenue}},
			target: func(_ *testing.T, w world) world {
				w["workspaces/"+wsOps+"/reports/"+forkOfRevenue+".json"] = `{"id": "` + forkOfRevenue + `", "workspace": "` + wsOps + `", "name": "Moved"}`
				return w
			},
			want: map[string]Decision{revenue: Blocked}, says: []string{"its earlier copy " + forkOfRevenue + " is now in workspace " + wsOps},
		},
		{
			name: "one id for two assets", archive: func(_ *testing.T, w world) world {
				w["workspaces/"+wsOps+"/reports/"+detail+".json"] = `{"id": "` + detail + `", "workspace": "` + wsOps + `", "name": "Twin"}`
				return w
			},
			want: map[string]Decision{detail: Blocked}, says: []string{"the archive uses its id for 2 assets"},
		},
		{
			name: "an id that the target uses for something else", opts: Options{OnConflict: Overwrite, Select: []string{detail}},
			target: func(t *testing.T, w world) world {
				w["workspaces/"+wsSales+"/files/"+detail] = "x"
				return w.without(detailPath, revenuePath)
			},
			want: map[string]Decision{detail: Blocked}, says: []string{"the target has its id in use for file"},
		},
		{
			name: "a scalar that cannot be edited in place", tenant: "other", target: otherTenant,
			archive: changed(ordersModel, "source: { type: postgres, ref: warehouse }", "source:\n  type: postgres\n  ref: >-\n    warehouse"),
			opts:    Options{Mapping: mapping.Map{Roles: mapping.Pairs(map[string]string{"sales_rep": "reps"}), Connections: mapping.Pairs(map[string]string{"warehouse": "dwh"})}},
			want:    map[string]Decision{orders: Blocked}, says: []string{"its document cannot be edited as the import needs"},
		},
	})
}

func TestSkippedNeeds(t *testing.T) {
	run(t, []rule{
		{name: "the target has it", target: lacking(revenue), opts: Options{OnConflict: Skip}, want: map[string]Decision{revenue: Create, orders: Skip}},
		{
			name: "the target lacks it", opts: Options{PerAsset: map[string]Choice{orders: {Decision: Skip}}},
			want: map[string]Decision{revenue: Blocked, drop: Blocked, orders: Skip}, says: []string{`dataset "Orders" (` + orders + `), which is skipped and which the target does not have`},
		},
		{name: "a skipped workspace", opts: Options{PerAsset: map[string]Choice{wsSales: {Decision: Skip}}}, want: map[string]Decision{wsSales: Skip, orders: Blocked}, says: []string{"which is skipped and which the target does not have"}},
	})
}

func TestReferencesHold(t *testing.T) {
	run(t, []rule{
		{
			name: "a dataset that lost a measure which the target uses", archive: changed(ordersModel, "  - { id: orders, type: count, column: orders.id }\n", ""),
			target: same, opts: Options{OnConflict: Overwrite, Select: []string{orders}}, want: map[string]Decision{orders: Blocked},
			says: []string{"it would break workspaces/" + wsSales + "/reports/" + detail},
		},
		{
			name: "a report whose measure the target's dataset lacks", target: func(t *testing.T, w world) world {
				return w.without(revenue, drop).edit(t, ordersModel, "id: revenue,", "id: income,").edit(t, salesMeta, `"measures": ["revenue"]`, `"measures": ["income"]`)
			},
			opts: Options{OnConflict: Skip, Select: []string{revenue}}, want: map[string]Decision{revenue: Blocked}, says: []string{"revenue"},
		},
		{
			name: "a dangling reference inside the archive", archive: func(t *testing.T, w world) world {
				return w.edit(t, detailPath, orders, "d0000000-0000-4000-8000-00000000dead")
			},
			want: map[string]Decision{detail: Blocked}, says: []string{"which is neither in the archive nor in the target's workspace"},
		},
		{
			name: "a dangling folder is dropped", archive: func(t *testing.T, w world) world {
				return w.edit(t, revenuePath, inner, "90000000-0000-4000-8000-00000000dead")
			},
			want: map[string]Decision{revenue: Create}, says: []string{"no longer refers at /folder to folder"},
			after: func(t *testing.T, _, after world) {
				if strings.Contains(after[revenuePath], "folder") {
					t.Errorf("the folder is still there:\n%s", after[revenuePath])
				}
			},
		},
		{
			name: "a report that leads nowhere no longer leads there", archive: lacking(detail), opts: Options{Rows: true},
			want: map[string]Decision{revenue: Create}, says: []string{"no longer refers at /pages/0/visuals/0/drill_to/report"},
			after: func(t *testing.T, _, after world) {
				if strings.Contains(after[revenuePath], "drill_to") {
					t.Error("drill_to is still there")
				}
			},
		},
		{
			name: "an invalid document", archive: changed(detailPath, `"name": "Detail"`, `"name": 7`),
			want: map[string]Decision{detail: Blocked}, says: []string{"its document is not valid"},
		},
	})
}

func TestAuditAndExtensions(t *testing.T) {
	const trail = "audit/events.ndjson"
	with := func(content string) func(*testing.T, world) world {
		return func(_ *testing.T, w world) world { w[trail] = content; return w }
	}
	run(t, []rule{
		{name: "not asked for", archive: with("one\n"), want: map[string]Decision{"audit": Skip}, says: []string{"not asked for"}},
		{name: "into a tenant without one", archive: with("one\n"), opts: Options{Audit: true}, want: map[string]Decision{"audit": Create}},
		{name: "the same", archive: with("one\n"), target: with("one\n"), opts: Options{Audit: true}, want: map[string]Decision{"audit": Unchanged}},
		{name: "history is append-only", archive: with("one\n"), target: with("two\n"), opts: Options{Audit: true, OnConflict: Overwrite}, want: map[string]Decision{"audit": Skip}, says: []string{"append-only"}},
		{name: "extension overwritten", target: changed(flagsPath, "true", "false"), opts: Options{OnConflict: Overwrite}, want: map[string]Decision{flagsPath: Overwrite}},
		{name: "extension asks", target: changed(flagsPath, "true", "false"), want: map[string]Decision{flagsPath: Blocked}},
		{name: "extension cannot be copied", target: changed(flagsPath, "true", "false"), opts: Options{OnConflict: Fork, Select: []string{"extension"}}, want: map[string]Decision{flagsPath: Skip}},
	})
}
