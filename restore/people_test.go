package restore

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/oneanalytics/oa-archive/mapping"
	"github.com/oneanalytics/oa-archive/schema"
)

// otherTenant is a tenant with people and a connection of its own.
func otherTenant(_ *testing.T, _ world) world {
	const ws = "c0000000-0000-4000-8000-000000000009"
	return world{"workspaces/" + ws + "/metadata.json": `{
  "workspace": {"id": "` + ws + `", "name": "Hers"},
  "users": [
    {"id": "usr_1", "email": "ANNA@corp.example", "name": "Anna B", "status": "active"},
    {"id": "usr_bob", "email": "someone.else@corp.example", "name": "Another Bob", "status": "active"}
  ],
  "teams": [{"id": "team_9", "name": "field", "members": ["usr_1"]}],
  "roles": [{"id": "reps", "name": "Reps", "base": "viewer"}],
  "connections": [{"name": "dwh", "type": "postgres", "endpoint": {"host": "other.example"}, "secret_slot": "dwh"}]
}
`}
}

func TestOtherTenants(t *testing.T) {
	mapped := mapping.Map{Roles: mapping.Pairs(map[string]string{"sales_rep": "reps"}), Connections: mapping.Pairs(map[string]string{"warehouse": "dwh"})}
	run(t, []rule{
		{
			name: "nothing resolves in a blank tenant", tenant: "other",
			want: map[string]Decision{orders: Blocked, revenue: Create, drop: Blocked, flagsPath: Skip},
			says: []string{
				"its rule of row security at /security/0/applies_to/role/0 applies to role sales_rep", `needs connection "warehouse"`,
				"arrives without its owner user usr_anna", "none of its recipients is in the target", `grant "grt_team" is not imported`,
				"what it owns arrives without an owner", "extensions belong to their own tenant",
			},
		},
		{
			name: "people map by address and name, the rest by the mapping", tenant: "other", target: otherTenant, opts: Options{Mapping: mapped},
			want: map[string]Decision{wsSales: Create, orders: Create, revenue: Create, drop: Create},
			says: []string{"refers to usr_1 of the target instead of user usr_anna", "refers to team_9 of the target", `uses connection "dwh" instead of "warehouse"`, "arrives paused", "no longer refers at /channels/0/to/1/id to user usr_bob"},
			after: func(t *testing.T, _, after world) {
				for _, left := range []string{"usr_anna", "usr_bob", "team_field", "sales_rep", "warehouse"} {
					for _, path := range []string{salesMeta, ordersModel, revenuePath, dropPath} {
						if strings.Contains(after[path], left) {
							t.Errorf("%s still names %s:\n%s", path, left, after[path])
						}
					}
				}
				if !strings.HasPrefix(after[ordersModel], "# written by hand\n") || !strings.Contains(after[ordersModel], "{ role: [reps], team: [team_9], user: [] }") {
					t.Error(after[ordersModel])
				}
				if users := list(t, after[salesMeta], "users"); users["usr_1"] == nil {
					t.Errorf("the owner is not declared: %s", after[salesMeta])
				}
			},
		},
		{
			name: "missing ones are created when allowed", tenant: "other", opts: Options{Mapping: createMissing()},
			want: map[string]Decision{orders: Create, drop: Create}, says: []string{`connection "warehouse" is created without its secret`},
			after: func(t *testing.T, _, after world) {
				users := list(t, after[salesMeta], "users")
				if !strings.Contains(string(users["usr_bob"]), `"invited"`) || strings.Contains(string(users["usr_bob"]), "owner") {
					t.Errorf("a user arrived with more than an invitation: %s", users["usr_bob"])
				}
			},
		},
		{
			name: "an id that somebody else has is not taken over", tenant: "other", target: otherTenant,
			opts: Options{Mapping: createMissing()},
			says: []string{"arrives without its owner user usr_bob"},
		},
	})
}

func TestSameTenantKeepsPeople(t *testing.T) {
	run(t, []rule{
		{
			name: "somebody locked out stays locked out", opts: Options{OnConflict: Overwrite},
			target: func(t *testing.T, w world) world {
				return w.edit(t, salesMeta, `"name": "Anna", "status": "active"`, `"name": "Anna", "status": "deactivated"`).edit(t, revenuePath, `"name": "Revenue"`, `"name": "Edited"`)
			},
			want: map[string]Decision{wsSales: Unchanged, revenue: Overwrite},
			after: func(t *testing.T, _, after world) {
				if !strings.Contains(after[salesMeta], "deactivated") {
					t.Error("the import admitted a user again")
				}
			},
		},
		{
			name: "people come back with what needs them", target: func(t *testing.T, w world) world {
				w = w.without(revenue, drop)
				return w.edit(t, salesMeta, `"owner": "usr_anna"`, `"owner": null`).edit(t, salesMeta, `"members": ["usr_anna"]`, `"members": []`).
					edit(t, salesMeta, `    {"id": "usr_anna", "email": "anna@corp.example", "name": "Anna", "status": "active"},`+"\n", "")
			},
			opts: Options{OnConflict: Skip, Select: []string{revenue}}, want: map[string]Decision{wsSales: Merge, revenue: Create}, says: []string{"takes 1 user"},
			after: func(t *testing.T, _, after world) {
				if users := list(t, after[salesMeta], "users"); users["usr_anna"] == nil {
					t.Error(after[salesMeta])
				}
			},
		},
		{
			name: "a role with other rights", opts: Options{OnConflict: Overwrite, Select: []string{orders}},
			target: func(t *testing.T, w world) world {
				return w.edit(t, salesMeta, `"base": "viewer"`, `"base": "editor"`).edit(t, ordersModel, "# net of tax", "# gross")
			},
			want: map[string]Decision{orders: Overwrite}, says: []string{`role "sales_rep" of the target gives other rights`},
		},
		{
			name: "another endpoint of the same name stays", opts: Options{OnConflict: Overwrite},
			target: changed(salesMeta, "db.corp.example", "new.corp.example"),
			want:   map[string]Decision{wsSales: Unchanged}, says: []string{`connection "warehouse" of the target leads elsewhere`},
		},
	})
}

