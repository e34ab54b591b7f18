package restore

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/oneanalytics/oa-archive/access"
	"github.com/oneanalytics/oa-archive/schema"

	"github.com/oneanalytics/oa-archive/mapping"
)

// restlessWorld is the sample with everything awake.
func restlessWorld(t *testing.T) world {
	return sampleWorld().
		edit(t, salesMeta, `"mode": "import", "version": 3`, `"mode": "import", "version": 3, "refresh": {"cron": "0 5 * * *", "timezone": "Europe/Oslo", "enabled": true}`).
		edit(t, salesMeta, `"actions": ["view"], "state": "closed"`, `"actions": ["view"], "state": "active"`).
		edit(t, dropPath, `"channels": [`, `"channels": [{"type": "webhook", "url": "https://hooks.corp.example", "secret_slot": "hook"}, `)
}

func TestAsleep(t *testing.T) {
	all := createMissing()
	for _, c := range []struct {
		name   string
		target world
		tenant string
		opts   Options
		want   []string
	}{
		{"a blank tenant: what the tenant itself had on stays on", world{}, "corp", Options{}, []string{
			`connection warehouse: no archive holds its secret; put its credentials into the secret slot "warehouse"`,
			`link Revenue: the link that was open is closed; set the state of grant grt_link to active`,
			`webhook Revenue drops: its key is not in the archive; put the key into the secret slot "hook"`,
		}},
		{"another tenant", world{}, "other", Options{Mapping: all}, []string{
			`alert Revenue drops: it is paused; set /state/status of the alert to "active"`,
			`connection warehouse: no archive holds its secret; put its credentials into the secret slot "warehouse"`,
			`link Revenue: the link that was open is closed; set the state of grant grt_link to active`,
			`schedule Orders: its refresh (0 5 * * *, Europe/Oslo) is off; set /refresh/enabled to true in the dataset's record`,
			`webhook Revenue drops: its key is not in the archive, and the slot is not taken over; put the key into a secret slot, and set /channels/0/secret_slot of the alert to its name; it was "hook"`,
		}},
		{"copies", restlessWorld(t), "corp", Options{OnConflict: Fork}, []string{
			`alert Revenue drops (copy): it is paused; set /state/status of the alert to "active"`,
			`schedule Orders (copy): its refresh (0 5 * * *, Europe/Oslo) is off; set /refresh/enabled to true in the dataset's record`,
			`webhook Revenue drops (copy): its key is not in the archive, and the slot is not taken over; put the key into a secret slot, and set /channels/0/secret_slot of the alert to its name; it was "hook"`,
		}},
		{"in place", restlessWorld(t).edit(t, dropPath, "1000", "999"), "corp", Options{OnConflict: Overwrite}, nil},
		{"nothing to do", restlessWorld(t), "corp", Options{OnConflict: Overwrite}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.opts.AllowOtherTenant = true
			a, target := restlessWorld(t).archive("corp"), c.target.memory(c.tenant)
			plan := makePlan(t, a, target, c.opts)
			var got []string
			for _, s := range plan.Asleep {
				got = append(got, fmt.Sprintf("%s %s: %s; %s", s.Kind, cmpName(s), s.What, s.Wake))
			}
			slices.Sort(got)
			if !slices.Equal(got, c.want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(c.want, "\n"))
			}
			result := mustApply(t, plan, a, target)
			if len(result.Asleep) != len(c.want) {
				t.Errorf("the result lists %d", len(result.Asleep))
			}
			again := makePlan(t, a, target, c.opts)
			if plan.Summary.Create == 0 && again.Writes() {
				t.Errorf("the same import again is not a no-op:\n%s", again.decisions())
			}
		})
	}
}

func cmpName(s Asleep) string {
	if s.Name != "" {
		return s.Name
	}
	return s.Asset
}

// TestSchedulesStayAwake updates a copy whose schedule was switched on.
func TestSchedulesStayAwake(t *testing.T) {
	a, target := restlessWorld(t).archive("corp"), world{}.memory("other")
	opts := Options{AllowOtherTenant: true, OnConflict: Overwrite, Mapping: createMissing()}
	mustApply(t, makePlan(t, a, target, opts), a, target)
	target.content.edit(t, salesMeta, `"enabled": false`, `"enabled": true`).edit(t, ordersModel, "# net of tax", "# gross")
	plan := makePlan(t, a, target, opts)
	if plan.step(t, orders).Decision != Overwrite || slices.ContainsFunc(plan.Asleep, func(s Asleep) bool { return s.Kind == "schedule" }) {
		t.Errorf("%+v\n%s", plan.Asleep, plan.decisions())
	}
}

