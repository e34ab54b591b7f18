package access

import (
	"strings"
	"testing"
	"time"
)

// people of the tests: anna and bob are in the team, carl is not.
func people() *Directory {
	return &Directory{
		Users: map[string]User{
			"usr_anna": {Name: "Anna", Attributes: map[string]string{"region": `"x"`}}, "usr_bob": {Name: "Bob"}, "usr_carl": {Name: "Carl"},
			"usr_gone": {Name: "Gone", Status: "deactivated"},
		},
		Teams: map[string]Team{"team_field": {Name: "Field", Members: []string{"usr_anna", "usr_bob"}}},
		Roles: map[string]Role{"rep": {Name: "Rep", Base: "viewer", Permissions: []string{"report.export"}}},
	}
}

var (
	report  = Key{"report", "r1"}
	dataset = Key{KindDataset, "d1"}
)

func place(edit func(*Workspace)) *Workspace {
	w := &Workspace{ID: "w1", Name: "Sales", Assets: map[Key]Asset{report: {Name: "Revenue"}, dataset: {Name: "Orders"}}}
	if edit != nil {
		edit(w)
	}
	return w
}

func grant(resource Key, kind, to string, actions ...string) Grant {
	return Grant{Resource: resource, Kind: kind, To: to, Actions: actions}
}

func rule(predicate, kind string, ids ...string) Rule {
	r := Rule{Predicate: predicate}
	switch kind {
	case KindRole:
		r.Roles = ids
	case KindTeam:
		r.Teams = ids
	default:
		r.Users = ids
	}
	return r
}

func rules(all ...Rule) func(*Workspace) {
	return func(w *Workspace) { w.Assets[dataset] = Asset{Name: "Orders", Rules: all} }
}

func grants(all ...Grant) func(*Workspace) { return func(w *Workspace) { w.Grants = all } }

func members(all ...Member) func(*Workspace) { return func(w *Workspace) { w.Members = all } }

func both(edits ...func(*Workspace)) func(*Workspace) {
	return func(w *Workspace) {
		for _, e := range edits {
			e(w)
		}
	}
}

