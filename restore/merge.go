package restore

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/oneanalytics/oa-archive/internal/docedit"
	"github.com/oneanalytics/oa-archive/schema"
)

// build returns the workspace's metadata as the import leaves it. The items
// have their decisions. What is worth knowing goes to the workspace's item.
func (m *metadata) build() ([]byte, error) {
	if m.merges() {
		if m.theirs == nil {
			return nil, fmt.Errorf("workspace %s is not in the target", m.ws.targetID)
		}
		return m.merge()
	}
	doc, err := m.replace()
	if err != nil || m.theirs == nil {
		return doc, err
	}
	same, err := sameMetadata(doc, m.there)
	if err == nil && same {
		return m.there, nil
	}
	return doc, err
}

// replace starts from the archive's document, for a workspace that is
// created, copied or overwritten. What only the target has stays.
func (m *metadata) replace() ([]byte, error) {
	return editJSON(m.source, func(e *jsonEditor) error {
		if err := m.settings(e); err != nil {
			return err
		}
		for _, list := range recordLists {
			if err := m.replaceList(e, list); err != nil {
				return fmt.Errorf("%s: %w", list, err)
			}
		}
		return m.otherMembers(e)
	})
}

// settings edits the workspace's own object.
func (m *metadata) settings(e *jsonEditor) error {
	if m.ws.policy != Fork {
		return nil
	}
	m.ws.change("arrives without members and grants: only owners of the tenant see it at first")
	if err := e.set("/workspace/id", quote(m.ws.targetID)); err != nil {
		return err
	}
	return m.p.markCopy(e, m.ws, "/workspace")
}

// replaceList makes the list in the archive's document what it is to be.
func (m *metadata) replaceList(e *jsonEditor, list string) error {
	present := map[string]bool{}
	var gone []int
	added := 0
	for _, a := range m.arriving[list] {
		text := m.choose(list, a)
		key := ""
		if text != nil {
			var err error
			if key, err = a.identityOf(list, text); err != nil {
				return err
			}
		}
		if text == nil || present[key] {
			gone = append(gone, a.index)
			continue
		}
		present[key] = true
		if _, has := m.byKey[list][key]; !has {
			added++
		}
		if err := e.set(fmt.Sprintf("/%s/%d", list, a.index), text); err != nil {
			return err
		}
	}
	for _, i := range slices.Backward(gone) {
		if err := e.delete(fmt.Sprintf("/%s/%d", list, i)); err != nil {
			return err
		}
	}
	kept := 0
	lost := 0
	for _, rec := range theirList(m.theirs, list) {
		if m.ws.exact && !staysAnyway(list) && !present[rec.key] {
			lost++
			continue
		}
		if !present[rec.key] {
			present[rec.key] = true
			kept++
			if err := e.append(list, rec.raw); err != nil {
				return err
			}
		}
	}
	if added > 0 && m.theirs != nil {
		m.ws.change("takes %s", count(added, list))
	}
	if lost > 0 {
		m.ws.change("loses %s that the archive does not have", count(lost, list))
	}
	if kept > 0 {
		m.ws.change("keeps %s that the archive does not have", count(kept, list))
	}
	if !m.p.same || list == "connections" && m.detaches() {
		return m.declare(e, list, present, m.usedBy())
	}
	return nil
}

// detaches reports whether a connection of the archive leads elsewhere than the
// target's of that name.
func (m *metadata) detaches() bool {
	return slices.ContainsFunc(m.ours.lists["connections"], func(rec record) bool {
		return m.p.links.differs(m.ws.workspace, m.ws.targetWorkspace, rec.key)
	})
}

func theirList(r *records, list string) []record {
	if r == nil {
		return nil
	}
	return r.lists[list]
}

// choose returns the text of one record of the archive in the result: as it
// arrives, as the target has it, or nil when it is left out.
func (m *metadata) choose(list string, a arrival) json.RawMessage {
	own, has := m.byKey[list][a.key]
	keep := func() json.RawMessage {
		if has {
			return own.raw
		}
		return nil
	}
	switch {
	case list == "datasets" || list == "files":
		if a.asset == nil || !a.asset.imports() {
			return keep()
		}
	case list == "grants" && !m.brings(&a):
		return keep()
	case list == "members" && m.ws.policy == Fork:
		return nil
	}
	if a.lost != "" {
		if list != "users" && list != "teams" && list != "roles" && list != "connections" {
			m.ws.change("%s %q is not imported: it refers to %s", singular(list), a.key, a.lost)
		}
		return nil
	}
	for _, note := range a.notes {
		m.ws.change("%s", note)
	}
	return a.text
}

// otherMembers treats the members of the document that this package does not
// know: the archive's come as they are, the target's own stay.
func (m *metadata) otherMembers(e *jsonEditor) error {
	ours, err := m.ours.members()
	if err != nil {
		return err
	}
	for _, name := range ours {
		if name == "workspace" || slices.Contains(recordLists, name) {
			continue
		}
		text, err := m.p.rewrite(docedit.JSON, m.ours.raw[name])
		if err != nil {
			return err
		}
		if err := e.set("/"+escapeToken(name), text); err != nil {
			return err
		}
	}
	if m.theirs == nil || m.ws.exact {
		return nil
	}
	theirs, err := m.theirs.members()
	if err != nil {
		return err
	}
	for _, name := range theirs {
		if _, ours := m.ours.raw[name]; !ours && !slices.Contains(recordLists, name) {
			if err := e.set("/"+escapeToken(name), m.theirs.raw[name]); err != nil {
				return err
			}
		}
	}
	return nil
}

