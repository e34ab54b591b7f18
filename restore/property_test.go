package restore

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/oneanalytics/oa-archive/layout"
)

// tenants draws small tenants in which every reference holds.
type tenants struct{ t *rapid.T }

func (g tenants) flip(label string) bool { return rapid.Bool().Draw(g.t, label) }

func (g tenants) upTo(n int, label string) int { return rapid.IntRange(0, n).Draw(g.t, label) }

// pick draws one of the values, or "".
func (g tenants) pick(values []string, label string) string {
	if len(values) == 0 {
		return ""
	}
	return rapid.SampledFrom(append([]string{""}, values...)).Draw(g.t, label)
}

func uuidOf(kind, workspace, n int) string {
	return fmt.Sprintf("%x%07d-0000-4000-8000-%012d", kind, workspace, n)
}

type object = map[string]any

// draw returns a tenant of one or two workspaces.
func (g tenants) draw() world {
	w := world{}
	for ws := range 1 + g.upTo(1, "workspaces") {
		g.workspace(w, ws)
	}
	if g.flip("extension") {
		w[flagsPath] = `{"dark": true}`
	}
	return w
}

func (g tenants) workspace(w world, ws int) {
	id := uuidOf(10, ws, 0)
	root := "workspaces/" + id
	var users, folders, tags, datasets, reports []string
	meta := object{"workspace": object{"id": id, "name": fmt.Sprint("Workspace ", ws)}}
	add := func(list string, record object) {
		records, _ := meta[list].([]any)
		meta[list] = append(records, record)
	}
	for i := range g.upTo(2, "users") {
		users = append(users, fmt.Sprintf("usr_%d", i))
		add("users", object{"id": users[i], "email": fmt.Sprintf("u%d@corp.example", i), "name": "U", "status": "active"})
	}
	add("teams", object{"id": "team_all", "name": "All", "members": append([]string{}, users...)})
	add("roles", object{"id": "rep", "name": "Rep", "base": "viewer"})
	add("connections", object{"name": "dwh", "type": "postgres", "endpoint": object{"host": "h"}, "secret_slot": "dwh"})
	for i := range g.upTo(2, "folders") {
		folder := object{"id": uuidOf(9, ws, i), "name": "F"}
		if parent := g.pick(folders, "parent"); parent != "" {
			folder["parent"] = parent
		}
		folders = append(folders, folder["id"].(string))
		add("folders", folder)
	}
	for i := range g.upTo(1, "tags") {
		tags = append(tags, uuidOf(8, ws, i))
		add("tags", object{"id": tags[i], "name": "T"})
	}
	owned := func(o object) object {
		if user := g.pick(users, "owner"); user != "" {
			o["owner"] = user
		}
		if folder := g.pick(folders, "folder"); folder != "" {
			o["folder"] = folder
		}
		if tag := g.pick(tags, "tag"); tag != "" {
			o["tags"] = []string{tag}
		}
		return o
	}
	for i := range g.upTo(3, "datasets") {
		d := uuidOf(13, ws, i)
		datasets = append(datasets, d)
		add("datasets", owned(object{"id": d, "name": fmt.Sprint("Dataset ", i), "mode": "import", "version": 2}))
		model := "dataset: d # by hand\nsource: { type: postgres, ref: dwh }\ntables:\n  - { name: t }\nmeasures:\n  - { id: m, type: count, column: t.a }\n"
		if g.flip("rule") {
			model += "security:\n  - { name: r, applies_to: { role: [rep], team: [team_all] }, predicate: \"a = 1\" }\n"
		}
		w[root+"/datasets/"+d+"/model.yaml"] = model
		if g.flip("rows") {
			w[root+"/datasets/"+d+"/rows.parquet"] = rowsOf(d)
		}
		if g.flip("query") {
			add("saved_queries", object{"id": uuidOf(7, ws, i), "name": "Q", "query": object{"dataset": d, "measures": []string{"m"}}})
		}
	}
	for i := range g.upTo(3, "reports") {
		reports = append(reports, uuidOf(14, ws, i))
	}
	for i, r := range reports {
		visual := object{"id": "v", "type": "bar"}
		report := owned(object{"id": r, "workspace": id, "name": fmt.Sprint("Report ", i), "pages": []any{object{"id": "p", "name": "P", "visuals": []any{visual}}}})
		if d := g.pick(datasets, "used"); d != "" {
			report["datasets"] = []any{object{"id": d, "version": 1}}
			visual["query"] = object{"dataset": d, "measures": []string{"m"}}
			visual["options"] = object{d: "as a key", "text": "and in a text: " + d}
		}
		if to := g.pick(reports, "leads to"); to != "" {
			visual["drill_to"] = object{"report": to}
		}
		w[root+"/reports/"+r+".json"] = text(report)
		if g.flip("grant") {
			add("grants", object{"id": fmt.Sprintf("grt_%d%d", ws, i), "resource": object{"type": "report", "id": r}, "actions": []string{"view"}, "state": "active",
				"principal": object{"type": rapid.SampledFrom([]string{"team", "link"}).Draw(g.t, "to whom"), "id": "team_all"}})
		}
	}
	for i := range g.upTo(2, "alerts") {
		if d := g.pick(datasets, "watched"); d != "" {
			a := uuidOf(11, ws, i)
			alert := owned(object{"id": a, "workspace": id, "name": fmt.Sprint("Alert ", i), "dataset": d, "measure": "m",
				"condition": object{"type": "threshold", "op": ">", "value": 1}, "window": object{"grain": "day", "count": 1},
				"state": object{"status": rapid.SampledFrom([]string{"active", "paused"}).Draw(g.t, "state")}})
			if user := g.pick(users, "told"); user != "" {
				alert["channels"] = []any{object{"type": "in_app", "to": []any{object{"type": "user", "id": user}}}}
			}
			w[root+"/alerts/"+a+".json"] = text(alert)
		}
	}
	for i := range g.upTo(1, "files") {
		f, content := uuidOf(15, ws, i), "content"
		file := object{"id": f, "name": fmt.Sprint("File ", i), "media_type": "text/csv", "size_bytes": len(content), "sha256": layout.DigestOf([]byte(content)).String()}
		if d := g.pick(datasets, "source of"); d != "" {
			file["dataset"] = d
		}
		add("files", file)
		w[root+"/files/"+f] = content
	}
	w[root+"/metadata.json"] = text(meta)
}

