package restore

import (
	"fmt"
	"slices"
	"strings"

	"github.com/oneanalytics/oa-archive/layout"
)

// check refuses options that contradict themselves.
func (o Options) check() error {
	refuse := func(option, format string, args ...any) error {
		return &OptionsError{Option: option, Rule: fmt.Sprintf(format, args...)}
	}
	policies := []Decision{"", Ask, Overwrite, Fork, Skip}
	if !slices.Contains(policies, o.OnConflict) {
		return refuse("on_conflict", "%q is not one of ask, overwrite, fork and skip", o.OnConflict)
	}
	for _, kind := range Kinds() {
		d := o.PerKind[kind]
		if !slices.Contains(policies, d) {
			return refuse("per_kind", "%q for %s is not one of ask, overwrite, fork and skip", d, kind)
		}
	}
	for kind := range o.PerKind {
		if !slices.Contains(Kinds(), kind) {
			return refuse("per_kind", "%q is not a kind of asset", kind)
		}
	}
	for _, id := range sortedKeys(o.PerAsset) {
		c := o.PerAsset[id]
		switch {
		case !slices.Contains([]Decision{Overwrite, Fork, Skip}, c.Decision):
			return refuse("per_asset", "%q for %s is not one of overwrite, fork and skip", c.Decision, id)
		case c.NewName != "" && c.Decision != Fork:
			return refuse("per_asset", "%s has a new name, but only copies get one", id)
		}
	}
	if err := o.checkClone(); err != nil {
		return err
	}
	if err := checkLabel(o.ForkLabel); err != nil {
		return refuse("fork_label", "%v", err)
	}
	if rule := o.forksExactly(); rule != "" {
		return refuse("exact", "%s", rule)
	}
	for _, id := range o.AllowAccess {
		if len(id) != 12 || strings.Trim(id, "0123456789abcdef") != "" {
			return refuse("allow_access", "%q is not the id of a change: 12 hexadecimal digits", id)
		}
	}
	if err := o.Mapping.Check(); err != nil {
		return refuse("mapping", "%v", err)
	}
	if o.MaxDocument < 0 {
		return refuse("max_document", "%d is negative", o.MaxDocument)
	}
	return nil
}

// policyFor returns what answers a conflict of the item.
func (o Options) policyFor(it *item) Decision {
	if d := o.PerKind[it.kind]; d != "" {
		return d
	}
	switch {
	case o.Exact && (o.OnConflict == "" || o.OnConflict == Ask):
		return Overwrite
	case o.OnConflict != "":
		return o.OnConflict
	}
	return Ask
}

// decide settles what is intended for every item, and the ids of the copies.
// It looks at ids and digests only; what the edited documents turn out to be
// is settled later.
func (p *planner) decide() error {
	for _, it := range p.items {
		if it.kind == Workspace {
			p.decideWorkspace(it)
		}
	}
	if err := p.refuseSharedLandings(); err != nil {
		return err
	}
	for _, it := range p.items {
		switch it.kind {
		case Workspace:
		case Audit:
			p.decideAudit(it)
		case Extension:
			p.decideExtension(it)
		default:
			p.decideAsset(it)
		}
	}
	p.refuseSharedIDs()
	p.collectIDs()
	return p.checkPerAsset()
}

func (p *planner) choice(it *item) Decision { return p.opts.PerAsset[it.id].Decision }

func (p *planner) decideWorkspace(it *item) {
	it.targetWorkspace, it.targetID = it.id, it.id
	exists := p.dst.assets.get(it.key) != nil
	choice, policy := p.choice(it), p.opts.PerKind[Workspace]
	if p.clone != nil {
		p.decideCloneWorkspace(it, choice)
		return
	}
	if to, ok := p.landing.elsewhere(it.id); ok {
		p.decideLanding(it, to, choice)
		return
	}
	switch {
	case choice == Fork, choice == "" && policy == Fork && exists:
		p.fork(it)
		if p.dst.assets.get(key{Workspace, it.targetID, it.targetID}) != nil {
			it.policy, it.reason = Merge, "the target has this copy of the workspace already"
		} else {
			it.reason = "copied beside the original"
		}
	case !exists && choice == Skip:
		it.policy, it.reason = Skip, "as asked"
	case !exists:
		it.policy, it.reason = Create, "the target does not have it"
	case choice == Skip:
		it.policy, it.reason = Merge, "its settings stay, as asked"
	case choice == Overwrite:
		it.policy, it.reason = Overwrite, "as asked"
	case !it.selected:
		it.policy, it.reason = Merge, "it was not selected itself: its settings stay"
	default:
		switch p.opts.policyFor(it) {
		case Overwrite:
			it.policy, it.reason = Overwrite, "the target has it, and conflicts are overwritten"
		case Ask:
			it.policy, it.reason = Ask, "the target has it"
		default:
			it.policy, it.reason = Merge, "the target has it: its settings stay"
		}
	}
}

