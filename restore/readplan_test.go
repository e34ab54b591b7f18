package restore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"

	"pgregory.net/rapid"

	"github.com/oneanalytics/oa-archive/layout"
	"github.com/oneanalytics/oa-archive/schema"
)

// inParts has even the smallest plan split, with a batch for each step.
var inParts = splitLimits{whole: 0, batch: 1, step: 1 << 20, frame: 1 << 20}

// largePlan returns a plan of n steps, like that of a tenant.
func largePlan(t testing.TB, n int) *Plan {
	t.Helper()
	digest := func(of string) string { return layout.DigestOf([]byte(of)).String() }
	p := &Plan{
		Format:  PlanFormat,
		Archive: ArchiveRef{ID: archiveID, Tenant: "corp", Created: "2026-11-22T09:00:00Z", ContentHash: state(nil).hash(), Manifest: digest("m")},
		Target:  TargetRef{Tenant: "corp", Fingerprint: state(nil).hash()}, SameTenant: true,
		Summary: Summary{Create: n, Entries: n}, Warnings: []string{"a warning"},
	}
	for i := range n {
		ws, id := uuidOf(10, 0, i/1000), uuidOf(14, 0, i)
		path := "workspaces/" + ws + "/reports/" + id + ".json"
		p.Steps = append(p.Steps, Step{
			Kind: Report, Workspace: ws, ID: id, Name: fmt.Sprintf("Report {[%d]}, \"of\" \\", i), Decision: Create,
			Reason: "the target does not have it", Why: "selected", TargetWorkspace: ws, TargetID: id,
			Entries:   []StepEntry{{Path: path, Digest: digest(path), Size: 100, TargetPath: path, Result: digest(path), ResultSize: 100, Write: true}},
			DependsOn: []string{ws, uuidOf(13, 0, i/20)},
			Changes:   []string{"arrives without its owner user usr_anna, who is not in the target"},
			Needs:     []Permission{{"report.create", Resource{"report", id}}},
		})
	}
	p.sealed(t)
	return p
}

// sealed gives the plan the id that it has.
func (p *Plan) sealed(t testing.TB) *Plan {
	t.Helper()
	var err error
	if p.ID, err = p.computeID(); err != nil {
		t.Fatal(err)
	}
	return p
}

