package restore

import (
	"bytes"
	"context"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/oneanalytics/oa-archive/layout"
	"github.com/oneanalytics/oa-archive/tenant"
)

// TestReplan makes a plan anew from its document alone, and only if it comes
// about as it stands there.
func TestReplan(t *testing.T) {
	ctx := context.Background()
	before := sampleWorld().edit(t, revenuePath, `"name": "Revenue"`, `"name": "Edited"`)
	a, target := sampleWorld().archive("corp"), before.memory("corp")
	plan := makePlan(t, a, target, Options{OnConflict: Overwrite})
	doc := marshal(t, plan)
	edited := marshal(t, makePlan(t, a, target, Options{OnConflict: Overwrite}).decide(t, revenue, Skip, ""))
	for _, c := range []struct {
		name    string
		doc     []byte
		archive *memArchive
		target  tenant.Target
		same    bool
	}{
		{"as it was saved", doc, a, target, true},
		{"a decision edited", edited, a, target, false},
		{"white space added", append(bytes.Clone(doc), '\n'), a, target, false},
		{"an option edited", bytes.Replace(doc, []byte(`"on_conflict": "overwrite"`), []byte(`"on_conflict": "skip"`), 1), a, target, false},
		{"cut short", doc[:len(doc)-20], a, target, false},
		{"no plan", []byte(strings.Repeat("x", 1000)), a, target, false},
		{"another archive", doc, sampleWorld().later("corp"), target, false},
		{"another tenant", doc, a, before.memory("other"), false},
		{"another state", doc, a, before.clone().edit(t, revenuePath, "Edited", "Twice").memory("corp"), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			const above = "not read\n"
			file := strings.NewReader(above + string(c.doc))
			if _, err := file.Seek(int64(len(above)), io.SeekStart); err != nil {
				t.Fatal(err)
			}
			large, err := largeFile(file, inParts)
			if err != nil || large == nil {
				t.Fatal(large, err)
			}
			again, err := replan(ctx, large, c.archive, c.archive.digest(), c.target, inParts)
			if err != nil {
				t.Fatal(err)
			}
			if !c.same {
				rest, err := io.ReadAll(file)
				if again != nil || err != nil || !bytes.Equal(rest, c.doc) {
					t.Fatalf("plan %v, then %d of %d bytes, %v", again, len(rest), len(c.doc), err)
				}
				return
			}
			if again == nil || !bytes.Equal(marshal(t, again), c.doc) {
				t.Fatal("not the same plan")
			}
			if again.made == nil || again.made.digest != layout.DigestOf(c.doc) {
				t.Error("applying it makes it a third time")
			}
		})
	}
}

// TestReplanStopsWhenCancelled gives up without an answer.
func TestReplanStopsWhenCancelled(t *testing.T) {
	a, target := sampleWorld().archive("corp"), sampleWorld().memory("corp")
	doc := bytes.NewReader(marshal(t, makePlan(t, a, target, Options{})))
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if plan, err := replan(ctx, doc, a, a.digest(), target, inParts); plan != nil || err != context.Canceled {
		t.Error(plan, err)
	}
}

// TestLargeFile takes what can be read twice, and has more than is read whole.
func TestLargeFile(t *testing.T) {
	limits := splitLimits{whole: 10}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	for _, c := range []struct {
		name  string
		doc   io.Reader
		large bool
	}{
		{"small", strings.NewReader("0123456789"), false},
		{"large", strings.NewReader("0123456789a"), true},
		{"a stream", io.LimitReader(strings.NewReader("0123456789a"), 11), false},
		{"a pipe", r, false},
	} {
		if file, err := largeFile(c.doc, limits); err != nil || (file != nil) != c.large {
			t.Errorf("%s: %v, %v", c.name, file, err)
		}
	}
}
