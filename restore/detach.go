package restore

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/oneanalytics/oa-archive/schema"
)

// detachedSuffix ends the name under which a connection of the archive arrives
// beside the target's of the same name, which leads elsewhere.
const detachedSuffix = " (archived)"

// detached returns the archive's own connection under a name of its own. It
// has a slot of its own, too: the secret of the target's connection must not
// go to where the archive's leads.
func (l *linker) detached(archiveWorkspace, targetWorkspace, name string, create bool) (link, bool) {
	ours, to := l.archive.find(archiveWorkspace, name), name+detachedSuffix
	if there := l.target.find(targetWorkspace, to); there != nil {
		// An earlier import brought it, or it is somebody else's.
		return link{name: to, raw: there}, sameJSON(endpoint(there), endpoint(ours))
	}
	if !create {
		return link{}, false
	}
	raw, err := editJSON(ours, func(e *jsonEditor) error { return e.set("/name", quote(to)) })
	if err != nil {
		return link{}, false
	}
	return link{name: to, raw: l.ownSlot(raw, to), create: true}, true
}

// ownSlot returns the descriptor with the slot named instead of its own if
// the target uses that for a connection that leads elsewhere.
func (l *linker) ownSlot(raw json.RawMessage, slot string) json.RawMessage {
	if !l.target.usedElsewhere(slotOf(raw), endpoint(raw)) {
		return raw
	}
	edited, err := editJSON(raw, func(e *jsonEditor) error { return e.set("/secret_slot", quote(slot)) })
	if err != nil {
		return raw
	}
	return edited
}

// usedElsewhere reports whether the slot holds the secret of a connection that
// leads somewhere else than where says.
func (c *connections) usedElsewhere(slot string, where []byte) bool {
	if slot == "" {
		return false
	}
	return slices.ContainsFunc(c.slots[slot], func(raw json.RawMessage) bool { return !sameJSON(endpoint(raw), where) })
}

func slotOf(raw json.RawMessage) string {
	var c struct {
		SecretSlot string `json:"secret_slot"`
	}
	_ = json.Unmarshal(raw, &c) // of another shape: it has no slot
	return c.SecretSlot
}

// attachedTo returns the connections that the item's document in the target
// uses already, if any of the archive's leads elsewhere than the target's of
// its name: an overwrite does not detach what is attached.
func (p *planner) attachedTo(ctx context.Context, it *item, kind schema.Kind, refs []schema.Reference) (map[string]bool, error) {
	there := p.dst.assets.get(key{it.kind, it.targetWorkspace, it.targetID})
	if there == nil || !slices.ContainsFunc(refs, func(r schema.Reference) bool {
		return r.To == schema.RefConnection && p.links.differs(it.workspace, it.targetWorkspace, r.ID)
	}) {
		return nil, nil
	}
	attached := map[string]bool{}
	for _, e := range there.entries {
		if k, ok := schema.KindOf(e.kind); !ok || k != kind {
			continue
		}
		doc, err := p.readTarget(ctx, e)
		if err != nil {
			return nil, err
		}
		refs, err := schema.References(kind, doc)
		if err != nil {
			return nil, err
		}
		for _, r := range refs {
			attached[r.ID] = attached[r.ID] || r.To == schema.RefConnection
		}
	}
	return attached, nil
}
