package restore

import (
	"errors"
	"maps"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/oneanalytics/oa-archive/layout"
	"github.com/oneanalytics/oa-archive/mapping"
	"github.com/oneanalytics/oa-archive/schema"
)

const archiveLater = "01930000-0000-7000-8000-000000000002"

// later returns the world as a later archive of the tenant.
func (w world) later(tenantID string) *memArchive {
	a := w.archive(tenantID)
	a.manifest.ID = archiveLater
	return a
}

func cloneID(name, id string) string { return ForkID("corp", "corp", id, name) }

// cloned returns the path that an entry of the sample has in a clone.
func cloned(name, path string) string {
	for _, id := range []string{wsSales, wsOps, orders, returns, revenue, detail, drop, upload} {
		path = strings.ReplaceAll(path, id, cloneID(name, id))
	}
	return path
}

// provesToTouchNothing holds that a plan writes nothing over what exists.
func provesToTouchNothing(t reporter, plan *Plan, before, after world) {
	t.Helper()
	for _, s := range plan.Steps {
		for _, e := range s.Entries {
			if e.Write && e.Current != "" {
				t.Errorf("%s %s writes over %s", s.Kind, s.ID, e.TargetPath)
			}
		}
	}
	for path := range before {
		if before[path] != after[path] {
			t.Errorf("%s was touched", path)
		}
	}
}

func TestCloneStandsBeside(t *testing.T) {
	target := sampleWorld().memory("corp")
	a := sampleWorld().archive("corp")
	for _, name := range []string{"Staging", "Übung 2"} {
		before := target.content.clone()
		plan := makePlan(t, a, target, Options{CloneAs: name, Rows: true})
		if s := plan.Summary; s.Fork != 8 || s.Skip != 1 || s.Blocked+s.Overwrite+s.Merge+s.Create != 0 {
			t.Fatalf("%+v\n%s", s, plan.decisions())
		}
		mustApply(t, plan, a, target)
		provesToTouchNothing(t, plan, before, target.content)
		checkOutcome(t, plan, before, target.content)
		if meta := target.content[cloned(name, salesMeta)]; !strings.Contains(meta, `"name": "Sales (`+name+`)"`) || strings.Contains(meta, `"members": [
    {"principal"`) {
			t.Error(meta)
		}
		if doc := target.content[cloned(name, revenuePath)]; !strings.Contains(doc, `"name": "Revenue"`) || !strings.Contains(doc, `"label":"`+name+`"`) && !strings.Contains(doc, `"label": "`+name+`"`) {
			t.Error(doc)
		}
		again := makePlan(t, a, target, Options{CloneAs: name, Rows: true})
		if again.Writes() || len(again.BlockedSteps()) > 0 {
			t.Errorf("the same clone again is not a no-op:\n%s", again.decisions())
		}
	}
	// The same name for another state would write over the first.
	other := sampleWorld().edit(t, revenuePath, `"name": "Revenue"`, `"name": "Newer"`).later("corp")
	plan := makePlan(t, other, target, Options{CloneAs: "Staging"})
	if step := plan.step(t, revenue); step.Decision != Blocked || !strings.Contains(strings.Join(step.Blocked, ""), "bring that clone up to date") {
		t.Error(plan.decisions())
	}
}

func TestCloneIntoAnotherTenant(t *testing.T) {
	run(t, []rule{{
		name: "blank", tenant: "other", opts: Options{CloneAs: "Staging", Mapping: createMissing()},
		want: map[string]Decision{wsSales: Fork, wsOps: Fork, orders: Fork, revenue: Fork, drop: Fork, upload: Fork, flagsPath: Skip},
		after: func(t *testing.T, _, after world) {
			if len(after) != len(sampleWorld())-2 {
				t.Errorf("%d entries", len(after))
			}
		},
	}})
}

func TestCloneOptions(t *testing.T) {
	for want, opts := range map[string]Options{
		"clone_as: a clone is either made or brought up to date":     {CloneAs: "a", UpdateClone: "b"},
		"clone_as: the copies of a clone bear its name":              {CloneAs: "a", ForkLabel: "b"},
		"clone_as: a new clone touches nothing that exists, so no":   {CloneAs: "a", OnConflict: Overwrite},
		"cannot be overwritten":                                      {CloneAs: "a", PerAsset: map[string]Choice{revenue: {Decision: Overwrite}}},
		"update_clone: an asset of a clone that was edited":          {UpdateClone: "a", PerKind: map[Kind]Decision{Report: Fork}},
		"clone_as: a clone has workspaces of its own":                {CloneAs: "a", Mapping: mapping.Map{Workspaces: mapping.Pairs(map[string]string{wsSales: wsOps})}},
		`clone_as: " a" begins or ends with a space`:                 {CloneAs: " a"},
		`update_clone: the target has no clone "a" of tenant "corp"`: {UpdateClone: "a"},
	} {
		_, err := tryPlan(sampleWorld().archive("corp"), sampleWorld().memory("corp"), opts)
		if refused := (*OptionsError)(nil); !errors.As(err, &refused) || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %s", err, want)
		}
	}
}

