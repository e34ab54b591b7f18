package restore

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/oneanalytics/oa-archive/access"
	"github.com/oneanalytics/oa-archive/schema"
)

// place is a workspace of the target before and after the import.
type place struct {
	item   *item
	after  *access.Workspace // nil while another document tells it: what was built, or that of the target
	before *access.Workspace // only while it is compared; nil when the target does not have it
	there  *asset            // in the target
	source []access.Member   // the archive's members, under the ids of the target
	moves  bool              // members differ
}

// notePlace remembers what a workspace's metadata says about access, and which
// permissions writing it needs.
func (p *planner) notePlace(m *metadata, doc []byte) error {
	pl := &place{item: m.ws}
	var err error
	if pl.after, err = access.ReadWorkspace(doc); err != nil {
		return err
	}
	if m.there != nil {
		before, err := access.ReadWorkspace(m.there)
		if err != nil {
			return fmt.Errorf("target: %w", err)
		}
		pl.moves = !slices.Equal(before.Members, pl.after.Members)
		pl.there = p.dst.workspace(m.ws.targetID)
	}
	source, err := access.ReadWorkspace(m.source)
	if err != nil {
		return err
	}
	for _, member := range source.Members {
		s, ok := p.people.standIn(principalKey{schema.RefKind(member.Kind), member.ID})
		role, known := p.people.standIn(principalKey{schema.RefRole, member.Role})
		if ok && known {
			pl.source = append(pl.source, access.Member{Kind: member.Kind, ID: s.id, Role: role.id})
		}
	}
	after, err := parseRecords(doc)
	if err != nil {
		return err
	}
	about := m.ws.saying()
	about.requires, about.asleep = recordNeeds(m.theirs, after), m.asleep(after)
	for _, l := range principalLists {
		there := m.theirs.byKey(l.list)
		for _, rec := range after.lists[l.list] {
			if own, had := there[rec.key]; !had || !sameJSON(own.raw, rec.raw) {
				p.declare(l.list, rec)
			}
		}
	}
	if p.built[m.ws] != nil || bytes.Equal(doc, m.there) {
		pl.after = nil
	}
	p.places = append(p.places, pl)
	return nil
}

// fill reads what notePlace has left to be read.
func (p *planner) fill(ctx context.Context, pl *place) error {
	var doc []byte // that tells what is to be
	var err error
	if pl.there != nil {
		if doc, err = p.readTarget(ctx, pl.there.entries[0]); err != nil {
			return err
		}
		if pl.before, err = access.ReadWorkspace(doc); err != nil {
			return fmt.Errorf("target: %w", err)
		}
	}
	if pl.after != nil {
		return nil
	}
	if p.built[pl.item] != nil {
		if doc, err = p.rebuilt(pl.item); err != nil {
			return err
		}
	}
	pl.after, err = access.ReadWorkspace(doc)
	return err
}

// compareAccess finds out who gains or loses what, and blocks what widens
// access without being allowed by name.
func (p *planner) compareAccess(ctx context.Context) error {
	if len(p.places) == 0 {
		return nil
	}
	dirs, err := p.directories()
	if err != nil {
		return err
	}
	p.compareTenant(dirs)
	before, after := access.Side{Directory: dirs.before}.Indexed(), access.Side{Directory: dirs.after}.Indexed()
	given := access.Side{Directory: dirs.given}.Indexed()
	for _, pl := range p.places {
		if err := p.fill(ctx, pl); err != nil {
			return err
		}
		if err := p.placeAssets(ctx, pl, p.itemsOf(pl.item.workspace)); err != nil {
			return err
		}
		members := pl.source
		if p.same && pl.before != nil && pl.item.id == pl.item.targetID {
			members = slices.Concat(members, pl.before.Members)
		}
		there := given.In(&access.Workspace{ID: pl.item.targetID, Members: members})
		opts := access.Options{From: p.manifest.Created, Given: &there}
		p.file(pl.item, access.Compare(before.In(pl.before), after.In(pl.after), opts))
		pl.before, pl.after, pl.source = nil, nil, nil
	}
	if err := p.compareElsewhere(ctx, before, after); err != nil {
		return err
	}
	p.requireAllowed()
	p.places, p.declared, p.latest = nil, nil, nil
	return nil
}

// compareTenant compares what people are in the tenant as a whole. Nobody
// gains anything in a blank one that the archive did not give.
func (p *planner) compareTenant(dirs *directories) {
	blank := !slices.ContainsFunc(p.dst.order, func(a *asset) bool { return a.kind == Workspace })
	var given *access.Directory
	if blank {
		given = dirs.given
	}
	changes := access.Tenant(dirs.before, dirs.after, given)
	if blank {
		changes = slices.DeleteFunc(changes, func(c access.Change) bool { return !c.Widens })
	}
	p.file(p.places[0].item, changes)
}

