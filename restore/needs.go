package restore

import "github.com/oneanalytics/oa-archive/schema"

// needs are what imported assets of one workspace refer to, by the archive's
// ids.
type needs struct {
	people      map[schema.RefKind]map[string]bool
	connections map[string]bool
	folders     map[string]bool
	tags        map[string]bool
}

// usedBy collects what the imported assets of the workspace, and the grants
// that come with them, refer to: with teams their members, with folders those
// that they lie in.
func (m *metadata) usedBy() *needs {
	n := &needs{
		people:      map[schema.RefKind]map[string]bool{schema.RefUser: {}, schema.RefTeam: {}, schema.RefRole: {}},
		connections: map[string]bool{}, folders: map[string]bool{}, tags: map[string]bool{},
	}
	folders := map[string]string{}
	if p := m.p.src.places[m.ws.workspace]; p != nil {
		folders = p.folders
	}
	for _, it := range m.p.itemsOf(m.ws.workspace) {
		if it.kind == Workspace || !it.imports() || it.decision == Unchanged || it.keep {
			continue
		}
		for _, r := range it.refs {
			n.add(m.p.src.bare(r), folders)
		}
	}
	for list := range m.arriving {
		for _, a := range m.arriving[list] {
			if list == "grants" && m.brings(&a) && a.lost == "" && !m.has(list, &a) || !m.merges() && a.lost == "" && (list == "members" || list == "saved_queries") {
				for _, r := range a.refs {
					n.add(r, folders)
				}
			}
		}
	}
	for id := range n.people[schema.RefTeam] {
		if s, ok := m.p.people.standIn(principalKey{schema.RefTeam, id}); !ok || m.byKey["teams"][s.id].raw != nil {
			continue
		}
		if t := m.p.src.people.byKey[principalKey{schema.RefTeam, id}]; t != nil {
			for _, user := range t.members {
				n.people[schema.RefUser][user] = true
			}
		}
	}
	return n
}

// has reports whether the target has the very record that would arrive.
func (m *metadata) has(list string, a *arrival) bool {
	own, ok := m.byKey[list][a.to]
	return ok && sameJSON(own.raw, a.text)
}

func (n *needs) add(r schema.Reference, parents map[string]string) {
	switch r.To {
	case schema.RefUser, schema.RefTeam, schema.RefRole:
		n.people[r.To][r.ID] = true
	case schema.RefConnection:
		n.connections[r.ID] = true
	case schema.RefTag:
		n.tags[r.ID] = true
	case schema.RefFolder:
		for id := r.ID; id != "" && !n.folders[id]; id = parents[id] {
			n.folders[id] = true
		}
	}
}
