package restore

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/oneanalytics/oa-archive/mapping"
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
	same            bool
	sections        map[schema.RefKind]*mapping.Section
	found           map[principalKey]standIn
	taken           map[principalKey]string // of the target → id in the archive
	open            map[principalKey]bool   // without a stand-in, as the mapping says
	how             map[principalKey]string // how a stand-in was found
}

// mappingKinds are the sections of a mapping that are about principals.
var mappingKinds = map[schema.RefKind]mapping.Kind{schema.RefUser: mapping.Users, schema.RefTeam: mapping.Teams, schema.RefRole: mapping.Roles}

// newResolver settles who stands for whom. The error is a [*MappingError].
func newResolver(archive, target *directory, same bool, m *mapping.Map) (*resolver, error) {
	r := &resolver{
		archive: archive, target: target, same: same, sections: map[schema.RefKind]*mapping.Section{},
		found: map[principalKey]standIn{}, taken: map[principalKey]string{}, open: map[principalKey]bool{}, how: map[principalKey]string{},
	}
	for kind, section := range mappingKinds {
		r.sections[kind] = m.Section(section)
	}
	if err := r.explicit(); err != nil {
		return nil, err
	}
	for _, l := range principalLists {
		for _, rule := range r.sections[l.kind].Rules(mappingKinds[l.kind]) {
			r.match(l.kind, rule)
		}
	}
	r.createRest()
	return r, nil
}

// explicit takes the entries of the mapping, and lists everything wrong with
// them.
func (r *resolver) explicit() error {
	var problems []string
	for _, l := range principalLists {
		section := r.sections[l.kind]
		for _, from := range sortedKeys(section.Entries) {
			if problem := r.entry(principalKey{l.kind, from}, section.Entries[from]); problem != "" {
				problems = append(problems, problem)
			}
		}
		if to := (principalKey{l.kind, section.Fallback}); to.id != "" && !r.target.has(to) {
			problems = append(problems, fmt.Sprintf("the fallback is %s %q, whom the target does not have", to.kind, to.id))
		}
	}
	if len(problems) > 0 {
		return &MappingError{Problems: problems}
	}
	return nil
}

// entry takes one entry. It returns what is wrong with it.
func (r *resolver) entry(from principalKey, e mapping.Entry) string {
	id, answer := e.Target()
	switch answer {
	case mapping.None, mapping.Fallback:
		r.open[from] = true
		return ""
	case mapping.Create:
		return r.entryCreates(from)
	}
	if id == "" {
		return ""
	}
	to := principalKey{from.kind, id}
	other, taken := r.taken[to]
	switch {
	case !r.target.has(to):
		return fmt.Sprintf("%s %q stands for %q, but the target has no such %s", to.kind, to.id, from.id, to.kind)
	case taken:
		return fmt.Sprintf("%s %q stands for both %q and %q; give each its own", to.kind, to.id, other, from.id)
	}
	r.take(from, to.id, false, "as mapped")
	return ""
}

// entryCreates lets somebody come from the archive. After the import that did
// so, the target has him: then he stands for himself.
func (r *resolver) entryCreates(from principalKey) string {
	p, there := r.archive.byKey[from], r.target.byKey[from]
	other, taken := r.taken[from]
	switch {
	case p == nil:
		return fmt.Sprintf("%s %q is to be created, but the archive does not say who it is", from.kind, from.id)
	case taken:
		return fmt.Sprintf("%s %q is to be created, but already stands for %q", from.kind, from.id, other)
	case there == nil && r.target.has(from):
		return fmt.Sprintf("%s %q is built in and cannot be created", from.kind, from.id)
	case there != nil && !r.sameID(p, there):
		return fmt.Sprintf("%s %q is to be created, but the target has another %s with this id; map it to somebody, or leave it unresolved with none", from.kind, from.id, from.kind)
	}
	r.take(from, from.id, there == nil, "as mapped")
	return ""
}

func (r *resolver) take(from principalKey, to string, create bool, how string) {
	r.found[from] = standIn{to, create}
	r.taken[principalKey{from.kind, to}] = from.id
	r.how[from] = how
}

// match settles everybody of a kind whom one rule finds exactly one stand-in
// for.
func (r *resolver) match(kind schema.RefKind, rule mapping.Rule) {
	index := map[string][]*principal{}
	for _, c := range r.target.order {
		if trait := traitOf(c, rule); trait != "" && c.kind == kind {
			index[trait] = append(index[trait], c)
		}
	}
	for _, p := range r.archive.order {
		if _, done := r.found[p.key()]; done || r.open[p.key()] || p.kind != kind {
			continue
		}
		var candidates []*principal
		for _, c := range index[traitOf(p, rule)] {
			if _, taken := r.taken[c.key()]; !taken && (rule != mapping.ByID || r.sameID(p, c)) {
				candidates = append(candidates, c)
			}
		}
		if len(candidates) == 1 {
			r.take(p.key(), candidates[0].id, false, "by "+ruleWords[rule])
		}
	}
}

// ruleWords are the rules as people call them.
var ruleWords = map[mapping.Rule]string{
	mapping.ByID: "id", mapping.ByEmail: "email", mapping.ByExternalID: "external id", mapping.ByName: "name",
}

// traitOf returns what a rule compares, or "" when there is nothing.
func traitOf(p *principal, rule mapping.Rule) string {
	switch rule {
	case mapping.ByID:
		return p.id
	case mapping.ByEmail:
		return p.email
	case mapping.ByExternalID:
		return p.externalID
	}
	return strings.ToLower(p.name)
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
	for _, p := range r.archive.order {
		if !r.creates(p.kind) || r.open[p.key()] {
			continue
		}
		_, done := r.found[p.key()]
		_, taken := r.taken[p.key()]
		if !done && !taken && !r.target.has(p.key()) {
			r.take(p.key(), p.id, true, "not in the target")
		}
	}
}

// creates reports whether those of a kind whom the target lacks may come from
// the archive. Within one tenant they may unless the mapping says otherwise.
func (r *resolver) creates(kind schema.RefKind) bool {
	otherwise := r.sections[kind].Otherwise
	return otherwise == mapping.Create || otherwise == "" && r.same
}

// ownerFor returns who owns what the unresolved user k owns, if the mapping
// names a fallback for the user.
func (r *resolver) ownerFor(k principalKey) (id string, ok bool) {
	section := r.sections[k.kind]
	if section == nil || section.Fallback == "" {
		return "", false
	}
	answer := section.Otherwise
	if e := section.Entries[k.id]; !e.Blank() {
		_, answer = e.Target()
	}
	return section.Fallback, answer == mapping.Fallback
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
	if _, taken := r.taken[k]; r.same && !taken && !r.open[k] && r.archive.byKey[k] == nil && r.target.has(k) {
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
