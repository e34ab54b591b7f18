package restore

import (
	"errors"
	"maps"
	"strings"
	"testing"
)

const (
	stray     = "e0000000-0000-4000-8000-0000000000ff" // report that only the target has
	strayPath = "workspaces/" + wsSales + "/reports/" + stray + ".json"
)

// withStrays adds what the archive does not have: a report, a dataset with its
// record, a user, and a grant.
func withStrays(t *testing.T, w world) world {
	w[strayPath] = strings.NewReplacer(revenue, stray, `"Revenue"`, `"Stray"`).Replace(w[revenuePath])
	path := strings.ReplaceAll(ordersModel, orders, stray)
	path = strings.ReplaceAll(path, stray, "d0000000-0000-4000-8000-0000000000ff")
	w[path] = w[ordersModel]
	w.edit(t, salesMeta, `"datasets": [`, `"datasets": [
    {"id": "d0000000-0000-4000-8000-0000000000ff", "name": "Stray", "mode": "import", "version": 1},`)
	w.edit(t, salesMeta, `"users": [`, `"users": [
    {"id": "usr_new", "email": "new@corp.example", "name": "New", "status": "active"},`)
	w.edit(t, salesMeta, `"grants": [`, `"grants": [
    {"id": "grt_new", "resource": {"type": "report", "id": "`+stray+`"}, "principal": {"type": "user", "id": "usr_new"}, "actions": ["view"], "state": "active"},`)
	return w
}

func TestExact(t *testing.T) {
	exact := Options{Exact: true, Rows: true}
	run(t, []rule{
		{
			name: "assets and records that the archive does not have are deleted", target: withStrays, opts: exact,
			want: map[string]Decision{stray: Delete, wsSales: Overwrite, revenue: Unchanged, wsOps: Unchanged},
			says: []string{"the archive does not have it", "loses 1 dataset record", "loses 1 grant", "keeps 1 user"},
			after: func(t *testing.T, _, after world) {
				if after[strayPath] != "" || strings.Contains(after[salesMeta], "grt_new") || !strings.Contains(after[salesMeta], "usr_new") {
					t.Error(after[salesMeta])
				}
				want := sampleWorld().paths()
				if strings.Join(after.paths(), "\n") != strings.Join(want, "\n") {
					t.Errorf("%v", after.paths())
				}
			},
		},
		{
			name: "conflicts are overwritten", target: changed(revenuePath, `"name": "Revenue"`, `"name": "Edited"`), opts: exact,
			want: map[string]Decision{revenue: Overwrite},
			after: func(t *testing.T, _, after world) {
				if !maps.Equal(after, sampleWorld()) {
					t.Error("not the archive's state")
				}
			},
		},
		{
			name: "only the selected workspace", target: withStrays, opts: Options{Exact: true, Select: []string{"workspace:Ops"}},
			want: map[string]Decision{wsOps: Unchanged}, silent: []string{stray},
		},
		{
			name: "a workspace that is created", target: func(_ *testing.T, w world) world { return w.without(wsSales) }, opts: exact,
			want: map[string]Decision{wsSales: Create, revenue: Create},
		},
		{
			name: "a deletion that would break a report is blocked", opts: Options{Exact: true, PerAsset: map[string]Choice{revenue: {Decision: Skip}}},
			target: func(t *testing.T, w world) world {
				return withStrays(t, w).edit(t, revenuePath, detail, stray)
			},
			want: map[string]Decision{stray: Blocked, revenue: Skip}, says: []string{"Stray", "it would break " + revenuePath},
		},
		{
			name: "one of a dataset too", opts: Options{Exact: true, PerAsset: map[string]Choice{revenue: {Decision: Skip}}},
			target: func(t *testing.T, w world) world {
				return withStrays(t, w).edit(t, revenuePath, orders, "d0000000-0000-4000-8000-0000000000ff")
			},
			want: map[string]Decision{"d0000000-0000-4000-8000-0000000000ff": Blocked}, says: []string{"it would break " + revenuePath},
		},
	})
}

func TestExactRefuses(t *testing.T) {
	a := sampleWorld().archive("corp")
	for want, opts := range map[string]Options{
		"on_conflict copies assets":        {Exact: true, OnConflict: Fork},
		"per_kind for report copies":       {Exact: true, PerKind: map[Kind]Decision{Report: Fork}},
		"per_asset for " + revenue:         {Exact: true, PerAsset: map[string]Choice{revenue: {Decision: Fork}}},
		"no workspace is selected":         {Exact: true, Select: []string{"report:Revenue"}},
		"the archive is of another tenant": {Exact: true, AllowOtherTenant: true},
	} {
		tenantID := "corp"
		if opts.AllowOtherTenant {
			tenantID = "other"
		}
		_, err := tryPlan(a, sampleWorld().memory(tenantID), opts)
		var options *OptionsError
		if !errors.As(err, &options) || options.Option != "exact" || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

func TestExactIsInsuredAndUndone(t *testing.T) {
	a, in := sampleWorld().archive("corp"), insured(t)
	before := withStrays(t, sampleWorld())
	for name, open := range stores(t) {
		target := open(t)
		before.putInto(t, target)
		plan := makePlan(t, a, target, Options{Exact: true})
		if n := len(plan.Destroys()); n != 3 || plan.Summary.Delete != 2 || !strings.Contains(plan.Summary.String(), "2 deleted") {
			t.Errorf("%s: %d, %+v", name, n, plan.Summary)
		}
		result := applyInsured(t, plan, a, target, in)
		if result.Deleted != 2 {
			t.Errorf("%s: %+v", name, result)
		}
		mustUndo(t, result.ImportID, in.policy(t, result), target, nil)
		if !maps.Equal(contentOf(t, target), before) {
			t.Errorf("%s: not as before", name)
		}
	}
}
