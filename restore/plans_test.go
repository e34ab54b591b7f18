package restore

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/oneanalytics/oa-archive/layout"
	"github.com/oneanalytics/oa-archive/manifest"
	"github.com/oneanalytics/oa-archive/tenant"
)

// memArchive is a verified archive in memory.
type memArchive struct {
	manifest manifest.Manifest
	content  world
}

const archiveID = "01930000-0000-7000-8000-000000000001"

// archive returns the world as an archive of the tenant.
func (w world) archive(tenantID string) *memArchive {
	a := &memArchive{content: w.clone()}
	a.manifest = manifest.Manifest{
		ID: archiveID, Created: time.Date(2026, 11, 20, 8, 0, 0, 0, time.UTC),
		Tenant: manifest.Tenant{ID: tenantID, Name: "Corp"}, Kind: manifest.KindFull, Purpose: manifest.PurposeManual,
	}
	for _, path := range w.paths() {
		a.manifest.Entries = append(a.manifest.Entries, manifest.Entry{
			Path: path, Size: int64(len(w[path])), SHA256: layout.DigestOf([]byte(w[path])),
		})
	}
	a.manifest.ContentHash = manifest.ContentHash(a.manifest.Entries)
	return a
}

func (a *memArchive) Manifest() *manifest.Manifest { return &a.manifest }

func (a *memArchive) digest() layout.Digest {
	return layout.DigestOf([]byte(a.manifest.ID + a.manifest.ContentHash))
}

func (a *memArchive) ReadDocument(_ context.Context, path string, _ int64) ([]byte, error) {
	return []byte(a.content[path]), nil
}

func (a *memArchive) OpenEntry(_ context.Context, path string) (io.ReadCloser, error) {
	return io.NopCloser(strings.NewReader(a.content[path])), nil
}

// makePlan plans and checks what holds for every plan.
func makePlan(t testing.TB, a *memArchive, target tenant.Target, opts Options) *Plan {
	t.Helper()
	plan, err := tryPlan(a, target, opts)
	if err != nil {
		t.Fatal(err)
	}
	again, err := tryPlan(a, target, opts)
	if err != nil {
		t.Fatal(err)
	}
	one, two := marshal(t, plan), marshal(t, again)
	if !bytes.Equal(one, two) {
		t.Errorf("the same inputs gave two plans:\n%s\n%s", one, two)
	}
	parsed, err := ParsePlan(one)
	if err != nil {
		t.Fatalf("%v\n%s", err, one)
	}
	if back := marshal(t, parsed); !bytes.Equal(one, back) {
		t.Errorf("a plan that was read is written differently:\n%s\n%s", one, back)
	}
	return plan
}

func tryPlan(a *memArchive, target tenant.Target, opts Options) (*Plan, error) {
	ctx := context.Background()
	info, err := target.Tenant(ctx)
	if err != nil {
		return nil, err
	}
	p, err := newPlannerOn(ctx, a, a.digest(), nil, target, info, opts)
	if err != nil {
		return nil, err
	}
	return p.plan(ctx)
}

func marshal(t testing.TB, p *Plan) []byte {
	t.Helper()
	doc, err := p.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// mustApply applies the plan.
func mustApply(t testing.TB, plan *Plan, a *memArchive, target tenant.Target) *Result {
	t.Helper()
	if blocked := plan.BlockedSteps(); len(blocked) > 0 {
		t.Fatal(&BlockedError{Steps: blocked})
	}
	result, err := apply(context.Background(), plan, a, a.digest(), target, ApplyOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return result
}

// step returns the step of an asset.
func (p *Plan) step(t testing.TB, id string) Step {
	t.Helper()
	for _, s := range p.Steps {
		if s.ID == id {
			return s
		}
	}
	t.Fatalf("the plan has no step for %s", id)
	return Step{}
}

// decisions returns the plan in short: one line a step.
func (p *Plan) decisions() string {
	var b strings.Builder
	for _, s := range p.Steps {
		fmt.Fprintf(&b, "%s %s %s\n", s.Kind, s.label(), s.Decision)
		for _, line := range append(slices.Clone(s.Changes), s.Blocked...) {
			fmt.Fprintf(&b, "    %s\n", line)
		}
	}
	return b.String()
}

// list returns the records of a list in a metadata document, by key.
func list(t testing.TB, doc, name string) map[string]json.RawMessage {
	t.Helper()
	recs, err := parseRecords([]byte(doc))
	if err != nil {
		t.Fatal(err)
	}
	m := map[string]json.RawMessage{}
	for _, r := range recs.lists[name] {
		m[r.key] = r.raw
	}
	return m
}
