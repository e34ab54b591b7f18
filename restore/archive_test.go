package restore

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/oneanalytics/oa-archive/archive"
	"github.com/oneanalytics/oa-archive/export"
	"github.com/oneanalytics/oa-archive/sign"
	"github.com/oneanalytics/oa-archive/tenant"
	"github.com/oneanalytics/oa-archive/tenant/dirstore"
)

// sampleTenant opens a copy of the project's sample tenant.
func sampleTenant(t testing.TB) *dirstore.Store {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "tenant")
	if err := os.CopyFS(dir, os.DirFS("../testdata/tenant")); err != nil {
		t.Fatal(err)
	}
	store, err := dirstore.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	return store
}

// archived exports the store, and returns the file.
func archived(t testing.TB, store *dirstore.Store) []byte {
	t.Helper()
	ctx := context.Background()
	signer, err := sign.NewSigner(ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize)))
	if err != nil {
		t.Fatal(err)
	}
	src, err := store.Snapshot(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	var file bytes.Buffer
	opts := export.Options{Writer: archive.WriterOptions{Signer: signer}, Selection: tenant.Selection{Rows: true, Audit: true}}
	if _, err := export.Export(ctx, src, &file, opts); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

func openArchive(t testing.TB, file []byte) *archive.Archive {
	t.Helper()
	a, err := archive.Open(context.Background(), bytes.NewReader(file), int64(len(file)), archive.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// allowing returns the options with all that widens access in the plan allowed.
func allowing(plan *Plan, opts Options) Options {
	for _, change := range plan.Access {
		if change.Widens {
			opts.AllowAccess = append(opts.AllowAccess, change.ID)
		}
	}
	return opts
}

// planAndApply imports a and returns the plan.
func planAndApply(t testing.TB, a *archive.Archive, target tenant.Target, opts Options) *Plan {
	t.Helper()
	ctx := context.Background()
	plan, err := MakePlan(ctx, a, target, opts)
	if err != nil {
		t.Fatal(err)
	}
	if opts = allowing(plan, opts); len(opts.AllowAccess) > 0 {
		if plan, err = MakePlan(ctx, a, target, opts); err != nil {
			t.Fatal(err)
		}
	}
	if blocked := plan.BlockedSteps(); len(blocked) > 0 {
		t.Fatal(&BlockedError{Steps: blocked})
	}
	before := contentOf(t, target)
	doc := marshal(t, plan)
	read, err := ParsePlan(doc)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Apply(ctx, read, a, target, ApplyOptions{}); err != nil {
		t.Fatal(err)
	}
	checkOutcome(t, plan, before, contentOf(t, target))
	return plan
}

func TestSampleTenantThroughArchives(t *testing.T) {
	store := sampleTenant(t)
	a := openArchive(t, archived(t, store))
	original := contentOf(t, store.Target())
	for name, open := range map[string]func(testing.TB, string) tenant.Target{
		"dirstore": func(t testing.TB, id string) tenant.Target { return world{}.store(t, id).Target() },
		"memory":   func(_ testing.TB, id string) tenant.Target { return world{}.memory(id) },
	} {
		t.Run(name, func(t *testing.T) {
			everything := Options{Rows: true, Audit: true}
			blank := open(t, "halvorsen-cycles")
			planAndApply(t, a, blank, everything)
			restored := contentOf(t, blank)
			for path, content := range original {
				if restored[path] != content && !strings.HasSuffix(path, "/metadata.json") {
					t.Errorf("%s is not restored byte for byte", path)
				}
			}
			if again := planAndApply(t, a, blank, everything); again.Writes() {
				t.Errorf("again:\n%s", again.decisions())
			}
			forked := planAndApply(t, a, blank, Options{OnConflict: Fork, Rows: true})
			if forked.Summary.Fork < 30 {
				t.Errorf("forks:\n%s", forked.decisions())
			}
			if again := planAndApply(t, a, blank, Options{OnConflict: Fork, Rows: true}); again.Writes() {
				t.Errorf("forked again:\n%s", again.decisions())
			}
			copied := planAndApply(t, a, blank, Options{PerKind: map[Kind]Decision{Workspace: Fork}, ForkLabel: "clone", Select: []string{"workspace"}, Rows: true})
			if copied.Summary.Fork == 0 {
				t.Errorf("workspaces copied:\n%s", copied.decisions())
			}
			moved := planAndApply(t, a, open(t, "elsewhere"), Options{AllowOtherTenant: true, Mapping: createMissing()})
			if len(moved.Unresolved) > 0 {
				t.Errorf("unresolved: %+v", moved.Unresolved)
			}
		})
	}
}

// TestEveryAssetAlone imports each asset of the sample tenant alone into a
// blank store: what it needs must come with it.
func TestEveryAssetAlone(t *testing.T) {
	store := sampleTenant(t)
	a := openArchive(t, archived(t, store))
	for path := range contentOf(t, store.Target()) {
		target := world{}.memory("halvorsen-cycles")
		plan := planAndApply(t, a, target, Options{Select: []string{path}, Rows: true, Audit: true})
		if !plan.Writes() {
			t.Errorf("%s: nothing written", path)
		}
	}
}

func TestDamagedArchiveWritesNothing(t *testing.T) {
	store := sampleTenant(t)
	file := archived(t, store)
	target := world{}.memory("halvorsen-cycles")
	plan, err := MakePlan(context.Background(), openArchive(t, file), target, Options{Rows: true, Audit: true})
	if err != nil {
		t.Fatal(err)
	}
	refused := 0
	for at := len(file) / 20; at < len(file)*9/10; at += len(file) / 20 {
		damaged := bytes.Clone(file)
		damaged[at] ^= 0x40
		a, err := archive.Open(context.Background(), bytes.NewReader(damaged), int64(len(damaged)), archive.Options{})
		if err != nil {
			continue
		}
		if _, err = Apply(context.Background(), plan, a, target, ApplyOptions{}); err != nil {
			refused++
			var format *archive.FormatError
			var signature *archive.SignatureError
			if !errors.As(err, &format) && !errors.As(err, &signature) {
				t.Errorf("byte %d: %v", at, err)
			}
			if !maps.Equal(target.content, world{}) {
				t.Fatalf("byte %d: written from a damaged archive", at)
			}
			continue
		}
		target.content = world{} // the damage is where no reader looks
	}
	if refused == 0 {
		t.Error("no damage was noticed")
	}
}

func TestPlansOfOtherArchivesAreRefused(t *testing.T) {
	store := sampleTenant(t)
	target := world{}.memory("halvorsen-cycles")
	one, two := openArchive(t, archived(t, store)), openArchive(t, archived(t, store))
	plan, err := MakePlan(context.Background(), one, target, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Apply(context.Background(), plan, two, target, ApplyOptions{}); !errors.Is(err, ErrArchiveChanged) {
		t.Error(err)
	}
}

// TestAnotherArchiveOfTheSameState forks from a second archive of the same
// state: its copies are those that are there.
func TestAnotherArchiveOfTheSameState(t *testing.T) {
	store := sampleTenant(t)
	target := world{}.memory("halvorsen-cycles")
	one, two := openArchive(t, archived(t, store)), openArchive(t, archived(t, store))
	planAndApply(t, one, target, Options{})
	if plan := planAndApply(t, one, target, Options{OnConflict: Fork}); plan.Summary.Fork == 0 {
		t.Fatal(plan.decisions())
	}
	if plan := planAndApply(t, two, target, Options{OnConflict: Fork}); plan.Writes() {
		t.Error(plan.decisions())
	}
}
