package access

import (
	"maps"
	"slices"
)

// wholeTenant takes everybody for an insider. Tests compare the two.
var wholeTenant = false

// insiders returns the users and groups whom the workspace may give something,
// on either side, each sorted: whom it names, who is in a team that it names,
// owners of the tenant, and every role. All the others have no right to it and
// to nothing in it, before and after, and no rule of row security matches them:
// nothing that the directories say about them makes a difference here. So the
// comparison of a tenant takes time for each membership, and not for each user
// in each workspace.
func (c *comparison) insiders() (people, groups []subject) {
	if wholeTenant {
		return users(c.before, c.after), groupsOf(c.before, c.after)
	}
	named := map[subject]bool{}
	states := []*state{c.before, c.after}
	if c.given != nil {
		states = append(states, c.given)
	}
	for _, st := range states {
		st.name(named)
		for _, id := range st.people.owners {
			named[subject{Kind: KindUser, ID: id}] = true
		}
	}
	for s := range maps.Clone(named) {
		if s.Kind != KindTeam {
			continue
		}
		for _, st := range states {
			for _, id := range st.dir.Teams[s.ID].Members {
				named[subject{Kind: KindUser, ID: id}] = true
			}
		}
	}
	for role := range builtin {
		named[subject{Kind: KindRole, ID: role}] = true
	}
	for _, st := range states[:2] {
		for id := range st.dir.Roles {
			named[subject{Kind: KindRole, ID: id}] = true
		}
	}
	for _, s := range slices.SortedFunc(maps.Keys(named), compareSubjects) {
		switch {
		case !c.before.knows(s) && !c.after.knows(s): // only given does
		case s.Kind == KindUser:
			people = append(people, s)
		default:
			groups = append(groups, s)
		}
	}
	return people, groups
}

// name collects everybody whom the workspace names.
func (st *state) name(named map[subject]bool) {
	for _, m := range st.ws.Members {
		named[subject{Kind: m.Kind, ID: m.ID}] = true
		named[subject{Kind: KindRole, ID: m.Role}] = true
	}
	for _, g := range st.ws.Grants {
		named[subject{Kind: g.Kind, ID: g.To}] = true
	}
	for _, a := range st.ws.Assets {
		if a.Owner != "" {
			named[subject{Kind: KindUser, ID: a.Owner}] = true
		}
		for _, r := range a.Rules {
			for kind, ids := range map[string][]string{KindUser: r.Users, KindTeam: r.Teams, KindRole: r.Roles} {
				for _, id := range ids {
					named[subject{Kind: kind, ID: id}] = true
				}
			}
		}
	}
}

// knows reports whether the side names the subject anywhere.
func (st *state) knows(s subject) bool {
	if st.named == nil {
		st.named = map[subject]bool{}
		st.name(st.named)
	}
	if st.named[s] {
		return true
	}
	var in bool
	switch s.Kind {
	case KindUser:
		if _, in = st.dir.Users[s.ID]; !in {
			_, in = st.teams[s.ID]
		}
	case KindTeam:
		_, in = st.dir.Teams[s.ID]
	case KindRole:
		if _, in = st.dir.Roles[s.ID]; !in {
			_, in = builtin[s.ID]
		}
	}
	return in
}
