package restore

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/oneanalytics/oa-archive/manifest"
)

// clone is a set of workspaces of the target that one import copied from
// another tenant, or from the same one, under one name.
type clone struct {
	name   string
	update bool

	// The rest is known of clones that are brought up to date.
	copies     map[original]*asset // of the target
	workspaces map[string]bool     // of the target that are copies of the archive's
	removed    []Removed
}

// original identifies the asset that a copy was made of.
type original struct {
	kind Kind
	id   string
}

// copyOf returns the clone's copy of an asset of the archive; nil when it has
// none, or when there is no clone.
func (c *clone) copyOf(kind Kind, id string) *asset {
	if c == nil {
		return nil
	}
	return c.copies[original{kind, id}]
}

func (c *clone) gone() []Removed {
	if c == nil {
		return nil
	}
	return c.removed
}

// checkClone refuses options that contradict a clone.
func (o Options) checkClone() error {
	option, name := "clone_as", o.CloneAs
	if name == "" {
		option, name = "update_clone", o.UpdateClone
	}
	refuse := func(format string, args ...any) error {
		return &OptionsError{Option: option, Rule: fmt.Sprintf(format, args...)}
	}
	switch err := checkLabel(name); {
	case name == "":
		return nil
	case err != nil:
		return refuse("%v", err)
	case o.CloneAs != "" && o.UpdateClone != "":
		return refuse("a clone is either made or brought up to date; leave update_clone out")
	case o.ForkLabel != "":
		return refuse("the copies of a clone bear its name; leave fork_label out")
	case !o.Mapping.Workspaces.IsZero():
		return refuse("a clone has workspaces of its own; leave them out of the mapping")
	}
	answers := []Decision{o.OnConflict}
	for _, kind := range Kinds() {
		answers = append(answers, o.PerKind[kind])
	}
	for _, d := range answers {
		switch {
		case d == "" || d == Ask:
		case o.CloneAs != "":
			return refuse("a new clone touches nothing that exists, so no conflict needs the answer %s", d)
		case d == Fork:
			return refuse("an asset of a clone that was edited is overwritten or skipped, not copied once more")
		}
	}
	for _, id := range sortedKeys(o.PerAsset) {
		if d := o.PerAsset[id].Decision; o.CloneAs != "" && d == Overwrite {
			return refuse("a new clone touches nothing that exists, so %s cannot be overwritten", id)
		}
	}
	return nil
}

// findClone notes what the target has of the clone that the options name.
func (p *planner) findClone(ctx context.Context) error {
	if p.opts.CloneAs == "" && p.opts.UpdateClone == "" {
		return nil
	}
	p.clone = &clone{name: p.label, update: p.opts.UpdateClone != ""}
	if !p.clone.update {
		return nil
	}
	p.clone.copies, p.clone.workspaces = map[original]*asset{}, map[string]bool{}
	var others []string
	for _, ws := range p.dst.order {
		if ws.kind != Workspace {
			continue
		}
		doc, err := p.readTarget(ctx, ws.entries[0])
		if err != nil {
			return fmt.Errorf("restore: read the target: workspace %s: %w", ws.id, err)
		}
		recs, err := parseRecords(doc)
		if err != nil {
			return fmt.Errorf("restore: read the target: workspace %s: %w", ws.id, err)
		}
		from := originOf(recs.raw["workspace"])
		switch {
		case from.Tenant != p.manifest.Tenant.ID || from.Label == "":
		case from.Label != p.label:
			others = append(others, fmt.Sprintf("%q", from.Label))
		default:
			p.clone.note(p, ws, from)
			if err := p.findCopies(ctx, ws, recs); err != nil {
				return fmt.Errorf("restore: read the target: workspace %s: %w", ws.id, err)
			}
		}
	}
	if len(p.clone.copies) == 0 && len(p.clone.removed) == 0 {
		rule := fmt.Sprintf("the target has no clone %q of tenant %q", p.label, p.manifest.Tenant.ID)
		if len(others) > 0 {
			slices.Sort(others)
			rule += "; it has " + strings.Join(slices.Compact(others), ", ")
		}
		return &OptionsError{Option: "update_clone", Rule: rule}
	}
	slices.SortFunc(p.clone.removed, func(a, b Removed) int {
		return strings.Compare(a.Workspace+string(a.Kind)+a.ID, b.Workspace+string(b.Kind)+b.ID)
	})
	return nil
}

