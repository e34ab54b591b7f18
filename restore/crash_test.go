package restore

import (
	"encoding/json"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/oneanalytics/oa-archive/archive"
	"github.com/oneanalytics/oa-archive/internal/pgtest"
	"github.com/oneanalytics/oa-archive/tenant"
	"github.com/oneanalytics/oa-archive/tenant/dirstore"
	"github.com/oneanalytics/oa-archive/tenant/sqlstore"
)

// crashStores makes a blank tenant corp in each kind of store.
var crashStores = map[string]func(*testing.T) (url string){
	"directory": func(t *testing.T) string {
		dir := filepath.Join(t.TempDir(), "tenant")
		s, err := dirstore.Create(dir, tenant.Info{ID: "corp"})
		if err != nil {
			t.Fatal(err)
		}
		s.Close()
		return "dir:" + dir
	},
	"SQLite": func(t *testing.T) string {
		path := filepath.Join(t.TempDir(), "tenants.db")
		db, err := sqlstore.CreateSQLite(t.Context(), path)
		newCorp(t, db, err)
		return "sqlite:" + path
	},
	"PostgreSQL": func(t *testing.T) string {
		database := pgtest.New(t)
		url := database.URLAs(database.Role(t, "CREATE"))
		db, err := sqlstore.CreatePostgres(t.Context(), url)
		newCorp(t, db, err)
		return url
	},
}

func newCorp(t *testing.T, db *sqlstore.DB, err error) {
	t.Helper()
	if err == nil {
		err = db.CreateTenant(t.Context(), tenant.Info{ID: "corp"})
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

// accident is a tenant with a plan that a child carries out.
type accident struct {
	t             *testing.T
	order         childOrder
	target        tenant.Target
	archive       *archive.Archive
	before, after world
	apply         func() (*Result, error)
}

// newAccident prepares an import that creates, replaces and deletes.
func newAccident(t *testing.T, url string, file []byte) *accident {
	t.Helper()
	dir := t.TempDir()
	x := &accident{t: t, target: reopened(t, url), before: withStrays(t, editedWorld(t))}
	x.order = childOrder{Store: url, Archive: filepath.Join(dir, "a.oa-archive"), Plan: filepath.Join(dir, "plan"), Insurance: filepath.Join(dir, "insurance")}
	x.before.putInto(t, x.target)
	x.archive = openArchive(t, file)
	plan, err := MakePlan(t.Context(), x.archive, x.target, Options{Exact: true})
	if err != nil {
		t.Fatal(err)
	}
	if plan.Summary.Create == 0 || plan.Summary.Overwrite == 0 || plan.Summary.Delete == 0 {
		t.Fatalf("the plan has too little to do: %s", plan.decisions())
	}
	doc := marshal(t, plan)
	for path, content := range map[string][]byte{x.order.Archive: file, x.order.Plan: doc} {
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	memory := x.before.memory("corp")
	memory.id = "corp"
	if _, err := Apply(t.Context(), mustParse(t, doc), x.archive, memory, ApplyOptions{}); err != nil {
		t.Fatal(err)
	}
	x.after = memory.content
	x.apply = func() (*Result, error) {
		return Apply(t.Context(), mustParse(t, doc), x.archive, x.target, ApplyOptions{Insurance: x.insurance()})
	}
	return x
}

func mustParse(t *testing.T, doc []byte) *Plan {
	t.Helper()
	plan, err := ParsePlan(doc)
	if err != nil {
		t.Fatal(err)
	}
	return plan
}

func (x *accident) insurance() *Insurance {
	return &Insurance{Place: InsuranceFolder(x.order.Insurance), Signer: signer(x.t)}
}

// turnToUndo imports, and makes the undo of that the plan of the child.
func (x *accident) turnToUndo() {
	x.t.Helper()
	result, err := x.apply()
	if err != nil {
		x.t.Fatal(err)
	}
	x.before, x.after = x.after, x.before
	x.order.Undo, x.order.Archive = true, result.Insurance.Location
	x.archive = x.insurance().policy(x.t, result)
	plan := undoPlan(x.t, result.ImportID, x.archive, x.target, UndoOptions{})
	doc, err := plan.Marshal()
	if err == nil {
		err = os.WriteFile(x.order.Plan, doc, 0o600)
	}
	if err != nil {
		x.t.Fatal(err)
	}
	x.apply = func() (*Result, error) {
		return Undo(x.t.Context(), plan, x.archive, x.target, ApplyOptions{Insurance: x.insurance()})
	}
}

func (x *accident) child() *exec.Cmd {
	x.t.Helper()
	self, err := os.Executable()
	if err != nil {
		x.t.Fatal(err)
	}
	order, err := json.Marshal(x.order)
	if err != nil {
		x.t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), childEnv+"="+string(order))
	return cmd
}

// survey holds the tenant to being as it was before or as it is afterwards,
// and returns which.
func (x *accident) survey() (committed bool) {
	x.t.Helper()
	// A server may still be committing what it was told; the lock says when it
	// is done.
	tx, err := x.target.Begin(x.t.Context())
	if err != nil {
		x.t.Fatal(err)
	}
	if err := tx.Rollback(); err != nil {
		x.t.Fatal(err)
	}
	now := contentOf(x.t, x.target)
	switch {
	case maps.Equal(now, x.before):
		return false
	case maps.Equal(now, x.after):
		return true
	}
	x.t.Fatalf("neither before nor after: %v", now.paths())
	return false
}

// finish carries the plan out twice more, and cleans up.
func (x *accident) finish(committed bool) *Result {
	x.t.Helper()
	second, err := x.apply()
	if err != nil || second.AlreadyApplied != committed {
		x.t.Fatalf("the plan again, committed %v: %+v, %v", committed, second, err)
	}
	if !x.survey() {
		x.t.Error("the second run did not finish")
	}
	third, err := x.apply()
	if err != nil || !third.AlreadyApplied || third.ImportID != second.ImportID || !x.survey() {
		x.t.Errorf("the third run: %+v, %v", third, err)
	}
	if _, err := Abort(x.t.Context(), x.target, InsuranceFolder(x.order.Insurance)); err != nil {
		x.t.Error(err)
	}
	x.wantNoResidue()
	return second
}

func (x *accident) wantNoResidue() {
	x.t.Helper()
	look := func(dir string, bad func(name string) bool) {
		err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
			if err == nil && bad(filepath.Base(path)) {
				x.t.Errorf("left behind: %s", path)
			}
			return err
		})
		if err != nil && !os.IsNotExist(err) {
			x.t.Error(err)
		}
	}
	look(x.order.Insurance, func(name string) bool { return strings.HasSuffix(name, ".partial") })
	if dir, ok := strings.CutPrefix(x.order.Store, "dir:"); ok {
		look(filepath.Join(dir, ".oa-archive"), func(name string) bool {
			return name == "staging" || name == "commit.json" || strings.HasSuffix(name, ".tmp")
		})
	}
}

