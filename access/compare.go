package access

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"
)

// Side is one state of the tenant: its people, and one of its workspaces, nil
// when the workspace does not exist.
type Side struct {
	Directory *Directory
	Workspace *Workspace

	teams map[string][]string // of the directory, once it is computed
}

// Indexed returns the side with what [Compare] derives from the directory
// computed once, for a tenant with many workspaces. The directory must not
// change afterwards.
func (s Side) Indexed() Side {
	if s.Directory != nil && s.teams == nil {
		s.teams = s.Directory.teamsOf()
	}
	return s
}

// In returns the side with another workspace.
func (s Side) In(w *Workspace) Side {
	s.Workspace = w
	return s
}

// Options of [Compare]. The zero value works.
type Options struct {
	// From is the moment from which on rights count: what ended before is not
	// looked at. Zero means that all of time counts.
	From time.Time

	// Given, when set, is what people had of a workspace or an asset that does
	// not exist before and is brought in: the people of the place that it comes
	// from, and the members of its workspace, under the ids of the after side.
	// What they had there is not more when they have it here. Assets and grants
	// of Given are not looked at: those of the after side count.
	Given *Side
}

// Compare returns how rights to the workspace and to what is in it differ,
// sorted: tenant, workspace, then assets by kind and id, and for each one by
// principal.
//
// An asset that exists before, too, is compared as it stands. An asset that
// does not is compared with what people have who see the workspace, since they
// see whatever is put there; it is listed only where it widens, that is, where
// somebody gets more than that and more than [Options.Given] says. Assets that
// exist no longer are not listed, nor is somebody's loss with them.
func Compare(before, after Side, opts Options) []Change {
	if after.Workspace == nil {
		return nil
	}
	c := &comparison{from: opts.From, before: newState(before), after: newState(after), isNew: before.Workspace == nil}
	c.before.ws = withID(c.before.ws, c.after.ws.ID)
	if opts.Given != nil {
		here := &Workspace{ID: c.after.ws.ID, Assets: c.after.ws.Assets, Grants: c.after.ws.Grants}
		if opts.Given.Workspace != nil {
			here.Members = opts.Given.Workspace.Members
		}
		c.given = newState(opts.Given.In(here))
	}
	c.prepare()
	c.workspace()
	for _, k := range slices.SortedFunc(maps.Keys(c.after.ws.Assets), compareKeys) {
		c.asset(k)
	}
	return c.changes
}

// withID returns the workspace, or one with the id if it has none.
func withID(w *Workspace, id string) *Workspace {
	if w.ID == "" {
		return &Workspace{ID: id}
	}
	return w
}

// comparison is a comparison under way.
type comparison struct {
	from          time.Time
	before, after *state
	given         *state // nil when nothing was given
	isNew         bool   // the workspace is

	people, groups []subject
	byPrincipal    map[Principal][]subject // whom a grant to the principal may reach, on either side
	moved          map[subject]bool        // whose teams, roles, right to the workspace or attributes differ
	elsewhere      []subject               // people of whom given knows something else than after

	changes []Change
}

func (c *comparison) prepare() {
	sides := []*state{c.before, c.after}
	c.people, c.groups = users(sides...), groups(sides...)
	c.byPrincipal, c.moved = map[Principal][]subject{}, map[subject]bool{}
	for _, s := range slices.Concat(c.groups, c.people) {
		reach := map[Principal]bool{s: true}
		for _, st := range sides {
			for _, id := range st.teamsOf(s) {
				reach[Principal{Kind: KindTeam, ID: id}] = true
			}
			for _, id := range st.rolesOf(s) {
				reach[Principal{Kind: KindRole, ID: id}] = true
			}
		}
		for p := range reach {
			c.byPrincipal[p] = append(c.byPrincipal[p], s)
		}
		if !alike(c.before, c.after, s) || !sameProfile(c.from, c.inWorkspace(c.before, s), c.inWorkspace(c.after, s)) {
			c.moved[s] = true
		}
		if c.given != nil && s.Kind == KindUser && !alike(c.given, c.after, s) {
			c.elsewhere = append(c.elsewhere, s)
		}
	}
}

// alike reports whether two sides know the same about the subject.
func alike(a, b *state, s subject) bool {
	return slices.Equal(a.teamsOf(s), b.teamsOf(s)) && slices.Equal(a.rolesOf(s), b.rolesOf(s)) &&
		a.locked(s) == b.locked(s) && maps.Equal(a.dir.Users[s.ID].Attributes, b.dir.Users[s.ID].Attributes)
}

