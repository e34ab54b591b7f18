package restore

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/oneanalytics/oa-archive/layout"
	"github.com/oneanalytics/oa-archive/schema"
)

// forksExactly returns why the options contradict an exact restore, or "".
func (o Options) forksExactly() string {
	if !o.Exact {
		return ""
	}
	const rule = "%s copies assets, and an exact restore leaves nothing that the archive does not have"
	if o.OnConflict == Fork {
		return fmt.Sprintf(rule, "on_conflict")
	}
	for _, kind := range Kinds() {
		if o.PerKind[kind] == Fork {
			return fmt.Sprintf(rule, "per_kind for "+string(kind))
		}
	}
	for _, id := range sortedKeys(o.PerAsset) {
		if o.PerAsset[id].Decision == Fork {
			return fmt.Sprintf(rule, "per_asset for "+id)
		}
	}
	return ""
}

// checkExact refuses an exact restore of anything but whole workspaces of the
// same tenant, and picks all that is in those that are picked.
func (p *planner) checkExact(picked picks) error {
	if !p.same {
		return &OptionsError{Option: "exact", Rule: "the archive is of another tenant, whose state this one never had"}
	}
	any := false
	for _, a := range p.src.order {
		if ws := p.src.workspace(a.workspace); ws != nil && picked[ws.seat] {
			picked[a.seat], any = true, true
		}
	}
	if !any {
		return &OptionsError{Option: "exact", Rule: "no workspace is selected, and it restores whole workspaces: select workspace:NAME"}
	}
	return nil
}

// decideDeletions finds the workspaces that get exactly the archive's state,
// and what that deletes: assets of the target that the archive does not have.
func (p *planner) decideDeletions(ctx context.Context) error {
	if !p.opts.Exact {
		return nil
	}
	exact := map[string]bool{}
	for _, it := range p.items {
		if it.kind == Workspace && it.selected && it.policy == Overwrite {
			it.exact, exact[it.workspace] = true, true
		}
	}
	for _, a := range p.dst.order {
		if !exact[a.workspace] || p.src.assets.get(a.key) != nil {
			continue
		}
		if a.kind == Report || a.kind == Alert {
			doc, err := p.readTarget(ctx, a.entries[0])
			if err != nil {
				return fmt.Errorf("entry %q: %w", a.entries[0].path, err)
			}
			var named struct{ Name string }
			_ = json.Unmarshal(doc, &named) // a broken document goes without its name
			a.name = named.Name
		}
		it := newItem(a, "its workspace is restored exactly")
		it.selected, it.policy, it.decision, it.reason = true, Delete, Delete, "the archive does not have it"
		it.targetWorkspace, it.targetID = a.workspace, a.id
		for i := range a.entries {
			e := &a.entries[i]
			it.outcomes = append(it.outcomes, outcome{target: e.path, current: &e.digest, delete: true})
		}
		p.deletions = append(p.deletions, it)
	}
	return nil
}

// staysAnyway reports whether the target's own records of a list survive an
// exact restore: who there is, what roles mean and where connections lead is
// not the workspace's to take back.
func staysAnyway(list string) bool {
	return slices.Contains([]string{"users", "teams", "roles", "connections"}, list)
}

// deletedIn returns the entries of a workspace that are deleted.
func (p *planner) deletedIn(workspace string) map[layout.Name]*item {
	gone := map[layout.Name]*item{}
	for _, it := range p.deletions {
		if it.workspace == workspace && it.decision == Delete {
			for _, e := range it.asset.entries {
				gone[e.name()] = it
			}
		}
	}
	return gone
}

// blameDeletion blocks the deletion that a problem comes from, and reports
// whether there is one.
func (p *planner) blameDeletion(problem schema.Problem, workspace string) bool {
	for _, it := range p.deletions {
		if it.workspace == workspace && strings.Contains(problem.Text, it.id) {
			it.block("it would break %s: %s: %s", problem.Path, problem.Pointer, problem.Text)
			it.turnBlocked()
			return true
		}
	}
	return false
}
