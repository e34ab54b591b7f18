package main

import (
	"bytes"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/oneanalytics/oa-archive/archive"
	"github.com/oneanalytics/oa-archive/layout"
	"github.com/oneanalytics/oa-archive/restore"
	"github.com/oneanalytics/oa-archive/schema"
	"github.com/oneanalytics/oa-archive/sign"
	"github.com/oneanalytics/oa-archive/tenant"
	"github.com/oneanalytics/oa-archive/tenant/sqlstore"
)

// realBundle is the folder of Superset's own bundle of examples, which is not
// part of this repository.
func realBundle(t *testing.T) string {
	t.Helper()
	shared := os.Getenv("OA_SHARED_DATA")
	if shared == "" {
		shared = filepath.Join("..", "..", "..", "shared", "data") // beside the checkout
	}
	bundle := filepath.Join(shared, "superset-examples", "bundle")
	if _, err := os.Stat(bundle); err != nil {
		const missing = "the Superset example bundle is missing: %v; set OA_SHARED_DATA to the folder that holds superset-examples"
		if os.Getenv("CI") == "true" {
			t.Fatalf(missing, err)
		}
		t.Skipf(missing, err)
	}
	return bundle
}

// TestMigration takes the real bundle through everything that an archive is
// for: write, verify, restore into a blank store, write again; then import it
// once more beside the originals.
func TestMigration(t *testing.T) {
	key, trust := newKey(t)
	file := filepath.Join(t.TempDir(), "acme.oa-archive")
	migrate(t, "-tenant", "acme", "-name", "Acme", "-sign-with", key, "-o", file, realBundle(t))
	a := openTrusted(t, file, trust)
	store := blankStore(t, tenant.Info{ID: "acme", Name: "Acme"})

	created := importAll(t, a, store, restore.Options{})
	if s := created.Summary; s.Create != 24 || s.Blocked+s.Fork+s.Overwrite != 0 {
		t.Errorf("restore into a blank store: %+v, want 24 assets created: a workspace, 16 datasets, 7 reports", s)
	}
	if hash := exportHash(t, snapshot(t, store)); hash != a.Manifest().ContentHash {
		t.Errorf("the restored tenant has the content %s, the archive %s", hash, a.Manifest().ContentHash)
	}

	originals := contents(t, store)
	forked := importAll(t, a, store, restore.Options{OnConflict: restore.Fork})
	checkCopies(t, forked, originals, contents(t, store))

	again, err := restore.MakePlan(t.Context(), a, store.Target(), restore.Options{OnConflict: restore.Fork})
	if err != nil {
		t.Fatal(err)
	}
	if s := again.Summary; again.Writes() || s.Fork+s.Create+s.Overwrite != 0 {
		t.Errorf("the same import again would write: %+v", s)
	}
	before := exportHash(t, snapshot(t, store))
	result, err := restore.Apply(t.Context(), again, a, store.Target(), restore.ApplyOptions{})
	if err != nil || result.Entries != 0 {
		t.Errorf("the same import again: %+v, %v; want nothing written", result, err)
	}
	if after := exportHash(t, snapshot(t, store)); after != before {
		t.Errorf("the same import again changes the content from %s to %s", before, after)
	}
}

// openTrusted verifies every byte of an archive and opens it.
func openTrusted(t *testing.T, path string, trust sign.Policy) *archive.Archive {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	opts := archive.Options{Policy: trust, RequireTrust: true}
	verified, err := archive.Verify(t.Context(), f, info.Size(), opts)
	if err != nil {
		t.Fatal(err)
	}
	if !verified.OK() || verified.Entries != 24 {
		t.Fatalf("%d entries, %v; want 24 and no findings", verified.Entries, verified.Err())
	}
	a, err := archive.Open(t.Context(), f, info.Size(), opts)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func blankStore(t *testing.T, info tenant.Info) *sqlstore.Store {
	t.Helper()
	db, err := sqlstore.CreateSQLite(t.Context(), filepath.Join(t.TempDir(), "tenants.db"))
	if err != nil {
		t.Fatal(err)
	}
	return blankTenant(t, db, info)
}

// blankTenant makes a tenant in a database that the test then closes.
func blankTenant(t *testing.T, db *sqlstore.DB, info tenant.Info) *sqlstore.Store {
	t.Helper()
	t.Cleanup(func() { _ = db.Close() })
	if err := db.CreateTenant(t.Context(), info); err != nil {
		t.Fatal(err)
	}
	store, err := db.Tenant(t.Context(), info.ID)
	if err != nil {
		t.Fatal(err)
	}
	return store
}

// importAll plans the import of everything, applies the plan and returns it.
func importAll(t *testing.T, a *archive.Archive, store *sqlstore.Store, opts restore.Options) *restore.Plan {
	t.Helper()
	plan, err := restore.MakePlan(t.Context(), a, store.Target(), opts)
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range plan.BlockedSteps() {
		t.Errorf("%s %s is blocked: %s", step.Kind, step.Name, strings.Join(step.Blocked, "; "))
	}
	if _, err := restore.Apply(t.Context(), plan, a, store.Target(), restore.ApplyOptions{}); err != nil {
		t.Fatal(err)
	}
	return plan
}

func snapshot(t *testing.T, store *sqlstore.Store) tenant.Source {
	t.Helper()
	src, err := store.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = src.Close() })
	return src
}