func eachCrashStore(t *testing.T, test func(t *testing.T, url string, file []byte)) {
	source := sampleWorld().store(t, "corp")
	file := archived(t, source)
	for name, make := range crashStores {
		if testing.Short() && name != "directory" {
			continue // for the race detector, one kind of store will do
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, make(t), file)
		})
	}
}

func TestKilledImports(t *testing.T) {
	steps := []struct {
		name      string
		time      int
		committed bool
	}{
		{"locked", 1, false}, {"insurance written", 1, false}, {"insurance complete", 1, false}, {"insurance committed", 1, false}, {"insured", 1, false},
		{"put", 1, false}, {"put", 3, false}, {"written", 1, false}, {"compared", 1, false}, {"committed", 1, true},
	}
	eachCrashStore(t, func(t *testing.T, url string, file []byte) {
		for i, step := range steps {
			x := newAccident(t, url, file)
			undo := i%3 == 2 || step.committed
			if undo && step.time == 1 {
				x.turnToUndo()
			}
			x.order.Step, x.order.Time = step.name, step.time
			out, err := x.child().CombinedOutput()
			if err == nil || !strings.Contains(err.Error(), "killed") {
				t.Fatalf("%s: the child was not killed: %v\n%s", step.name, err, out)
			}
			if got := x.survey(); got != step.committed {
				t.Errorf("%s: committed: %v", step.name, got)
			}
			if i%2 == 0 { // also without
				if _, err := Abort(t.Context(), x.target, InsuranceFolder(x.order.Insurance)); err != nil {
					t.Error(err)
				}
				x.wantNoResidue()
			}
			x.finish(step.committed)
		}
	})
}

func TestImportsKilledAtAnyMoment(t *testing.T) {
	eachCrashStore(t, func(t *testing.T, url string, file []byte) {
		x := newAccident(t, url, file)
		start := time.Now()
		if out, err := x.child().CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		whole := time.Since(start)
		for range 6 {
			x := newAccident(t, url, file)
			cmd := x.child()
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Duration(rand.Int64N(int64(whole))))
			_ = cmd.Process.Kill() // it may have ended
			_ = cmd.Wait()
			x.finish(x.survey())
		}
	})
}

// TestTwoProcesses has two processes carry out two plans on one tenant at
// once: one of them wins, and the other is refused. With the same plan, both
// succeed, and it is carried out once.
func TestTwoProcesses(t *testing.T) {
	eachCrashStore(t, func(t *testing.T, url string, file []byte) {
		x := newAccident(t, url, file)
		otherPlan, err := MakePlan(t.Context(), x.archive, x.target, Options{OnConflict: Fork})
		if err != nil {
			t.Fatal(err)
		}
		for _, plan := range [][]byte{marshal(t, otherPlan), nil} {
			name := "another plan"
			if plan == nil {
				name = "the same plan"
			}
			x := newAccident(t, url, file)
			one := x.child()
			if plan != nil {
				x.order.Plan += ".other"
				if err := os.WriteFile(x.order.Plan, plan, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			other := x.child()
			imports := len(journalOf(t, x.target))
			var texts [2]strings.Builder
			one.Stderr, other.Stderr = &texts[0], &texts[1]
			for _, cmd := range []*exec.Cmd{one, other} {
				if err := cmd.Start(); err != nil {
					t.Fatal(err)
				}
			}
			failed := 0
			for i, err := range []error{one.Wait(), other.Wait()} {
				if err != nil {
					failed++
					if !strings.Contains(texts[i].String(), "the target changed since the plan was made") {
						t.Errorf("%s: %v: %s", name, err, &texts[i])
					}
				}
			}
			if want := map[bool]int{true: 1, false: 0}[plan != nil]; failed != want {
				t.Errorf("%s: %d processes failed, want %d", name, failed, want)
			}
			if got := len(journalOf(t, x.target)) - imports; got != 1 {
				t.Errorf("%s: %d imports in the journal, want 1", name, got)
			}
			if found := contentOf(t, x.target).problems(); len(found) > 0 {
				t.Errorf("%s: %v", name, found)
			}
			if plan == nil {
				x.finish(true)
			}
		}
	})
}

func journalOf(t *testing.T, target tenant.Target) []tenant.ImportRecord {
	t.Helper()
	all, err := target.(tenant.Journal).Imports(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return all
}