// sentences writes changes as a test expects them: "!" marks widening.
func sentences(changes []Change) string {
	var lines []string
	for _, c := range changes {
		line := c.Sentence
		if c.Widens {
			line = "! " + line
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}

func TestCompare(t *testing.T) {
	later := time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)
	until := func(g Grant, t time.Time) Grant { g.Expires = t; return g }
	closed := func(g Grant) Grant { g.Closed = true; return g }
	region := rule("region = 'x'", KindRole, "rep")
	for _, c := range []struct {
		name          string
		before, after func(*Workspace)
		people        func(before, after *Directory)
		want          string
	}{
		{"the same", grants(grant(report, KindUser, "usr_carl", "view")), grants(grant(report, KindUser, "usr_carl", "view")), nil, ""},
		{"a grant to a user", nil, grants(grant(report, KindUser, "usr_carl", "view")), nil, `! user "Carl" (usr_carl) gains view of report "Revenue"`},
		{"a grant goes", grants(grant(report, KindUser, "usr_carl", "edit")), nil, nil, `user "Carl" (usr_carl) loses edit of report "Revenue"`},
		{"more actions", grants(grant(report, KindUser, "usr_carl", "view")), grants(grant(report, KindUser, "usr_carl", "view", "export", "share")), nil,
			`! user "Carl" (usr_carl) has view with export, share of report "Revenue" instead of view`},
		{"a grant to a team is listed once", nil, grants(grant(report, KindTeam, "team_field", "edit")), nil, `! team "Field" (team_field) gains edit of report "Revenue"`},
		{"a grant to a role", members(Member{KindUser, "usr_anna", "rep"}), both(members(Member{KindUser, "usr_anna", "rep"}), grants(grant(report, KindRole, "rep", "edit"))), nil,
			`! role "Rep" (rep) has edit with report.export of report "Revenue" instead of view with report.export`},
		{"a grant that the role includes", members(Member{KindUser, "usr_carl", "editor"}), both(members(Member{KindUser, "usr_carl", "editor"}), grants(grant(report, KindUser, "usr_carl", "view"))), nil, ""},
		{"a grant of the workspace", nil, grants(grant(Key{KindWorkspace, "w1"}, KindUser, "usr_carl", "view")), nil, `! user "Carl" (usr_carl) gains view of workspace "Sales"`},
		{"a closed link", nil, grants(closed(grant(report, KindLink, "k", "view"))), nil, ""},
		{"an open link", nil, grants(grant(report, KindLink, "k", "view")), nil, `! whoever finds link k gains view of report "Revenue"`},
		{"an embed is closed", grants(grant(report, KindEmbed, "k", "view")), grants(closed(grant(report, KindEmbed, "k", "view"))), nil, `whoever finds embed k loses view of report "Revenue"`},
		{"a grant that ends later", grants(until(grant(report, KindUser, "usr_carl", "view"), later)), grants(until(grant(report, KindUser, "usr_carl", "view"), later.AddDate(1, 0, 0))), nil,
			`! user "Carl" (usr_carl) gains view of report "Revenue", from 2027-01-01T00:00:00Z, until 2028-01-01T00:00:00Z`},
		{"a grant that never ends", grants(until(grant(report, KindUser, "usr_carl", "view"), later)), grants(grant(report, KindUser, "usr_carl", "view")), nil,
			`! user "Carl" (usr_carl) gains view of report "Revenue", from 2027-01-01T00:00:00Z`},
		{"a grant that had ended", nil, grants(until(grant(report, KindUser, "usr_carl", "view"), later.AddDate(-2, 0, 0))), nil, ""},
		{"to somebody deactivated", nil, grants(grant(report, KindUser, "usr_gone", "view")), nil, ""},
		{"to somebody whom nobody declares", nil, grants(grant(report, KindUser, "usr_new", "view")), nil, `! user usr_new gains view of report "Revenue"`},
		{"another role", members(Member{KindUser, "usr_carl", "viewer"}), members(Member{KindUser, "usr_carl", "admin"}), nil, `! user "Carl" (usr_carl) has admin of workspace "Sales" instead of view`},
		{"a team's role", nil, members(Member{KindTeam, "team_field", "rep"}), nil, `! team "Field" (team_field) gains view with report.export of workspace "Sales"`},
		{"no longer a member", members(Member{KindUser, "usr_carl", "viewer"}), nil, nil, `user "Carl" (usr_carl) loses view of workspace "Sales"`},
		{"an owner", nil, func(w *Workspace) { w.Assets[report] = Asset{Name: "Revenue", Owner: "usr_carl"} }, nil, `! user "Carl" (usr_carl) gains owner of report "Revenue"`},
		{"a role's rights", members(Member{KindUser, "usr_anna", "rep"}), members(Member{KindUser, "usr_anna", "rep"}),
			func(_, after *Directory) { after.Roles["rep"] = Role{Name: "Rep", Base: "editor"} },
			`! role "Rep" (rep) has edit of workspace "Sales" instead of view with report.export`},
		{"a role is made", nil, members(Member{KindUser, "usr_carl", "new"}), func(_, after *Directory) { after.Roles["new"] = Role{Base: "editor"} },
			`! user "Carl" (usr_carl) gains edit of workspace "Sales"`},
		{"a member of a team", members(Member{KindTeam, "team_field", "viewer"}), members(Member{KindTeam, "team_field", "viewer"}),
			func(_, after *Directory) {
				after.Teams["team_field"] = Team{Members: []string{"usr_anna", "usr_bob", "usr_carl"}}
			},
			`! user "Carl" (usr_carl) gains view of workspace "Sales"`},
		{"a member of a team with a grant", grants(grant(report, KindTeam, "team_field", "view")), grants(grant(report, KindTeam, "team_field", "view")),
			func(_, after *Directory) { after.Teams["team_field"] = Team{Members: []string{"usr_anna", "usr_carl"}} },
			"user \"Bob\" (usr_bob) loses view of report \"Revenue\"\n! user \"Carl\" (usr_carl) gains view of report \"Revenue\""},
		{"an owner of the tenant", nil, nil, func(_, after *Directory) { after.Users["usr_carl"] = User{Name: "Carl", Owner: true} },
			`! user "Carl" (usr_carl) gains admin of workspace "Sales"`},

		{"one of several rules goes", rules(region, rule("net < 100", KindRole, "rep")), rules(region), nil,
			`! role "Rep" (rep) sees other rows of dataset "Orders": those with region = 'x' instead of those with net < 100 AND region = 'x'`},
		{"a rule more", rules(region), rules(region, rule("net < 100", KindRole, "rep")), nil,
			`role "Rep" (rep) sees other rows of dataset "Orders": those with net < 100 AND region = 'x' instead of those with region = 'x'`},
		{"a condition more", rules(region), rules(rule("region = 'x' AND net < 100", KindRole, "rep")), nil,
			`role "Rep" (rep) sees other rows of dataset "Orders": those with net < 100 AND region = 'x' instead of those with region = 'x'`},
		{"another predicate", rules(region), rules(rule("region = 'y'", KindRole, "rep")), nil,
			`! role "Rep" (rep) sees other rows of dataset "Orders": those with region = 'y' instead of those with region = 'x'`},
		{"another spelling", rules(region), rules(rule("(region='x')", KindRole, "rep")), nil, ""},
		{"the rule that admits everybody", rules(region), rules(region, rule("1 = 1", KindRole, "viewer")), nil,
			`! role viewer sees all rows of dataset "Orders" instead of no rows`},
		{"TRUE beside a rule", rules(region), rules(region, rule("TRUE", KindRole, "rep")), nil, ""},
		{"instead of a rule, TRUE", rules(region), rules(rule("region = 'x' OR 1=1", KindRole, "rep")), nil,
			`! role "Rep" (rep) sees all rows of dataset "Orders" instead of some rows, which were those with region = 'x'`},
		{"a rule for whom none matched", rules(region), rules(region, rule("region = 'y'", KindTeam, "team_field")), nil,
			`! team "Field" (team_field) sees some rows of dataset "Orders" instead of no rows: those with region = 'y'`},
		{"a rule loses a subject", rules(region, rule("net < 100", KindTeam, "team_field")), rules(region), nil,
			`team "Field" (team_field) sees no rows of dataset "Orders" instead of some rows, which were those with net < 100`},
		{"a rule that somebody else's AND-ed with", both(members(Member{KindUser, "usr_anna", "rep"}), rules(region, rule("net < 100", KindUser, "usr_anna"))),
			both(members(Member{KindUser, "usr_anna", "rep"}), rules(region)), nil,
			`! user "Anna" (usr_anna) sees other rows of dataset "Orders": those with region = 'x' instead of those with net < 100 AND region = 'x'`},
		{"no rule any more", rules(rule("region = 'x'", KindUser, "usr_anna")), nil, nil,
			"! whoever no rule names sees all rows of dataset \"Orders\" instead of no rows\n" +
				"! role admin sees all rows of dataset \"Orders\" instead of no rows\n! role editor sees all rows of dataset \"Orders\" instead of no rows\n" +
				"! role owner sees all rows of dataset \"Orders\" instead of no rows\n! role \"Rep\" (rep) sees all rows of dataset \"Orders\" instead of no rows\n" +
				"! role viewer sees all rows of dataset \"Orders\" instead of no rows\n! team \"Field\" (team_field) sees all rows of dataset \"Orders\" instead of no rows\n" +
				"! user \"Anna\" (usr_anna) sees all rows of dataset \"Orders\" instead of some rows, which were those with region = 'x'\n" +
				"! user \"Carl\" (usr_carl) sees all rows of dataset \"Orders\" instead of no rows\n! user \"Gone\" (usr_gone) sees all rows of dataset \"Orders\" instead of no rows"},
		{"an attribute", rules(rule("region = {{ user.attributes.region }}", KindUser, "usr_anna")), rules(rule("region = {{ user.attributes.region }}", KindUser, "usr_anna")),
			func(_, after *Directory) {
				after.Users["usr_anna"] = User{Name: "Anna", Attributes: map[string]string{"region": `"y"`}}
			},
			`! user "Anna" (usr_anna) sees other rows of dataset "Orders": those with region = {{ user.attributes.region }}="y" instead of those with region = {{ user.attributes.region }}="x"`},
		{"a role brings rows", both(members(Member{KindUser, "usr_carl", "viewer"}), rules(region)), both(members(Member{KindUser, "usr_carl", "rep"}), rules(region)), nil,
			"! user \"Carl\" (usr_carl) has view with report.export of workspace \"Sales\" instead of view\n" +
				"! user \"Carl\" (usr_carl) sees some rows of dataset \"Orders\" instead of no rows: those with region = 'x'"},
	} {
		t.Run(c.name, func(t *testing.T) {
			was, is := people(), people()
			if c.people != nil {
				c.people(was, is)
			}
			opts := Options{From: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
			changes := Compare(Side{Directory: was, Workspace: place(c.before)}, Side{Directory: is, Workspace: place(c.after)}, opts)
			if got := sentences(changes); got != c.want {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
			ids := map[string]bool{}
			for _, ch := range changes {
				if len(ch.ID) != 12 || ids[ch.ID] {
					t.Errorf("id %q", ch.ID)
				}
				ids[ch.ID] = true
			}
		})
	}
}

// TestNewAssets looks at what does not exist before.
func TestNewAssets(t *testing.T) {
	lacking := func(w *Workspace) { w.Assets = map[Key]Asset{} }
	given := func(edit func(*Directory)) *Side {
		d := people()
		if edit != nil {
			edit(d)
		}
		return &Side{Directory: d, Workspace: &Workspace{ID: "w1", Members: []Member{{KindUser, "usr_carl", "viewer"}}}}
	}
	fewer := func(d *Directory) { d.Teams["team_field"] = Team{Members: []string{"usr_anna"}} }
	owned := func(w *Workspace) { w.Assets[report] = Asset{Name: "Revenue", Owner: "usr_bob"} }
	for _, c := range []struct {
		name   string
		before *Workspace
		after  *Workspace
		given  *Side
		want   string
	}{
		{"nothing given", place(lacking), place(grants(grant(report, KindTeam, "team_field", "view"))), nil, `! team "Field" (team_field) gains view of report "Revenue"`},
		{"as it was given", place(lacking), place(both(owned, grants(grant(report, KindTeam, "team_field", "view")))), given(nil), ""},
		{"a team that has more members here", place(lacking), place(grants(grant(report, KindTeam, "team_field", "view"))), given(fewer), `! user "Bob" (usr_bob) gains view of report "Revenue"`},
		{"rules that match more people here", place(both(lacking, members(Member{KindUser, "usr_bob", "viewer"}))),
			place(both(rules(rule("a = 1", KindTeam, "team_field")), members(Member{KindUser, "usr_bob", "viewer"}))), given(fewer),
			`! user "Bob" (usr_bob) sees some rows of dataset "Orders" instead of no rows: those with a = 1`},
		{"rules that match somebody who cannot enter", place(lacking), place(rules(rule("a = 1", KindTeam, "team_field"))), given(fewer), ""},
		{"rules as they were", place(lacking), place(rules(rule("a = 1", KindTeam, "team_field"))), given(nil), ""},
		{"members see what is put there", place(both(lacking, members(Member{KindUser, "usr_bob", "editor"}))), place(members(Member{KindUser, "usr_bob", "editor"})), given(nil), ""},
		{"a workspace as it was", nil, place(members(Member{KindUser, "usr_carl", "viewer"})), given(nil), ""},
		{"a workspace with a greater role", nil, place(members(Member{KindUser, "usr_carl", "admin"})), given(nil), `! user "Carl" (usr_carl) gains admin of workspace "Sales"`},
		{"a role that gives more here", nil, place(members(Member{KindUser, "usr_carl", "rep"})),
			&Side{Directory: &Directory{Roles: map[string]Role{"rep": {Base: "viewer"}}}, Workspace: &Workspace{Members: []Member{{KindUser, "usr_carl", "rep"}}}},
			`! user "Carl" (usr_carl) gains view with report.export of workspace "Sales"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			changes := Compare(Side{Directory: people(), Workspace: c.before}, Side{Directory: people(), Workspace: c.after}, Options{Given: c.given})
			if got := sentences(changes); got != c.want {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
		})
	}
	if Compare(Side{Directory: people(), Workspace: place(nil)}, Side{Directory: people()}, Options{}) != nil {
		t.Error("a workspace that exists no longer")
	}
}

func TestTenant(t *testing.T) {
	was, is := people(), people()
	is.Users["usr_anna"] = User{Name: "Anna", Owner: true}
	is.Users["usr_bob"] = User{Name: "Bob", Status: "suspended"}
	is.Users["usr_gone"] = User{Name: "Gone"}
	is.Users["usr_new"] = User{Name: "New"}
	is.Users["usr_boss"] = User{Name: "Boss", Owner: true}
	want := `! user "Anna" (usr_anna) becomes an owner of the tenant, and admin of every workspace
user "Bob" (usr_bob) may no longer sign in
! user "Boss" (usr_boss) becomes an owner of the tenant, and admin of every workspace
! user "Gone" (usr_gone) may sign in again`
	if got := sentences(Tenant(was, is, nil)); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if got := sentences(Tenant(&Directory{}, is, is)); strings.Contains(got, "!") {
		t.Errorf("as it was given: %s", got)
	}
}

func TestReadWorkspace(t *testing.T) {
	doc := []byte(`{"workspace": {"id": "w", "name": "W"},
 "users": [{"id": "usr_a", "name": "A", "status": "active", "tenant_role": "owner", "attributes": {"n": 1.0, "l": ["a", "b"]}}],
 "teams": [{"id": "team_a", "name": "T", "members": ["usr_a"]}],
 "roles": [{"id": "r", "name": "R", "base": "editor", "permissions": ["x"]}],
 "members": [{"principal": {"type": "team", "id": "team_a"}, "role": "r"}],
 "datasets": [{"id": "d", "name": "D", "owner": "usr_a"}], "files": [{"id": "f", "name": "F", "owner": null}],
 "grants": [{"id": "g", "resource": {"type": "report", "id": "x"}, "principal": {"type": "link", "id": "k"}, "actions": ["view"], "expires_at": "2027-01-01T02:00:00+02:00", "state": "closed"}]}`)
	w, err := ReadWorkspace(doc)
	if err != nil {
		t.Fatal(err)
	}
	g := w.Grants[0]
	if w.ID != "w" || len(w.Assets) != 2 || w.Assets[Key{"dataset", "d"}].Owner != "usr_a" || w.Members[0] != (Member{"team", "team_a", "r"}) ||
		!g.Closed || !g.Expires.Equal(time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)) || g.Resource != (Key{"report", "x"}) {
		t.Errorf("%+v", w)
	}
	var d Directory
	if err := d.Learn(doc); err != nil {
		t.Fatal(err)
	}
	if err := d.Learn([]byte(`{"users": [{"id": "usr_a", "name": "Other"}]}`)); err != nil {
		t.Fatal(err)
	}
	if u := d.Users["usr_a"]; u.Name != "A" || !u.Owner || u.Attributes["l"] != `["a","b"]` {
		t.Errorf("%+v", u)
	}
	for _, bad := range []string{`[`, `{"grants": [{"id": "g", "expires_at": "tomorrow"}]}`} {
		if _, err := ReadWorkspace([]byte(bad)); err == nil || !strings.Contains(err.Error(), "access: read metadata") {
			t.Errorf("%s: %v", bad, err)
		}
	}
}
