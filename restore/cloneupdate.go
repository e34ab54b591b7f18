package restore

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/oneanalytics/oa-archive/layout"
)

// copyThere returns what the target has of an item's copy: its document, or
// its record with the digest of what is beside it. The document is nil when
// there is no record: then nobody knows where the copy came from.
func (p *planner) copyThere(ctx context.Context, m *metadata, it *item) (doc []byte, content string, err error) {
	there := p.dst.assets.get(key{it.kind, it.targetWorkspace, it.targetID})
	if it.kind == Report || it.kind == Alert {
		doc, err = p.readTarget(ctx, there.entries[0])
		return doc, "", err
	}
	return m.byKey[listOfKind(it.kind)][it.targetID].raw, contentThere(there), nil
}

// compareLineage compares three states of an asset of a clone that is brought
// up to date: as it was imported, as it is now, and as the archive has it. What
// only the archive changed is overwritten, what only the clone changed stays,
// and what both changed is a conflict.
func (p *planner) compareLineage(ctx context.Context, m *metadata, it *item) error {
	doc, content, err := p.copyThere(ctx, m, it)
	if err != nil {
		return err
	}
	origin, now := originOf(doc), ""
	if doc != nil {
		if now, err = importedDigest(it.kind, doc, content); err != nil {
			return err
		}
	}
	switch edited := origin.Imported != now; {
	case it.copied().imported == origin.Imported && edited:
		it.leaveCopy(Skip, "it was edited in the clone, and the archive has nothing new")
	case it.copied().imported == origin.Imported && !it.rowsDiffer():
		// Only what changes without anybody editing it differs.
		it.leaveCopy(Unchanged, "the archive has nothing new")
	case !edited:
		it.overwriteCopy, it.asCopy().overwriteReason = true, "the archive has a newer state, and the clone was not edited"
	case it.copied().imported == now:
		it.overwriteCopy, it.asCopy().overwriteReason = true, "the clone has the archive's state already; its origin is noted anew"
	default:
		p.answerConflict(it)
	}
	return nil
}

// rowsDiffer reports whether the import would bring other rows.
func (it *item) rowsDiffer() bool {
	for i, e := range it.asset.entries {
		if e.kind == layout.Rows && it.outcomes[i].changes() {
			return true
		}
	}
	return false
}

// leaveCopy leaves a copy as the clone has it. The plan says so with the
// decision as.
func (it *item) leaveCopy(as Decision, reason string) {
	it.keep, it.asCopy().keepAs, it.asCopy().keepReason = true, as, reason
}

// concludeKept writes down that a copy stays.
func (it *item) concludeKept() {
	it.decision, it.reason = it.copied().keepAs, it.copied().keepReason
	it.saying().blocked = nil
	for i := range it.outcomes {
		it.outcomes[i].result = it.outcomes[i].current
	}
}

// answerConflict settles what the clone and the archive both changed.
func (p *planner) answerConflict(it *item) {
	switch p.cloneAnswer(it) {
	case Overwrite:
		it.overwriteCopy, it.asCopy().overwriteReason = true, "it was edited in the clone, and is overwritten as asked"
	case Skip:
		it.leaveCopy(Skip, "it was edited in the clone, and stays as asked")
	}
}

// cloneAnswer returns what answers a conflict of the item: for its copy, for
// itself, for its kind, for all.
func (p *planner) cloneAnswer(it *item) Decision {
	for _, id := range []string{it.targetID, it.id} {
		if d := p.opts.PerAsset[id].Decision; d != "" {
			return d
		}
	}
	return p.opts.policyFor(it)
}

// compareSettings does for the settings of a workspace what compareLineage
// does for assets. The lists of a clone's workspace only ever gain records.
func (p *planner) compareSettings(m *metadata) error {
	ws := m.ws
	theirs := m.theirs.raw["workspace"]
	origin := originOf(theirs)
	if layout.IsUUID(origin.Archive) {
		ws.asCopy().originArchive = origin.Archive
	}
	settings, err := m.ownSettings()
	if err != nil {
		return err
	}
	now, err := importedDigest(Workspace, theirs, "")
	if err != nil {
		return err
	}
	if ws.keep || ws.copied().imported == now || ws.copied().imported == origin.Imported || sameJSON(settings, theirs) {
		return nil
	}
	if now != origin.Imported {
		switch p.cloneAnswer(ws) {
		case Overwrite:
		case Skip:
			return nil
		default:
			p.blockClone(ws)
			return nil
		}
	}
	ws.asCopy().originArchive = p.manifest.ID
	ws.takesSettings, ws.policy = true, Overwrite
	ws.reason = "the archive has newer settings, and the clone's were not edited"
	if now != origin.Imported {
		ws.reason = "its settings were edited in the clone, and are overwritten as asked"
	}
	return nil
}

// ownSettings returns the archive's settings of the workspace as its copy has
// them.
func (m *metadata) ownSettings() (json.RawMessage, error) {
	return editJSON(slices.Clone(m.ours.raw["workspace"]), func(e *jsonEditor) error {
		if err := e.set("/id", quote(m.ws.targetID)); err != nil {
			return err
		}
		return m.p.markCopy(e, m.ws, "")
	})
}

// takeSettings puts the archive's settings into a workspace of a clone that is
// brought up to date, if it takes them.
func (m *metadata) takeSettings(e *jsonEditor) error {
	if !m.ws.takesSettings {
		return nil
	}
	settings, err := m.ownSettings()
	if err != nil {
		return fmt.Errorf("workspace: %w", err)
	}
	return e.set("/workspace", settings)
}
