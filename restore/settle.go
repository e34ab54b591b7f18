package restore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/oneanalytics/oa-archive/layout"
	"github.com/oneanalytics/oa-archive/schema"
)

// lastMetadata keeps the metadata of the workspace at hand.
type lastMetadata struct {
	workspace string
	*metadata
}

// metadataOf returns the metadata of an archive's workspace, adapted. Only
// the last one asked for is kept.
func (p *planner) metadataOf(ctx context.Context, ws *item) (*metadata, error) {
	if p.last.metadata != nil && p.last.workspace == ws.id {
		return p.last.metadata, nil
	}
	m, err := p.openMetadata(ctx, ws)
	if err != nil {
		return nil, fmt.Errorf("workspace %s: %w", ws.id, err)
	}
	p.last = lastMetadata{ws.id, m}
	return m, nil
}

// settle computes what the import makes of every item, and so learns what
// stays unchanged. Workspaces come before their assets in the order of items,
// but are settled after them.
func (p *planner) settle(ctx context.Context) error {
	var open *item
	closeWorkspace := func() error {
		if open == nil {
			return nil
		}
		ws := open
		open = nil
		return p.settleWorkspace(ctx, ws)
	}
	for _, it := range p.items {
		if open != nil && it.workspace != open.workspace {
			if err := closeWorkspace(); err != nil {
				return err
			}
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if it.kind == Workspace {
			open = it
			continue
		}
		if err := p.settleAsset(ctx, it); err != nil {
			return fmt.Errorf("%s: %w", it.label(), err)
		}
	}
	return closeWorkspace()
}

// settleAsset decides about one asset that is not a workspace.
func (p *planner) settleAsset(ctx context.Context, it *item) error {
	var m *metadata
	if it.imports() && it.workspace != "" {
		var err error
		if m, err = p.metadataOf(ctx, p.itemOf(key{Workspace, it.workspace, it.workspace})); err != nil {
			return err
		}
	}
	if it.policy == Fork && it.copyExists {
		if err := p.recallOrigin(ctx, m, it); err != nil {
			return err
		}
	}
	if err := p.results(ctx, it); err != nil {
		return err
	}
	same := it.same() && (m == nil || m.sameRecord(it))
	if it.update && it.policy == Fork && !same && !it.keep {
		if err := p.compareLineage(ctx, m, it); err != nil {
			return err
		}
	}
	if it.policy == Fork && it.copyExists && !same && it.overwriteCopy && it.copied().originArchive != p.manifest.ID {
		// The copy is replaced, so it comes from this archive now.
		it.asCopy().originArchive = p.manifest.ID
		if err := m.readapt(it); err != nil {
			return err
		}
		if err := p.results(ctx, it); err != nil {
			return err
		}
	}
	p.conclude(it, same)
	return nil
}

// recallOrigin takes over the archive that the copy in the target names, so
// that another archive of the same state does not look like a change.
func (p *planner) recallOrigin(ctx context.Context, m *metadata, it *item) error {
	doc, _, err := p.copyThere(ctx, m, it)
	if err != nil {
		return err
	}
	was := originOf(doc).Archive
	if !layout.IsUUID(was) || was == it.copied().originArchive {
		return nil
	}
	it.asCopy().originArchive = was
	if it.kind == Dataset || it.kind == File {
		return m.readapt(it)
	}
	return nil
}

// results computes the entries of the item as they arrive.
func (p *planner) results(ctx context.Context, it *item) error {
	for i := range it.asset.entries {
		e := &it.asset.entries[i]
		o := &it.outcomes[i]
		*o = outcome{}
		target, wanted := p.targetName(it, *e)
		if !wanted {
			continue
		}
		o.goesTo(target, e)
		o.current = p.dst.currently(target)
		if it.imports() {
			if err := p.result(ctx, it, e, o); err != nil {
				return err
			}
		} else if it.policy == Unchanged {
			o.result = o.current
		}
	}
	return nil
}

// result computes what one entry will hold.
func (p *planner) result(ctx context.Context, it *item, e *entry, o *outcome) error {
	if _, ok := schema.KindOf(e.kind); !ok {
		o.result, o.size = &e.digest, e.size
		if e.kind == layout.Rows {
			return p.resultRows(ctx, it, *e, o)
		}
		return nil
	}
	if p.arrivesAsIs(it, *e) {
		o.result, o.size = &e.digest, e.size
		it.asArchived, it.facts = true, nil
		if o.changes() {
			return p.checkAsIs(ctx, it, *e)
		}
		return nil
	}
	doc, err := p.document(ctx, it, *e)
	if err != nil {
		return err
	}
	o.becomes(doc, e)
	found := factsOf(e.kind, doc)
	it.asArchived, it.facts = false, &found
	if o.changes() {
		p.validate(it, *e, doc)
	}
	return nil
}

// checkAsIs blocks a document of the archive that must not be written.
func (p *planner) checkAsIs(ctx context.Context, it *item, e entry) error {
	if !e.unchecked {
		it.judge(p.src.found.invalid[e.path])
		return nil
	}
	doc, err := p.readSource(ctx, e)
	if err == nil {
		p.validate(it, e, doc)
	}
	return err
}

// validate blocks a document that must not be written.
func (p *planner) validate(it *item, e entry, doc []byte) {
	kind, _ := schema.KindOf(e.kind)
	it.judge(schema.Validate(kind, doc))
}

// judge blocks an item whose document validation did not pass.
func (it *item) judge(err error) {
	var invalid *schema.ValidationError
	switch {
	case errors.As(err, &invalid):
		it.refuse(invalid)
	case err != nil:
		it.block("its document cannot be validated: %v", err)
	}
}

// refuse blocks an item for the faults of its document.
func (it *item) refuse(invalid *schema.ValidationError) {
	for i, problem := range invalid.Problems {
		if i == 3 {
			it.block("%d more problems of that kind", len(invalid.Problems)-i+invalid.More)
			break
		}
		it.block("its document is not valid: %s", problem)
	}
}

// targetName returns the name that an entry has in the target, and whether
// it is part of the import.
func (p *planner) targetName(it *item, e entry) (layout.Name, bool) {
	n := e.name()
	if it.policy == Skip || it.policy == Blocked {
		return n, false
	}
	if n.Kind == layout.Rows && !p.opts.Rows {
		if p.dst.has(layout.Name{Kind: layout.Rows, Workspace: it.targetWorkspace, Asset: it.targetID}) {
			it.change("its rows are in the archive, but were not asked for: the target's stay")
		} else {
			it.change("its rows are in the archive, but were not asked for: it arrives without")
		}
		return n, false
	}
	if n.Workspace != "" {
		n.Workspace = it.targetWorkspace
	}
	if n.Asset != "" {
		n.Asset = it.targetID
	}
	return n, true
}

// same reports whether all entries of the item are in the target as they
// would arrive.
func (it *item) same() bool {
	return !slices.ContainsFunc(it.outcomes, func(o outcome) bool { return o.changes() })
}

// conclude turns what was intended into the decision. same says that the
// target has the result already.
func (p *planner) conclude(it *item, same bool) {
	it.decision = it.policy
	switch it.policy {
	case Overwrite, Ask:
		if same {
			it.decision, it.reason = Unchanged, "the target has it in this very state"
		} else if it.policy == Ask {
			it.block("needs an answer: overwrite, fork or skip; the target has it in another state")
		}
	case Fork:
		switch {
		case !it.copyExists:
		case same:
			it.decision, it.reason = Unchanged, "already copied"
		case it.keep:
			it.concludeKept()
		case it.overwriteCopy && it.update:
			it.decision, it.reason = Overwrite, it.copied().overwriteReason
		case it.overwriteCopy:
			it.decision, it.reason = Overwrite, "the earlier copy is overwritten, as asked"
		case p.clone != nil:
			p.blockClone(it)
		default:
			it.block("the earlier copy %s was edited since, or the archive is of another state: choose another fork label, or answer overwrite for %s", it.targetID, it.targetID)
		}
	}
	if len(it.said().blocked) > 0 && it.decision != Unchanged {
		it.decision, it.reason = Blocked, "it cannot be imported as asked"
	}
	it.finish()
}

// finish marks what is written.
func (it *item) finish() {
	for i := range it.outcomes {
		o := &it.outcomes[i]
		switch it.decision {
		case Create, Overwrite, Fork, Merge:
			o.write = o.changes()
		case Blocked:
			o.result, o.size = nil, 0
		}
	}
	if it.decision == Unchanged || it.decision == Skip {
		if it.remarks != nil {
			*it.remarks = remarks{access: it.remarks.access}
		}
		for i := range it.outcomes {
			it.outcomes[i].size = 0
		}
	}
}

// settleWorkspace decides about a workspace once its assets are settled.
func (p *planner) settleWorkspace(ctx context.Context, ws *item) error {
	if ws.policy == Skip || ws.policy == Blocked {
		p.conclude(ws, false)
		return nil
	}
	m, err := p.metadataOf(ctx, ws)
	if err != nil {
		return err
	}
	if ws.update {
		if err := p.compareSettings(m); err != nil {
			return fmt.Errorf("workspace %s: %w", ws.id, err)
		}
	}
	doc, err := m.build()
	if err != nil {
		return fmt.Errorf("workspace %s: %w", ws.id, err)
	}
	e := &ws.asset.entries[0]
	o := &ws.outcomes[0]
	*o = outcome{}
	target, _ := p.targetName(ws, *e)
	o.goesTo(target, e)
	o.current = p.dst.currently(target)
	o.becomes(doc, e)
	if o.changes() {
		p.keepBuilt(ws, doc)
		ws.sameTies = o.isArchived(e) || schema.SameTies(schema.Parse(schema.KindMetadata, m.source), schema.Parse(schema.KindMetadata, doc))
	}
	if o.changes() && (!o.isArchived(e) || e.unchecked || p.src.found.invalid[e.path] != nil) {
		p.validate(ws, *e, doc)
	}
	if len(ws.said().blocked) == 0 {
		if err := p.notePlace(m, doc); err != nil {
			return fmt.Errorf("workspace %s: %w", ws.id, err)
		}
	}
	same := !o.changes()
	if ws.policy == Merge && same && !(ws.update && len(ws.said().blocked) > 0) {
		ws.decision, ws.reason = Unchanged, strings.TrimSuffix(ws.reason, ": its settings stay")+"; nothing has to be put in"
		ws.finish()
		return nil
	}
	p.conclude(ws, same)
	return nil
}
