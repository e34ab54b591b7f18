package testkit

import (
	"bytes"
	"math"
	"testing"

	"github.com/oneanalytics/oa-archive/layout"
	"github.com/oneanalytics/oa-archive/tenant"
)

func TestMutationChangesTheSharesStated(t *testing.T) {
	first := open(t, Options{Seed: 21, Documents: 3000})
	want := Mutation{Seed: 4, Changed: 0.10, Added: 0.05, Removed: 0.08}
	second, err := first.Mutate(want)
	if err != nil {
		t.Fatal(err)
	}
	before := map[layout.Name]tenant.Entry{}
	for _, e := range list(t, first, tenant.Selection{}) {
		before[e.Name] = e
	}
	assets := float64(len(before) - first.Options().Workspaces)
	var changed, added float64
	for _, e := range list(t, second, tenant.Selection{}) {
		old, had := before[e.Name]
		delete(before, e.Name)
		switch same := had && bytes.Equal(content(t, old), content(t, e)); {
		case e.Name.Kind == layout.Metadata:
			if same {
				t.Errorf("%s is the same", e.Name)
			}
		case !had:
			added++
		case !same:
			changed++
		}
	}
	removed := float64(len(before))
	for _, c := range []struct {
		what      string
		got, want float64
	}{{"changed", changed / assets, want.Changed}, {"added", added / assets, want.Added}, {"removed", removed / assets, want.Removed}} {
		if math.Abs(c.got-c.want) > 0.02 {
			t.Errorf("%s: %.3f of the assets, want about %.3f", c.what, c.got, c.want)
		}
	}
}

func TestMutationsAreRepeatableAndDiffer(t *testing.T) {
	first := open(t, Options{Seed: 22, Documents: 200})
	names := func(m Mutation) map[layout.Name]bool {
		s, err := first.Mutate(m)
		if err != nil {
			t.Fatal(err)
		}
		set := map[layout.Name]bool{}
		for _, e := range list(t, s, tenant.Selection{}) {
			set[e.Name] = true
		}
		return set
	}
	equal := func(a, b map[layout.Name]bool) bool {
		for n := range a {
			if !b[n] {
				return false
			}
		}
		return len(a) == len(b)
	}
	m := Mutation{Added: 0.3, Removed: 0.2}
	if !equal(names(m), names(m)) {
		t.Error("the same mutation gives two states")
	}
	if equal(names(m), names(Mutation{Seed: 1, Added: 0.3, Removed: 0.2})) {
		t.Error("two mutations give one state")
	}
	if !equal(names(Mutation{}), names(Mutation{Seed: 9})) {
		t.Error("a mutation of nothing adds or removes")
	}
	if all := names(Mutation{Added: 1}); len(all) != 2*200-first.Options().Workspaces {
		t.Errorf("when everything is added once, there are %d entries", len(all))
	}
}

func TestMutationsOnlyAppendToTheTrail(t *testing.T) {
	first := open(t, Options{Seed: 23, Documents: 200})
	second, err := first.Mutate(Mutation{Changed: 0.5})
	if err != nil {
		t.Fatal(err)
	}
	a, _ := first.Entry(layout.Name{Kind: layout.Audit})
	b, _ := second.Entry(layout.Name{Kind: layout.Audit})
	before, after := content(t, a), content(t, b)
	if !bytes.HasPrefix(after, before) || len(after) == len(before) {
		t.Errorf("a trail of %d bytes is followed by one of %d", len(before), len(after))
	}
}

func TestMutationsThatAreRefused(t *testing.T) {
	s := open(t, Options{Documents: 20})
	for _, m := range []Mutation{{Changed: -0.1}, {Changed: 1.1}, {Added: 1.1}, {Removed: 0.3}, {Changed: 0.9, Removed: 0.2}, {Changed: math.NaN()}, {Added: math.NaN()}} {
		if _, err := s.Mutate(m); err == nil {
			t.Errorf("%+v is accepted", m)
		}
	}
}