// update is one case of bringing a clone of the sample up to date.
type update struct {
	name    string
	archive func(t *testing.T, w world) world // a later state of the sample
	clone   func(t *testing.T, w world) world // what happened in the target since
	tenant  string                            // that the clone was taken to since
	opts    Options
	want    map[string]Decision
	says    []string
	removed []string // originals
	after   func(t *testing.T, after world)
}

func TestUpdateClone(t *testing.T) {
	const name = "Staging"
	in := func(path string) string { return cloned(name, path) }
	newReport := strings.Replace(detailPath, detail, "e0000000-0000-4000-8000-000000000009", 1)
	newer := changed(revenuePath, `"name": "Revenue"`, `"name": "Turnover"`)
	edited := func(path, old, new string) func(*testing.T, world) world {
		return func(t *testing.T, w world) world { return w.edit(t, in(path), old, new) }
	}
	for _, c := range []update{
		{name: "nothing new", archive: same, want: map[string]Decision{wsSales: Unchanged, revenue: Unchanged, orders: Unchanged, upload: Unchanged, drop: Unchanged}},
		{
			name: "what only the archive changed", want: map[string]Decision{revenue: Overwrite, orders: Overwrite, drop: Overwrite, upload: Overwrite, detail: Unchanged, wsSales: Merge},
			archive: func(t *testing.T, w world) world {
				w = newer(t, w).edit(t, ordersModel, "# net of tax", "# gross").edit(t, dropPath, "1000", "2000")
				w[uploadPath] = "a;b\n1;3\n\n"
				return w.edit(t, salesMeta, layout.DigestOf([]byte("a;b\n1;2\n\n")).String(), layout.DigestOf([]byte("a;b\n1;3\n\n")).String())
			},
			after: func(t *testing.T, after world) {
				if doc := after[in(revenuePath)]; !strings.Contains(doc, "Turnover") || !strings.Contains(doc, archiveLater) || strings.Contains(doc, orders) {
					t.Error(doc)
				}
				if !strings.Contains(after[in(ordersModel)], "# gross") || after[in(uploadPath)] != "a;b\n1;3\n\n" || !strings.Contains(after[in(salesMeta)], archiveLater) {
					t.Error(after[in(ordersModel)], after[in(salesMeta)])
				}
			},
		},
		{
			name: "what is new and what is gone", want: map[string]Decision{"e0000000-0000-4000-8000-000000000009": Fork, wsSales: Unchanged}, removed: []string{revenue},
			archive: func(t *testing.T, w world) world {
				w[newReport] = strings.NewReplacer(detail, "e0000000-0000-4000-8000-000000000009", `"Detail"`, `"More"`).Replace(w[detailPath])
				w = w.without(revenue)
				for _, grant := range []string{`    {"id": "grt_team", "resource": {"type": "report", "id": "` + revenue + `"}, "principal": {"type": "team", "id": "team_field"}, "actions": ["view"], "state": "active"},
`, `    {"id": "grt_link", "resource": {"type": "report", "id": "` + revenue + `"}, "principal": {"type": "link", "id": "k1"}, "actions": ["view"], "state": "closed"}
`} {
					w = w.edit(t, salesMeta, grant, "")
				}
				return w
			},
			after: func(t *testing.T, after world) {
				if after[in(revenuePath)] == "" || after[strings.Replace(in(newReport), "e0000000-0000-4000-8000-000000000009", cloneID(name, "e0000000-0000-4000-8000-000000000009"), 1)] == "" {
					t.Error("what is gone should stay, what is new should be there")
				}
			},
		},
		{
			name: "what only the clone changed stays", archive: same, want: map[string]Decision{revenue: Skip, orders: Skip, drop: Unchanged, wsSales: Unchanged},
			clone: func(t *testing.T, w world) world {
				return w.edit(t, in(revenuePath), `"name": "Revenue"`, `"name": "Mine"`).edit(t, in(ordersModel), "# net of tax", "# mine").
					edit(t, in(dropPath), `"paused"`, `"active"`).edit(t, in(salesMeta), `"name": "Sales (Staging)"`, `"name": "Play"`)
			},
			says: []string{"it was edited in the clone, and the archive has nothing new"},
		},
		{
			name: "what both changed is a conflict", archive: newer, clone: edited(revenuePath, `"name": "Revenue"`, `"name": "Mine"`),
			want: map[string]Decision{revenue: Blocked, detail: Unchanged}, says: []string{"it was edited in the clone since it was imported", "answer overwrite or skip for " + cloneID(name, revenue)},
		},
		{
			name: "a conflict is overwritten when asked", archive: newer, clone: edited(revenuePath, `"name": "Revenue"`, `"name": "Mine"`),
			opts: Options{PerAsset: map[string]Choice{revenue: {Decision: Overwrite}}}, want: map[string]Decision{revenue: Overwrite}, says: []string{"is overwritten as asked"},
		},
		{
			name: "or stays", archive: newer, clone: edited(revenuePath, `"name": "Revenue"`, `"name": "Mine"`),
			opts: Options{OnConflict: Skip}, want: map[string]Decision{revenue: Skip}, says: []string{"stays as asked"},
			after: func(t *testing.T, after world) {
				if !strings.Contains(after[in(revenuePath)], "Mine") {
					t.Error(after[in(revenuePath)])
				}
			},
		},
		{
			name: "an answer does not touch what the archive left alone", archive: newer, clone: edited(detailPath, `"name": "Detail"`, `"name": "Mine"`),
			opts: Options{OnConflict: Overwrite}, want: map[string]Decision{detail: Skip, revenue: Overwrite},
		},
		{
			name: "settings", archive: changed(salesMeta, `"name": "Sales"}`, `"name": "Sales", "description": "All of it"}`), want: map[string]Decision{wsSales: Overwrite, revenue: Unchanged},
			after: func(t *testing.T, after world) {
				if !strings.Contains(after[in(salesMeta)], "All of it") || !strings.Contains(after[in(salesMeta)], "Sales (Staging)") {
					t.Error(after[in(salesMeta)])
				}
			},
		},
		{
			name: "settings that both changed", archive: changed(salesMeta, `"name": "Sales"}`, `"name": "Sales", "description": "All of it"}`),
			clone: edited(salesMeta, `"name": "Sales (Staging)"`, `"name": "Play"`), want: map[string]Decision{wsSales: Blocked},
		},
		{
			name: "an edited record of a dataset", archive: changed(salesMeta, `"name": "Orders", "mode": "import", "version": 3`, `"name": "Orders", "mode": "import", "version": 4`),
			clone: edited(salesMeta, `"name": "Orders"`, `"name": "My orders"`), want: map[string]Decision{orders: Blocked},
		},
		{
			name: "both the same", archive: newer, clone: edited(revenuePath, `"name": "Revenue"`, `"name": "Turnover"`), want: map[string]Decision{revenue: Overwrite},
			says: []string{"the clone has the archive's state already"},
		},
		{
			name: "one asset, whose neighbours are the clone's", archive: newer, opts: Options{Select: []string{revenue}}, want: map[string]Decision{revenue: Overwrite},
		},
		{
			name: "a skipped asset stays the clone's, and others refer to it", archive: func(t *testing.T, w world) world {
				return newer(t, w).edit(t, ordersModel, "# net of tax", "# gross")
			},
			opts: Options{PerAsset: map[string]Choice{orders: {Decision: Skip}}}, want: map[string]Decision{orders: Skip, revenue: Overwrite},
			after: func(t *testing.T, after world) {
				if !strings.Contains(after[in(revenuePath)], cloneID(name, orders)) || !strings.Contains(after[in(ordersModel)], "# net") {
					t.Error(after[in(revenuePath)])
				}
			},
		},
		{
			name: "copies are found by their origin, not by their ids", archive: newer, tenant: "elsewhere",
			opts: Options{AllowOtherTenant: true, Mapping: createMissing()}, want: map[string]Decision{revenue: Overwrite, detail: Unchanged, orders: Unchanged},
		},
	} {
		t.Run(c.name, func(t *testing.T) { c.run(t, name) })
	}
}