// TestDetachedConnections looks at connections of one name that lead to
// different places.
func TestDetachedConnections(t *testing.T) {
	elsewhere := changed(salesMeta, "db.corp.example", "new.corp.example")
	connectionsIn := func(t *testing.T, w world) map[string]json.RawMessage { return list(t, w[salesMeta], "connections") }
	run(t, []rule{
		{
			name: "what is there keeps its connection", opts: Options{OnConflict: Overwrite},
			target: edits(elsewhere, changed(ordersModel, "# net of tax", "# gross")),
			want:   map[string]Decision{orders: Overwrite, wsSales: Unchanged}, says: []string{"what uses it already keeps it"},
		},
		{
			name: "what is new is not attached", opts: Options{Select: []string{orders}, PerKind: map[Kind]Decision{Workspace: Skip}},
			target: edits(elsewhere, lacking(orders)), want: map[string]Decision{orders: Create, wsSales: Merge},
			says: []string{`uses connection "warehouse (archived)" instead of "warehouse"`, `it leads where "warehouse" of the archive led`},
			after: func(t *testing.T, _, after world) {
				all := connectionsIn(t, after)
				own := string(all["warehouse (archived)"])
				if len(all) != 2 || !strings.Contains(own, "db.corp.example") || !strings.Contains(own, `"secret_slot": "warehouse (archived)"`) || !strings.Contains(string(all["warehouse"]), `"secret_slot": "warehouse"`) {
					t.Errorf("%s", all)
				}
				if !strings.Contains(after[ordersModel], "ref: warehouse (archived)") && !strings.Contains(after[ordersModel], `ref: "warehouse (archived)"`) {
					t.Error(after[ordersModel])
				}
			},
		},
		{
			name: "a mapping says that it is meant", opts: Options{Select: []string{orders}, PerKind: map[Kind]Decision{Workspace: Skip}, Mapping: mapping.Map{Connections: mapping.Section{Entries: map[string]mapping.Entry{"warehouse": mapping.To("warehouse")}}}},
			target: edits(elsewhere, lacking(orders)), want: map[string]Decision{orders: Create}, silent: []string{"(archived)"},
			after: func(t *testing.T, _, after world) {
				if len(connectionsIn(t, after)) != 1 || after[ordersModel] != sampleWorld()[ordersModel] {
					t.Error(after[salesMeta], after[ordersModel])
				}
			},
		},
		{
			name: "a copy is not attached", opts: Options{OnConflict: Fork, Select: []string{orders}}, target: elsewhere,
			want: map[string]Decision{orders: Fork}, says: []string{`uses connection "warehouse (archived)" instead of "warehouse"`},
		},
		{
			name: "in another tenant it blocks", tenant: "other", opts: Options{OnConflict: Overwrite, Select: []string{orders}, Mapping: createPrincipals()},
			target: edits(elsewhere, lacking(orders)), want: map[string]Decision{orders: Blocked}, says: []string{"that of the target leads elsewhere than the archive's: map it to the connection that is meant"},
		},
		{
			name: "the name is taken", opts: Options{OnConflict: Overwrite, Select: []string{orders}},
			target: edits(lacking(orders), changed(salesMeta, `{"name": "warehouse", "type": "postgres", "endpoint": {"host": "db.corp.example"}`,
				`{"name": "warehouse (archived)", "type": "s3"}, {"name": "warehouse", "type": "postgres", "endpoint": {"host": "new.corp.example"}`)),
			want: map[string]Decision{orders: Blocked}, says: []string{"map it to the connection that is meant"},
		},
	})
}

// TestSecretsDoNotFollow brings a connection whose slot the target uses for
// another place.
func TestSecretsDoNotFollow(t *testing.T) {
	a := sampleWorld().edit(t, salesMeta, `"endpoint": {"host": "db.corp.example"}`, `"endpoint": {"host": "evil.example"}`).archive("corp")
	target := world{opsMeta: sampleWorld().edit(t, opsMeta, "]}\n", `], "connections": [{"name": "lake", "type": "s3", "endpoint": {"host": "ours"}, "secret_slot": "warehouse"}]}`+"\n")[opsMeta]}
	mem := target.memory("other")
	plan := makePlan(t, a, mem, Options{AllowOtherTenant: true, Select: []string{orders}, Mapping: createMissing()})
	mustApply(t, plan, a, mem)
	if got := string(list(t, contentOf(t, mem)[salesMeta], "connections")["warehouse"]); !strings.Contains(got, `"secret_slot": "warehouse (archived)"`) {
		t.Errorf("the slot of another connection was taken over: %s", got)
	}
}

// TestLockedOutStayLockedOut creates people in another tenant.
func TestLockedOutStayLockedOut(t *testing.T) {
	for status, want := range map[string]string{"active": "invited", "invited": "invited", "suspended": "suspended", "deactivated": "deactivated"} {
		r := &resolver{}
		p := &principal{kind: schema.RefUser, raw: json.RawMessage(`{"id": "usr_a", "status": "` + status + `", "tenant_role": "owner"}`)}
		if got := string(r.arriving(p)); statusOf([]byte(got)) != want || strings.Contains(got, "owner") {
			t.Errorf("%s arrives as %s", status, got)
		}
	}
}

// TestChangesPointToSteps finds each change with the step of its asset.
func TestChangesPointToSteps(t *testing.T) {
	target := sampleWorld().edit(t, ordersModel, "region = 'x'", "region = 'y'").edit(t, revenuePath, `"owner": "usr_anna",`, `"owner": null,`)
	plan := makePlan(t, sampleWorld().archive("corp"), target.memory("corp"), Options{OnConflict: Overwrite})
	known := map[string]access.Change{}
	for _, c := range plan.Access {
		known[c.ID] = c
	}
	n := 0
	for _, s := range plan.Steps {
		for _, id := range s.Access {
			n++
			if c, ok := known[id]; !ok || c.Asset.ID != s.TargetID {
				t.Errorf("step %s lists %s, which is about %+v", s.ID, id, c.Asset)
			}
		}
	}
	if n != len(plan.Access) || n == 0 {
		t.Errorf("%d of %d changes belong to a step", n, len(plan.Access))
	}
}
