package access

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// User is somebody of the tenant.
type User struct {
	Name, Email string
	Status      string            // active, invited, suspended or deactivated; empty means active
	Owner       bool              // of the tenant
	Attributes  map[string]string // name → value as JSON text
}

// Team is a group of users.
type Team struct {
	Name    string
	Members []string // ids of users
}

// Role is a role of the tenant's own. viewer, editor, admin and owner need no
// record.
type Role struct {
	Name        string
	Base        string // viewer, editor or admin
	Permissions []string
}

// Directory is the people of a tenant, by id. The zero value is empty.
type Directory struct {
	Users map[string]User
	Teams map[string]Team
	Roles map[string]Role
}

// Learn adds the people that a workspace's metadata declares and the directory
// does not have: the first record of somebody counts.
func (d *Directory) Learn(metadata []byte) error {
	var doc struct {
		Users []struct {
			ID, Email, Name, Status string
			TenantRole              string `json:"tenant_role"`
			Attributes              map[string]json.RawMessage
		}
		Teams []struct {
			ID, Name string
			Members  []string
		}
		Roles []struct {
			ID, Name, Base string
			Permissions    []string
		}
	}
	if err := json.Unmarshal(metadata, &doc); err != nil {
		return fmt.Errorf("access: read metadata: %w", err)
	}
	if d.Users == nil {
		d.Users, d.Teams, d.Roles = map[string]User{}, map[string]Team{}, map[string]Role{}
	}
	for _, u := range doc.Users {
		if _, known := d.Users[u.ID]; !known {
			user := User{Name: u.Name, Email: u.Email, Status: u.Status, Owner: u.TenantRole == "owner"}
			for name, value := range u.Attributes {
				if user.Attributes == nil {
					user.Attributes = map[string]string{}
				}
				user.Attributes[name] = compact(value)
			}
			d.Users[u.ID] = user
		}
	}
	for _, t := range doc.Teams {
		if _, known := d.Teams[t.ID]; !known {
			d.Teams[t.ID] = Team{Name: t.Name, Members: t.Members}
		}
	}
	for _, r := range doc.Roles {
		if _, known := d.Roles[r.ID]; !known {
			d.Roles[r.ID] = Role{Name: r.Name, Base: r.Base, Permissions: r.Permissions}
		}
	}
	return nil
}

// compact returns the value in one spelling.
func compact(value json.RawMessage) string {
	var v any
	dec := json.NewDecoder(strings.NewReader(string(value)))
	dec.UseNumber()
	if dec.Decode(&v) != nil {
		return string(value)
	}
	text, err := json.Marshal(v)
	if err != nil {
		return string(value)
	}
	return string(text)
}

// Clone returns a directory that can be added to without changing d.
func (d *Directory) Clone() *Directory {
	c := &Directory{Users: map[string]User{}, Teams: map[string]Team{}, Roles: map[string]Role{}}
	if d != nil {
		maps.Copy(c.Users, d.Users)
		maps.Copy(c.Teams, d.Teams)
		maps.Copy(c.Roles, d.Roles)
	}
	return c
}

// builtin are the levels of the roles that every tenant has.
var builtin = map[string]Level{"viewer": View, "editor": Edit, "admin": Admin, "owner": Owner}

// right returns what a role gives in a workspace. Nobody knows what a role
// without a record gives; it counts as nothing.
func (d *Directory) right(role string) (Right, bool) {
	if level, ok := builtin[role]; ok {
		return Right{Level: level}, true
	}
	r, ok := d.Roles[role]
	if !ok {
		return Right{Level: None}, false
	}
	level, ok := builtin[r.Base]
	if !ok {
		level = None
	}
	return Right{Level: None}.and(Right{Level: level, Also: r.Permissions}), true
}

// tenantRight returns what the user is in the tenant as a whole: none for
// those who may not sign in, view, or owner.
func (d *Directory) tenantRight(user string) (level Level, known bool) {
	u, known := d.Users[user]
	switch {
	case !known:
		return View, false
	case u.Status == "suspended" || u.Status == "deactivated":
		return None, true
	case u.Owner:
		return Owner, true
	}
	return View, true
}

// register is what comparisons derive from a directory.
type register struct {
	teams  map[string][]string // of every user in one, sorted
	owners []string            // users who are owners of the tenant
}

func (d *Directory) register() *register {
	r := &register{teams: map[string][]string{}}
	for _, id := range slices.Sorted(maps.Keys(d.Teams)) {
		for _, user := range d.Teams[id].Members {
			if !slices.Contains(r.teams[user], id) {
				r.teams[user] = append(r.teams[user], id)
			}
		}
	}
	for id, u := range d.Users {
		if u.Owner {
			r.owners = append(r.owners, id)
		}
	}
	return r
}
