package restore

import (
	"fmt"
	"strings"

	"github.com/oneanalytics/oa-archive/internal/docedit"
	"github.com/oneanalytics/oa-archive/mapping"
	"github.com/oneanalytics/oa-archive/schema"
)

// landing says in which workspaces of the target the archive's land, where
// that is not the one with their own id.
type landing struct {
	workspaces map[string]string // id in the archive → id in the target
	how        map[string]string // how it was found
}

// newLanding settles where workspaces land. The error is a [*MappingError].
func newLanding(archive, target *index, section *mapping.Section) (*landing, error) {
	l := &landing{workspaces: map[string]string{}, how: map[string]string{}}
	var problems []string
	for _, from := range sortedKeys(section.Entries) {
		to, _ := section.Entries[from].Target()
		switch {
		case archive.workspace(from) == nil:
			problems = append(problems, fmt.Sprintf("workspace %q is mapped, but the archive has no such workspace", from))
		case to != "" && target.workspace(to) == nil:
			problems = append(problems, fmt.Sprintf("workspace %q stands for %q, but the target has no such workspace", to, from))
		case to != "":
			l.workspaces[from], l.how[from] = to, "as mapped"
		}
	}
	if len(problems) > 0 {
		return nil, &MappingError{Problems: problems}
	}
	for _, rule := range section.Rules(mapping.Workspaces) {
		l.match(archive, target, section, rule)
	}
	return l, nil
}

func (x *index) workspace(id string) *asset { return x.assets.get(key{Workspace, id, id}) }

// match settles the workspaces for which one rule finds exactly one.
func (l *landing) match(archive, target *index, section *mapping.Section, rule mapping.Rule) {
	trait := func(a *asset) string {
		if rule == mapping.ByID {
			return a.id
		}
		return strings.ToLower(a.name)
	}
	taken := map[string]bool{}
	for _, to := range l.workspaces {
		taken[to] = true
	}
	theirs, ours := map[string][]*asset{}, map[string]int{}
	for _, a := range target.order {
		if a.kind == Workspace && !taken[a.id] {
			theirs[trait(a)] = append(theirs[trait(a)], a)
		}
	}
	for _, a := range archive.order {
		if a.kind == Workspace {
			ours[trait(a)]++
		}
	}
	for _, a := range archive.order {
		if a.kind != Workspace || l.how[a.id] != "" || !section.Entries[a.id].Blank() {
			continue
		}
		if found := theirs[trait(a)]; len(found) == 1 && ours[trait(a)] == 1 {
			l.workspaces[a.id], l.how[a.id] = found[0].id, "by "+ruleWords[rule]
		}
	}
}

// elsewhere returns the workspace in which the archive's lands, when it is not
// the one with its own id.
func (l *landing) elsewhere(id string) (string, bool) {
	to, ok := l.workspaces[id]
	return to, ok && to != id
}

// checkMappedTenants refuses a mapping that was written for other tenants.
func checkMappedTenants(m *mapping.Map, archive, target string) error {
	var problems []string
	if m.Archive != "" && m.Archive != archive {
		problems = append(problems, fmt.Sprintf("it is for archives of tenant %q, this one is of %q", m.Archive, archive))
	}
	if m.Target != "" && m.Target != target {
		problems = append(problems, fmt.Sprintf("it is for imports into tenant %q, the target is %q", m.Target, target))
	}
	if len(problems) > 0 {
		return &MappingError{Problems: problems}
	}
	return nil
}

// decideLanding decides for a workspace that lands in another one: that one
// keeps its settings, and what the archive has in the first comes into it.
func (p *planner) decideLanding(it *item, to string, choice Decision) {
	it.landed = true
	it.targetWorkspace, it.targetID = to, to
	it.policy, it.reason = Merge, fmt.Sprintf("lands in %s (%s): its settings stay", p.dst.workspace(to).label(), p.landing.how[it.id])
	if choice == Overwrite || choice == Fork {
		it.policy = Blocked
		it.block("lands in another workspace, which an import can only add to: choose skip, which keeps its settings, or map it to create")
	}
}

// refuseSharedLandings refuses two workspaces that land in the same one: each
// would be planned as if it came alone.
func (p *planner) refuseSharedLandings() error {
	first := map[string]*item{}
	for _, it := range p.items {
		if it.kind != Workspace || it.policy == Skip || it.policy == Fork {
			continue
		}
		if other := first[it.targetID]; other != nil && (it.landed || other.landed) {
			return &MappingError{Problems: []string{fmt.Sprintf(
				"%s and %s both land in workspace %s; import them one after the other with --select", other.label(), it.label(), it.targetID)}}
		}
		first[it.targetID] = it
	}
	return nil
}

// adoptPlaces fills in which folders and tags of the archive's workspace become
// which of the target's, because it has them under the same name. Those that
// it has under the id that they would come with are left out.
func (p *planner) adoptPlaces(it *item, comesAs func(id string) string) {
	ours, theirs := p.src.places[it.id], p.dst.places[it.targetID]
	if ours == nil || theirs == nil {
		return
	}
	byName := map[string][]string{}
	for id := range theirs.names {
		byName[theirs.named(id)] = append(byName[theirs.named(id)], id)
	}
	for id := range ours.names {
		if _, there := theirs.names[comesAs(id)]; there || p.ids[id] != "" {
			continue
		}
		if same := byName[ours.named(id)]; len(same) == 1 {
			p.ids[id] = same[0]
		}
	}
}

// named returns what people know a folder or tag by: a folder's names from the
// top, or a tag's name.
func (p *places) named(id string) string {
	if p.tags[id] {
		return "tag\x00" + p.names[id]
	}
	path := ""
	for seen := 0; id != "" && seen <= len(p.folders); seen++ {
		path = "\x00" + p.names[id] + path
		id = p.folders[id]
	}
	return "folder" + path
}

// fallbackOwner lets the mapping's fallback own what the unresolved user k
// owns. It reports whether there is one and the reference is about owning.
func (a *adaptation) fallbackOwner(r schema.Reference, k principalKey, name string) bool {
	owner, ok := a.p.people.ownerFor(k)
	if !ok || r.Required || !strings.HasSuffix(r.Pointer, "/owner") {
		return false
	}
	a.set = append(a.set, docedit.Edit{Pointer: r.Pointer, Value: owner})
	a.change("is owned by %s of the target, the fallback for %s", owner, name)
	return true
}
