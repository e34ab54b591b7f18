package restore

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/oneanalytics/oa-archive/schema"
)

// principal is a user, team or custom role that some workspace declares.
type principal struct {
	kind        schema.RefKind
	id          string
	name        string
	email       string
	externalID  string
	members     []string        // user ids; teams only
	base        string          // roles only
	permissions json.RawMessage // roles only
	raw         json.RawMessage // its record, as the first workspace that has it spells it
}

type principalKey struct {
	kind schema.RefKind
	id   string
}

// directory is everybody whom the workspaces of one side declare. The first
// record of somebody counts.
type directory struct {
	byKey map[principalKey]*principal
	order []*principal
}

func newDirectory() *directory { return &directory{byKey: map[principalKey]*principal{}} }

var principalLists = []struct {
	list string
	kind schema.RefKind
}{{"users", schema.RefUser}, {"teams", schema.RefTeam}, {"roles", schema.RefRole}}

func (d *directory) learn(_ string, recs *records) {
	for _, l := range principalLists {
		for _, rec := range recs.lists[l.list] {
			k := principalKey{l.kind, rec.key}
			if d.byKey[k] != nil {
				continue
			}
			var fields struct {
				Email       string          `json:"email"`
				ExternalID  string          `json:"external_id"`
				Members     []string        `json:"members"`
				Base        string          `json:"base"`
				Permissions json.RawMessage `json:"permissions"`
			}
			// A record of another shape still has its id; validation reports it.
			_ = json.Unmarshal(rec.raw, &fields)
			p := &principal{
				kind: l.kind, id: rec.key, name: rec.name, raw: rec.raw, base: fields.Base, permissions: fields.Permissions,
				email: strings.ToLower(strings.TrimSpace(fields.Email)), externalID: fields.ExternalID, members: fields.Members,
			}
			d.byKey[k] = p
			d.order = append(d.order, p)
		}
	}
}

func (d *directory) has(k principalKey) bool {
	return d.byKey[k] != nil || k.kind == schema.RefRole && schema.IsBuiltinRole(k.id)
}

// standIn is who stands in the target for a principal of the archive.
type standIn struct {
	id     string
	create bool // the target does not have it: it comes from the archive
}

// resolver finds stand-ins. All of them are settled when it is made, strongest
// evidence first, so that the outcome does not depend on who is asked for.
type resolver struct {
	archive, target *directory
	same, create    bool
	found           map[principalKey]standIn
	taken           map[principalKey]string // of the target → id in the archive
}

// newResolver settles who stands for whom. The error is a [*MappingError].
func newResolver(archive, target *directory, same, create bool, m Mapping) (*resolver, error) {
	r := &resolver{
		archive: archive, target: target, same: same, create: create,
		found: map[principalKey]standIn{}, taken: map[principalKey]string{},
	}
	if err := r.explicit(m); err != nil {
		return nil, err
	}
	rules := []func(p, candidate *principal) bool{r.sameID, sameEmail, sameExternalID, sameTeamName}
	for _, rule := range rules {
		r.match(rule)
	}
	r.createRest()
	return r, nil
}

// explicit takes the caller's mapping, and lists everything wrong with it.
func (r *resolver) explicit(m Mapping) error {
	var problems []string
	for _, part := range []struct {
		kind schema.RefKind
		ids  map[string]string
	}{{schema.RefUser, m.Users}, {schema.RefTeam, m.Teams}, {schema.RefRole, m.Roles}} {
		for _, from := range sortedKeys(part.ids) {
			to := principalKey{part.kind, part.ids[from]}
			other, taken := r.taken[to]
			switch {
			case !r.target.has(to):
				problems = append(problems, fmt.Sprintf("%s %q stands for %q, but the target has no such %s", to.kind, to.id, from, to.kind))
			case taken:
				problems = append(problems, fmt.Sprintf("%s %q stands for both %q and %q; give each its own", to.kind, to.id, other, from))
			default:
				r.take(principalKey{part.kind, from}, to.id, false)
			}
		}
	}
	if len(problems) > 0 {
		return &MappingError{Problems: problems}
	}
	return nil
}

func (r *resolver) take(from principalKey, to string, create bool) {
	r.found[from] = standIn{to, create}
	r.taken[principalKey{from.kind, to}] = from.id
}

// match settles everybody whom one rule finds exactly one stand-in for.
func (r *resolver) match(rule func(p, candidate *principal) bool) {
	index := map[string][]*principal{}
	for _, c := range r.target.order {
		for _, trait := range traits(c) {
			index[trait] = append(index[trait], c)
		}
	}
	for _, p := range r.archive.order {
		if _, done := r.found[p.key()]; done {
			continue
		}
		var candidates []*principal
		for _, trait := range traits(p) {
			for _, c := range index[trait] {
				_, taken := r.taken[c.key()]
				if !taken && rule(p, c) && !slices.Contains(candidates, c) {
					candidates = append(candidates, c)
				}
			}
		}
		if len(candidates) == 1 {
			r.take(p.key(), candidates[0].id, false)
		}
	}
}