// findCopies notes the copies in one workspace of the clone.
func (p *planner) findCopies(ctx context.Context, ws *asset, recs *records) error {
	for _, l := range assetLists {
		for _, rec := range recs.lists[l.list] {
			if a := p.dst.assets.get(key{l.kind, ws.id, rec.key}); a != nil {
				p.clone.note(p, a, originOf(rec.raw))
			}
		}
	}
	for _, a := range p.dst.assetsOf(ws.id) {
		if a.kind != Report && a.kind != Alert {
			continue
		}
		doc, err := p.readTarget(ctx, a.entries[0])
		if err != nil {
			return fmt.Errorf("%s %s: %w", a.kind, a.id, err)
		}
		a.name = nameOf(doc)
		p.clone.note(p, a, originOf(doc))
	}
	return nil
}

// note files an asset of the target as a copy. Of several copies of one
// original, which somebody made by duplicating one, that with the derived id
// counts, else the first.
func (c *clone) note(p *planner, a *asset, from Origin) {
	if from.Tenant != p.manifest.Tenant.ID || from.Label != c.name || from.ID == "" {
		return
	}
	if p.src.assets.get(key{a.kind, p.sourceWorkspace(a.kind, from.ID), from.ID}) == nil {
		c.remove(p, a, from.ID)
		return
	}
	if a.kind == Workspace {
		c.workspaces[a.id] = true
	}
	o := original{a.kind, from.ID}
	if c.copies[o] == nil || a.id == p.derivedID(from.ID) {
		c.copies[o] = a
	}
}

// sourceWorkspace returns the archive's workspace that holds an asset.
func (p *planner) sourceWorkspace(kind Kind, id string) string {
	for _, a := range p.src.byID.with(id) {
		if a.kind == kind {
			return a.workspace
		}
	}
	return ""
}

// remove lists a copy whose original is not in the archive, unless the archive
// was made without its workspace.
func (c *clone) remove(p *planner, a *asset, id string) {
	partial := slices.ContainsFunc(p.manifest.Coverage.Excluded, func(o manifest.Omission) bool { return o.Kind == string(Workspace) })
	if partial && !c.workspaces[a.workspace] {
		return // workspaces are noted before what is in them
	}
	c.removed = append(c.removed, Removed{Kind: a.kind, Workspace: a.workspace, ID: a.id, Name: a.name, Original: id})
}

// copyID returns the id of an item's copy: that of the clone's, if the clone
// has one, else the derived one.
func (p *planner) copyID(it *item) string {
	if a := p.clone.copyOf(it.kind, it.id); a != nil {
		return a.id
	}
	return p.derivedID(it.id)
}

// derivedID returns the id that a copy of something in the archive gets.
func (p *planner) derivedID(id string) string {
	return ForkID(p.target.ID, p.manifest.Tenant.ID, id, p.label)
}

// collectCloned lets imported documents refer to copies that the clone has,
// whether they are part of this import or not.
func (p *planner) collectCloned() {
	if p.clone == nil {
		return
	}
	for o, a := range p.clone.copies {
		if p.ids[o.id] == "" {
			p.ids[o.id] = a.id
		}
	}
}

func (p *planner) decideCloneWorkspace(it *item, choice Decision) {
	p.fork(it)
	it.reason = "part of the clone"
	exists := p.dst.workspace(it.targetID) != nil
	switch {
	case choice == Skip && !exists:
		it.policy, it.reason = Skip, "as asked"
	case exists:
		it.policy, it.reason = Merge, "the clone has it already: its settings stay"
		it.update = p.clone.update
		it.keep = choice == Skip
	}
}

func (p *planner) decideCloneAsset(it *item, choice Decision) {
	it.reason = "part of the clone"
	p.fork(it)
	if it.policy != Fork {
		return
	}
	it.update = p.clone.update && it.copyExists
	switch {
	case choice == Skip && it.copyExists:
		it.leaveCopy(Skip, "as asked")
	case choice == Skip:
		it.policy, it.reason = Skip, "as asked"
	}
}

// touchNothing blocks whatever a new clone would write over.
func (p *planner) touchNothing() {
	if p.clone == nil || p.clone.update {
		return
	}
	for _, it := range p.items {
		if slices.ContainsFunc(it.outcomes, func(o outcome) bool { return o.write && o.current != nil }) {
			p.blockClone(it)
			it.turnBlocked()
		}
	}
}

// blockClone blocks an item that the clone has in another state.
func (p *planner) blockClone(it *item) {
	if p.clone.update {
		it.block("it was edited in the clone since it was imported, and the archive has another state too: answer overwrite or skip for %s", it.targetID)
		return
	}
	it.block("the target has a clone %q with it in another state: choose another name, or bring that clone up to date", p.clone.name)
}
