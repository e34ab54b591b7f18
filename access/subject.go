package access

import (
	"maps"
	"slices"
	"strings"
)

// state is one side of a comparison, prepared for questions.
type state struct {
	dir    *Directory
	ws     *Workspace // never nil; empty when it does not exist
	people *register
	teams  map[string][]string
	roles  map[Principal][]string // of members
	known  map[subject][]string   // answers of rolesOf
	here   map[subject]profile    // answers of inWorkspace
	on     map[Key][]*Grant       // open ones
	named  map[subject]bool       // whom the workspace names, once asked for
	doors  map[Principal]bool     // whom open grants and owners name; nil until asked
}

func newState(s Side) *state {
	st := &state{dir: s.Directory, ws: s.Workspace, roles: map[Principal][]string{}, known: map[subject][]string{}, here: map[subject]profile{}, on: map[Key][]*Grant{}}
	if st.dir == nil {
		st.dir = &Directory{}
	}
	if st.ws == nil {
		st.ws = &Workspace{}
	}
	st.people = s.people
	if st.people == nil {
		st.people = st.dir.register()
	}
	st.teams = st.people.teams
	for _, m := range st.ws.Members {
		p := Principal{Kind: m.Kind, ID: m.ID}
		st.roles[p] = append(st.roles[p], m.Role)
	}
	for i := range st.ws.Grants {
		if g := &st.ws.Grants[i]; !g.Closed {
			st.on[g.Resource] = append(st.on[g.Resource], g)
		}
	}
	return st
}

// subject is somebody whose rights are asked for: a user, or a team, role or
// door in place of those who are nothing else. Its name is empty.
type subject = Principal

// teamsOf returns the teams that the subject is in.
func (st *state) teamsOf(s subject) []string {
	switch s.Kind {
	case KindUser:
		return st.teams[s.ID]
	case KindTeam:
		return []string{s.ID}
	}
	return nil
}

// rolesOf returns the roles that the subject has in the workspace, sorted.
func (st *state) rolesOf(s subject) []string {
	if s.Kind == KindRole {
		return []string{s.ID}
	}
	if roles, ok := st.known[s]; ok {
		return roles
	}
	roles := slices.Clone(st.roles[s])
	if s.Kind == KindUser {
		for _, team := range st.teams[s.ID] {
			roles = append(roles, st.roles[subject{Kind: KindTeam, ID: team}]...)
		}
		if st.dir.Users[s.ID].Owner {
			roles = append(roles, string(Admin))
		}
	}
	slices.Sort(roles)
	roles = slices.Compact(roles)
	st.known[s] = roles
	return roles
}

// locked reports whether nothing that was given to the subject counts.
func (st *state) locked(s subject) bool {
	return s.Kind == KindUser && st.dir.Users[s.ID].Status == "deactivated"
}

// inWorkspace returns the subject's right to the workspace.
func (st *state) inWorkspace(s subject) profile {
	if st.locked(s) {
		return nil
	}
	if p, ok := st.here[s]; ok {
		return p
	}
	var p profile
	for _, role := range st.rolesOf(s) {
		if r, known := st.dir.right(role); known {
			p = append(p, lease{right: r})
		}
	}
	p = slices.Clip(append(p, st.granted(s, Key{KindWorkspace, st.ws.ID})...)) // whoever appends gets a copy
	st.here[s] = p
	return p
}

// granted returns what grants on the asset itself give the subject.
func (st *state) granted(s subject, asset Key) profile {
	var p profile
	var teams, roles []string
	for i, g := range st.on[asset] {
		if i == 0 {
			teams, roles = st.teamsOf(s), st.rolesOf(s)
		}
		reaches := g.Kind == s.Kind && g.To == s.ID ||
			g.Kind == KindTeam && slices.Contains(teams, g.To) ||
			g.Kind == KindRole && slices.Contains(roles, g.To)
		if reaches {
			p = append(p, lease{g.right(), g.Expires})
		}
	}
	return p
}