// TestReadPlanLarge reads a plan of more than one document's size as it is
// written, and measures what stays in memory.
func TestReadPlanLarge(t *testing.T) {
	if testing.Short() {
		t.Skip("measures memory")
	}
	const n, most = 20_000, 900 // bytes a step: one digest, one path, a name, and a Step with its entry
	want := largePlan(t, n)
	size, err := want.listing().size()
	if err != nil || size < int64(planLimits.whole) {
		t.Fatalf("a plan of %d bytes, %v", size, err)
	}
	pr, pw := io.Pipe()
	go func() { pw.CloseWithError(want.Write(pw)) }()
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	got, err := ReadPlan(pr)
	if err != nil {
		t.Fatal(err)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	perStep := (int64(after.HeapAlloc) - int64(before.HeapAlloc)) / n
	t.Logf("%d bytes a step, of %d bytes of text", perStep, size/n)
	if perStep > most {
		t.Errorf("%d bytes a step stay in memory, want at most %d", perStep, most)
	}
	if !reflect.DeepEqual(got, want) {
		t.Error("another plan was read")
	}
	want.Steps[n/2].Decision = Skip
	if _, err := ParsePlan(marshal(t, want)); !errors.Is(err, ErrPlanAltered) {
		t.Errorf("an edited plan: %v", err)
	}
}

// TestReadPlanInParts holds that splitting changes nothing, however the text
// arrives.
func TestReadPlanInParts(t *testing.T) {
	plan := largePlan(t, 7)
	docs := map[string][]byte{
		"a plan": samplePlan(t), "many steps": marshal(t, plan), "one step": marshal(t, largePlan(t, 1)), "no steps": marshal(t, (&Plan{
			Format: PlanFormat, Archive: plan.Archive, Target: plan.Target, Steps: []Step{}}).sealed(t)),
		"null": marshal(t, (&Plan{Format: PlanFormat, Archive: plan.Archive, Target: plan.Target}).sealed(t)),
	}
	for name, doc := range docs {
		want, err := ParsePlan(doc)
		if err != nil {
			t.Fatal(err)
		}
		for _, batch := range []int{1, 2000, 1 << 20} {
			limits := inParts
			limits.batch = batch
			for how, r := range map[string]io.Reader{"whole": bytes.NewReader(doc), "bytes": iotest.OneByteReader(bytes.NewReader(doc)), "with its end": iotest.DataErrReader(bytes.NewReader(doc))} {
				got, err := readPlan(r, limits)
				if err != nil || !reflect.DeepEqual(got, want) {
					t.Errorf("%s, %s, batches of %d: %v, %v", name, how, batch, got, err)
				}
			}
		}
	}
	for i := range docs["one step"] {
		if err := sameVerdict(docs["one step"][:i]); err != nil {
			t.Fatalf("the first %d bytes: %v", i, err)
		}
	}
}

// sameVerdict compares reading in parts with reading at once.
func sameVerdict(doc []byte) error {
	whole, wanted := decodePlan(doc)
	for _, batch := range []int{1, 1500, 1 << 20} {
		limits := inParts
		limits.batch = batch
		parts, err := readAnyPlan(bytes.NewReader(doc), limits)
		if (err == nil) != (wanted == nil) {
			return fmt.Errorf("batches of %d: %v; at once: %v", batch, err, wanted)
		}
		if err == nil && !reflect.DeepEqual(parts, whole) {
			return fmt.Errorf("batches of %d: another plan", batch)
		}
	}
	return nil
}

// TestReadPlanRefuses breaks a plan's text where it is split, and elsewhere.
func TestReadPlanRefuses(t *testing.T) {
	doc := string(marshal(t, largePlan(t, 3)))
	next := "\n    },\n    {" // between two steps
	line := func(upTo string) int { return 1 + strings.Count(doc[:strings.Index(doc, upTo)], "\n") }
	second := line(next) + 2 // where the second step begins
	last := 1 + strings.Count(doc[:strings.Index(doc, "\n  ],\n  \"warnings\"")], "\n")
	for _, c := range []struct {
		name, old, new string
		want           string // the problem
	}{
		{"a comma too many", next, "\n    },,\n    {", fmt.Sprintf("line %d: a value cannot begin with ',' (json-syntax)", second-1)},
		{"a comma at first", "\"steps\": [", "\"steps\": [,", "a value cannot begin with ',' (json-syntax)"},
		{"a comma in the end", "\n  ],\n  \"warnings\"", ",\n\n  ],\n  \"warnings\"", fmt.Sprintf("line %d: a value cannot begin with ']' (json-syntax)", last+2)},
		{"no comma", next, "\n    }\n    {", fmt.Sprintf("line %d: expected ',' or ']' in an array (json-syntax)", second)},
		{"a bracket for another", next, "\n    ],\n    {", "(json-syntax)"},
		{"a brace for a bracket", "\n  ],\n  \"warnings\"", "\n  },\n  \"warnings\"", "(json-syntax)"},
		{"a bracket more", "\n  ],\n  \"warnings\"", "\n  ]],\n  \"warnings\"", fmt.Sprintf("line %d: expected ',' or '}' in an object (json-syntax)", last+1)},
		{"a bracket inside", next, "\n    }],\"steps\":[\n    {", "second member called \"steps\""},
		{"steps again", "\n  \"warnings\"", "\n  \"steps\": [], \"warnings\"", fmt.Sprintf("line %d: an object has a second member called \"steps\"", last+2)},
		{"steps again, otherwise", "\n  \"warnings\"", "\n  \"St\\u0065ps\": [], \"warnings\"", "second member called"},
		{"steps twice", "\"steps\": [", "\"steps\": null, \"steps\": [", "second member called \"steps\""},
		{"something after it", "a warning\"\n  ]\n}\n", "a warning\"\n  ]\n}\n{}", "goes on after its value (json-syntax)"},
		{"not a string", "\"why\": \"selected\"", "\"why\": \"sel\nected\"", "control character 0x0a unescaped (json-syntax)"},
		{"a step that is none", next, "\n    }, null,\n    {", "/steps/1: "},
		{"a member of a step", "\"why\": \"selected\"", "\"why\": 7", fmt.Sprintf("line %d: /steps/0/why: ", line("\"why\""))},
		{"a member of a plan", "\"warnings\": [", "\"warnings\": [7,", fmt.Sprintf("line %d: /warnings/0: ", last+2)},
		{"a member before the steps", "\"same_tenant\": true", "\"same_tenant\": 1", fmt.Sprintf("line %d: /same_tenant: ", line("\"same_tenant\""))},
		{"a list of plans", "{\n  \"format\"", "[{\n  \"format\"", "(json-syntax)"},
		{"no steps", "\"steps\": [", "\"stops\": [", "steps"},
		{"the wrong case", "\"steps\": [", "\"Steps\": [", "steps"},
	} {
		t.Run(c.name, func(t *testing.T) {
			broken := []byte(strings.Replace(doc, c.old, c.new, 1))
			if err := sameVerdict(broken); err != nil {
				t.Error(err)
			}
			_, err := readPlan(bytes.NewReader(broken), inParts)
			var invalid *schema.ValidationError
			if !errors.As(err, &invalid) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want %s", err, c.want)
			}
			if _, whole := decodePlan(broken); !strings.HasSuffix(fmt.Sprint(err), fmt.Sprint(whole)) {
				t.Errorf("error %v; at once: %v", err, whole)
			}
		})
	}
	t.Run("the last step", func(t *testing.T) {
		at := strings.LastIndex(doc, "\"selected\"")
		_, err := readPlan(strings.NewReader(doc[:at]+"7"+doc[at+len("\"selected\""):]), inParts)
		if want := fmt.Sprintf("line %d: /steps/2/why: ", 1+strings.Count(doc[:at], "\n")); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %s", err, want)
		}
	})
}

