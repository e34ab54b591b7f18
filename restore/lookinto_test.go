package restore

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/oneanalytics/oa-archive/layout"
)

// TestLooksIntoWhatIsSelected reads of workspaces that selectors do not lead into
// no more than their metadata, and a fault of another workspace's document does
// not keep anything from being restored.
func TestLooksIntoWhatIsSelected(t *testing.T) {
	w := sampleWorld()
	elsewhere := strings.Replace(strings.Replace(revenuePath, wsSales, wsOps, 1), revenue, uuidOf(14, 0, 7), 1)
	w[elsewhere] = "{"
	for _, c := range []struct {
		name   string
		choose []string
		looks  bool // into the other workspace
	}{
		{"a workspace's id", []string{wsSales}, false},
		{"a workspace by id", []string{"workspace:" + wsSales}, false},
		{"a workspace by name", []string{"workspace:Sales"}, false},
		{"the beginning of an id", []string{orders[:8]}, false},
		{"a path", []string{revenuePath}, false},
		{"paths", []string{"workspaces/" + wsSales + "/reports/*.json"}, false},
		{"a dataset by name", []string{"dataset:Orders"}, false},
		{"a report by name", []string{"report:Revenue"}, true},
		{"a kind", []string{"report"}, true},
		{"a kind that is not there", []string{"alert"}, false},
		{"one of two", []string{wsSales, elsewhere}, true},
		{"everything", nil, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := counted(w.archive("corp"))
			plan, err := planOn(a, a.digest(), nil, world{}.memory("corp"), Options{Select: c.choose})
			if looks := a.reads[elsewhere] > 0; looks != c.looks {
				t.Errorf("looked into the other workspace: %v; reads %v", looks, slices.Sorted(maps.Keys(a.reads)))
			}
			if (err != nil) != c.looks {
				t.Fatal(err)
			}
			if err == nil && (len(plan.Steps) == 0 || slices.ContainsFunc(plan.Steps, func(s Step) bool { return s.Workspace == wsOps })) {
				t.Error(plan.Steps)
			}
		})
	}
}

// TestSelectionsAreTheSameEitherWay draws archives of several workspaces and
// selectors of all forms: the plan is that of a planner which reads everything.
func TestSelectionsAreTheSameEitherWay(t *testing.T) {
	fewer := 0
	rapid.Check(t, func(rt *rapid.T) {
		g := tenants{rt}
		archived := g.draw()
		target := g.state(archived).memory("corp")
		opts := g.options(archived)
		var forms []string
		for _, path := range archived.paths() {
			if n, err := layout.Parse(path); err == nil && n.Workspace != "" {
				k := keyOf(n)
				forms = append(forms, path, k.id[:9], string(k.kind)+":"+k.id, "workspaces/"+n.Workspace+"/*/*")
			}
		}
		opts.Select = rapid.SliceOfN(rapid.SampledFrom(append(forms, "workspace:W*", "dataset:d*", "nothing:at", "report")), 1, 3).Draw(rt, "selectors")
		a := archived.archive("corp")
		long, short := counted(a), counted(a)
		want, wantErr := planLongWay(long, a.digest(), target, opts)
		got, err := planOn(short, a.digest(), nil, target, opts)
		if (err == nil) != (wantErr == nil) || err != nil && err.Error() != wantErr.Error() {
			rt.Fatalf("error %v\nthe long way %v", err, wantErr)
		}
		if err == nil && planText(rt, want) != planText(rt, got) {
			rt.Fatalf("the plan differs:\n%s\nlong:\n%s", planText(rt, got), planText(rt, want))
		}
		if short.total() < long.total() {
			fewer++
		}
	})
	if fewer == 0 {
		t.Error("it never reads less")
	}
}