// createMissing lets everything that another tenant lacks come from the archive.
func createMissing() mapping.Map {
	var m mapping.Map
	m.CreatePrincipals()
	m.CreateConnections()
	return m
}

// createPrincipals is what --create-missing principals stands for.
func createPrincipals() mapping.Map {
	var m mapping.Map
	m.CreatePrincipals()
	return m
}

func createConnections() mapping.Map {
	var m mapping.Map
	m.CreateConnections()
	return m
}

// withTeam creates what is missing, but has one team stand for another.
func withTeam(from, to string) mapping.Map {
	m := createMissing()
	m.Teams.Entries = map[string]mapping.Entry{from: mapping.To(to)}
	return m
}

func person(kind schema.RefKind, id, name, email, external string) *principal {
	return &principal{kind: kind, id: id, name: name, email: email, externalID: external, raw: json.RawMessage(`{}`)}
}

func directoryOf(people ...*principal) *directory {
	d := newDirectory()
	for _, p := range people {
		d.byKey[p.key()], d.order = p, append(d.order, p)
	}
	return d
}

func TestResolver(t *testing.T) {
	const user, team, role = schema.RefUser, schema.RefTeam, schema.RefRole
	for _, c := range []struct {
		name            string
		archive, target *directory
		same, create    bool
		mapping         mapping.Map
		want            map[principalKey]string // "" is unresolved
		fails           []string
	}{
		{
			name: "one tenant trusts ids", same: true,
			archive: directoryOf(person(user, "u1", "", "a@x", "")), target: directoryOf(person(user, "u1", "", "b@x", "")),
			want: map[principalKey]string{{user, "u1"}: "u1"},
		},
		{
			name:    "another tenant does not",
			archive: directoryOf(person(user, "u1", "", "a@x", "")), target: directoryOf(person(user, "u1", "", "b@x", "")),
			want: map[principalKey]string{{user, "u1"}: ""},
		},
		{
			name:    "an address goes before a directory's id",
			archive: directoryOf(person(user, "u1", "", "a@x", "e1")), target: directoryOf(person(user, "u7", "", "z@x", "e1"), person(user, "u8", "", "a@x", "")),
			want: map[principalKey]string{{user, "u1"}: "u8"},
		},
		{
			name:    "a directory's id",
			archive: directoryOf(person(user, "u1", "", "a@x", "e1")), target: directoryOf(person(user, "u7", "", "z@x", "e1")),
			want: map[principalKey]string{{user, "u1"}: "u7"},
		},
		{
			name:    "two candidates are none",
			archive: directoryOf(person(team, "t1", "Field", "", "")), target: directoryOf(person(team, "t7", "field", "", ""), person(team, "t8", "FIELD", "", "")),
			want: map[principalKey]string{{team, "t1"}: ""},
		},
		{
			name:    "nobody stands for two",
			archive: directoryOf(person(user, "u1", "", "a@x", ""), person(user, "u2", "", "a@x", "")), target: directoryOf(person(user, "u7", "", "a@x", "")),
			want: map[principalKey]string{{user, "u1"}: "u7", {user, "u2"}: ""},
		},
		{
			name: "an explicit mapping goes first", mapping: mapping.Map{Users: mapping.Pairs(map[string]string{"u1": "u9"})},
			archive: directoryOf(person(user, "u1", "", "a@x", "")), target: directoryOf(person(user, "u7", "", "a@x", ""), person(user, "u9", "", "", "")),
			want: map[principalKey]string{{user, "u1"}: "u9"},
		},
		{
			name:    "roles by id, built-in ones always",
			archive: directoryOf(person(role, "rep", "", "", "")), target: directoryOf(person(role, "rep", "", "", "")),
			want: map[principalKey]string{{role, "rep"}: "rep", {role, "viewer"}: "viewer", {role, "boss"}: ""},
		},
		{
			name: "created when allowed", create: true,
			archive: directoryOf(person(user, "u1", "", "a@x", ""), person(user, "u2", "", "b@x", "")), target: directoryOf(person(user, "u2", "", "c@x", "")),
			want: map[principalKey]string{{user, "u1"}: "u1", {user, "u2"}: ""},
		},
		{
			name: "a mapping to nobody, and one to somebody taken", mapping: mapping.Map{Users: mapping.Pairs(map[string]string{"u1": "u9", "u2": "u7", "u3": "u7"})},
			archive: directoryOf(), target: directoryOf(person(user, "u7", "", "", "")),
			fails: []string{`user "u9" stands for "u1", but the target has no such user`, `user "u7" stands for both "u2" and "u3"`},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.create {
				c.mapping.CreatePrincipals()
			}
			r, err := newResolver(c.archive, c.target, c.same, &c.mapping)
			if len(c.fails) > 0 {
				var mapping *MappingError
				if !errors.As(err, &mapping) || !slices.Equal(mapping.Problems[:1], c.fails[:1]) && !strings.Contains(err.Error(), c.fails[0]) || !strings.Contains(err.Error(), c.fails[1]) {
					t.Fatalf("error %v, want %q", err, c.fails)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			for k, want := range c.want {
				s, ok := r.standIn(k)
				if ok != (want != "") || s.id != want {
					t.Errorf("%v → %q, %v; want %q", k, s.id, ok, want)
				}
			}
		})
	}
}