func (p *planner) decideAsset(it *item) {
	ws := p.itemOf(key{Workspace, it.workspace, it.workspace})
	it.targetWorkspace, it.targetID = it.workspace, it.id
	choice := p.choice(it)
	switch {
	case ws == nil:
		it.policy = Blocked
		it.block("the archive has no metadata of its workspace %s", it.workspace)
	case p.clone != nil && ws.policy != Skip:
		it.targetWorkspace = ws.targetID
		p.decideCloneAsset(it, choice)
	case choice == Skip:
		it.policy, it.reason = Skip, "as asked"
	case ws.policy == Skip:
		it.policy = Blocked
		it.block("needs %s, which is skipped and which the target does not have", ws.label())
	case ws.landed:
		it.targetWorkspace = ws.targetID
		p.decideInside(it, choice)
	case ws.targetID != ws.id && choice == Overwrite:
		it.policy = Blocked
		it.block("its workspace is copied, so it cannot overwrite the original: choose fork or skip")
	case ws.targetID != ws.id:
		it.targetWorkspace = ws.targetID
		it.reason = "its workspace is copied"
		p.fork(it)
	default:
		p.decideInside(it, choice)
	}
}

// decideInside decides for an asset whose workspace is the target's own.
func (p *planner) decideInside(it *item, choice Decision) {
	if choice == Fork {
		it.reason = "copied beside the original, as asked"
		p.fork(it)
		return
	}
	p.decideByID(it, choice)
}

// there returns the target's asset that the item would replace if it kept its
// id.
func (p *planner) there(it *item) *asset {
	return p.dst.assets.get(key{it.kind, it.targetWorkspace, it.id})
}

// decideByID decides for an asset that would keep its id.
func (p *planner) decideByID(it *item, choice Decision) {
	there, elsewhere := p.there(it), p.elsewhere(it)
	policy := choice
	if policy == "" {
		policy = p.opts.policyFor(it)
	}
	switch {
	case there == nil && elsewhere == nil:
		it.policy, it.reason = Create, "the target does not have it"
	case policy == Skip:
		it.policy, it.reason = Skip, "the target has it, and conflicts are skipped"
	case policy == Fork:
		it.reason = "the target has it, and conflicts are copied"
		p.fork(it)
		it.unlessSame = !it.selected && choice == "" && there != nil && it.policy == Fork
	case elsewhere != nil:
		it.policy = Blocked
		it.block("the target has its id in use for %s in workspace %s, and an import does not move assets: choose fork or skip", elsewhere.label(), elsewhere.workspace)
	case policy == Ask:
		it.policy, it.reason = Ask, "the target has it"
		it.unlessSame = !it.selected
	case choice == Overwrite:
		it.policy, it.reason = Overwrite, "as asked"
	default:
		it.policy, it.reason = Overwrite, "the target has it, and conflicts are overwritten"
		it.unlessSame = !it.selected
	}
}

// elsewhere returns what else the target uses the item's id for.
func (p *planner) elsewhere(it *item) *asset {
	for _, a := range p.dst.byID.with(it.targetID) {
		if a.key != (key{it.kind, it.targetWorkspace, it.targetID}) {
			return a
		}
	}
	return nil
}

// sameContent reports whether the documents and files of two assets are the
// same. Rows do not count: they are refreshed all the time.
func sameContent(a, b *asset) bool {
	for _, k := range documentKinds {
		ea, oka := a.entryOf(k)
		eb, okb := b.entryOf(k)
		if oka != okb || ea.digest != eb.digest {
			return false
		}
	}
	return true
}

// fork gives the item the id of its copy.
func (p *planner) fork(it *item) {
	it.policy = Fork
	it.targetID = p.copyID(it)
	it.asCopy().newName = p.opts.PerAsset[it.id].NewName
	if it.copied().newName == "" && it.name != "" && (p.clone == nil || it.kind == Workspace) {
		it.asCopy().newName = fmt.Sprintf("%s (%s)", it.name, p.label)
	}
	it.asCopy().originArchive = p.manifest.ID
	if it.kind == Workspace {
		it.targetWorkspace = it.targetID
		return
	}
	it.copyExists = p.dst.assets.get(key{it.kind, it.targetWorkspace, it.targetID}) != nil
	it.overwriteCopy = p.opts.PerAsset[it.targetID].Decision == Overwrite
	if other := p.elsewhere(it); other != nil {
		it.policy = Blocked
		it.block("its earlier copy %s is now in workspace %s: choose another fork label", it.targetID, other.workspace)
	}
}