// inWorkspace returns the subject's right to the workspace on one side. That a
// role is made gives nobody anything: before that, it counts as the role that
// it becomes.
func (c *comparison) inWorkspace(st *state, s subject) profile {
	p := st.inWorkspace(s)
	if st != c.before || s.Kind != KindRole {
		return p
	}
	if _, known := st.dir.right(s.ID); !known {
		if r, made := c.after.dir.right(s.ID); made {
			p = append(p, lease{right: r})
		}
	}
	return p
}

// onAsset returns the subject's right to the asset on one side.
func (c *comparison) onAsset(st *state, s subject, k Key) profile {
	return append(c.inWorkspace(st, s), st.onAsset(s, k)...)
}

func compareKeys(a, b Key) int { return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.ID, b.ID)) }

// workspace compares the rights to the workspace itself.
func (c *comparison) workspace() {
	target := Target{Kind: KindWorkspace, ID: c.after.ws.ID, Workspace: c.after.ws.ID, Name: c.after.ws.Name}
	shared := c.startAsset()
	for _, s := range slices.Concat(c.groups, c.people) {
		if !c.moved[s] {
			continue
		}
		var given profile
		if c.isNew && c.given != nil {
			given = c.given.inWorkspace(s)
		}
		d, differ := difference(c.from, c.inWorkspace(c.before, s), c.inWorkspace(c.after, s), given)
		if differ && (d.widens || !c.isNew) {
			shared.add(s, target, d)
		}
	}
}

// asset compares the rights to one asset, and to its rows.
func (c *comparison) asset(k Key) {
	target := Target{Kind: k.Kind, ID: k.ID, Workspace: c.after.ws.ID, Name: c.after.ws.Assets[k].Name}
	_, existed := c.before.ws.Assets[k]
	shared := c.startAsset()
	for _, s := range c.concerned(k) {
		before, after := c.onAsset(c.before, s, k), c.onAsset(c.after, s, k)
		if sameProfile(c.from, before, c.inWorkspace(c.before, s)) && sameProfile(c.from, after, c.inWorkspace(c.after, s)) {
			continue // no otherwise than the right to the workspace
		}
		var given profile
		if !existed && c.given != nil {
			given = c.given.onAsset(s, k)
		}
		if d, differ := difference(c.from, before, after, given); differ && (existed || d.widens) {
			shared.add(s, target, d)
		}
	}
	if k.Kind == KindDataset {
		c.rows(k, target, existed)
	}
}

// concerned returns whose rights to the asset may differ otherwise than those
// to the workspace: groups first.
func (c *comparison) concerned(k Key) []subject {
	reached := map[subject]bool{}
	was, is := c.before.ws.Assets[k].Owner, c.after.ws.Assets[k].Owner
	for _, owner := range []string{was, is} {
		if owner != "" {
			reached[subject{Kind: KindUser, ID: owner}] = true
		}
	}
	for _, st := range []*state{c.before, c.after} {
		for _, g := range st.on[k] {
			for _, s := range c.byPrincipal[Principal{Kind: g.Kind, ID: g.To}] {
				reached[s] = true
			}
		}
	}
	same := was == is && c.sameGrants(k)
	var concerned, people []subject
	for s := range reached {
		switch {
		case same && !c.moved[s]:
		case s.Kind == KindUser:
			people = append(people, s)
		default:
			concerned = append(concerned, s)
		}
	}
	slices.SortFunc(concerned, compareSubjects)
	slices.SortFunc(people, compareSubjects)
	return append(concerned, people...)
}

// sameGrants reports whether the asset's open grants say the same on both
// sides.
func (c *comparison) sameGrants(k Key) bool {
	text := func(grants []*Grant) []string {
		var all []string
		for _, g := range grants {
			all = append(all, fmt.Sprintf("%q %q %q %s", g.Kind, g.To, sorted(g.Actions), stamp(g.Expires)))
		}
		return sorted(all)
	}
	return slices.Equal(text(c.before.on[k]), text(c.after.on[k]))
}

