package restore

import (
	"cmp"
	"slices"
)

// assetsOf returns the assets of one workspace. The index must be sorted.
func (x *index) assetsOf(workspace string) []*asset {
	return ofWorkspace(x.order, workspace, func(a *asset) *asset { return a })
}

// itemsOf returns the items of one workspace.
func (p *planner) itemsOf(workspace string) []*item {
	return ofWorkspace(p.items, workspace, func(it *item) *asset { return it.asset })
}

// ofWorkspace cuts out what belongs to one workspace. Canonical order puts the
// audit trail and extensions, which belong to none, apart from workspaces.
func ofWorkspace[T any](all []T, workspace string, of func(T) *asset) []T {
	start, _ := slices.BinarySearchFunc(all, workspace, func(one T, workspace string) int { return compareWorkspaces(of(one), workspace) })
	end := start
	for end < len(all) && of(all[end]).workspace == workspace {
		end++
	}
	return all[start:end]
}

func compareWorkspaces(a *asset, workspace string) int {
	none := func(workspace string) int {
		if workspace == "" {
			return 1
		}
		return 0
	}
	return cmp.Or(cmp.Compare(none(a.workspace), none(workspace)), cmp.Compare(a.workspace, workspace))
}
