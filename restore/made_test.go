package restore

import (
	"context"
	"maps"
	"sync"
	"testing"

	"github.com/oneanalytics/oa-archive/layout"
	"github.com/oneanalytics/oa-archive/tenant"
)

// TestPlannerGoesOn: the planner that made a plan serves for applying it as long
// as archive and target are what it planned for, and else not.
func TestPlannerGoesOn(t *testing.T) {
	ctx := context.Background()
	a := sampleWorld().archive("corp")
	described := func() tenant.Info {
		return tenant.Info{ID: "corp", Name: "Corp", Residency: &tenant.Residency{Country: "NO", Exceptions: []tenant.Exception{}}}
	}
	for name, c := range map[string]struct {
		manifest layout.Digest
		change   func(into *memTarget, info *tenant.Info)
		want     bool
	}{
		"the same":        {a.digest(), func(*memTarget, *tenant.Info) {}, true},
		"another archive": {layout.DigestOf([]byte("another")), func(*memTarget, *tenant.Info) {}, false},
		"another name":    {a.digest(), func(_ *memTarget, info *tenant.Info) { info.Name = "Corp AS" }, false},
		"data elsewhere":  {a.digest(), func(_ *memTarget, info *tenant.Info) { info.Residency.Country = "SE" }, false},
		"an entry edited": {a.digest(), func(into *memTarget, _ *tenant.Info) { into.content[revenuePath] += " " }, false},
		"an entry gone":   {a.digest(), func(into *memTarget, _ *tenant.Info) { delete(into.content, revenuePath) }, false},
		"an entry more":   {a.digest(), func(into *memTarget, _ *tenant.Info) { into.content["audit/events.ndjson"] = "" }, false},
	} {
		t.Run(name, func(t *testing.T) {
			into := sampleWorld().memory("corp")
			p, err := newPlannerOn(ctx, a, a.digest(), nil, into, described(), Options{})
			if err != nil {
				t.Fatal(err)
			}
			p.src.shared.Store(true)
			plan, err := p.plan(ctx)
			if err != nil {
				t.Fatal(err)
			}
			info := described()
			c.change(into, &info)
			same, err := plan.made.claim().goOn(ctx, a, c.manifest, into, info)
			if err != nil || (same != nil) != c.want {
				t.Errorf("goes on: %t, %v; want %t", same != nil, err, c.want)
			}
		})
	}
}

// TestApplyAtOnce: of two who apply a plan at the same time one goes on with its
// planner, the other has the plan made again, and both write the same.
func TestApplyAtOnce(t *testing.T) {
	a := sampleWorld().archive("corp")
	plan, err := planOn(a, a.digest(), nil, world{}.memory("corp"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	into := []*memTarget{world{}.memory("corp"), world{}.memory("corp"), world{}.memory("corp")}
	for _, target := range into {
		all.Go(func() {
			if _, err := apply(context.Background(), plan, a, a.digest(), target, ApplyOptions{}); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if into[0].content[revenuePath] != sampleWorld()[revenuePath] {
		t.Error("the report was not written")
	}
	for _, target := range into[1:] {
		if !maps.Equal(target.content, into[0].content) {
			t.Error("two who apply one plan write different things")
		}
	}
}
