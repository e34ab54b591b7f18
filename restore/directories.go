package restore

import (
	"bytes"
	"encoding/json"
	"slices"

	"github.com/oneanalytics/oa-archive/access"
	"github.com/oneanalytics/oa-archive/schema"
)

// declared is a record of somebody that the import writes and that the
// workspace did not have.
type declared struct {
	list string
	raw  json.RawMessage
}

// declare notes a record. Most workspaces hold the same ones, which are kept once.
func (p *planner) declare(list string, rec record) {
	who := [2]string{list, rec.key}
	if !bytes.Equal(p.latest[who], rec.raw) {
		p.latest[who] = rec.raw
		p.declared = append(p.declared, declared{list, rec.raw})
	}
}

// directories are the people of the target before and after the import, and
// those of the archive under the ids that they have in the target.
type directories struct {
	before, after, given *access.Directory
}

func (p *planner) directories() (*directories, error) {
	before, err := p.dst.people.directory()
	if err != nil {
		return nil, err
	}
	source, err := p.src.people.directory()
	if err != nil {
		return nil, err
	}
	lists := map[string][]json.RawMessage{}
	for _, d := range p.declared {
		lists[d.list] = append(lists[d.list], d.raw)
	}
	after, err := peopleOf(lists)
	if err != nil {
		return nil, err
	}
	for id, u := range before.Users {
		if _, ok := after.Users[id]; !ok {
			after.Users[id] = u
		}
	}
	for id, t := range before.Teams {
		if _, ok := after.Teams[id]; !ok {
			after.Teams[id] = t
		}
	}
	for id, r := range before.Roles {
		if _, ok := after.Roles[id]; !ok {
			after.Roles[id] = r
		}
	}
	return &directories{before, after, p.given(source, before)}, nil
}

// given returns the archive's people under the ids that they have in the
// target. In the tenant that the archive came from, whoever is in a team today
// is given what the team had: the tenant decides who is in its teams.
func (p *planner) given(source, before *access.Directory) *access.Directory {
	given := (&access.Directory{}).Clone()
	if p.same {
		given = before.Clone()
	}
	to := func(kind schema.RefKind, id string) (string, bool) {
		s, ok := p.people.standIn(principalKey{kind, id})
		return s.id, ok
	}
	for _, id := range sortedKeys(source.Users) {
		if here, ok := to(schema.RefUser, id); ok {
			user := source.Users[id]
			if today, known := given.Users[here]; known {
				today.Owner = today.Owner || user.Owner
				user = today
			}
			given.Users[here] = user
		}
	}
	for _, id := range sortedKeys(source.Teams) {
		here, ok := to(schema.RefTeam, id)
		if !ok {
			continue
		}
		team := access.Team{Name: source.Teams[id].Name}
		if p.same && here == id {
			team.Members = slices.Clone(before.Teams[id].Members)
		}
		for _, member := range source.Teams[id].Members {
			if user, ok := to(schema.RefUser, member); ok {
				team.Members = append(team.Members, user)
			}
		}
		given.Teams[here] = team
	}
	for _, id := range sortedKeys(source.Roles) {
		if here, ok := to(schema.RefRole, id); ok {
			given.Roles[here] = source.Roles[id]
		}
	}
	return given
}

// directory returns the people of one side for comparisons of access.
func (d *directory) directory() (*access.Directory, error) {
	lists := map[string][]json.RawMessage{}
	for _, p := range d.order {
		for _, l := range principalLists {
			if l.kind == p.kind {
				lists[l.list] = append(lists[l.list], p.raw)
			}
		}
	}
	return peopleOf(lists)
}

func peopleOf(lists map[string][]json.RawMessage) (*access.Directory, error) {
	doc, err := json.Marshal(lists)
	if err != nil {
		return nil, err
	}
	d := (&access.Directory{}).Clone()
	return d, d.Learn(doc)
}