// TestReadPlanOtherSpellings holds that a plan is read that others could have
// written, with its steps where or how Plan.Write does not write them.
func TestReadPlanOtherSpellings(t *testing.T) {
	plan := largePlan(t, 3)
	doc := string(marshal(t, plan))
	from, to := strings.Index(doc, "\n  \"steps\": ["), strings.Index(doc, "\n  \"warnings\"")
	steps := strings.TrimSuffix(doc[from:to], ",")
	for name, other := range map[string]string{
		"escaped":       strings.Replace(doc, "\"steps\"", "\"\\u0073teps\"", 1),
		"at first":      "{" + steps + "," + doc[1:from] + doc[to:],
		"at last":       strings.TrimSuffix(doc[:from]+doc[to:], "\n}\n") + "," + steps + "}",
		"with space":    strings.Replace(doc, "\"steps\": [", "\"steps\" \t\r\n : \n [ ", 1),
		"a text before": strings.Replace(doc, "\"warnings\": [", "\"warnings\": [\"steps\", \"\\\"steps\\\": [\", ", 1),
	} {
		if name == "a text before" {
			with := *plan
			with.Warnings = []string{"steps", "\"steps\": [", "a warning"}
			other = strings.Replace(other, plan.ID, with.sealed(t).ID, 1)
		}
		got, err := readPlan(strings.NewReader(other), inParts)
		if err != nil || !reflect.DeepEqual(got.Steps, plan.Steps) {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := ParsePlan([]byte(other)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestReadPlanLimits(t *testing.T) {
	doc := string(marshal(t, largePlan(t, 3)))
	long := strings.Repeat("x", 100_000)
	limits := splitLimits{whole: 100, batch: 1000, step: 20_000, frame: 20_000}
	for name, c := range map[string]struct{ doc, want string }{
		"a step":          {strings.Replace(doc, "\"why\": \"selected\"", "\"why\": \""+long+"\"", 1), "a step of more than 20000 bytes"},
		"beside the step": {strings.Replace(doc, "a warning", long, 1), "more than 20000 bytes that are not steps"},
		"no end":          {strings.Replace(doc, "\n    },\n    {", "\n    }\n    {\"x\":\""+long, 1), "expected ',' or ']' in an array"},
		"not JSON":        {long, "a value cannot begin with"},
	} {
		var invalid *schema.ValidationError
		if _, err := readPlan(strings.NewReader(c.doc), limits); !errors.As(err, &invalid) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
	if _, err := readPlan(strings.NewReader(doc), limits); err != nil {
		t.Error(err)
	}
}

func TestReadPlanPassesErrorsOn(t *testing.T) {
	doc := marshal(t, largePlan(t, 3))
	broken := errors.New("broken")
	for _, at := range []int{0, 10, len(doc) / 2, len(doc)} {
		for _, limits := range []splitLimits{inParts, planLimits} {
			if _, err := readPlan(io.MultiReader(bytes.NewReader(doc[:at]), iotest.ErrReader(broken)), limits); !errors.Is(err, broken) {
				t.Errorf("after %d bytes: %v", at, err)
			}
		}
	}
}

// TestMinimalPlan holds that the plan around a batch is sound, so that what is
// wrong with it is wrong with the batch.
func TestMinimalPlan(t *testing.T) {
	if err := schema.Validate(schema.KindPlan, []byte(minimalPlan+minimalEnd)); err != nil {
		t.Error(err)
	}
	if strings.Contains(minimalPlan, "\n") || !strings.HasSuffix(minimalPlan, "[") || !strings.HasPrefix(minimalEnd, "]") {
		t.Error("its lines and brackets are not those that are counted on")
	}
}

// TestOneCopy holds that texts are shared, not changed.
func TestOneCopy(t *testing.T) {
	text := rapid.OneOf(rapid.Just(""), rapid.SampledFrom([]string{"a", "b", "a\nb", "workspaces/a/b"}), rapid.String())
	texts := rapid.OneOf(rapid.Just([]string(nil)), rapid.Just([]string{}), rapid.SliceOfN(text, 0, 3))
	rapid.Check(t, func(t *rapid.T) {
		o := newOneCopy()
		for range rapid.IntRange(1, 3).Draw(t, "batches") {
			make := func() []Step {
				return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Step {
					s := Step{
						Kind: Kind(text.Draw(t, "kind")), Workspace: text.Draw(t, "workspace"), ID: text.Draw(t, "id"), Name: text.Draw(t, "name"),
						TargetID: text.Draw(t, "target id"), NewName: text.Draw(t, "new name"), TargetWorkspace: text.Draw(t, "target workspace"),
						DependsOn: texts.Draw(t, "depends on"), Changes: texts.Draw(t, "changes"), Blocked: texts.Draw(t, "blocked"), Access: texts.Draw(t, "access"),
					}
					for range rapid.IntRange(0, 2).Draw(t, "entries") {
						s.Entries = append(s.Entries, StepEntry{Path: text.Draw(t, "path"), Digest: text.Draw(t, "digest"), TargetPath: text.Draw(t, "to"), Current: text.Draw(t, "current"), Result: text.Draw(t, "result")})
						s.Needs = append(s.Needs, Permission{text.Draw(t, "action"), Resource{text.Draw(t, "resource"), text.Draw(t, "of")}})
					}
					return s
				}), 0, 4).Draw(t, "steps")
			}
			steps := make()
			want := fmt.Sprintf("%#v", steps)
			o.share(steps)
			if got := fmt.Sprintf("%#v", steps); got != want {
				t.Fatalf("shared\n%s\nwere\n%s", got, want)
			}
		}
	})
}

// FuzzReadPlan holds that a plan that is read in parts is the one that is read
// at once, or refused like it.
func FuzzReadPlan(f *testing.F) {
	seedExample(f, schema.KindPlan)
	f.Add(samplePlan(f))
	f.Add(marshal(f, largePlan(f, 3)))
	f.Add([]byte(minimalPlan + minimalEnd))
	f.Add([]byte(minimalPlan + `{"kind":"audit","id":"audit","decision":"skip","reason":"r","why":"w","entries":null}],"steps":[` + minimalEnd))
	f.Add([]byte(minimalPlan + ` , {"kind":"audit","id":"audit","decision":"skip","reason":"r","why":"w","entries":[]} , ` + minimalEnd + " x"))
	f.Fuzz(func(t *testing.T, doc []byte) {
		if err := sameVerdict(doc); err != nil {
			t.Error(err)
		}
	})
}

// TestAmendStopsReading: a plan is read no further once the context has ended.
func TestAmendStopsReading(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Amend(ctx, bytes.NewReader(samplePlan(t)), nil, nil); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// TestStepsOfPlans: the steps that plans point out are their own.
func TestStepsOfPlans(t *testing.T) {
	p := &Plan{Steps: []Step{{Decision: Create}, {Decision: Blocked}, {Decision: Overwrite}, {Decision: Delete}, {Decision: Blocked}}}
	if got := p.BlockedSteps(); len(got) != 2 || got[0] != &p.Steps[1] || got[1] != &p.Steps[4] {
		t.Errorf("blocked: %v", got)
	}
	if got := p.Destroys(); len(got) != 2 || got[0] != &p.Steps[2] || got[1] != &p.Steps[3] {
		t.Errorf("destroyed: %v", got)
	}
}
