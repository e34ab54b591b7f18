package restore

import (
	"slices"
	"strings"
	"testing"

	"github.com/oneanalytics/oa-archive/access"
)

// grantOf returns an edit that puts a grant on the report "Detail", which
// nobody owns, into the metadata.
func grantOf(principal string) func(*testing.T, world) world {
	return func(t *testing.T, w world) world {
		return w.edit(t, salesMeta, `"grants": [`, `"grants": [
    {"id": "grt_new", "resource": {"type": "report", "id": "`+detail+`"}, "principal": `+principal+`, "actions": ["edit"], "state": "active"},`)
	}
}

func edits(all ...func(*testing.T, world) world) func(*testing.T, world) world {
	return func(t *testing.T, w world) world {
		for _, e := range all {
			w = e(t, w)
		}
		return w
	}
}

// TestWideningBlocks plays what widens access: each blocks its step with the
// reason, and happens once it is named.
func TestWideningBlocks(t *testing.T) {
	overwrite := Options{OnConflict: Overwrite}
	edited := changed(detailPath, `"name": "Detail"`, `"name": "Edited"`)
	security := `  - { name: own_region, applies_to: { role: [sales_rep], team: [team_field], user: [] }, predicate: "region = 'x'" }`
	anna := `{"type": "user", "id": "usr_anna"}`
	for _, c := range []struct {
		name    string
		archive func(*testing.T, world) world
		target  func(*testing.T, world) world
		tenant  string
		opts    Options
		step    string // that is blocked
		says    string
	}{
		{name: "a grant that was taken back", archive: grantOf(anna), target: edited, opts: overwrite, step: detail, says: `user "Anna" (usr_anna) has edit of report "Detail" instead of view`},
		{name: "a grant to a role", archive: grantOf(`{"type": "role", "id": "viewer"}`), target: edited, opts: overwrite, step: detail, says: `role viewer has edit of report "Detail" instead of view`},
		{name: "a grant that ends later", archive: edits(grantOf(anna), changed(salesMeta, `"actions": ["edit"]`, `"actions": ["edit"], "expires_at": "2028-01-01T00:00:00Z"`)),
			target: edits(grantOf(anna), changed(salesMeta, `"actions": ["edit"]`, `"actions": ["edit"], "expires_at": "2027-01-01T00:00:00Z"`), edited), opts: overwrite, step: detail,
			says: `from 2027-01-01T00:00:00Z, until 2028-01-01T00:00:00Z`},
		{name: "an owner", target: changed(revenuePath, `"owner": "usr_anna",`, `"owner": "usr_bob",`), opts: overwrite, step: revenue, says: `user "Anna" (usr_anna) has owner of report "Revenue" instead of view`},
		{name: "a member", target: changed(salesMeta, `,
    {"principal": {"type": "team", "id": "team_field"}, "role": "sales_rep"}`, ""), opts: overwrite, step: wsSales, says: `team "Field" (team_field) gains view of workspace "Sales"`},
		{name: "a greater role", archive: changed(salesMeta, `"role": "sales_rep"}`, `"role": "admin"}`), target: same, opts: overwrite, step: wsSales, says: `team "Field" (team_field) has admin of workspace "Sales" instead of view`},
		{name: "a role's rights", archive: changed(salesMeta, `"base": "viewer"`, `"base": "admin"`), target: same, opts: overwrite, step: wsSales, says: `role "Sales rep" (sales_rep) has admin of workspace "Sales" instead of view`},
		{name: "a predicate", target: changed(ordersModel, "region = 'x'", "region = 'y'"), opts: overwrite, step: orders, says: `those with region = 'x' instead of those with region = 'y'`},
		{name: "one of two rules", target: changed(ordersModel, security, security+"\n  - { name: small, applies_to: { role: [sales_rep] }, predicate: net < 5 }"), opts: overwrite, step: orders, says: `role "Sales rep" (sales_rep) sees other rows of dataset "Orders"`},
		{name: "1 = 1 for those whom none matched", archive: changed(ordersModel, security, security+"\n  - { name: all, applies_to: { role: [viewer] }, predicate: 1 = 1 }"), target: same, opts: overwrite, step: orders, says: `role viewer sees all rows of dataset "Orders" instead of no rows`},
		{name: "no rules any more", archive: changed(ordersModel, "security:\n"+security+"\n", ""), target: same, opts: overwrite, step: orders, says: `whoever no rule names sees all rows of dataset "Orders" instead of no rows`},
		{name: "an owner of the tenant", archive: changed(salesMeta, `"name": "Anna", "status": "active"`, `"name": "Anna", "status": "active", "tenant_role": "owner"`),
			target: edits(lacking(wsSales), func(t *testing.T, w world) world { return w }), opts: overwrite, step: wsSales, says: `user "Anna" (usr_anna) becomes an owner of the tenant, and admin of every workspace`},
		{name: "a team that stands for a smaller one", tenant: "other", target: func(t *testing.T, w world) world {
			return world{opsMeta: w.edit(t, opsMeta, `"tenant_role": "owner"}`, `"tenant_role": "owner"},
  {"id": "usr_eve", "email": "eve@corp.example", "name": "Eve", "status": "active"}`).edit(t, opsMeta, "]}\n", `], "teams": [{"id": "team_all", "name": "All", "members": ["usr_eve"]}]}`+"\n")[opsMeta]}
		}, opts: Options{OnConflict: Skip, Select: []string{wsSales, orders, revenue}, Mapping: withTeam("team_field", "team_all")},
			step: wsSales, says: `user "Eve" (usr_eve) gains view of workspace "Sales"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			content, before := sampleWorld(), c.target(t, sampleWorld())
			if c.archive != nil {
				content = c.archive(t, content)
			}
			tenantID := "corp"
			if c.tenant != "" {
				tenantID, c.opts.AllowOtherTenant = c.tenant, true
			}
			a, target := content.archive("corp"), before.memory(tenantID)
			plan := makePlan(t, a, target, c.opts)
			step := plan.step(t, c.step)
			if step.Decision != Blocked || !strings.Contains(strings.Join(step.Blocked, "\n"), c.says) {
				t.Fatalf("%s is %s, want blocked because %s\n%s", c.step, step.Decision, c.says, plan.decisions())
			}
			for _, ch := range plan.Access {
				if ch.Widens {
					c.opts.AllowAccess = append(c.opts.AllowAccess, ch.ID)
					if flag := "--allow-access " + ch.ID; !strings.Contains((&BlockedError{plan.BlockedSteps()}).Error(), flag) {
						t.Errorf("no reason prints %s\n%s", flag, plan.decisions())
					}
				}
			}
			plan = makePlan(t, a, target, c.opts)
			step = plan.step(t, c.step)
			if len(step.Access) == 0 || !slices.ContainsFunc(step.Needs, func(p Permission) bool { return p.Action == "access.widen" }) {
				t.Errorf("the step does not say what it widens: %+v", step)
			}
			mustApply(t, plan, a, target)
			checkOutcome(t, plan, before, contentOf(t, target))
			if again := makePlan(t, a, target, c.opts); again.Writes() || len(again.BlockedSteps()) > 0 {
				t.Errorf("the same import again is not a no-op:\n%s", again.decisions())
			}
		})
	}
}

// TestWhatDoesNotWiden plays imports that must not ask.
func TestWhatDoesNotWiden(t *testing.T) {
	overwrite := Options{OnConflict: Overwrite}
	for _, c := range []struct {
		name    string
		archive func(*testing.T, world) world
		target  func(*testing.T, world) world
		tenant  string
		opts    Options
		changes string // all sentences
	}{
		{name: "into a blank tenant", target: func(*testing.T, world) world { return world{} }, opts: Options{Rows: true}},
		{name: "into a blank tenant of another name", target: func(*testing.T, world) world { return world{} }, tenant: "other", opts: Options{Mapping: createMissing()}},
		{name: "assets that are gone come back", target: lacking(revenue, orders, drop), opts: overwrite},
		{name: "a workspace that is gone comes back", target: lacking(wsSales), opts: overwrite},
		{name: "a team that has grown", target: edits(lacking(revenue, orders, drop), changed(salesMeta, `"members": ["usr_anna"]`, `"members": ["usr_anna", "usr_bob"]`)), opts: overwrite},
		{name: "copies", target: same, opts: Options{OnConflict: Fork}},
		{name: "a copied workspace", target: same, opts: Options{OnConflict: Fork, PerKind: map[Kind]Decision{Workspace: Fork}}},
		{name: "a narrower predicate", target: changed(ordersModel, "region = 'x'", "1 = 1"), opts: overwrite,
			changes: "role \"Sales rep\" (sales_rep) sees some rows of dataset \"Orders\" instead of all rows: those with region = 'x'\n" +
				"team \"Field\" (team_field) sees some rows of dataset \"Orders\" instead of all rows: those with region = 'x'"},
		{name: "a link that was open", archive: changed(salesMeta, `"actions": ["view"], "state": "closed"`, `"actions": ["view"], "state": "active"`), target: changed(revenuePath, `"name": "Revenue"`, `"name": "Edited"`), opts: overwrite},
		{name: "a link is closed", archive: changed(salesMeta, `"id": "k1"`, `"id": "k2"`), target: edits(changed(salesMeta, `"state": "closed"`, `"state": "active"`), changed(revenuePath, `"name": "Revenue"`, `"name": "Edited"`)), opts: overwrite,
			changes: `whoever finds link k1 loses view of report "Revenue"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			content, before := sampleWorld(), c.target(t, sampleWorld())
			if c.archive != nil {
				content = c.archive(t, content)
			}
			tenantID := "corp"
			if c.tenant != "" {
				tenantID, c.opts.AllowOtherTenant = c.tenant, true
			}
			a, target := content.archive("corp"), before.memory(tenantID)
			plan := makePlan(t, a, target, c.opts)
			var sentences []string
			for _, ch := range plan.Access {
				sentences = append(sentences, ch.Sentence)
			}
			if got := strings.Join(sentences, "\n"); got != c.changes {
				t.Errorf("got %s, want %s", got, c.changes)
			}
			mustApply(t, plan, a, target)
		})
	}
}

