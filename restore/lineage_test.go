package restore

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"strings"
	"testing"

	"github.com/oneanalytics/oa-archive/archive"
	"github.com/oneanalytics/oa-archive/export"
	"github.com/oneanalytics/oa-archive/internal/testkit"
	"github.com/oneanalytics/oa-archive/layout"
	"github.com/oneanalytics/oa-archive/sign"
	"github.com/oneanalytics/oa-archive/tenant"
)

// madeUp archives one state of a made-up tenant.
func madeUp(t testing.TB, src *testkit.Source) *archive.Archive {
	t.Helper()
	signer, err := sign.NewSigner(ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize)))
	if err != nil {
		t.Fatal(err)
	}
	var file bytes.Buffer
	if _, err := export.Export(context.Background(), src, &file, export.Options{Writer: archive.WriterOptions{Signer: signer}}); err != nil {
		t.Fatal(err)
	}
	return openArchive(t, file.Bytes())
}

// TestCloneOfAMadeUpTenantFollowsIt clones a tenant with all kinds of assets
// beside itself, changes the source and the clone, and updates: what the plan
// does with each asset is what three digests say.
func TestCloneOfAMadeUpTenantFollowsIt(t *testing.T) {
	first, err := testkit.New(testkit.Options{Seed: 7, Documents: 70, Workspaces: 2, Files: 10, Tenant: tenant.Info{ID: "corp", Name: "Corp"}})
	if err != nil {
		t.Fatal(err)
	}
	second, err := first.Mutate(testkit.Mutation{Seed: 9, Changed: 0.2, Added: 0.1, Removed: 0.1})
	if err != nil {
		t.Fatal(err)
	}
	old, newer := madeUp(t, first), madeUp(t, second)
	target := world{}.memory("corp")
	planAndApply(t, old, target, Options{})
	originals := target.content.clone()
	made := planAndApply(t, old, target, Options{CloneAs: "Play"})
	provesToTouchNothing(t, made, originals, target.content)

	// Somebody edits every fifth report of the clone.
	edited := map[string]bool{}
	n := 0
	for _, s := range made.Steps {
		if s.Kind != Report {
			continue
		}
		if n++; n%5 == 0 {
			edited[s.ID] = true
			target.content[s.Entries[0].TargetPath] = strings.Replace(target.content[s.Entries[0].TargetPath], "{", `{"x-edited": true,`, 1)
		}
	}
	was, is := digests(old), digests(newer)
	before := target.content.clone()
	update := planAndApply(t, newer, target, Options{UpdateClone: "Play", OnConflict: Skip})
	for path := range originals {
		if target.content[path] != originals[path] {
			t.Errorf("%s, outside the clone, was touched", path)
		}
	}
	counts := map[Decision]int{}
	kinds := map[Kind]bool{}
	for _, s := range update.Steps {
		if s.Kind == Workspace || s.Kind == Extension || s.Kind == Audit {
			continue
		}
		counts[s.Decision]++
		want := Unchanged
		switch _, there := was[s.Entries[0].Path]; {
		case !there:
			want = Fork
		case edited[s.ID]:
			want = Skip
		case was[s.Entries[0].Path] != is[s.Entries[0].Path]:
			want = Overwrite
			kinds[s.Kind] = true
		}
		// A dataset's record may change without its model. An alert that was
		// only paused or woken has nothing new.
		either := want == Unchanged && s.Decision == Overwrite && s.Kind == Dataset || want == Overwrite && s.Decision == Unchanged && s.Kind == Alert
		if s.Decision != want && !either {
			t.Errorf("%s %s: %s (%s), want %s", s.Kind, s.ID, s.Decision, s.Reason, want)
		}
	}
	gone := 0
	for path := range was {
		if n, err := layout.Parse(path); err == nil && is[path] == "" && n.Kind != layout.Rows {
			gone++
		}
	}
	if len(update.Removed) != gone || gone == 0 {
		t.Errorf("%d assets are listed as removed, want %d", len(update.Removed), gone)
	}
	for _, d := range []Decision{Fork, Overwrite, Unchanged, Skip} {
		if counts[d] == 0 {
			t.Errorf("no asset was %s: %v", d, counts)
		}
	}
	for _, k := range []Kind{Dataset, Report, Alert, File} {
		if !kinds[k] {
			t.Errorf("no %s was overwritten", k)
		}
	}
	again, err := MakePlan(context.Background(), newer, target, Options{UpdateClone: "Play", OnConflict: Skip})
	if err != nil {
		t.Fatal(err)
	}
	if again.Writes() {
		t.Errorf("the same update again writes: %+v", again.Summary)
	}
	if len(before) >= len(target.content) {
		t.Error("nothing was added")
	}
}

// digests returns the digests of an archive's entries, by path.
func digests(a *archive.Archive) map[string]string {
	all := map[string]string{}
	for _, e := range a.Manifest().Entries {
		all[e.Path] = e.SHA256.String()
	}
	return all
}

func TestImportedDigest(t *testing.T) {
	const doc = `{"id": "x", "name": "A", "n": 1.0, "origin": {"archive": "a"}, "updated_at": "2026-01-01T00:00:00Z", "state": {"status": "paused"}}`
	digest := func(kind Kind, doc, content string) string {
		d, err := importedDigest(kind, []byte(doc), content)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	base := digest(Alert, doc, "")
	for name, same := range map[string]string{
		"order and space": `{"n":1.0,"name":"A","id":"x"}`,
		"an escape":       `{"n":1.0,"name":"\u0041","id":"x"}`,
		"a null":          `{"n":1.0,"name":"A","id":"x","owner":null}`,
		"a running alert": `{"n":1.0,"name":"A","id":"x","state":{"status":"active"}}`,
	} {
		if digest(Alert, same, "") != base {
			t.Errorf("%s counts as an edit", name)
		}
	}
	if digest(Alert, strings.Replace(doc, `"A"`, `"B"`, 1), "") == base || digest(Alert, doc, "c") == base || digest(Report, doc, "") == base {
		t.Error("an edit does not count")
	}
	if _, err := importedDigest(Report, []byte("[]"), ""); err == nil {
		t.Error("a list is no document")
	}
}