// traits are what two principals must share one of to be looked at as a pair.
func traits(p *principal) []string {
	kind := string(p.kind)
	all := []string{kind + " id " + p.id}
	if p.email != "" {
		all = append(all, kind+" email "+p.email)
	}
	if p.externalID != "" {
		all = append(all, kind+" external "+p.externalID)
	}
	if p.kind == schema.RefTeam && p.name != "" {
		all = append(all, kind+" name "+strings.ToLower(p.name))
	}
	return all
}

func (p *principal) key() principalKey { return principalKey{p.kind, p.id} }

// sameID trusts ids within one tenant. Between tenants ids prove nothing: two
// services may have given the same one to different people, so something else
// has to agree. Roles are named, not numbered, and their id is their meaning.
func (r *resolver) sameID(p, c *principal) bool {
	if p.id != c.id {
		return false
	}
	return r.same || p.kind == schema.RefRole || sameEmail(p, c) || sameExternalID(p, c) || sameTeamName(p, c)
}

func sameEmail(p, c *principal) bool {
	return p.kind == schema.RefUser && p.kind == c.kind && p.email != "" && p.email == c.email
}

func sameExternalID(p, c *principal) bool {
	return p.kind != schema.RefRole && p.kind == c.kind && p.externalID != "" && p.externalID == c.externalID
}

func sameTeamName(p, c *principal) bool {
	return p.kind == schema.RefTeam && p.kind == c.kind && p.name != "" && strings.EqualFold(p.name, c.name)
}

// createRest lets the archive's record stand for itself where that is allowed
// and its id is free.
func (r *resolver) createRest() {
	if !r.same && !r.create {
		return
	}
	for _, p := range r.archive.order {
		_, done := r.found[p.key()]
		_, taken := r.taken[p.key()]
		if !done && !taken && !r.target.has(p.key()) {
			r.take(p.key(), p.id, true)
		}
	}
}

// standIn returns who stands for the principal k of the archive.
func (r *resolver) standIn(k principalKey) (standIn, bool) {
	if s, ok := r.found[k]; ok {
		return s, true
	}
	if k.kind == schema.RefRole && schema.IsBuiltinRole(k.id) {
		return standIn{id: k.id}, true
	}
	// The archive refers to somebody whom it does not declare.
	if _, taken := r.taken[k]; r.same && !taken && r.archive.byKey[k] == nil && r.target.has(k) {
		return standIn{id: k.id}, true
	}
	return standIn{}, false
}

// otherRights reports whether k is a custom role whose stand-in has another
// base or other permissions.
func (r *resolver) otherRights(k principalKey, s standIn) bool {
	ours, theirs := r.archive.byKey[k], r.target.byKey[principalKey{k.kind, s.id}]
	if k.kind != schema.RefRole || s.create || ours == nil || theirs == nil {
		return false
	}
	return ours.base != theirs.base || !sameJSON(ours.permissions, theirs.permissions)
}

// record returns the record that declares who stands for k, for a workspace
// of the target that does not have it yet; nil for built-in roles.
func (r *resolver) record(k principalKey) json.RawMessage {
	s, ok := r.standIn(k)
	if !ok {
		return nil
	}
	if s.create {
		return r.arriving(r.archive.byKey[k])
	}
	if p := r.target.byKey[principalKey{k.kind, s.id}]; p != nil {
		return p.raw
	}
	return nil
}

// arriving is the record with which somebody new arrives. In another tenant a
// user is invited, not admitted, and owns nothing but what is given there. Who
// was locked out stays so.
func (r *resolver) arriving(p *principal) json.RawMessage {
	if r.same || p.kind != schema.RefUser {
		return p.raw
	}
	raw, err := editJSON(p.raw, func(e *jsonEditor) error {
		if isActive(p.raw) {
			if err := e.set("/status", quote("invited")); err != nil {
				return err
			}
		}
		return e.deleteIfThere("/tenant_role")
	})
	if err != nil {
		return p.raw
	}
	return raw
}

// describe returns how a plan names the principal.
func (r *resolver) describe(k principalKey) (name, email string) {
	if p := r.archive.byKey[k]; p != nil {
		return p.name, p.email
	}
	return "", ""
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, cmp.Compare[string])
	return keys
}

// effects adds what becomes of one more reference to what is unresolved.
func (u *Unresolved) effects(effect string) {
	known := strings.Split(u.Effect, "; ")
	if !slices.Contains(known, effect) {
		known = append(known, effect)
		slices.Sort(known)
		u.Effect = strings.Join(known, "; ")
	}
}