func (c update) run(t *testing.T, name string) {
	first, target := sampleWorld().archive("corp"), sampleWorld().memory("corp")
	mustApply(t, makePlan(t, first, target, Options{CloneAs: name}), first, target)
	before := target.content.clone()
	if c.clone != nil {
		before = c.clone(t, before)
	}
	tenantID := "corp"
	if c.tenant != "" {
		tenantID = c.tenant
	}
	target = before.memory(tenantID)
	a := c.archive(t, sampleWorld()).later("corp")
	c.opts.UpdateClone = name
	plan := makePlan(t, a, target, c.opts)
	rule{want: c.want, says: c.says}.checkPlan(t, plan)
	var removed []string
	for _, r := range plan.Removed {
		removed = append(removed, r.Original)
	}
	if strings.Join(removed, " ") != strings.Join(c.removed, " ") {
		t.Errorf("removed: %v, want %v", removed, c.removed)
	}
	if len(plan.BlockedSteps()) > 0 {
		if c.after != nil {
			t.Fatal(plan.decisions())
		}
		return
	}
	mustApply(t, plan, a, target)
	checkOutcome(t, plan, before, target.content)
	for path := range sampleWorld() {
		if before[path] != target.content[path] {
			t.Errorf("%s, an original, was touched", path)
		}
	}
	if c.after != nil {
		c.after(t, target.content)
	}
	again := makePlan(t, a, target, c.opts)
	if again.Writes() || len(again.BlockedSteps()) > 0 {
		t.Errorf("the same update again is not a no-op:\n%s", again.decisions())
	}
}

