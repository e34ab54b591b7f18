package restore

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"errors"
	"maps"
	"path/filepath"
	"strings"
	"testing"

	"github.com/oneanalytics/oa-archive/archive"
	"github.com/oneanalytics/oa-archive/sign"
	"github.com/oneanalytics/oa-archive/tenant"
)

// signer signs what the tests insure. Its seed is public.
func signer(t testing.TB) *sign.Signer {
	t.Helper()
	s, err := sign.NewSigner(ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize)))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// insured returns insurance in a folder of the test's own.
func insured(t testing.TB) *Insurance {
	return &Insurance{Place: InsuranceFolder(filepath.Join(t.TempDir(), "insurance")), Signer: signer(t)}
}

// policy opens the insurance of an import.
func (in *Insurance) policy(t testing.TB, result *Result) *archive.Archive {
	t.Helper()
	f, err := archive.OpenFile(context.Background(), result.Insurance.Location, archive.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f.Archive
}

// applyInsured applies the plan under insurance.
func applyInsured(t testing.TB, plan *Plan, a *memArchive, target tenant.Target, in *Insurance) *Result {
	t.Helper()
	result, err := apply(context.Background(), plan, a, a.digest(), target, ApplyOptions{Insurance: in})
	if err != nil {
		t.Fatal(err)
	}
	checkResult(t, result)
	return result
}

// checkResult holds every result to its schema and to its proof.
func checkResult(t reporter, result *Result) {
	t.Helper()
	doc, err := result.Marshal()
	if err != nil {
		t.Errorf("%v", err)
	}
	if _, err := ParseResult(doc); err != nil {
		t.Errorf("%v\n%s", err, doc)
	}
	if p := result.Proof; !result.AlreadyApplied && (p == nil || !p.Equal || p.Found != result.Fingerprint || p.ReadBack != result.Entries) {
		t.Errorf("proof %+v of %+v", p, result)
	}
}

func undoPlan(t testing.TB, id string, a *archive.Archive, target tenant.Target, opts UndoOptions) *UndoPlan {
	t.Helper()
	plan, err := MakeUndoPlan(context.Background(), id, a, target, opts)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := plan.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	var written bytes.Buffer
	if err := plan.Write(&written); err != nil || !bytes.Equal(written.Bytes(), doc) {
		t.Fatalf("written otherwise: %v\n%s", err, &written)
	}
	read, err := ParseUndoPlan(doc)
	if err != nil {
		t.Fatalf("%v\n%s", err, doc)
	}
	return read
}

func mustUndo(t testing.TB, id string, a *archive.Archive, target tenant.Target, in *Insurance) *Result {
	t.Helper()
	result, err := Undo(context.Background(), undoPlan(t, id, a, target, UndoOptions{}), a, target, ApplyOptions{Insurance: in})
	if err != nil {
		t.Fatal(err)
	}
	checkResult(t, result)
	return result
}

// edited is a target in which the import of the sample overwrites one report,
// creates another and an alert, and puts a record into the workspace.
func editedWorld(t testing.TB) world {
	return sampleWorld().edit(t, revenuePath, `"name": "Revenue"`, `"name": "Edited"`).
		edit(t, revenuePath, `, "drill_to": {"report": "`+detail+`"}`, "").without(detail, drop)
}

func TestUndoBringsTheTargetBack(t *testing.T) {
	a, before := sampleWorld().archive("corp"), editedWorld(t)
	for name, open := range stores(t) {
		t.Run(name, func(t *testing.T) {
			target, in := open(t), insured(t)
			before.putInto(t, target)
			plan := makePlan(t, a, target, Options{OnConflict: Overwrite, Rows: true})
			first := applyInsured(t, plan, a, target, in)
			after := contentOf(t, target)
			if maps.Equal(before, after) {
				t.Fatal("the import did nothing")
			}
			second := mustUndo(t, first.ImportID, in.policy(t, first), target, in)
			if got := contentOf(t, target); !maps.Equal(got, before) {
				t.Errorf("after the undo: %v, want %v", got.paths(), before.paths())
			}
			if second.Fingerprint != plan.Target.Fingerprint || second.Undoes != first.ImportID || second.Deleted != 2 || second.Entries != 1 {
				t.Errorf("%+v", second)
			}
			third := mustUndo(t, second.ImportID, in.policy(t, second), target, in)
			if got := contentOf(t, target); !maps.Equal(got, after) {
				t.Error("the undo of the undo is not what the import had left")
			}
			mustUndo(t, third.ImportID, in.policy(t, third), target, in)
			if got := contentOf(t, target); !maps.Equal(got, before) {
				t.Error("the undo of the undo of the undo is not what was before")
			}
			journal, err := target.(tenant.Journal).Imports(context.Background())
			if err != nil || len(journal) < 4 {
				t.Fatalf("%+v, %v", journal, err)
			}
			undone := journal[len(journal)-3]
			if undone.ID != second.ImportID || undone.Insurance != second.Insurance.Location || undone.InsuranceManifest != second.Insurance.Manifest ||
				!strings.HasPrefix(undone.Summary, "undo of import "+first.ImportID+": 1 put back, 2 deleted") {
				t.Errorf("%+v", undone)
			}
		})
	}
}

func TestUndoRefusesToLoseLaterEdits(t *testing.T) {
	a, before, in := sampleWorld().archive("corp"), editedWorld(t), insured(t)
	start := func(t *testing.T) (*memTarget, *Result, *archive.Archive) {
		target := before.memory("corp")
		result := applyInsured(t, makePlan(t, a, target, Options{OnConflict: Overwrite}), a, target, in)
		return target, result, in.policy(t, result)
	}
	t.Run("an edit", func(t *testing.T) {
		target, result, policy := start(t)
		target.content.edit(t, revenuePath, `"name": "Revenue"`, `"name": "Edited since"`)
		delete(target.content, dropPath)
		plan := undoPlan(t, result.ImportID, policy, target, UndoOptions{})
		_, err := Undo(context.Background(), plan, policy, target, ApplyOptions{})
		var blocked *UndoBlockedError
		if !errors.As(err, &blocked) || len(blocked.Steps) != 2 || !strings.Contains(err.Error(), revenuePath+" was edited since the import") {
			t.Fatal(err)
		}
		if plan.Summary.Unchanged != 1 || plan.Summary.Blocked != 2 {
			t.Errorf("%+v", plan.Summary)
		}
		plan = undoPlan(t, result.ImportID, policy, target, UndoOptions{DiscardLaterEdits: true})
		if _, err := Undo(context.Background(), plan, policy, target, ApplyOptions{}); err != nil {
			t.Fatal(err)
		}
		if !maps.Equal(target.content, before) {
			t.Error("not as before")
		}
	})
	t.Run("a dependent", func(t *testing.T) {
		target, result, policy := start(t)
		const other = "e0000000-0000-4000-8000-000000000009"
		otherPath := strings.ReplaceAll(revenuePath, revenue, other)
		target.content[otherPath] = strings.ReplaceAll(sampleWorld()[revenuePath], revenue, other)
		plan := undoPlan(t, result.ImportID, policy, target, UndoOptions{})
		if plan.Summary.Blocked != 1 || !strings.Contains((&UndoBlockedError{Steps: plan.BlockedSteps()}).Error(), "something else depends on it now: "+otherPath) {
			t.Errorf("%+v", plan.Steps)
		}
		plan = undoPlan(t, result.ImportID, policy, target, UndoOptions{DiscardLaterEdits: true})
		if len(plan.BlockedSteps()) > 0 || len(plan.Warnings) != 1 || !strings.Contains(plan.Warnings[0], otherPath) {
			t.Errorf("%+v", plan)
		}
	})
	t.Run("edits elsewhere stay", func(t *testing.T) {
		target, result, policy := start(t)
		target.content[flagsPath] = `{"dark": false}`
		mustUndo(t, result.ImportID, policy, target, nil)
		want := before.clone()
		want[flagsPath] = `{"dark": false}`
		if !maps.Equal(target.content, want) {
			t.Error("an edit outside the import is lost")
		}
	})
	t.Run("undone already", func(t *testing.T) {
		target, result, policy := start(t)
		plan := undoPlan(t, result.ImportID, policy, target, UndoOptions{})
		mustUndo(t, result.ImportID, policy, target, nil)
		again, err := Undo(context.Background(), plan, policy, target, ApplyOptions{})
		if err != nil || !again.AlreadyApplied {
			t.Errorf("%+v, %v", again, err)
		}
		if plan = undoPlan(t, result.ImportID, policy, target, UndoOptions{}); plan.Writes() || len(plan.BlockedSteps()) > 0 {
			t.Errorf("%+v", plan)
		}
		if none := mustUndo(t, result.ImportID, policy, target, nil); none.ImportID != "" {
			t.Errorf("%+v", none)
		}
	})
	t.Run("what was undone is not applied", func(t *testing.T) {
		target := before.memory("corp")
		plan := makePlan(t, a, target, Options{OnConflict: Overwrite})
		first := applyInsured(t, plan, a, target, in)
		second := mustUndo(t, first.ImportID, in.policy(t, first), target, in)
		target.content[flagsPath] = `{"dark": false}`
		_, err := applyAll(plan, a, target)
		if stale := (*StaleError)(nil); !errors.As(err, &stale) {
			t.Errorf("%v, want that the plan is stale", err)
		}
		target.content[flagsPath] = before[flagsPath]
		mustUndo(t, second.ImportID, in.policy(t, second), target, nil)
		if again, err := applyAll(plan, a, target); err != nil || !again.AlreadyApplied || again.ImportID != first.ImportID {
			t.Errorf("%+v, %v", again, err)
		}
	})
	t.Run("stale", func(t *testing.T) {
		target, result, policy := start(t)
		plan := undoPlan(t, result.ImportID, policy, target, UndoOptions{})
		target.content.edit(t, detailPath, "Detail", "Other")
		_, err := Undo(context.Background(), plan, policy, target, ApplyOptions{})
		if stale := (*StaleError)(nil); !errors.As(err, &stale) || !strings.Contains(err.Error(), detailPath+": changed") {
			t.Error(err)
		}
	})
	t.Run("an edited plan", func(t *testing.T) {
		target, result, policy := start(t)
		plan := undoPlan(t, result.ImportID, policy, target, UndoOptions{})
		plan.Steps[0].Entries[0].Write = false
		plan.ID, _ = plan.computeID()
		if _, err := Undo(context.Background(), plan, policy, target, ApplyOptions{}); !errors.Is(err, ErrPlanAltered) {
			t.Error(err)
		}
	})
}

func TestUndoRefusesOtherArchives(t *testing.T) {
	ctx := context.Background()
	a, in := sampleWorld().archive("corp"), insured(t)
	target := editedWorld(t).memory("corp")
	first := applyInsured(t, makePlan(t, a, target, Options{OnConflict: Overwrite}), a, target, in)
	second := mustUndo(t, first.ImportID, in.policy(t, first), target, in)
	bare := mustApply(t, makePlan(t, a, target, Options{OnConflict: Overwrite}), a, target)
	for _, c := range []struct {
		id   string
		file *Result
		want error
		says string
	}{
		{first.ImportID, second, ErrOtherInsurance, first.Insurance.Location},
		{bare.ImportID, first, ErrNotInsured, bare.ImportID},
		{"0196c000-0000-7000-8000-000000000000", first, ErrNoImport, "no such import"},
	} {
		_, err := MakeUndoPlan(ctx, c.id, in.policy(t, c.file), target, UndoOptions{})
		if !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%v, want %v", err, c.want)
		}
	}
	store := sampleTenant(t)
	if _, err := ReadInsuranceRecord(ctx, openArchive(t, archived(t, store))); !errors.Is(err, ErrNoInsurance) {
		t.Error(err)
	}
	if _, err := MakeUndoPlan(ctx, first.ImportID, in.policy(t, first), struct{ tenant.Target }{target}, UndoOptions{}); !errors.Is(err, errors.ErrUnsupported) {
		t.Error(err)
	}
}