// onAsset returns the subject's right to an asset of the workspace.
func (st *state) onAsset(s subject, asset Key) profile {
	if st.locked(s) {
		return nil
	}
	p := append(st.inWorkspace(s), st.granted(s, asset)...)
	if owner := st.ws.Assets[asset].Owner; owner != "" && s.Kind == KindUser && s.ID == owner {
		p = append(p, lease{right: Right{Level: Owner}})
	}
	return p
}

// entersWith reports whether the subject has any right to the workspace or to
// something in it.
func (st *state) entersWith(s subject) bool {
	if len(st.inWorkspace(s)) > 0 {
		return true
	}
	if st.locked(s) {
		return false
	}
	if st.doors == nil {
		st.doors = map[Principal]bool{}
		for _, a := range st.ws.Assets {
			st.doors[Principal{Kind: KindUser, ID: a.Owner}] = a.Owner != ""
		}
		for _, grants := range st.on {
			for _, g := range grants {
				st.doors[Principal{Kind: g.Kind, ID: g.To}] = true
			}
		}
	}
	if st.doors[Principal{Kind: s.Kind, ID: s.ID}] {
		return true
	}
	has := func(kind string, ids []string) bool {
		return slices.ContainsFunc(ids, func(id string) bool { return st.doors[Principal{Kind: kind, ID: id}] })
	}
	return has(KindTeam, st.teamsOf(s)) || has(KindRole, st.rolesOf(s))
}

// users returns everybody who is named on the sides, sorted.
func users(states ...*state) []subject {
	ids := map[string]bool{}
	for _, st := range states {
		for id := range st.dir.Users {
			ids[id] = true
		}
		for id := range st.teams {
			ids[id] = true
		}
		for _, m := range st.ws.Members {
			ids[m.ID] = ids[m.ID] || m.Kind == KindUser
		}
		for _, g := range st.ws.Grants {
			if g.Kind == KindUser {
				ids[g.To] = true
			}
		}
		for _, a := range st.ws.Assets {
			if a.Owner != "" {
				ids[a.Owner] = true
			}
			for _, r := range a.Rules {
				for _, id := range r.Users {
					ids[id] = true
				}
			}
		}
	}
	var all []subject
	for _, id := range slices.Sorted(maps.Keys(ids)) {
		if ids[id] {
			all = append(all, subject{Kind: KindUser, ID: id})
		}
	}
	return all
}

// groupsOf returns every team, role and door that is named on the sides, sorted.
func groupsOf(states ...*state) []subject {
	found := map[subject]bool{}
	add := func(kind, id string) { found[subject{Kind: kind, ID: id}] = true }
	for role := range builtin {
		add(KindRole, role)
	}
	for _, st := range states {
		for id := range st.dir.Teams {
			add(KindTeam, id)
		}
		for id := range st.dir.Roles {
			add(KindRole, id)
		}
		for _, m := range st.ws.Members {
			if m.Kind == KindTeam {
				add(KindTeam, m.ID)
			}
			add(KindRole, m.Role)
		}
		for _, g := range st.ws.Grants {
			if g.Kind != KindUser {
				add(g.Kind, g.To)
			}
		}
		for _, a := range st.ws.Assets {
			for _, r := range a.Rules {
				for _, id := range r.Teams {
					add(KindTeam, id)
				}
				for _, id := range r.Roles {
					add(KindRole, id)
				}
			}
		}
	}
	return slices.SortedFunc(maps.Keys(found), compareSubjects)
}

func compareSubjects(a, b subject) int {
	if c := strings.Compare(a.Kind, b.Kind); c != 0 {
		return c
	}
	return strings.Compare(a.ID, b.ID)
}

// describe returns the subject with its name.
func (st *state) describe(s subject) (Principal, bool) {
	p := s
	switch s.Kind {
	case KindUser:
		u, known := st.dir.Users[s.ID]
		p.Name = u.Name
		return p, known
	case KindTeam:
		t, known := st.dir.Teams[s.ID]
		p.Name = t.Name
		return p, known
	case KindRole:
		r, known := st.dir.Roles[s.ID]
		p.Name = r.Name
		return p, known
	}
	return p, true
}
