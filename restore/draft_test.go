package restore

import (
	"context"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/oneanalytics/oa-archive/mapping"
	"github.com/oneanalytics/oa-archive/tenant"
)

func draftOf(t interface {
	Helper()
	Fatal(...any)
}, a *memArchive, target tenant.Target, opts Options) (*mapping.Map, map[mapping.Place]mapping.Note) {
	t.Helper()
	info, err := target.Tenant(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	p, err := newPlannerOn(context.Background(), a, a.digest(), nil, target, info, opts)
	if err != nil {
		t.Fatal(err)
	}
	return p.draft()
}

func TestDraftSaysHowAndAsks(t *testing.T) {
	a, target := sampleWorld().archive("corp"), otherTenant(t, nil).memory("other")
	opts := Options{AllowOtherTenant: true}
	m, notes := draftOf(t, a, target, opts)
	got := string(mapping.Marshal(m, notes))
	for _, want := range []string{
		"archive: corp ", "target: other ",
		"    usr_anna: # Anna <anna@corp.example>\n      to: usr_1 # by email\n",
		"    usr_bob: # Bob <bob@corp.example>\n      to: # open; candidates: usr_bob (Another Bob <someone.else@corp.example>)\n",
		"    team_field: # Field\n      to: team_9 # by name\n",
		"    sales_rep: # Sales rep\n      to: # open\n",
		"    warehouse: # postgres\n      to: # open; candidates: dwh\n",
		"    " + wsOps + ": # Ops\n      to: create # not in the target\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("the draft lacks %q:\n%s", want, got)
		}
	}
	filled := strings.NewReplacer("      to: # open\n", "      to: reps\n", "to: # open; candidates: dwh", "to: dwh", "to: # open; candidates: usr_bob", "to: none #").Replace(got)
	again, err := mapping.Parse([]byte(filled))
	if err != nil {
		t.Fatal(err)
	}
	opts.Mapping = *again
	plan := makePlan(t, a, target, opts)
	if len(plan.BlockedSteps()) > 0 || plan.step(t, revenue).Decision != Create {
		t.Error(plan.decisions())
	}
	m, notes = draftOf(t, a, target, opts)
	if !reflect.DeepEqual(m, again) {
		t.Errorf("a complete mapping was written differently:\n%s", mapping.Marshal(m, notes))
	}
}

// TestDraftsChangeNothing holds that an import with the draft of a mapping is
// the import with the mapping.
func TestDraftsChangeNothing(t *testing.T) {
	planned := 0
	rapid.Check(t, func(rt *rapid.T) {
		g := tenants{rt}
		archived := g.draw()
		before, opts := g.state(archived), g.options(archived)
		g.mapping(archived, before, &opts.Mapping)
		target := before.memory(rapid.SampledFrom([]string{"corp", "other"}).Draw(rt, "tenant"))
		a := archived.archive("corp")
		plan, err := tryPlan(a, target, opts)
		if err != nil {
			return // two workspaces that land in one
		}
		planned++
		m, notes := draftOf(rt, a, target, opts)
		back, err := mapping.Parse(mapping.Marshal(m, notes))
		if err != nil {
			rt.Fatal(err)
		}
		opts.Mapping = *back
		again, err := tryPlan(a, target, opts)
		if err != nil {
			rt.Fatal(err)
		}
		for _, p := range []*Plan{plan, again} {
			for i := range p.Steps { // how a workspace was found is told apart
				p.Steps[i].Reason = ""
			}
		}
		if !reflect.DeepEqual(plan.Steps, again.Steps) || !reflect.DeepEqual(plan.Unresolved, again.Unresolved) {
			rt.Errorf("the draft gives another plan:\n%s\nwas\n%s\n%s", again.decisions(), plan.decisions(), mapping.Marshal(m, notes))
		}
	})
	if planned == 0 {
		t.Error("no import was planned")
	}
}

// mapping draws entries and rules into m.
func (g tenants) mapping(archived, before world, m *mapping.Map) {
	ids := func(w world) map[mapping.Kind][]string {
		all := map[mapping.Kind][]string{}
		for _, path := range w.paths() {
			if !strings.HasSuffix(path, "/metadata.json") {
				continue
			}
			recs, err := parseRecords([]byte(w[path]))
			if err != nil {
				g.t.Fatal(err)
			}
			all[mapping.Workspaces] = append(all[mapping.Workspaces], strings.Split(path, "/")[1])
			for _, k := range mapping.Kinds() {
				for _, rec := range recs.lists[string(k)] {
					all[k] = append(all[k], rec.key)
				}
			}
		}
		return all
	}
	ours, theirs := ids(archived), ids(before)
	taken := map[string]bool{}
	for _, k := range mapping.Kinds() {
		s := m.Section(k)
		if g.flip("rules") {
			s.Match = k.Rules()
		}
		if k == mapping.Users && len(theirs[k]) > 0 && g.flip("fallback") {
			s.Fallback, s.Otherwise = theirs[k][0], mapping.Fallback
		}
		for _, id := range ours[k] {
			to := g.pick(theirs[k], "target")
			if s.Entries == nil {
				s.Entries = map[string]mapping.Entry{}
			}
			switch {
			case g.upTo(2, "entry") > 0:
			case k != mapping.Workspaces && g.flip("none"):
				s.Entries[id] = mapping.Entry{To: "none"}
			case to != "" && !taken[string(k)+to]:
				taken[string(k)+to] = true
				s.Entries[id] = mapping.To(to)
			}
		}
	}
}
