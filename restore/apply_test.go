package restore

import (
	"context"
	"errors"
	"io"
	"iter"
	"maps"
	"strings"
	"testing"

	"github.com/oneanalytics/oa-archive/layout"
	"github.com/oneanalytics/oa-archive/tenant"
)

func applyAll(plan *Plan, a *memArchive, target tenant.Target) (*Result, error) {
	return apply(context.Background(), plan, a, a.digest(), target, ApplyOptions{})
}

func TestApplyTwice(t *testing.T) {
	a, target := sampleWorld().archive("corp"), world{}.store(t, "corp").Target()
	plan := makePlan(t, a, target, Options{Rows: true})
	first := mustApply(t, plan, a, target)
	if first.Entries != len(sampleWorld()) || first.ImportID == "" || first.Fingerprint != plan.Archive.ContentHash {
		t.Errorf("%+v", first)
	}
	second := mustApply(t, plan, a, target)
	if !second.AlreadyApplied || second.ImportID != first.ImportID || second.Entries != 0 {
		t.Errorf("%+v", second)
	}
	journal := target.(tenant.Journal)
	imports, err := journal.Imports(context.Background())
	if err != nil || len(imports) != 1 || imports[0].Summary != "9 created" {
		t.Errorf("journal %+v, %v", imports, err)
	}
	none := mustApply(t, makePlan(t, a, target, Options{Rows: true}), a, target)
	if none.Entries != 0 || none.ImportID != "" || none.AlreadyApplied {
		t.Errorf("a plan without changes: %+v", none)
	}
}

