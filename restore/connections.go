package restore

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/oneanalytics/oa-archive/mapping"
)

// connections are the connection descriptors of one side.
type connections struct {
	byWorkspace map[string]map[string]json.RawMessage
	first       map[string]json.RawMessage   // by name, of the first workspace that has it
	slots       map[string][]json.RawMessage // by secret slot
}

func newConnections() *connections {
	return &connections{byWorkspace: map[string]map[string]json.RawMessage{}, first: map[string]json.RawMessage{}, slots: map[string][]json.RawMessage{}}
}

func (c *connections) learn(workspace string, recs *records) {
	for _, rec := range recs.lists["connections"] {
		if first := c.first[rec.key]; bytes.Equal(first, rec.raw) {
			rec.raw = first // most workspaces have the same ones
		}
		if c.byWorkspace[workspace] == nil {
			c.byWorkspace[workspace] = map[string]json.RawMessage{}
		}
		if c.byWorkspace[workspace][rec.key] == nil {
			c.byWorkspace[workspace][rec.key] = rec.raw
		}
		if slot := slotOf(rec.raw); slot != "" {
			c.slots[slot] = append(c.slots[slot], rec.raw)
		}
		if c.first[rec.key] == nil {
			c.first[rec.key] = rec.raw
		}
	}
}

// find returns the descriptor called name: that of the workspace, else that
// of any.
func (c *connections) find(workspace, name string) json.RawMessage {
	if raw := c.byWorkspace[workspace][name]; raw != nil {
		return raw
	}
	return c.first[name]
}

// linker finds the connections of the target that stand for the archive's.
type linker struct {
	archive, target *connections
	same            bool
	section         *mapping.Section
}

func newLinker(archive, target *connections, same bool, section *mapping.Section) (*linker, error) {
	var problems []string
	for _, from := range sortedKeys(section.Entries) {
		to, answer := section.Entries[from].Target()
		switch {
		case to != "" && target.first[to] == nil:
			problems = append(problems, fmt.Sprintf("connection %q stands for %q, but the target has no such connection", to, from))
		case answer == mapping.Create && archive.first[from] == nil:
			problems = append(problems, fmt.Sprintf("connection %q is to be created, but the archive has no such connection", from))
		}
	}
	if len(problems) > 0 {
		return nil, &MappingError{Problems: problems}
	}
	return &linker{archive: archive, target: target, same: same, section: section}, nil
}

// link is a connection of the target that stands for one of the archive.
type link struct {
	name   string
	raw    json.RawMessage // its descriptor
	create bool            // the descriptor comes from the archive
}

// find returns the connection that stands, in the target's workspace, for the
// one called name in the archive's. One that is to be created is the target's
// own once it is there.
func (l *linker) find(archiveWorkspace, targetWorkspace, name string) (link, bool) {
	to, answer := l.section.Entries[name].Target()
	if to != "" {
		return link{name: to, raw: l.target.find(targetWorkspace, to)}, true
	}
	if answer == "" {
		answer = l.section.Otherwise
		if answer == "" && l.same {
			answer = mapping.Create
		}
		switch raw := l.target.find(targetWorkspace, name); {
		case raw == nil:
		case len(l.section.Rules(mapping.Connections)) == 0:
			answer = mapping.None
		case !l.differs(archiveWorkspace, targetWorkspace, name):
			return link{name: name, raw: raw}, true
		default:
			return l.detached(archiveWorkspace, targetWorkspace, name, answer == mapping.Create)
		}
	}
	if answer != mapping.Create {
		return link{}, false
	}
	if l.differs(archiveWorkspace, targetWorkspace, name) {
		return l.detached(archiveWorkspace, targetWorkspace, name, true)
	}
	if raw := l.target.find(targetWorkspace, name); raw != nil {
		return link{name: name, raw: raw}, true
	}
	if raw := l.archive.find(archiveWorkspace, name); raw != nil {
		return link{name: name, raw: l.ownSlot(raw, name+detachedSuffix), create: true}, true
	}
	return link{}, false
}

// differs reports whether the target has a connection of the same name that
// leads elsewhere, and no mapping says that it is meant.
func (l *linker) differs(archiveWorkspace, targetWorkspace, name string) bool {
	if to, _ := l.section.Entries[name].Target(); to != "" {
		return false
	}
	there := l.target.find(targetWorkspace, name)
	ours := l.archive.find(archiveWorkspace, name)
	return there != nil && ours != nil && !sameJSON(endpoint(there), endpoint(ours))
}

// endpoint returns where a descriptor leads.
func endpoint(raw json.RawMessage) []byte {
	var d struct {
		Type     string          `json:"type"`
		Endpoint json.RawMessage `json:"endpoint"`
	}
	if json.Unmarshal(raw, &d) != nil {
		return raw
	}
	text, err := json.Marshal(d)
	if err != nil {
		return raw
	}
	return text
}

// typeOf returns the kind of source that a descriptor is for.
func typeOf(raw json.RawMessage) string {
	var d struct{ Type string }
	if json.Unmarshal(raw, &d) != nil {
		return ""
	}
	return d.Type
}
