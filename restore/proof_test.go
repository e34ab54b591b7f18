package restore

import (
	"strings"
	"testing"
)

// TestLaterImportsAreNoFailure lets another import happen between the commit
// and the look at the target that follows.
func TestLaterImportsAreNoFailure(t *testing.T) {
	a := sampleWorld().archive("corp")
	target := world{}.memory("corp")
	plan := makePlan(t, a, target, Options{})
	reached = func(step string) {
		if step == "committed" {
			reached = func(string) {}
			sampleWorld().without(drop).putInto(t, target)
		}
	}
	defer func() { reached = func(string) {} }()
	result := mustApply(t, plan, a, target)
	checkResult(t, result)
	if result.Proof.ChangedSince != target.imports[1].ID || result.ImportID != target.imports[0].ID {
		t.Errorf("%+v of %+v", result.Proof, target.imports)
	}

	// Somebody who changes the target without an import is another matter.
	target = world{}.memory("corp")
	reached = func(step string) {
		if step == "committed" {
			target.content = target.content.without(drop)
		}
	}
	_, err := applyAll(plan, a, target)
	if err == nil || !strings.Contains(err.Error(), "the import was committed, but the target does not show it") {
		t.Error(err)
	}
}

func TestProofOfAFullRestore(t *testing.T) {
	a := sampleWorld().archive("corp")
	for name, open := range stores(t) {
		target := open(t)
		result := mustApply(t, makePlan(t, a, target, Options{Rows: true}), a, target)
		checkResult(t, result)
		want := Proof{
			Expected: a.manifest.ContentHash, Found: a.manifest.ContentHash, Equal: true, SameAsArchive: true,
			Entries: len(sampleWorld()), ReadBack: len(sampleWorld()), Bytes: result.Bytes,
		}
		if *result.Proof != want {
			t.Errorf("%s: %+v, want %+v", name, *result.Proof, want)
		}
		none := mustApply(t, makePlan(t, a, target, Options{Rows: true}), a, target)
		if want.ReadBack = 0; *none.Proof != want {
			t.Errorf("%s: %+v, want %+v", name, *none.Proof, want)
		}
	}
}