// placeAssets adds the assets that stand in documents of their own, and the
// rules of datasets.
func (p *planner) placeAssets(ctx context.Context, pl *place, items []*item) error {
	known := map[access.Key]bool{}
	for _, it := range items {
		k := access.Key{Kind: string(it.kind), ID: it.targetID}
		if it.kind == Workspace || it.decision == Unchanged || it.decision == Skip || !it.imports() {
			continue
		}
		known[k] = true
		after, says := pl.after.Assets[k], p.saysOfAccess(it)
		after.Name = cmp.Or(it.arrivingName(), after.Name)
		if it.kind == Report || it.kind == Alert {
			after.Owner = says.owner
		}
		after.Rules = says.rules
		pl.after.Assets[k] = after
		there := p.dst.assets.get(key{it.kind, it.targetWorkspace, it.targetID})
		if pl.before == nil {
			continue
		}
		if there == nil {
			delete(pl.before.Assets, k) // a record alone is no asset
			continue
		}
		was, err := p.factsOfTarget(ctx, there)
		if err != nil {
			return err
		}
		before := pl.before.Assets[k]
		if it.kind == Report || it.kind == Alert {
			before.Owner = was.owner
		}
		before.Rules = was.rules
		pl.before.Assets[k] = before
		it.newRules = !slices.EqualFunc(was.rules, says.rules, sameRule)
	}
	if pl.before == nil {
		return nil
	}
	for _, g := range slices.Concat(pl.before.Grants, pl.after.Grants) {
		k := g.Resource
		if there := p.dst.assets.get(key{Kind(k.Kind), pl.item.targetID, k.ID}); there != nil && !known[k] && k.Kind != access.KindWorkspace {
			known[k] = true
			pl.before.Assets[k] = cmpAsset(pl.before.Assets[k], there)
			pl.after.Assets[k] = cmpAsset(pl.after.Assets[k], there)
		}
	}
	if !pl.moves && len(p.declared) == 0 {
		return nil
	}
	return p.otherRules(ctx, pl.before, pl.after)
}

func cmpAsset(a access.Asset, there *asset) access.Asset {
	a.Name = cmp.Or(a.Name, there.name)
	return a
}

func sameRule(a, b access.Rule) bool {
	return a.Predicate == b.Predicate && slices.Equal(a.Roles, b.Roles) && slices.Equal(a.Teams, b.Teams) && slices.Equal(a.Users, b.Users)
}

// otherRules reads the rules of the datasets that the import does not touch:
// they matter when people's roles or teams change.
func (p *planner) otherRules(ctx context.Context, before, after *access.Workspace) error {
	for k, a := range before.Assets {
		there := p.dst.assets.get(key{Dataset, before.ID, k.ID})
		if k.Kind != access.KindDataset || there == nil || len(a.Rules) > 0 || len(after.Assets[k].Rules) > 0 {
			continue
		}
		facts, err := p.factsOfTarget(ctx, there)
		if err != nil {
			return err
		}
		is := after.Assets[k]
		a.Rules, is.Rules = facts.rules, facts.rules
		before.Assets[k], after.Assets[k] = a, is
	}
	return nil
}

// compareElsewhere looks at the workspaces of the target that the import does
// not touch, when it declares teams or roles: they may give something there.
func (p *planner) compareElsewhere(ctx context.Context, before, after access.Side) error {
	if !slices.ContainsFunc(p.declared, func(d declared) bool { return d.list != "users" }) {
		return nil
	}
	touched := map[string]bool{}
	for _, pl := range p.places {
		touched[pl.item.targetID] = true
	}
	for _, a := range p.dst.order {
		if a.kind != Workspace || touched[a.id] {
			continue
		}
		doc, err := p.readTarget(ctx, a.entries[0])
		if err != nil {
			return err
		}
		was, err := access.ReadWorkspace(doc)
		if err != nil {
			return fmt.Errorf("target: workspace %s: %w", a.id, err)
		}
		for _, g := range was.Grants {
			if there := p.dst.assets.get(key{Kind(g.Resource.Kind), a.id, g.Resource.ID}); there != nil && g.Resource.Kind != access.KindWorkspace {
				was.Assets[g.Resource] = cmpAsset(was.Assets[g.Resource], there)
			}
		}
		if err := p.otherRules(ctx, was, was); err != nil {
			return err
		}
		p.file(p.places[0].item, access.Compare(before.In(was), after.In(was), access.Options{From: p.manifest.Created}))
	}
	return nil
}

// file gives each change to the step that it comes from: that of the asset,
// if it writes something, else that of the workspace.
func (p *planner) file(ws *item, changes []access.Change) {
	for _, c := range changes {
		it := p.itemAt(key{Kind(c.Asset.Kind), c.Asset.Workspace, c.Asset.ID})
		if it == nil || it.decision == Unchanged || it.decision == Skip {
			it = ws
		}
		it.saying().access = append(it.said().access, c.ID)
		p.changes = append(p.changes, c)
	}
}

// itemAt returns the item that lands at the place in the target.
func (p *planner) itemAt(at key) *item {
	if p.moved == nil {
		p.moved = map[key]*item{}
		for _, it := range p.items {
			if to := (key{it.kind, it.targetWorkspace, it.targetID}); to != it.key {
				p.moved[to] = it
			}
		}
	}
	if it := p.moved[at]; it != nil {
		return it
	}
	if it := p.itemOf(at); it != nil && it.targetID == it.id && it.targetWorkspace == it.workspace {
		return it
	}
	return nil
}

// requireAllowed blocks the steps that widen access without being allowed to.
func (p *planner) requireAllowed() {
	byID := map[string]access.Change{}
	for _, c := range p.changes {
		byID[c.ID] = c
	}
	for _, id := range p.opts.AllowAccess {
		if _, ok := byID[id]; !ok {
			p.warn("no change of access has the id %s, which is allowed", id)
		}
	}
	for _, it := range p.items {
		for _, id := range it.said().access {
			c := byID[id]
			switch {
			case !c.Widens:
			case slices.Contains(p.opts.AllowAccess, id):
				it.saying().requires = append(it.said().requires, Permission{"access.widen", Resource{c.Asset.Kind, c.Asset.ID}})
			case it.policy != Ask || it.decision != Blocked:
				it.block("it would widen access: %s; if that is meant, allow it with --allow-access %s", c.Sentence, id)
				it.turnBlocked()
			}
		}
	}
}