// rows compares what people see of a dataset.
func (c *comparison) rows(k Key, target Target, existed bool) {
	was, is := prepare(c.before.ws.Assets[k].Rules), prepare(c.after.ws.Assets[k].Rules)
	shared := c.startAsset()
	if !existed {
		c.newRows(shared, target, is)
		return
	}
	if sameRules(was, is) && (len(was) == 0 || len(c.moved) == 0) {
		return
	}
	same := sameRules(was, is)
	for _, s := range slices.Concat([]subject{{Kind: Anyone}}, c.groups, c.people) {
		// Whoever comes by a door is nobody for rules: see Anyone.
		if s.Kind == KindLink || s.Kind == KindEmbed || same && !c.moved[s] {
			continue
		}
		before, after := c.before.sees(s, was), c.after.sees(s, is)
		if !before.equal(after) {
			shared.addRows(s, target, before, after, !after.within(before))
		}
	}
}

// newRows looks at a dataset that is brought in with its rules: somebody sees
// more who is matched by them here and was not, or otherwise, there.
func (c *comparison) newRows(shared *sharing, target Target, rules []preparedRule) {
	for _, s := range c.elsewhere {
		there, here := c.given.sees(s, rules), c.after.sees(s, rules)
		if !here.within(there) {
			shared.addRows(s, target, sight{rows: NoRows}, here, true)
		}
	}
}

// sharing collects the changes of one asset, and leaves out those of users
// that one of their groups shares.
type sharing struct {
	c      *comparison
	groups map[subject]Change
}

func (c *comparison) startAsset() *sharing { return &sharing{c: c, groups: map[subject]Change{}} }

func (s *sharing) add(who subject, target Target, d step) {
	s.put(who, Change{
		Asset: target, Of: OfRight, Before: string(d.before.Level), After: string(d.after.Level),
		BeforeAlso: d.before.Also, AfterAlso: d.after.Also, From: stamp(d.from), Until: stamp(d.until), Widens: d.widens,
	})
}

func (s *sharing) addRows(who subject, target Target, before, after sight, widens bool) {
	s.put(who, Change{
		Asset: target, Of: OfRows, Before: string(before.rows), After: string(after.rows),
		BeforeAlso: before.conditions, AfterAlso: after.conditions, Widens: widens,
	})
}

func (s *sharing) put(who subject, ch Change) {
	if who.Kind == KindUser && s.isShared(who, ch) {
		return
	}
	known := false
	if ch.Principal, known = s.c.after.describe(who); !known {
		ch.Principal, _ = s.c.before.describe(who)
	}
	ch.finish()
	if who.Kind != KindUser {
		s.groups[who] = ch
	}
	s.c.changes = append(s.c.changes, ch)
}

// isShared reports whether a group that the user is in on both sides has the
// very same change. What somebody sees of a dataset may then still differ in
// its conditions.
func (s *sharing) isShared(who subject, ch Change) bool {
	same := func(kind string, before, after []string) bool {
		for _, id := range before {
			g, ok := s.groups[subject{Kind: kind, ID: id}]
			if ok && slices.Contains(after, id) && g.Before == ch.Before && g.After == ch.After && g.Widens == ch.Widens && g.From == ch.From && g.Until == ch.Until &&
				(ch.Of == OfRows || slices.Equal(g.BeforeAlso, ch.BeforeAlso) && slices.Equal(g.AfterAlso, ch.AfterAlso)) {
				return true
			}
		}
		return false
	}
	b, a := s.c.before, s.c.after
	return same(KindTeam, b.teamsOf(who), a.teamsOf(who)) || same(KindRole, b.rolesOf(who), a.rolesOf(who))
}

// Tenant returns who becomes or ceases to be an owner of the tenant, and who
// may sign in that could not before, or the other way round. Somebody whom one
// side does not know counts as a user without particular rights there. given,
// when set, are the people of the place that the after side comes from: what
// they were there is not more.
func Tenant(before, after, given *Directory) []Change {
	var changes []Change
	ids := maps.Clone(after.Users)
	if ids == nil {
		ids = map[string]User{}
	}
	maps.Copy(ids, before.Users)
	for _, id := range slices.Sorted(maps.Keys(ids)) {
		was, knownBefore := before.tenantRight(id)
		is, knownAfter := after.tenantRight(id)
		if !knownBefore && is == None || !knownAfter && was == None {
			continue
		}
		if was == is {
			continue
		}
		widens := is.rank() > was.rank()
		if given != nil {
			if had, known := given.tenantRight(id); known && is.rank() <= had.rank() {
				widens = false
			}
		}
		ch := Change{
			Asset: Target{Kind: KindTenant}, Principal: Principal{Kind: KindUser, ID: id, Name: cmp.Or(after.Users[id].Name, before.Users[id].Name)},
			Of: OfRight, Before: string(was), After: string(is), Widens: widens,
		}
		ch.finish()
		changes = append(changes, ch)
	}
	return changes
}