// TestClonesKeepTheirPromises draws tenants, clones them, changes the source
// and the clone, and brings the clone up to date.
func TestClonesKeepTheirPromises(t *testing.T) {
	counts := map[string]int{}
	rapid.Check(t, func(rt *rapid.T) {
		g := tenants{rt}
		source := g.draw()
		before := g.state(source)
		tenantID := rapid.SampledFrom([]string{"corp", "other"}).Draw(rt, "tenant")
		target, a := before.memory(tenantID), source.archive("corp")
		opts := Options{CloneAs: "Play", AllowOtherTenant: true, Rows: g.flip("rows"), Mapping: createMissing()}
		plan, err := tryPlan(a, target, opts)
		if err != nil {
			rt.Fatal(err)
		}
		checkPlanShape(rt, plan, source)
		if len(plan.BlockedSteps()) > 0 {
			counts["blocked"]++
			return
		}
		if _, err := applyAll(plan, a, target); err != nil {
			rt.Fatal(err)
		}
		provesToTouchNothing(rt, plan, before, target.content)
		checkOutcome(rt, plan, before, target.content)
		counts["cloned"]++

		later := g.touch(source, nil)
		inClone := g.touch(target.content, before)
		opts.CloneAs, opts.UpdateClone = "", "Play"
		opts.OnConflict = rapid.SampledFrom([]Decision{Overwrite, Skip}).Draw(rt, "conflicts")
		target, a = inClone.memory(tenantID), later.later("corp")
		if plan, err = tryPlan(a, target, opts); err != nil {
			rt.Fatal(err)
		}
		checkPlanShape(rt, plan, later)
		if len(plan.BlockedSteps()) > 0 {
			counts["blocked"]++
			return
		}
		if _, err := applyAll(plan, a, target); err != nil {
			rt.Fatalf("%v\n%s", err, plan.decisions())
		}
		checkOutcome(rt, plan, inClone, target.content)
		for path := range before {
			if before[path] != target.content[path] {
				rt.Errorf("%s, outside the clone, was touched", path)
			}
		}
		again, err := tryPlan(a, target, opts)
		if err != nil {
			rt.Fatal(err)
		}
		if again.Writes() || len(again.BlockedSteps()) > 0 {
			rt.Errorf("the same update again is not a no-op:\n%s\nafter\n%s", again.decisions(), plan.decisions())
		}
		counts["updated"]++
		if plan.Summary.Overwrite > 0 {
			counts["overwritten"]++
		}
	})
	if counts["cloned"] == 0 || counts["updated"] == 0 || counts["overwritten"] == 0 {
		t.Errorf("the drawn cases are one-sided: %v", counts)
	}
}

// touch edits models and reports of w that are not in except, in ways that
// break no reference.
func (g tenants) touch(w, except world) world {
	w = w.clone()
	for _, path := range w.paths() {
		if _, ok := except[path]; ok {
			continue
		}
		n, _ := layout.Parse(path)
		if _, ok := schema.KindOf(n.Kind); !ok || n.Kind == layout.Metadata || g.upTo(2, "touch "+path) > 0 {
			continue
		}
		mark := rapid.SampledFrom([]string{"a", "b"}).Draw(g.t, "how")
		if n.Kind == layout.Model {
			w[path] += "# " + mark + "\n"
			continue
		}
		w[path] = strings.Replace(w[path], "{", `{"description": "`+mark+`",`, 1)
	}
	return maps.Clone(w)
}
