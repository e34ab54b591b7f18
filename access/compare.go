package access

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Side is one state of the tenant: its people, and one of its workspaces, nil
// when the workspace does not exist.
type Side struct {
	Directory *Directory
	Workspace *Workspace

	people *register // of the directory, once it is computed
}

// Indexed returns the side with what [Compare] derives from the directory
// computed once, for a tenant with many workspaces. The directory must not
// change afterwards.
func (s Side) Indexed() Side {
	if s.Directory != nil && s.people == nil {
		s.people = s.Directory.register()
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

	people, groups []subject               // whom the workspace concerns
	classes        map[subject][]subject   // users who have the same rights wherever none is named, by the first of them
	byPrincipal    map[Principal][]subject // whom a grant to the principal may reach, on either side: groups, and one of each class
	moved          map[subject]bool        // whose teams, roles, right to the workspace or attributes differ
	elsewhere      []subject               // people of whom given knows something else than after

	changes []Change
}

func (c *comparison) prepare() {
	sides := []*state{c.before, c.after}
	c.people, c.groups = c.insiders()
	c.byPrincipal, c.moved = map[Principal][]subject{}, map[subject]bool{}
	c.classify()
	for _, s := range slices.Concat(c.groups, c.people) {
		if !alike(c.before, c.after, s) || !sameProfile(c.from, c.inWorkspace(c.before, s), c.inWorkspace(c.after, s)) {
			c.moved[s] = true
		}
		if c.given != nil && s.Kind == KindUser && !alike(c.given, c.after, s) {
			c.elsewhere = append(c.elsewhere, s)
		}
		if s.Kind == KindUser && c.classes[s] == nil {
			continue
		}
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
	}
}

// classify finds the users whose rights differ in nothing but what names them:
// a tenant has far more users than kinds of users.
func (c *comparison) classify() {
	c.classes = map[subject][]subject{}
	first := map[string]subject{}
	for _, s := range c.people {
		var b strings.Builder
		for _, st := range []*state{c.before, c.after, c.given} {
			if st == nil {
				continue
			}
			fmt.Fprintf(&b, "%q %q %v ", st.teamsOf(s), st.rolesOf(s), st.locked(s))
			for _, g := range st.on[Key{KindWorkspace, st.ws.ID}] {
				if g.Kind == KindUser && g.To == s.ID {
					fmt.Fprintf(&b, "%q ", s.ID)
				}
			}
		}
		f, ok := first[b.String()]
		if !ok {
			f = s
			first[b.String()] = s
		}
		c.classes[f] = append(c.classes[f], s)
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
	if s.Kind != KindRole {
		return st.onAsset(s, k)
	}
	return append(slices.Clip(c.inWorkspace(st, s)), st.onAsset(s, k)...)
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
	groups, classes, named := c.concerned(k)
	for _, s := range groups {
		if d, differ := c.onAssetDiffers(s, k, existed); differ {
			shared.add(s, target, d)
		}
	}
	differing := map[subject]step{}
	for s := range named {
		if d, differ := c.onAssetDiffers(s, k, existed); differ {
			differing[s] = d
		}
	}
	for _, first := range classes {
		var others []subject
		for _, s := range c.classes[first] {
			if !named[s] {
				others = append(others, s)
			}
		}
		if len(others) == 0 {
			continue
		}
		d, differ := c.onAssetDiffers(others[0], k, existed)
		if !differ || shared.isShared(others[0], rightChange(target, d)) {
			continue
		}
		for _, s := range others {
			differing[s] = d
		}
	}
	for _, s := range slices.SortedFunc(maps.Keys(differing), compareSubjects) {
		shared.add(s, target, differing[s])
	}
	if k.Kind == KindDataset {
		c.rows(k, target, existed)
	}
}

// onAssetDiffers returns how the subject's right to the asset differs, unless
// it does exactly as that to the workspace.
func (c *comparison) onAssetDiffers(s subject, k Key, existed bool) (step, bool) {
	before, after := c.onAsset(c.before, s, k), c.onAsset(c.after, s, k)
	if sameProfile(c.from, before, c.inWorkspace(c.before, s)) && sameProfile(c.from, after, c.inWorkspace(c.after, s)) {
		return step{}, false
	}
	var given profile
	if !existed && c.given != nil {
		given = c.given.onAsset(s, k)
	}
	d, differ := difference(c.from, before, after, given)
	return d, differ && (existed || d.widens)
}

// concerned returns whose rights to the asset may differ otherwise than those
// to the workspace: groups, the first users of classes, and users whom the
// asset names.
func (c *comparison) concerned(k Key) (groups, classes []subject, named map[subject]bool) {
	was, is := c.before.ws.Assets[k].Owner, c.after.ws.Assets[k].Owner
	same := was == is && c.sameGrants(k)
	named = map[subject]bool{}
	reached := map[subject]bool{}
	add := func(s subject) {
		if same && !c.moved[s] || reached[s] {
			return
		}
		reached[s] = true
		if s.Kind == KindUser {
			classes = append(classes, s)
		} else {
			groups = append(groups, s)
		}
	}
	for _, owner := range []string{was, is} {
		if owner != "" {
			named[subject{Kind: KindUser, ID: owner}] = true
		}
	}
	for _, st := range []*state{c.before, c.after} {
		for _, g := range st.on[k] {
			if g.Kind == KindUser {
				named[subject{Kind: KindUser, ID: g.To}] = true
				continue
			}
			for _, s := range c.byPrincipal[Principal{Kind: g.Kind, ID: g.To}] {
				add(s)
			}
		}
	}
	if same {
		maps.DeleteFunc(named, func(s subject, _ bool) bool { return !c.moved[s] })
	}
	slices.SortFunc(groups, compareSubjects)
	return groups, classes, named
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
	people, groups := c.people, c.groups
	if !same {
		people, groups = users(c.before, c.after), groupsOf(c.before, c.after) // rules shut out whom they do not name
	}
	for _, s := range slices.Concat([]subject{{Kind: Anyone}}, groups, people) {
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
		if !c.after.entersWith(s) {
			continue // sees nothing here, whatever the rules say
		}
		there, here := c.given.sees(s, rules), c.after.sees(s, rules)
		if !here.within(there) {
			shared.addRows(s, target, sight{rows: NoRows}, here, true)
		}
	}
}