// merge starts from the target's document and puts in what the imported
// assets need, and nothing else.
func (m *metadata) merge() ([]byte, error) {
	need := m.usedBy()
	return editJSON(m.there, func(e *jsonEditor) error {
		for _, list := range recordLists {
			present := map[string]bool{}
			at := map[string]int{}
			for _, rec := range m.theirs.lists[list] {
				present[rec.key] = true
				if _, ok := at[rec.key]; !ok {
					at[rec.key] = rec.index
				}
			}
			if err := m.mergeList(e, list, need, present, at); err != nil {
				return fmt.Errorf("%s: %w", list, err)
			}
			if err := m.declare(e, list, present, need); err != nil {
				return fmt.Errorf("%s: %w", list, err)
			}
		}
		return m.takeSettings(e)
	})
}

func (m *metadata) mergeList(e *jsonEditor, list string, need *needs, present map[string]bool, at map[string]int) error {
	added := 0
	for _, a := range m.arriving[list] {
		if !m.wanted(list, a, need) {
			continue
		}
		if a.lost != "" {
			if list == "grants" {
				m.ws.change("grant %q is not imported: it refers to %s", a.key, a.lost)
			}
			continue
		}
		for _, note := range a.notes {
			m.ws.change("%s", note)
		}
		var err error
		switch {
		case !present[a.to]:
			added++
			err = e.append(list, a.text)
		case list == "datasets" || list == "files" || list == "grants":
			err = e.set(fmt.Sprintf("/%s/%d", list, at[a.to]), a.text)
		}
		if err != nil {
			return err
		}
		present[a.to] = true
	}
	if added > 0 {
		m.ws.change("takes %s", count(added, list))
	}
	return nil
}

// wanted reports whether a record of the archive goes into a workspace of the
// target that keeps its own settings.
func (m *metadata) wanted(list string, a arrival, need *needs) bool {
	switch list {
	case "datasets", "files":
		return a.asset != nil && a.asset.imports() && !a.asset.keep
	case "grants":
		return m.brings(&a) && a.asset.kind != Workspace
	case "folders":
		return need.folders[a.key]
	case "tags":
		return need.tags[a.key]
	}
	return false // principals and connections: see declare
}

// declare adds the records of principals and connections that the imported
// assets refer to and the workspace does not have.
func (m *metadata) declare(e *jsonEditor, list string, present map[string]bool, need *needs) error {
	added := 0
	put := func(key string, text json.RawMessage) error {
		if text == nil || present[key] {
			return nil
		}
		present[key] = true
		added++
		return e.append(list, text)
	}
	if list == "connections" {
		for _, name := range sortedKeys(need.connections) {
			if m.p.links.differs(m.ws.workspace, m.ws.targetWorkspace, name) && !m.p.detaching[key{Workspace, m.ws.workspace, name}] {
				continue
			}
			if l, ok := m.p.links.find(m.ws.workspace, m.ws.targetWorkspace, name); ok {
				if err := put(l.name, l.raw); err != nil {
					return err
				}
			}
		}
	}
	if kind := principalKind(list); kind != "" {
		for _, id := range sortedKeys(need.people[kind]) {
			k := principalKey{kind, id}
			s, ok := m.p.people.standIn(k)
			if owner, fallback := m.p.people.ownerFor(k); !ok && fallback {
				if err := put(owner, m.p.people.target.byKey[principalKey{kind, owner}].raw); err != nil {
					return err
				}
			}
			if !ok || present[s.id] {
				continue
			}
			text, err := m.declaration(list, k)
			if err != nil {
				return err
			}
			if err := put(s.id, text); err != nil {
				return err
			}
		}
	}
	if added > 0 {
		m.ws.change("takes %s", count(added, list))
	}
	return nil
}

// declaration returns the record that declares who stands for k, with a
// created team's members as they are in the target.
func (m *metadata) declaration(list string, k principalKey) (json.RawMessage, error) {
	for _, a := range m.arriving[list] {
		if a.key == k.id && a.lost == "" {
			return a.text, nil
		}
	}
	raw := m.p.people.record(k)
	s, _ := m.p.people.standIn(k)
	if raw == nil || list != "teams" || !s.create {
		return raw, nil
	}
	// Another workspace of the archive declares the team.
	var refs []schema.Reference
	for i, id := range m.p.src.people.byKey[k].members {
		refs = append(refs, schema.Reference{Pointer: fmt.Sprintf("/members/%d", i), To: schema.RefUser, ID: id})
	}
	ad := &adaptation{p: m.p, it: m.ws, record: true}
	ad.resolve(refs)
	return ad.apply(raw)
}