func contents(t *testing.T, store *sqlstore.Store) map[layout.Name][]byte {
	t.Helper()
	src := snapshot(t, store)
	docs := map[layout.Name][]byte{}
	for e, err := range src.Entries(t.Context(), tenant.Selection{}) {
		if err != nil {
			t.Fatal(err)
		}
		r, err := e.Open(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		docs[e.Name], err = io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return docs
}

// checkCopies holds that the originals are as they were, and that no copy
// knows an original but by its origin.
func checkCopies(t *testing.T, plan *restore.Plan, before, after map[layout.Name][]byte) {
	t.Helper()
	copies := copiesByID(t, plan)
	datasets, reports := 0, 0
	for name, doc := range after {
		was, original := before[name]
		switch {
		case name.Kind == layout.Metadata:
			checkRecords(t, copies, was, doc)
		case original:
			if !bytes.Equal(doc, was) {
				t.Errorf("%s was changed by an import beside it", name)
			}
		case copies[name.Asset] == "":
			t.Errorf("%s is new, and not in the plan", name)
		case name.Kind == layout.Model:
			datasets++
			checkForeign(t, name, doc, copies)
		case name.Kind == layout.Report:
			reports++
			checkReport(t, name, doc, copies)
			checkRewritten(t, name, doc, before[layout.Name{Kind: layout.Report, Workspace: name.Workspace, Asset: copies[name.Asset]}], copies)
		}
	}
	if datasets != 16 || reports != 7 || len(after) != len(before)+23 {
		t.Errorf("%d datasets and %d reports were copied, and %d entries are there; want 16, 7 and %d", datasets, reports, len(after), len(before)+23)
	}
	problems := schema.CheckWorkspace(func(yield func(layout.Name, []byte) bool) {
		for name, doc := range after {
			if !yield(name, doc) {
				return
			}
		}
	})
	for _, p := range problems {
		t.Errorf("after the import: %s", p)
	}
}

// copiesByID returns the id of the original by that of its copy.
func copiesByID(t *testing.T, plan *restore.Plan) map[string]string {
	t.Helper()
	copies := map[string]string{}
	for _, step := range plan.Steps {
		if step.Kind == restore.Workspace {
			continue
		}
		if step.Decision != restore.Fork || step.TargetID == step.ID {
			t.Errorf("%s %s: %s, as %s", step.Kind, step.ID, step.Decision, step.TargetID)
		}
		copies[step.TargetID] = step.ID
	}
	return copies
}

// checkForeign searches the raw bytes of a copy for the ids of all originals.
func checkForeign(t *testing.T, name layout.Name, doc []byte, copies map[string]string) {
	t.Helper()
	for _, original := range copies {
		if n := bytes.Count(doc, []byte(original)); n > 0 {
			t.Errorf("%s, a copy, names the original %s %d times", name, original, n)
		}
	}
}

// checkReport holds that a copied report refers to copied datasets alone, and
// names no original anywhere but in its origin.
func checkReport(t *testing.T, name layout.Name, doc []byte, copies map[string]string) {
	t.Helper()
	refs, err := schema.References(schema.KindReport, doc)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, ref := range refs {
		if ref.To == schema.RefDataset {
			n++
			if copies[ref.ID] == "" {
				t.Errorf("%s, a copy, refers to %s, which is no copy", name, ref.ID)
			}
		}
	}
	if n == 0 {
		t.Errorf("%s refers to no dataset", name)
	}
	var members map[string]jsontext.Value
	if err := json.Unmarshal(doc, &members); err != nil {
		t.Fatal(err)
	}
	if origin := members["origin"]; !bytes.Contains(origin, []byte(`"`+copies[name.Asset]+`"`)) {
		t.Errorf("%s has the origin %s, want %s", name, origin, copies[name.Asset])
	}
	delete(members, "origin")
	for _, member := range slices.Sorted(maps.Keys(members)) {
		checkForeign(t, name, members[member], copies)
	}
}

// checkRewritten holds that the rewriting of ids is all that tells the
// original definitions in a copy from those in its original: no id was missed
// deep inside a layout, and nothing else was touched.
func checkRewritten(t *testing.T, name layout.Name, doc, original []byte, copies map[string]string) {
	t.Helper()
	var was, is struct {
		Pages      jsontext.Value `json:"pages"`
		Extensions jsontext.Value `json:"extensions"`
	}
	if err := json.Unmarshal(original, &was); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(doc, &is); err != nil {
		t.Fatal(err)
	}
	var pairs []string
	for copied, original := range copies {
		pairs = append(pairs, original, copied)
	}
	rewrite := strings.NewReplacer(pairs...)
	if want := rewrite.Replace(string(was.Pages)); string(is.Pages) != want {
		t.Errorf("the pages of %s are not those of its original with new ids", name)
	}
	if want := rewrite.Replace(string(was.Extensions)); string(is.Extensions) != want || want == string(was.Extensions) {
		t.Errorf("the extensions of %s are not those of its original with new ids", name)
	}
}

// checkRecords holds that the workspace kept its records, and gained one for
// each copied dataset.
func checkRecords(t *testing.T, copies map[string]string, before, after []byte) {
	t.Helper()
	type record struct {
		ID     string            `json:"id"`
		Name   string            `json:"name"`
		Origin map[string]string `json:"origin"`
	}
	var was, is struct {
		Datasets []record `json:"datasets"`
	}
	if err := json.Unmarshal(before, &was); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(after, &is); err != nil {
		t.Fatal(err)
	}
	names := map[string]string{}
	for _, d := range was.Datasets {
		names[d.ID] = d.Name
	}
	kept, added := 0, 0
	for _, d := range is.Datasets {
		switch original := copies[d.ID]; {
		case original == "" && names[d.ID] == d.Name:
			kept++
		case original != "" && d.Origin["id"] == original && strings.HasPrefix(d.Name, names[original]):
			added++
		default:
			t.Errorf("the record %+v is neither an original's nor a copy's", d)
		}
	}
	if kept != 16 || added != 16 {
		t.Errorf("%d records were kept and %d added, want 16 and 16", kept, added)
	}
}
