package render

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/oneanalytics/oa-archive/diff"
	"github.com/oneanalytics/oa-archive/restore"
)

// longPages print, about n assets, what has a line for each.
var longPages = map[string]func(n int) (print func(*Printer)){
	"plan": func(n int) func(*Printer) {
		plan := somePlan(n)
		return func(p *Printer) { p.Plan(&PlanPage{Plan: plan}) }
	},
	"plan --all": func(n int) func(*Printer) {
		plan := somePlan(n)
		return func(p *Printer) { p.Plan(&PlanPage{Plan: plan, All: true}) }
	},
	"import": func(n int) func(*Printer) {
		plan := somePlan(n)
		return func(p *Printer) {
			p.Imported(&restore.Result{ImportID: "i", Asleep: plan.Asleep}, plan, "store", "tenant")
		}
	},
	"undo": func(n int) func(*Printer) {
		plan := &restore.UndoPlan{}
		for _, s := range someSteps(n) {
			plan.Steps = append(plan.Steps, restore.UndoStep{Kind: s.Kind, ID: s.ID, Name: s.Name, Decision: restore.Revert, Reason: s.Reason})
		}
		return func(p *Printer) { p.Undo(plan, "store", nil) }
	},
	"diff": func(n int) func(*Printer) {
		r := &diff.Result{}
		for _, s := range someSteps(n) {
			r.Changes = append(r.Changes, diff.Change{Status: diff.Changed, Kind: string(s.Kind), ID: s.ID, Name: s.Name, MoreFields: 2})
		}
		return func(p *Printer) { p.Diff(r, "a", "b") }
	},
	"ls -l": func(n int) func(*Printer) {
		return func(p *Printer) {
			p.List(func(yield func(Entry) bool) {
				for i := range n {
					if !yield(Entry{Path: fmt.Sprintf("workspaces/%d.json", i), Kind: "report", SHA256: strings.Repeat("0", 64)}) {
						return
					}
				}
			}, true)
		}
	},
	"inspect --all": func(n int) func(*Printer) {
		o := large(1, 1)
		o.Workspaces = nil
		for i := range n / 50 {
			w := large(5, 9).Workspaces[0]
			w.ID, w.Name = fmt.Sprintf("%08x", i), fmt.Sprint(i)
			o.Workspaces = append(o.Workspaces, w)
		}
		i := inspection(o)
		i.All = true
		return func(p *Printer) { p.Inspect(i) }
	},
}

// perStep is how many bytes a page may hold for each step: numbers of steps,
// nothing of what they say.
const perStep = 48

// TestMemoryOfPages holds the pages that have a line for each asset to memory
// that hardly grows with the number of assets.
func TestMemoryOfPages(t *testing.T) {
	if testing.Short() {
		t.Skip("it is slow under the race detector, and memory is no matter of races")
	}
	const few, many = 1000, 20_000
	for name, page := range longPages {
		t.Run(name, func(t *testing.T) {
			held := func(n int) int64 {
				print := page(n)
				w := newHeldWriter()
				p := NewPrinter(w, 100, false)
				print(p)
				runtime.KeepAlive(print)
				if w.written < int64(n) && name != "import" {
					t.Errorf("%d bytes were printed about %d assets", w.written, n)
				}
				return w.peak
			}
			a, b := held(few), held(many)
			t.Logf("%d bytes are held for %d assets, %d for %d", a, few, b, many)
			if b > a+perStep*(many-few)+1<<18 {
				t.Errorf("%d bytes are held for %d assets, %d for %d", a, few, b, many)
			}
		})
	}
}

// A heldWriter measures how much memory is held while something is written to
// it.
type heldWriter struct {
	base    int64
	peak    int64
	written int64
	next    int64 // when to look next, in bytes written
}

func newHeldWriter() *heldWriter { return &heldWriter{base: liveHeap()} }

func (w *heldWriter) Write(p []byte) (int, error) {
	w.written += int64(len(p))
	if w.written >= w.next {
		w.peak = max(w.peak, liveHeap()-w.base)
		w.next = 2*w.written + 1<<8
	}
	return len(p), nil
}

// liveHeap is what garbage collection leaves, in bytes.
func liveHeap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