// TestElsewhere declares a team that another workspace refers to already.
func TestElsewhere(t *testing.T) {
	target := lacking(wsSales)(t, sampleWorld())
	target.edit(t, opsMeta, "]}\n", `], "members": [{"principal": {"type": "team", "id": "team_field"}, "role": "editor"}]}`+"\n")
	a := lacking(wsOps)(t, sampleWorld()).archive("corp")
	plan := makePlan(t, a, target.memory("corp"), Options{})
	if len(plan.Access) != 1 || plan.Access[0].Sentence != `user "Anna" (usr_anna) gains edit of workspace "Ops"` || plan.step(t, wsSales).Decision != Blocked {
		t.Errorf("%+v\n%s", plan.Access, plan.decisions())
	}
}

func TestRulesOf(t *testing.T) {
	got := rulesOf([]byte(sampleWorld()[ordersModel]))
	if len(got) != 1 || got[0].Predicate != "region = 'x'" || !slices.Equal(got[0].Roles, []string{"sales_rep"}) || !slices.Equal(got[0].Teams, []string{"team_field"}) || got[0].Users != nil {
		t.Errorf("%+v", got)
	}
	if got := rulesOf([]byte(`{"dataset": "d", "tables": [], "secu\u0072ity": [{"name": "r", "applies_to": {}, "predicate": "a"}]}`)); len(got) != 1 {
		t.Errorf("a key with an escape: %+v", got)
	}
	if got := rulesOf([]byte("security: [")); len(got) != 1 || !slices.Equal(access.Conditions(got[0].Predicate), []string{"FALSE"}) {
		t.Errorf("a model that cannot be read: %+v", got)
	}
	if rulesOf([]byte("dataset: d\n")) != nil {
		t.Error("a model without rules")
	}
}
