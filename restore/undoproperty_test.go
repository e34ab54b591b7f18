package restore

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"testing"

	"pgregory.net/rapid"

	"github.com/oneanalytics/oa-archive/archive"
	"github.com/oneanalytics/oa-archive/layout"
)

// memoryPlace keeps insurance in memory.
type memoryPlace map[string][]byte

func (m memoryPlace) Create(_ context.Context, name string) (InsuranceWriter, error) {
	if m[name] != nil {
		return nil, fs.ErrExist
	}
	return &memoryWriter{place: m, name: name}, nil
}

func (m memoryPlace) Open(_ context.Context, name string) (InsuranceReader, error) {
	if m[name] == nil {
		return nil, fs.ErrNotExist
	}
	return memoryReader{bytes.NewReader(m[name])}, nil
}

func (m memoryPlace) Remove(_ context.Context, name string) error {
	delete(m, name)
	return nil
}

func (m memoryPlace) Location(name string) string { return "memory:" + name }

func (m memoryPlace) policy(result *Result) (*archive.Archive, error) {
	file := m[result.Insurance.Location[len("memory:"):]]
	return archive.Open(context.Background(), bytes.NewReader(file), int64(len(file)), archive.Options{})
}

type memoryWriter struct {
	bytes.Buffer
	place memoryPlace
	name  string
}

func (w *memoryWriter) Commit(context.Context) error {
	w.place[w.name] = bytes.Clone(w.Bytes())
	return nil
}

func (w *memoryWriter) Close() error { return nil }

type memoryReader struct{ *bytes.Reader }

func (memoryReader) Close() error { return nil }

var _ io.ReaderAt = memoryReader{}

// TestEveryImportCanBeUndone draws archives, targets and options, exact ones
// too. An undo brings back the state before, and nothing outside the plan
// changes; an undo of the undo brings back the import. When something outside
// the import was edited meanwhile, that edit stays.
func TestEveryImportCanBeUndone(t *testing.T) {
	counts := map[string]int{}
	sign := signer(t)
	rapid.Check(t, func(rt *rapid.T) {
		counts["all"]++
		g := tenants{rt}
		content := g.draw()
		before := g.state(content)
		opts := g.options(content)
		if opts.Exact = g.flip("exact"); opts.Exact {
			opts.PerKind, opts.PerAsset, opts.Select = nil, nil, nil
			opts.OnConflict = rapid.SampledFrom([]Decision{"", Overwrite, Skip}).Draw(rt, "exact policy")
		}
		a, target, place := content.archive("corp"), before.memory("corp"), memoryPlace{}
		in := &Insurance{Place: place, Signer: sign, Workers: 1}
		plan, err := tryPlan(a, target, opts)
		if err != nil {
			rt.Fatal(err)
		}
		if len(plan.BlockedSteps()) > 0 || !plan.Writes() {
			counts["nothing"]++
			return
		}
		if plan.Summary.Delete > 0 {
			counts["deletes"]++
		}
		first, err := apply(context.Background(), plan, a, a.digest(), target, ApplyOptions{Insurance: in})
		if err != nil {
			rt.Fatalf("%v\n%s", err, plan.decisions())
		}
		checkResult(rt, first)
		checkOutcome(rt, plan, before, target.content)
		if again, err := applyAll(plan, a, target); err != nil || !again.AlreadyApplied {
			rt.Errorf("the plan again: %+v, %v", again, err)
		}
		if opts.Exact {
			checkExactOutcome(rt, content, opts, target, a)
		}
		after, before := target.content.clone(), before.clone()
		if g.flip("an edit elsewhere") {
			const path = "extensions/com.example/other.json"
			target.content[path], after[path], before[path] = "{}", "{}", "{}"
			counts["edited"]++
		}
		second := undoDrawn(rt, first, place, target, in)
		if !maps.Equal(target.content, before) || stateOf(digestsOf(before)).hash() != second.Fingerprint {
			rt.Fatalf("undone, the target is not what it was:\n%s", plan.decisions())
		}
		undoDrawn(rt, second, place, target, nil)
		if !maps.Equal(target.content, after) {
			rt.Fatalf("the undo undone is not what the import had left:\n%s", plan.decisions())
		}
		counts["undone"]++
	})
	for _, what := range []string{"nothing", "deletes", "edited", "undone"} {
		if counts[what] == 0 && counts["all"] >= 50 { // fewer when time is short
			t.Errorf("the drawn cases are one-sided: %v", counts)
		}
	}
}

// checkExactOutcome holds that an exact import of everything leaves the paths
// that the archive has in its workspaces, and no others; and that it is a
// no-op the second time.
func checkExactOutcome(t *rapid.T, content world, opts Options, target *memTarget, a *memArchive) {
	again, err := tryPlan(a, target, opts)
	if err != nil || again.Writes() || len(again.BlockedSteps()) > 0 {
		t.Errorf("the exact import again: %v\n%s", err, again.decisions())
	}
	if opts.OnConflict == Skip {
		return // workspaces that exist keep what they have
	}
	workspaces := map[string]bool{}
	for path := range content {
		workspaces[nameOfPath(path).Workspace] = true
	}
	for path := range target.content {
		n := nameOfPath(path)
		if _, ok := content[path]; !ok && n.Workspace != "" && workspaces[n.Workspace] && n.Kind.String() != "rows" {
			t.Errorf("%s is still there", path)
		}
	}
}

func undoDrawn(t *rapid.T, of *Result, place memoryPlace, target *memTarget, in *Insurance) *Result {
	policy, err := place.policy(of)
	if err != nil {
		t.Fatal(err)
	}
	plan, err := MakeUndoPlan(context.Background(), of.ImportID, policy, target, UndoOptions{})
	if err != nil {
		t.Fatal(err)
	}
	result, err := Undo(context.Background(), plan, policy, target, ApplyOptions{Insurance: in})
	if err != nil {
		t.Fatalf("%v\n%s", err, fmt.Sprint(plan.Steps))
	}
	checkResult(t, result)
	return result
}

func digestsOf(w world) map[string]layout.Digest {
	all := map[string]layout.Digest{}
	for path, content := range w {
		all[path] = layout.DigestOf([]byte(content))
	}
	return all
}