func TestApplyRefuses(t *testing.T) {
	a := sampleWorld().archive("corp")
	edited := sampleWorld().edit(t, revenuePath, `"name": "Revenue"`, `"name": "Edited"`)

	t.Run("blocked", func(t *testing.T) {
		target := edited.store(t, "corp").Target()
		_, err := Apply(context.Background(), makePlan(t, a, target, Options{}), nil, target, ApplyOptions{})
		var blocked *BlockedError
		if !errors.As(err, &blocked) || len(blocked.Steps) != 1 || !strings.Contains(err.Error(), `report "Revenue" (`+revenue+`): needs an answer`) {
			t.Error(err)
		}
	})
	t.Run("stale", func(t *testing.T) {
		target := edited.store(t, "corp").Target()
		plan := makePlan(t, a, target, Options{OnConflict: Overwrite})
		now := edited.clone().edit(t, revenuePath, "Edited", "Edited again").without(detail)
		now.putInto(t, target)
		_, err := applyAll(plan, a, target)
		var stale *StaleError
		if !errors.As(err, &stale) || !strings.Contains(err.Error(), revenuePath+": changed") || !strings.Contains(err.Error(), detailPath+": gone") {
			t.Fatal(err)
		}
		if !maps.Equal(contentOf(t, target), now) {
			t.Error("the target changed")
		}
	})
	t.Run("stale elsewhere", func(t *testing.T) {
		target := world{}.store(t, "corp").Target()
		plan := makePlan(t, a, target, Options{Select: []string{"workspace:Ops"}})
		world{opsMeta + "": strings.ReplaceAll(sampleWorld()[opsMeta], wsOps, wsSales)}.rename(opsMeta, salesMeta).putInto(t, target)
		if _, err := applyAll(plan, a, target); err == nil || !strings.Contains(err.Error(), "entries that the plan does not touch") {
			t.Error(err)
		}
	})
	t.Run("another archive", func(t *testing.T) {
		target := world{}.store(t, "corp").Target()
		plan := makePlan(t, a, target, Options{})
		other := edited.archive("corp")
		if err := plan.checkArchive(other.Manifest(), other.digest()); !errors.Is(err, ErrArchiveChanged) {
			t.Error(err)
		}
		if err := plan.checkArchive(a.Manifest(), a.digest()); err != nil {
			t.Error(err)
		}
	})
	t.Run("another tenant", func(t *testing.T) {
		plan := makePlan(t, a, world{}.store(t, "corp").Target(), Options{})
		if _, err := applyAll(plan, a, world{}.store(t, "corp2").Target()); err == nil || !strings.Contains(err.Error(), `the plan is for tenant "corp"`) {
			t.Error(err)
		}
		_, err := tryPlan(a, world{}.store(t, "corp2").Target(), Options{})
		var other *OtherTenantError
		if !errors.As(err, &other) || other.Archive != "corp" || other.Target != "corp2" {
			t.Error(err)
		}
	})
	t.Run("an edited plan", func(t *testing.T) {
		target := edited.store(t, "corp").Target()
		plan := makePlan(t, a, target, Options{OnConflict: Overwrite})
		doc := strings.Replace(string(marshal(t, plan)), `"decision": "overwrite"`, `"decision": "unchanged"`, 1)
		if _, err := ParsePlan([]byte(doc)); !errors.Is(err, ErrPlanAltered) {
			t.Error(err)
		}
		plan.Steps[0].Changes = append(plan.Steps[0].Changes, "forged")
		plan.ID, _ = plan.computeID()
		if _, err := applyAll(plan, a, target); !errors.Is(err, ErrPlanAltered) {
			t.Error(err)
		}
	})
	t.Run("locked", func(t *testing.T) {
		target := world{}.store(t, "corp").Target()
		plan := makePlan(t, a, target, Options{})
		tx, err := target.Begin(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		defer tx.Rollback()
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		if _, err := apply(ctx, plan, a, a.digest(), target, ApplyOptions{}); !errors.Is(err, tenant.ErrLocked) && !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
}

func (w world) rename(from, to string) world {
	w[to] = w[from]
	delete(w, from)
	return w
}

// failing is a target whose transactions fail at one call.
type failing struct {
	tenant.Target
	at   *int // calls left until the failure
	stop func() error
}

var errFault = errors.New("injected fault")

func (f failing) Begin(ctx context.Context) (tenant.Tx, error) {
	tx, err := f.Target.Begin(ctx)
	return failingTx{tx, f}, err
}

type failingTx struct {
	tenant.Tx
	f failing
}

func (x failingTx) hit() error {
	*x.f.at--
	if *x.f.at == 0 {
		return x.f.stop()
	}
	return nil
}

func (x failingTx) Inventory(ctx context.Context) iter.Seq2[tenant.Entry, error] {
	return func(yield func(tenant.Entry, error) bool) {
		if err := x.hit(); err != nil {
			yield(tenant.Entry{}, err)
			return
		}
		x.Tx.Inventory(ctx)(yield)
	}
}

func (x failingTx) Put(ctx context.Context, n layout.Name, size int64, r io.Reader) error {
	if err := x.hit(); err != nil {
		return err
	}
	return x.Tx.Put(ctx, n, size, r)
}

func (x failingTx) Commit(ctx context.Context, rec tenant.ImportRecord) error {
	if err := x.hit(); err != nil {
		return err
	}
	return x.Tx.Commit(ctx, rec)
}

// TestFaultsLeaveTheTargetAsItWas fails and cancels an import at every call
// that it makes.
func TestFaultsLeaveTheTargetAsItWas(t *testing.T) {
	a := sampleWorld().archive("corp")
	before := sampleWorld().edit(t, revenuePath, `"name": "Revenue"`, `"name": "Edited"`).without(detail, drop)
	before.edit(t, revenuePath, `, "drill_to": {"report": "`+detail+`"}`, "")
	target := before.store(t, "corp").Target()
	plan := makePlan(t, a, target, Options{OnConflict: Overwrite})
	for calls := 1; ; calls++ {
		for _, cancels := range []bool{false, true} {
			ctx, cancel := context.WithCancel(context.Background())
			left := calls
			f := failing{target, &left, func() error {
				if cancels {
					cancel()
					return nil
				}
				return errFault
			}}
			_, err := apply(ctx, plan, a, a.digest(), f, ApplyOptions{})
			cancel()
			if left > 0 {
				if err != nil {
					t.Fatalf("%d calls: %v", calls, err)
				}
				if got := contentOf(t, target)[revenuePath]; got != sampleWorld()[revenuePath] {
					t.Error("not imported in the end")
				}
				return
			}
			if err == nil && cancels {
				// The last call was the commit, which had begun.
				before.putInto(t, target)
				continue
			}
			if err == nil {
				t.Fatalf("call %d failed, but the import did not", calls)
			}
			if !maps.Equal(contentOf(t, target), before) {
				t.Fatalf("the target changed, though call %d failed: %v", calls, err)
			}
		}
	}
}

// spoiling changes what is written.
type spoiling struct{ tenant.Target }

func (s spoiling) Begin(ctx context.Context) (tenant.Tx, error) {
	tx, err := s.Target.Begin(ctx)
	return spoilingTx{tx}, err
}

type spoilingTx struct{ tenant.Tx }

func (s spoilingTx) Put(ctx context.Context, n layout.Name, _ int64, r io.Reader) error {
	return s.Tx.Put(ctx, n, -1, io.MultiReader(r, strings.NewReader(" ")))
}

func TestReadBackNoticesASpoiledWrite(t *testing.T) {
	a, target := sampleWorld().archive("corp"), world{}.store(t, "corp").Target()
	plan := makePlan(t, a, target, Options{})
	_, err := applyAll(plan, a, spoiling{target})
	if err == nil || !strings.Contains(err.Error(), "restore: read back: entry") {
		t.Error(err)
	}
	if left := contentOf(t, target); len(left) != 0 {
		t.Errorf("left behind: %v", left.paths())
	}
}

func TestProgress(t *testing.T) {
	a, target := sampleWorld().archive("corp"), world{}.store(t, "corp").Target()
	plan := makePlan(t, a, target, Options{Rows: true})
	var last, total int64
	_, err := apply(context.Background(), plan, a, a.digest(), target, ApplyOptions{Progress: func(d, n int64) {
		if d <= last {
			t.Errorf("progress went from %d to %d", last, d)
		}
		last, total = d, n
	}})
	if err != nil || last != total || total != plan.Summary.Bytes {
		t.Errorf("%d of %d, %v", last, total, err)
	}
}

// mute loses the answers to commits that took effect.
type mute struct{ *memTarget }

func (m mute) Begin(ctx context.Context) (tenant.Tx, error) {
	tx, err := m.memTarget.Begin(ctx)
	return muteTx{tx}, err
}

type muteTx struct{ tenant.Tx }

func (x muteTx) Commit(ctx context.Context, rec tenant.ImportRecord) error {
	return errors.Join(x.Tx.Commit(ctx, rec), errFault)
}

func TestLostAnswerToACommit(t *testing.T) {
	a, target := sampleWorld().archive("corp"), world{}.memory("corp")
	plan := makePlan(t, a, target, Options{Rows: true})
	result := mustApply(t, plan, a, mute{target})
	if result.ImportID == "" || !maps.Equal(target.content, sampleWorld()) {
		t.Errorf("%+v", result)
	}

	left := len(sampleWorld()) + 4 // two inventories, the entries, the commit
	again := world{}.memory("corp")
	_, err := applyAll(plan, a, failing{again, &left, func() error { return errFault }})
	var commit *CommitError
	if !errors.As(err, &commit) || !errors.Is(err, errFault) || !strings.Contains(err.Error(), "apply the same plan again") {
		t.Error(err)
	}
}

func TestCancelledPlan(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	a, target := sampleWorld().archive("corp"), world{}.memory("corp")
	if _, err := newPlannerOn(ctx, a, a.digest(), nil, target, tenant.Info{ID: "corp"}, Options{}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
