package restore

import (
	"context"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/oneanalytics/oa-archive/layout"
	"github.com/oneanalytics/oa-archive/manifest"
)

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
	var widens []string // a broken report names no owner
	for _, change := range plan.Access {
		widens = append(widens, change.ID)
	}
	plan = makePlan(t, a, target, Options{OnConflict: Overwrite, Rows: true, AllowAccess: widens})
	result := applyInsured(t, plan, a, target, in)
	mustUndo(t, result.ImportID, in.policy(t, result), target, nil)
	if !maps.Equal(target.content, before) {
		t.Error("the broken document did not come back")
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
