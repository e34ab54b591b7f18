package restore

import (
	"context"
	"crypto/ed25519"
	"errors"
	"io"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/oneanalytics/oa-archive/archive"
	"github.com/oneanalytics/oa-archive/layout"
	"github.com/oneanalytics/oa-archive/manifest"
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

// TestInsuranceIsAnArchive looks into one, with what the format promises.
func TestInsuranceIsAnArchive(t *testing.T) {
	a, before, in := sampleWorld().archive("corp"), editedWorld(t), insured(t)
	target := before.memory("corp")
	plan := makePlan(t, a, target, Options{OnConflict: Overwrite})
	result := applyInsured(t, plan, a, target, in)
	file := in.policy(t, result)
	m := file.Manifest()
	if m.Purpose != manifest.PurposeInsurance || m.Tenant.ID != "corp" || m.ID != result.Insurance.Archive || !file.Signed() {
		t.Errorf("%+v", m)
	}
	var paths []string
	for _, e := range m.Entries {
		paths = append(paths, e.Path)
		content, err := file.ReadDocument(context.Background(), e.Path, 0)
		if err != nil {
			t.Fatal(err)
		}
		if name, _ := layout.Parse(e.Path); !isInsurance(name) && string(content) != before[e.Path] {
			t.Errorf("%s is not what the import replaced", e.Path)
		}
	}
	want := []string{salesMeta, revenuePath, InsuranceRecordPath, InsurancePlanPath}
	if strings.Join(paths, "\n") != strings.Join(want, "\n") {
		t.Errorf("entries %q, want %q", paths, want)
	}
	doc, err := file.ReadDocument(context.Background(), InsurancePlanPath, 0)
	if err != nil || string(doc) != string(marshal(t, plan)) {
		t.Errorf("the plan in the archive: %v", err)
	}
	if result.Insurance.Entries != 2 || result.Insurance.SigningKey != signer(t).PublicKey().Fingerprint() {
		t.Errorf("%+v", result.Insurance)
	}
	info, err := os.Stat(result.Insurance.Location)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}

	// Imported like any other archive, it brings no extension of its own.
	again, err := MakePlan(context.Background(), file, target, Options{OnConflict: Skip})
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{InsuranceRecordPath, InsurancePlanPath} {
		if s := again.step(t, path); s.Decision != Skip || !strings.Contains(s.Reason, "no part of the tenant") {
			t.Errorf("%+v", s)
		}
	}
}

// TestBrokenDocumentsAreInsured: what is there has to come back, valid or not,
// and whatever it looks like.
func TestBrokenDocumentsAreInsured(t *testing.T) {
	a, in := sampleWorld().archive("corp"), insured(t)
	before := sampleWorld()
	before[revenuePath] = `{"name": 7, "password": "hunter2-hunter2-hunter2", "pages": ` + "\n"
	target := before.memory("corp")
	plan := makePlan(t, a, target, Options{OnConflict: Overwrite, Rows: true})
	result := applyInsured(t, plan, a, target, in)
	mustUndo(t, result.ImportID, in.policy(t, result), target, nil)
	if !maps.Equal(target.content, before) {
		t.Error("the broken document did not come back")
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

// brokenPlace fails at one of the calls that insurance makes.
type brokenPlace struct {
	InsurancePlace
	at   string
	fail error
}

func (b brokenPlace) Create(ctx context.Context, name string) (InsuranceWriter, error) {
	if b.at == "create" {
		return nil, b.fail
	}
	w, err := b.InsurancePlace.Create(ctx, name)
	return brokenWriter{w, b}, err
}

func (b brokenPlace) Open(ctx context.Context, name string) (InsuranceReader, error) {
	r, err := b.InsurancePlace.Open(ctx, name)
	if b.at == "damage" && err == nil {
		return damagedReader{r}, nil
	}
	return r, err
}

type brokenWriter struct {
	InsuranceWriter
	b brokenPlace
}

func (w brokenWriter) Write(p []byte) (int, error) {
	if w.b.at == "write" {
		return 0, w.b.fail
	}
	return w.InsuranceWriter.Write(p)
}

func (w brokenWriter) Commit(ctx context.Context) error {
	if w.b.at == "commit" {
		return w.b.fail
	}
	return w.InsuranceWriter.Commit(ctx)
}

type damagedReader struct{ InsuranceReader }

func (d damagedReader) ReadAt(p []byte, off int64) (int, error) {
	n, err := d.InsuranceReader.ReadAt(p, off)
	if off <= 300 && off+int64(n) > 300 {
		p[300-off] ^= 1
	}
	return n, err
}

func TestNothingHappensWithoutInsurance(t *testing.T) {
	a, before := sampleWorld().archive("corp"), editedWorld(t)
	for _, at := range []string{"create", "write", "commit", "damage"} {
		dir := filepath.Join(t.TempDir(), "insurance")
		target := before.memory("corp")
		plan := makePlan(t, a, target, Options{OnConflict: Overwrite})
		in := &Insurance{Place: brokenPlace{InsuranceFolder(dir), at, errFault}, Signer: signer(t)}
		_, err := apply(context.Background(), plan, a, a.digest(), target, ApplyOptions{Insurance: in})
		if err == nil || !strings.HasPrefix(err.Error(), "restore: insurance: ") || !strings.HasSuffix(err.Error(), "nothing was changed") || at != "damage" && !errors.Is(err, errFault) {
			t.Errorf("%s: %v", at, err)
		}
		if !maps.Equal(target.content, before) || len(target.imports) > 0 {
			t.Errorf("%s: the import happened", at)
		}
		if left, err := os.ReadDir(dir); at != "create" && (err != nil || len(left) > 0) {
			t.Errorf("%s: left behind: %v, %v", at, left, err)
		}
	}
	for _, in := range []*Insurance{{Signer: signer(t)}, {Place: InsuranceFolder(t.TempDir())}} {
		target := before.memory("corp")
		plan := makePlan(t, a, target, Options{OnConflict: Overwrite})
		var options *OptionsError
		if _, err := apply(context.Background(), plan, a, a.digest(), target, ApplyOptions{Insurance: in}); !errors.As(err, &options) {
			t.Error(err)
		}
	}
}

// TestFailedImportsLeaveNoInsurance fails an insured import at every call.
func TestFailedImportsLeaveNoInsurance(t *testing.T) {
	a, before, dir := sampleWorld().archive("corp"), editedWorld(t), t.TempDir()
	in := &Insurance{Place: InsuranceFolder(dir), Signer: signer(t)}
	for calls := 1; ; calls++ {
		target, left := before.memory("corp"), calls
		plan := makePlan(t, a, target, Options{OnConflict: Overwrite})
		_, err := apply(context.Background(), plan, a, a.digest(), failing{target, &left, func() error { return errFault }}, ApplyOptions{Insurance: in})
		files, readErr := os.ReadDir(dir)
		if readErr != nil {
			t.Fatal(readErr)
		}
		if left > 0 {
			if err != nil || len(files) != 1 {
				t.Errorf("%v, %v", err, files)
			}
			return
		}
		// Whether a commit that failed took effect is not certain.
		var unknown *CommitError
		if want := errors.As(err, &unknown); err == nil || (len(files) == 1) != want {
			t.Errorf("call %d: %v, %d files", calls, err, len(files))
		}
		for _, f := range files {
			os.Remove(filepath.Join(dir, f.Name()))
		}
	}
}

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

var _ io.ReaderAt = damagedReader{}