func text(o object) string {
	doc, err := json.MarshalIndent(o, "", "  ")
	if err != nil {
		panic(err)
	}
	return string(doc) + "\n"
}

// state draws a target: blank, the archive's tenant with some entries changed
// or gone, or a tenant of its own.
func (g tenants) state(archived world) world {
	switch rapid.SampledFrom([]string{"blank", "later", "own"}).Draw(g.t, "target") {
	case "blank":
		return world{}
	case "own":
		return g.draw()
	}
	w := archived.clone()
	for _, path := range w.paths() {
		n, _ := layout.Parse(path)
		switch rapid.SampledFrom([]string{"same", "same", "changed", "gone"}).Draw(g.t, path) {
		case "changed":
			if n.Kind == layout.Report || n.Kind == layout.Alert {
				var doc object
				if err := json.Unmarshal([]byte(w[path]), &doc); err != nil {
					panic(err)
				}
				doc["name"] = "Edited"
				w[path] = text(doc)
			}
			if n.Kind == layout.Model {
				w[path] += "# edited\n"
			}
		case "gone":
			if n.Kind != layout.Metadata {
				delete(w, path)
			}
		}
	}
	return w
}

func (g tenants) options(archived world) Options {
	policy := rapid.SampledFrom([]Decision{Overwrite, Overwrite, Fork, Fork, Skip, Ask})
	opts := Options{
		OnConflict: policy.Draw(g.t, "policy"), AllowOtherTenant: true, Rows: g.flip("import rows"),
		PerKind: map[Kind]Decision{}, PerAsset: map[string]Choice{},
	}
	if g.flip("create principals") {
		opts.Mapping.CreatePrincipals()
	}
	if g.flip("create connections") {
		opts.Mapping.CreateConnections()
	}
	for _, kind := range []Kind{Workspace, Dataset, Report, Alert} {
		if g.upTo(4, "per kind") == 0 {
			opts.PerKind[kind] = policy.Draw(g.t, string(kind))
		}
	}
	ids := map[string]bool{}
	for _, path := range archived.paths() {
		n, _ := layout.Parse(path)
		if n.Workspace != "" {
			ids[keyOf(n).id] = true
		}
	}
	all := slices.Sorted(maps.Keys(ids))
	for range g.upTo(2, "selectors") {
		opts.Select = append(opts.Select, rapid.SampledFrom(all).Draw(g.t, "selected"))
	}
	if len(opts.Select) == 0 {
		for range g.upTo(2, "answers") {
			choice := rapid.SampledFrom([]Decision{Overwrite, Fork, Skip}).Draw(g.t, "answer")
			opts.PerAsset[rapid.SampledFrom(all).Draw(g.t, "answered")] = Choice{Decision: choice}
		}
	}
	return opts
}

