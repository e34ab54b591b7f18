package tenanttest

import (
	"fmt"
	"runtime"
	"slices"
	"sync"
	"testing"

	"github.com/oneanalytics/oa-archive/tenant"
)

func TestMemoryKeepsEveryPromise(t *testing.T) {
	Run(t, openMemory(""))
}

// TestSuiteNoticesFaults runs the suite against stores with one fault each:
// the promise that the fault breaks must fail.
func TestSuiteNoticesFaults(t *testing.T) {
	for fault, broken := range map[string]string{
		"order by path":              "entries come in canonical order",
		"order reversed":             "two thousand entries keep order and content",
		"last entry missing":         "entries come in canonical order",
		"entry yielded twice":        "entries come in canonical order",
		"page lost":                  "two thousand entries keep order and content",
		"tenant forgotten":           "the tenant is described as it was made",
		"digest wrong":               "bytes come back exactly",
		"digest withheld":            "the inventory states every size and digest",
		"size wrong":                 "bytes come back exactly",
		"newlines normalised":        "bytes come back exactly",
		"mark dropped":               "bytes come back exactly",
		"tail lost":                  "content of unknown size is stored whole",
		"selection ignored":          "the zero selection leaves out rows and the audit trail",
		"unknown workspace is empty": "an unknown workspace is ErrNoEntry",
		"snapshot moves on":          "a snapshot listed after a commit is of before it",
		"mixture":                    "a snapshot read after a commit is of before it",
		"uncommitted visible":        "a snapshot does not see an open transaction",
		"dirty rollback":             "Rollback leaves nothing",
		"stale inventory":            "the transaction's inventory sees its changes",
		"commit does nothing":        "a commit is visible at once",
		"commit after rollback":      "a transaction that ended takes no more changes",
		"errors forgotten":           "a transaction cannot be committed after an error",
		"reader's error swallowed":   "an error of the reader leaves nothing",
		"unexpected end swallowed":   "an error of the reader leaves nothing",
		"mixture later":              "the inventory's contents can be opened later",
		"short content accepted":     "content shorter than stated is refused",
		"long content accepted":      "content longer than stated is refused",
		"any name":                   "names that are no entry's are refused",
		"deleting nothing":           "Delete of an absent entry is ErrNoEntry",
		"deletes nothing":            "every entry can be deleted",
		"listing ignores context":    "a cancelled context ends reading",
		"writing ignores context":    "a cancelled context ends changing",
		"closing forgotten":          "a closed snapshot yields nothing more",
		"no lock":                    "a second Begin is ErrLocked when its context ends",
		"journal forgets":            "the journal lists what was committed, oldest first",
		"imports repeated":           "an import is committed once",
		"any record":                 "a record without an id or a time is refused",
	} {
		t.Run(fault, func(t *testing.T) {
			i := slices.IndexFunc(promises(), func(p promise) bool { return p.name == broken })
			if i < 0 {
				t.Fatalf("no promise is named %q", broken)
			}
			if failures := try(t, promises()[i], openMemory(fault)); len(failures) == 0 {
				t.Errorf("the promise %q holds", broken)
			}
		})
	}
}

func TestPromisesAreNamedOnce(t *testing.T) {
	seen := map[string]bool{}
	for _, p := range promises() {
		if seen[p.name] {
			t.Errorf("%q is the name of two promises", p.name)
		}
		seen[p.name] = true
	}
}

// A recorder collects failures instead of failing the test it is part of.
type recorder struct {
	testing.TB
	mu       sync.Mutex
	failures []string
	cleanups []func()
}

// try checks one promise and returns how it failed.
func try(t *testing.T, p promise, open OpenFunc) []string {
	return collect(t, func(tb testing.TB) { p.run(tb, open) })
}

// collect runs a test and returns how it failed.
func collect(t *testing.T, test func(testing.TB)) []string {
	r := &recorder{TB: t}
	done := make(chan struct{})
	go func() {
		defer close(done)
		test(r)
	}()
	<-done
	for _, cleanup := range slices.Backward(r.cleanups) {
		cleanup()
	}
	return r.failures
}

func (r *recorder) Helper()          {}
func (r *recorder) Cleanup(f func()) { r.cleanups = append(r.cleanups, f) }

func (r *recorder) Error(args ...any)                 { r.fail(fmt.Sprint(args...)) }
func (r *recorder) Errorf(format string, args ...any) { r.fail(fmt.Sprintf(format, args...)) }
func (r *recorder) Fatal(args ...any)                 { r.fail(fmt.Sprint(args...)); runtime.Goexit() }
func (r *recorder) Fatalf(format string, args ...any) {
	r.fail(fmt.Sprintf(format, args...))
	runtime.Goexit()
}

func (r *recorder) fail(text string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failures = append(r.failures, text)
}

var _ tenant.Journal = (*memory)(nil)
