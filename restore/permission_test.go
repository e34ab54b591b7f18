package restore

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
)

// clerk allows everything but some actions.
type clerk struct {
	denied []string
	err    error
	asked  [][]Permission
}

func (c *clerk) Authorize(_ context.Context, needs []Permission) error {
	c.asked = append(c.asked, slices.Clone(needs))
	var missing []Permission
	for _, need := range needs {
		if slices.Contains(c.denied, need.Action) {
			missing = append(missing, need)
		}
	}
	if len(missing) > 0 {
		return &DeniedError{Denied: missing}
	}
	return c.err
}

func TestNeeds(t *testing.T) {
	for _, c := range []struct {
		name    string
		archive func(*testing.T, world) world
		target  func(*testing.T, world) world
		tenant  string
		opts    Options
		id      string
		want    string // actions and resources, without ids of assets
	}{
		{name: "a blank tenant: the workspace", opts: Options{}, id: wsSales,
			want: "connection.create connection warehouse, grant.create grant grt_link, grant.create grant grt_team, member.create member team team_field, member.create member user usr_bob, " +
				"role.create role sales_rep, team.create team team_field, user.create user usr_anna, user.create user usr_bob, workspace.create workspace"},
		{name: "in another tenant, users are invited", tenant: "other", opts: Options{Mapping: createMissing()}, id: wsSales,
			want: "connection.create connection warehouse, grant.create grant grt_link, grant.create grant grt_team, member.create member team team_field, member.create member user usr_bob, " +
				"role.create role sales_rep, team.create team team_field, user.invite user usr_anna, user.invite user usr_bob, workspace.create workspace"},
		{name: "a dataset with rows", opts: Options{Rows: true}, id: orders, want: "dataset.create dataset, dataset.rows.write dataset"},
		{name: "a report", opts: Options{}, id: revenue, want: "report.create report"},
		{name: "an extension", opts: Options{}, id: flagsPath, want: "extension.create extension"},
		{name: "overwritten", target: changed(revenuePath, `"name": "Revenue"`, `"name": "Edited"`), opts: Options{OnConflict: Overwrite}, id: revenue, want: "report.overwrite report"},
		{name: "other rules", target: changed(ordersModel, "region = 'x'", "1 = 1"), opts: Options{OnConflict: Overwrite}, id: orders, want: "dataset.overwrite dataset, model.security.change dataset"},
		{name: "a copy", target: same, opts: Options{OnConflict: Fork, Select: []string{revenue}}, id: revenue, want: "report.create report"},
		{name: "merged", target: lacking(revenue), opts: Options{Select: []string{revenue}}, id: wsSales, want: ""},
		{name: "unchanged", target: same, opts: Options{OnConflict: Overwrite}, id: revenue, want: ""},
		{name: "blocked", target: changed(revenuePath, `"name": "Revenue"`, `"name": "Edited"`), opts: Options{}, id: revenue, want: ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			before, tenantID := world{}, "corp"
			if c.target != nil {
				before = c.target(t, sampleWorld())
			}
			if c.tenant != "" {
				tenantID, c.opts.AllowOtherTenant = c.tenant, true
			}
			plan := makePlan(t, sampleWorld().archive("corp"), before.memory(tenantID), c.opts)
			step := plan.step(t, c.id)
			var got []string
			for _, need := range step.Needs {
				text := need.Action + " " + need.Resource.Kind
				if need.Resource.ID != step.TargetID {
					text += " " + need.Resource.ID
				}
				got = append(got, text)
			}
			if strings.Join(got, ", ") != c.want {
				t.Errorf("got  %s\nwant %s", strings.Join(got, ", "), c.want)
			}
		})
	}
}

func TestAuthorizer(t *testing.T) {
	ctx := context.Background()
	a := sampleWorld().archive("corp")
	target := world{}.memory("corp")
	plan := makePlan(t, a, target, Options{})

	no := &clerk{denied: []string{"user.create", "report.create"}}
	_, err := apply(ctx, plan, a, a.digest(), target, ApplyOptions{Authorizer: no})
	var denied *DeniedError
	if !errors.As(err, &denied) || len(denied.Denied) != 4 || !strings.Contains(err.Error(), "report.create on report "+revenue) {
		t.Errorf("denied: %v", err)
	}
	if len(contentOf(t, target)) != 0 {
		t.Error("a denied import wrote something")
	}
	broken := errors.New("the service is away")
	if _, err := apply(ctx, plan, a, a.digest(), target, ApplyOptions{Authorizer: &clerk{err: broken}}); !errors.Is(err, broken) || errors.As(err, &denied) && false {
		t.Errorf("undecided: %v", err)
	}
	yes := &clerk{}
	if _, err := apply(ctx, plan, a, a.digest(), target, ApplyOptions{Authorizer: yes}); err != nil {
		t.Fatal(err)
	}
	if len(yes.asked) != 1 || !slices.Equal(yes.asked[0], plan.Needs()) {
		t.Errorf("asked %d times", len(yes.asked))
	}
	// Nothing is written any more, so nobody is asked.
	if _, err := apply(ctx, plan, a, a.digest(), target, ApplyOptions{Authorizer: no}); err != nil || len(no.asked) != 1 {
		t.Errorf("again: %v", err)
	}
}

func TestAuthorizerWhilePlanning(t *testing.T) {
	a, target := sampleWorld().archive("corp"), world{}.memory("corp")
	plan := makePlan(t, a, target, Options{Authorizer: &clerk{denied: []string{"report.create"}}})
	step := plan.step(t, revenue)
	if step.Decision != Blocked || !strings.Contains(strings.Join(step.Blocked, ""), "needs the permission report.create on report "+revenue) {
		t.Errorf("%+v", step)
	}
	if plan.step(t, orders).Decision != Create {
		t.Error("what is allowed is blocked, too")
	}
	if _, err := tryPlan(a, target, Options{Authorizer: &clerk{err: errors.New("away")}}); err == nil || !strings.Contains(err.Error(), "restore: authorize: away") {
		t.Errorf("undecided: %v", err)
	}
	// The one that allows everything leaves no trace in the plan.
	with, without := makePlan(t, a, target, Options{Authorizer: &clerk{}}), makePlan(t, a, target, Options{})
	if with.ID != without.ID {
		t.Error("the plan depends on who allowed it")
	}
	if _, err := applyAll(with, a, target); err != nil {
		t.Error(err)
	}
}