// TestImportsKeepTheirPromises draws archives, targets and options. After an
// import no reference dangles that did not before, nothing outside the plan
// has changed, the same import is a no-op, and applying the plan again finds
// it in the journal.
func TestImportsKeepTheirPromises(t *testing.T) {
	counts := map[string]int{}
	rapid.Check(t, func(rt *rapid.T) {
		g := tenants{rt}
		archived := g.draw()
		if found := archived.problems(); len(found) > 0 {
			rt.Fatalf("the generator is wrong: %s", found)
		}
		before := g.state(archived)
		opts := g.options(archived)
		target := before.memory(rapid.SampledFrom([]string{"corp", "corp", "other"}).Draw(rt, "tenant"))
		a := archived.archive("corp")
		if g.upTo(2, "mapped") == 0 {
			g.mapping(archived, before, &opts.Mapping)
		}
		plan, err := tryPlan(a, target, opts)
		if refused := (*MappingError)(nil); errors.As(err, &refused) {
			counts["refused"]++ // two workspaces that land in one
			return
		}
		if err != nil {
			rt.Fatal(err)
		}
		checkPlanShape(rt, plan, archived)
		if len(plan.BlockedSteps()) > 0 {
			counts["blocked"]++
			return
		}
		if plan.Writes() {
			counts["written"]++
		}
		if _, err := applyAll(plan, a, target); err != nil {
			rt.Fatalf("%v\n%s", err, plan.decisions())
		}
		after := target.content
		if !maps.Equal(before, after) != plan.Writes() {
			rt.Errorf("writes: %v", plan.Writes())
		}
		checkOutcome(rt, plan, before, after)
		if plan.Writes() {
			result, err := applyAll(plan, a, target)
			if err != nil || !result.AlreadyApplied {
				rt.Errorf("the plan again: %+v, %v", result, err)
			}
		}
		again, err := tryPlan(a, target, opts)
		if err != nil {
			rt.Fatal(err)
		}
		// What the first import created exists for the second, which copies it
		// where conflicts are copied.
		if plan.Summary.Create > 0 && opts.copies() {
			return
		}
		if again.Writes() || len(again.BlockedSteps()) > 0 {
			rt.Errorf("the same import again is not a no-op:\n%s\nafter\n%s", again.decisions(), plan.decisions())
		}
		counts["twice"]++
	})
	if counts["written"] == 0 || counts["blocked"] == 0 || counts["twice"] == 0 {
		t.Errorf("the drawn cases are one-sided: %v", counts)
	}
}

// copies reports whether a policy copies what is in the way.
func (o Options) copies() bool {
	return o.OnConflict == Fork || slices.Contains(slices.Collect(maps.Values(o.PerKind)), Fork)
}

// checkPlanShape checks that every selected entry is accounted for, that every
// dependency has a step, and that the document can be read back.
func checkPlanShape(t *rapid.T, plan *Plan, archived world) {
	steps := map[string]bool{}
	for _, s := range plan.Steps {
		if steps[s.ID] {
			t.Errorf("two steps for %s", s.ID)
		}
		steps[s.ID] = true
		if s.Reason == "" || s.Why == "" || len(s.Entries) == 0 || (s.Decision == Blocked) != (len(s.Blocked) > 0) {
			t.Errorf("incomplete step %+v", s)
		}
	}
	for _, s := range plan.Steps {
		for _, id := range s.DependsOn {
			if !steps[id] {
				t.Errorf("%s depends on %s, which has no step", s.ID, id)
			}
		}
		for _, e := range s.Entries {
			if layout.DigestOf([]byte(archived[e.Path])).String() != e.Digest {
				t.Errorf("digest of %s", e.Path)
			}
		}
	}
	doc, err := plan.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ParsePlan(doc); err != nil {
		t.Fatalf("%v\n%s", err, doc)
	}
}