func (p *planner) decideAudit(it *item) {
	it.targetID = it.id
	there := p.dst.assets.get(it.key)
	switch {
	case p.clone != nil:
		it.policy, it.reason = Skip, "a clone has no audit trail of its own"
	case !p.opts.Audit:
		it.policy, it.reason = Skip, "the audit trail was not asked for"
	case p.choice(it) == Skip:
		it.policy, it.reason = Skip, "as asked"
	case !p.same:
		it.policy, it.reason = Skip, "an audit trail belongs to its own tenant"
	case there == nil:
		it.policy, it.reason = Create, "the target has no audit trail"
	case there.entries[0].digest == it.asset.entries[0].digest:
		it.policy, it.reason = Unchanged, "the target has the same"
	default:
		it.policy, it.reason = Skip, "history is append-only, and the target has its own"
	}
}

func (p *planner) decideExtension(it *item) {
	it.targetID = it.id
	there := p.dst.assets.get(it.key)
	policy := p.choice(it)
	if policy == "" {
		policy = p.opts.policyFor(it)
	}
	switch {
	case isInsurance(it.asset.entries[0].name()):
		it.policy, it.reason = Skip, "it says what an import did, and is no part of the tenant"
	case p.clone != nil:
		it.policy, it.reason = Skip, "an extension cannot stand beside itself in a clone"
	case !p.same:
		it.policy, it.reason = Skip, "extensions belong to their own tenant"
	case p.choice(it) == Skip:
		it.policy, it.reason = Skip, "as asked"
	case there == nil:
		it.policy, it.reason = Create, "the target does not have it"
	case there.entries[0].digest == it.asset.entries[0].digest:
		it.policy, it.reason = Unchanged, "the target has the same"
	case policy == Fork:
		it.policy, it.reason = Skip, "an extension cannot stand beside itself: the target's stays"
	case policy == Skip:
		it.policy, it.reason = Skip, "the target has it, and conflicts are skipped"
	default:
		it.policy, it.reason = policy, "the target has it"
	}
}

// refuseSharedIDs blocks assets that share their id: rewriting it would
// change the wrong one.
func (p *planner) refuseSharedIDs() {
	for _, it := range p.items {
		if others := p.src.byID.with(it.id); len(others) > 1 && it.imports() {
			it.policy = Blocked
			it.block("the archive uses its id for %d assets; ids must be unique", len(others))
		}
	}
}

// collectIDs fills in which id becomes which.
func (p *planner) collectIDs() {
	for _, it := range p.items {
		if it.targetID == it.id || it.targetID == "" || it.policy == Blocked {
			continue
		}
		p.ids[it.id] = it.targetID
		switch {
		case it.landed:
			p.adoptPlaces(it, func(id string) string { return id })
		case it.kind == Workspace:
			if it.update {
				p.adoptPlaces(it, p.derivedID)
			}
			p.collectPlaceIDs(it.id)
		}
	}
	p.collectCloned()
}

// collectPlaceIDs gives new ids to what a copied workspace brings beside its
// assets.
func (p *planner) collectPlaceIDs(workspace string) {
	places := p.src.places[workspace]
	if places == nil {
		return
	}
	fork := func(id string) {
		if layout.IsUUID(id) && p.ids[id] == "" {
			p.ids[id] = p.derivedID(id)
		}
	}
	for id := range places.folders {
		fork(id)
	}
	for id := range places.tags {
		fork(id)
	}
	for _, id := range places.queries {
		fork(id)
	}
}

// checkPerAsset refuses answers for what is not among the items.
func (p *planner) checkPerAsset() error {
	if len(p.opts.PerAsset) == 0 {
		return nil
	}
	known := map[string]bool{}
	for _, it := range p.items {
		known[it.id], known[it.targetID] = true, true
	}
	for _, id := range sortedKeys(p.opts.PerAsset) {
		if !known[id] {
			rule := fmt.Sprintf("%q is not in the archive", id)
			if len(p.src.byID.with(id)) > 0 {
				rule = fmt.Sprintf("%q is not among what is selected", id)
			}
			return &OptionsError{Option: "per_asset", Rule: rule}
		}
	}
	return nil
}
