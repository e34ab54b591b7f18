package restore

import (
	"bytes"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// encodedElement is what encoding/json makes of an element of a listing.
func encodedElement(t *rapid.T, v any) string {
	var b bytes.Buffer
	if err := encode(&b, v, "    "); err != nil {
		t.Fatal(err)
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// TestElementsWriteThemselves holds the hand-written text of steps and changes
// against that of encoding/json, whatever their members hold.
func TestElementsWriteThemselves(t *testing.T) {
	text := rapid.OneOf(rapid.Just(""), rapid.String(), rapid.SampledFrom([]string{"<b>&", "a\"b\\c", "\x00\x1f\x7f\n\t", "\u2028\u2029", "\xff\xc3", "Ümlaut 日本 🎈", "\ufffd"}))
	texts := rapid.OneOf(rapid.Just([]string(nil)), rapid.SliceOfN(text, 0, 3))
	number := rapid.SampledFrom([]int64{0, 1, -1, 1 << 62})
	entry := rapid.Custom(func(t *rapid.T) StepEntry {
		return StepEntry{
			text.Draw(t, "path"), text.Draw(t, "digest"), number.Draw(t, "size"), text.Draw(t, "target"), text.Draw(t, "current"),
			text.Draw(t, "result"), number.Draw(t, "result size"), rapid.Bool().Draw(t, "write"), rapid.Bool().Draw(t, "delete"),
		}
	})
	need := rapid.Custom(func(t *rapid.T) Permission {
		return Permission{text.Draw(t, "action"), Resource{text.Draw(t, "kind"), text.Draw(t, "id")}}
	})
	rapid.Check(t, func(rt *rapid.T) {
		step := &Step{
			Kind(text.Draw(rt, "kind")), text.Draw(rt, "workspace"), text.Draw(rt, "id"), text.Draw(rt, "name"), Decision(text.Draw(rt, "decision")),
			text.Draw(rt, "reason"), text.Draw(rt, "why"), text.Draw(rt, "target workspace"), text.Draw(rt, "target id"), text.Draw(rt, "new name"),
			rapid.OneOf(rapid.Just([]StepEntry(nil)), rapid.SliceOfN(entry, 0, 3)).Draw(rt, "entries"),
			texts.Draw(rt, "depends on"), texts.Draw(rt, "changes"), texts.Draw(rt, "blocked"), texts.Draw(rt, "access"),
			rapid.SliceOfN(need, 0, 3).Draw(rt, "needs"),
		}
		if got, want := string(step.appendIndented(nil)), encodedElement(rt, step); got != want {
			rt.Fatalf("step\n%s\nwant\n%s", got, want)
		}
		change := &EntryChange{
			text.Draw(rt, "path"), text.Draw(rt, "of"), text.Draw(rt, "before"), number.Draw(rt, "before size"), text.Draw(rt, "after"), number.Draw(rt, "after size"),
		}
		if got, want := string(change.appendIndented(nil)), encodedElement(rt, change); got != want {
			rt.Fatalf("change\n%s\nwant\n%s", got, want)
		}
	})
}

// BenchmarkPlanDigest takes the digest of a plan of 1,000 steps.
func BenchmarkPlanDigest(b *testing.B) {
	p := &Plan{Format: PlanFormat}
	entry := StepEntry{Path: revenuePath, Digest: strings.Repeat("0a", 32), Size: 8000, TargetPath: revenuePath, Result: strings.Repeat("0a", 32), ResultSize: 8000, Write: true}
	for range 1000 {
		p.Steps = append(p.Steps, Step{
			Kind: Report, Workspace: wsSales, ID: revenue, Name: "Revenue", Decision: Create, Reason: "the target does not have it", Why: "selected",
			TargetWorkspace: wsSales, TargetID: revenue, Entries: []StepEntry{entry}, DependsOn: []string{wsSales, orders},
			Needs: []Permission{{"report.create", Resource{"report", revenue}}},
		})
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := p.Digest(); err != nil {
			b.Fatal(err)
		}
	}
}
