package main

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/oneanalytics/oa-archive/archive"
	"github.com/oneanalytics/oa-archive/internal/pgtest"
	"github.com/oneanalytics/oa-archive/layout"
	"github.com/oneanalytics/oa-archive/restore"
	"github.com/oneanalytics/oa-archive/sign"
	"github.com/oneanalytics/oa-archive/tenant"
	"github.com/oneanalytics/oa-archive/tenant/sqlstore"
)

// changedBundle copies the real bundle and changes one chart, as somebody
// would in Superset.
func changedBundle(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "bundle")
	if err := os.CopyFS(dir, os.DirFS(realBundle(t))); err != nil {
		t.Fatal(err)
	}
	chart := filepath.Join(dir, "charts", "Number_of_Members.yaml")
	doc, err := os.ReadFile(chart)
	if err != nil {
		t.Fatal(err)
	}
	renamed := bytes.Replace(doc, []byte("slice_name: Number of Members"), []byte("slice_name: How many members"), 1)
	if bytes.Equal(renamed, doc) {
		t.Fatalf("%s has another name than expected", chart)
	}
	if err := os.WriteFile(chart, renamed, 0o666); err != nil {
		t.Fatal(err)
	}
	return dir
}

// postgresStore makes a blank tenant in a database of a real server.
func postgresStore(t *testing.T, info tenant.Info) *sqlstore.Store {
	t.Helper()
	db, err := sqlstore.CreatePostgres(t.Context(), pgtest.New(t).URL())
	if err != nil {
		t.Fatal(err)
	}
	return blankTenant(t, db, info)
}

// TestCloneFollowsTheBundle imports the real bundle into PostgreSQL, clones it
// there, and brings the clone up to date from a changed bundle.
func TestCloneFollowsTheBundle(t *testing.T) {
	key, trust := newKey(t)
	archived := func(bundle string) string {
		file := filepath.Join(t.TempDir(), "acme.oa-archive")
		migrate(t, "-tenant", "acme", "-name", "Acme", "-sign-with", key, "-o", file, bundle)
		return file
	}
	first := openTrusted(t, archived(realBundle(t)), trust)
	changed := openTrusted(t, archived(changedBundle(t)), trust)
	store := postgresStore(t, tenant.Info{ID: "acme", Name: "Acme"})
	importAll(t, first, store, restore.Options{})
	originals := contents(t, store)

	clone := importAll(t, first, store, restore.Options{CloneAs: "Staging"})
	if s := clone.Summary; s.Fork != 24 || s.Overwrite+s.Merge+s.Create+s.Unchanged != 0 {
		t.Errorf("the clone: %+v, want 24 assets copied", s)
	}
	cloned := contents(t, store)
	unchangedOriginals(t, originals, cloned)

	update := importAll(t, changed, store, restore.Options{UpdateClone: "Staging"})
	if s := update.Summary; s.Overwrite != 1 || s.Fork+s.Create+s.Skip != 0 || s.Unchanged != 23 || len(update.Removed) != 0 {
		t.Errorf("the update: %+v, want one report overwritten", s)
	}
	updated := contents(t, store)
	unchangedOriginals(t, originals, updated)
	differ := 0
	for name, doc := range updated {
		if bytes.Equal(doc, cloned[name]) {
			continue
		}
		differ++
		if name.Kind != layout.Report || !strings.Contains(string(doc), "How many members") || strings.Contains(string(cloned[name]), "How many members") {
			t.Errorf("%s was changed by the update:\n%s", name, doc)
		}
	}
	if differ != 1 {
		t.Errorf("%d entries differ after the update, want 1", differ)
	}
	again, err := restore.MakePlan(t.Context(), changed, store.Target(), restore.Options{UpdateClone: "Staging"})
	if err != nil {
		t.Fatal(err)
	}
	if again.Writes() || len(again.BlockedSteps()) > 0 {
		t.Errorf("the same update again: %+v", again.Summary)
	}
}

// TestCloneOfTheBundleIsTakenBack clones and updates as above, rows included
// and insured, and undoes the one and then the other.
func TestCloneOfTheBundleIsTakenBack(t *testing.T) {
	if testing.Short() {
		t.Skip("66,000 rows into PostgreSQL three times: left to the run without -short")
	}
	key, trust := newKey(t)
	archived := func(bundle string) *archive.Archive {
		file := filepath.Join(t.TempDir(), "acme.oa-archive")
		migrate(t, "-tenant", "acme", "-name", "Acme", "-data", filepath.Join(realBundle(t), "..", "data"), "-sign-with", key, "-o", file, bundle)
		return openArchive(t, file, trust)
	}
	first, changed := archived(realBundle(t)), archived(changedBundle(t))
	signer, err := sign.NewSigner(ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize)))
	if err != nil {
		t.Fatal(err)
	}
	insurance := &restore.Insurance{Place: restore.InsuranceFolder(t.TempDir()), Signer: signer}
	store := postgresStore(t, tenant.Info{ID: "acme", Name: "Acme"})
	insured := func(a *archive.Archive, opts restore.Options) (before string, result *restore.Result) {
		opts.Rows = true
		plan, err := restore.MakePlan(t.Context(), a, store.Target(), opts)
		if err != nil {
			t.Fatal(err)
		}
		result, err = restore.Apply(t.Context(), plan, a, store.Target(), restore.ApplyOptions{Insurance: insurance})
		if err != nil {
			t.Fatal(err)
		}
		return plan.Target.Fingerprint, result
	}
	_, whole := insured(first, restore.Options{})
	original, clone := insured(first, restore.Options{CloneAs: "Staging"})
	cloned, update := insured(changed, restore.Options{UpdateClone: "Staging"})
	if original != whole.Fingerprint || cloned != clone.Fingerprint || update.Fingerprint == cloned {
		t.Fatalf("%s, %s, %s, %s, %s", original, whole.Fingerprint, cloned, clone.Fingerprint, update.Fingerprint)
	}
	for _, c := range []struct {
		done *restore.Result
		want string
	}{{update, cloned}, {clone, original}} {
		policy, err := archive.OpenFile(t.Context(), c.done.Insurance.Location, archive.Options{})
		if err != nil {
			t.Fatal(err)
		}
		plan, err := restore.MakeUndoPlan(t.Context(), c.done.ImportID, policy.Archive, store.Target(), restore.UndoOptions{})
		if err == nil {
			var result *restore.Result
			if result, err = restore.Undo(t.Context(), plan, policy.Archive, store.Target(), restore.ApplyOptions{}); err == nil && result.Fingerprint != c.want {
				t.Errorf("undone, the content hash is %s, want %s", result.Fingerprint, c.want)
			}
		}
		if err := errors.Join(err, policy.Close()); err != nil {
			t.Fatal(err)
		}
	}
}

// unchangedOriginals holds that every entry is as it was.
func unchangedOriginals(t *testing.T, before, after map[layout.Name][]byte) {
	t.Helper()
	for name, doc := range before {
		if !bytes.Equal(doc, after[name]) {
			t.Errorf("%s, an original, was touched", name)
		}
	}
}
