package restore

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/oneanalytics/oa-archive/archive"
	"github.com/oneanalytics/oa-archive/layout"
	"github.com/oneanalytics/oa-archive/tenant"
)

// Undo carries out a plan of [MakeUndoPlan]: everything, or nothing. It
// verifies the whole insurance archive, takes the target's import lock, makes
// the plan again and compares, insures itself if that was asked for, writes
// and deletes, reads back, and commits. The target's journal records it as an
// import, which can be undone in turn.
//
// Carrying out a plan a second time writes nothing: see Result.AlreadyApplied.
//
// Errors for callers to test: [*UndoBlockedError], [*StaleError],
// [ErrPlanAltered], [ErrOtherInsurance], [tenant.ErrLocked], [*CommitError], and
// those of archive verification.
func Undo(ctx context.Context, plan *UndoPlan, insured *archive.Archive, target tenant.Target, opts ApplyOptions) (*Result, error) {
	if blocked := plan.BlockedSteps(); len(blocked) > 0 {
		return nil, &UndoBlockedError{Import: plan.Import.ID, Steps: blocked}
	}
	if opts.Insurance != nil {
		if err := opts.Insurance.check(); err != nil {
			return nil, err
		}
	}
	u, err := newUndoer(ctx, plan.Import.ID, insured, target, plan.Options)
	if err != nil {
		return nil, err
	}
	if u.info.ID != plan.Target.Tenant {
		return nil, fmt.Errorf("restore: the plan is for tenant %q, the target is tenant %q", plan.Target.Tenant, u.info.ID)
	}
	if err := verifyArchive(ctx, insured); err != nil {
		return nil, err
	}
	run := &undoing{undoer: u, undo: plan, target: target, opts: opts}
	return run.do(ctx)
}

// undoing is one undo plan being carried out.
type undoing struct {
	*undoer
	undo   *UndoPlan
	target tenant.Target
	opts   ApplyOptions
	result Result
}

func (r *undoing) do(ctx context.Context) (_ *Result, err error) {
	r.result = Result{
		Format: ResultFormat, Plan: r.undo.ID, Archive: r.undo.Insurance, Target: r.info.ID, Undoes: r.undo.Import.ID,
		Summary: Summary{
			Overwrite: r.undo.Summary.Revert, Delete: r.undo.Summary.Delete, Unchanged: r.undo.Summary.Unchanged,
			Entries: r.undo.Summary.Entries, Bytes: r.undo.Summary.Bytes,
		},
	}
	tx, err := r.target.Begin(ctx)
	if err != nil {
		return nil, fmt.Errorf("restore: begin: %w", err)
	}
	defer func() {
		if rollback := tx.Rollback(); rollback != nil && err != nil {
			err = errors.Join(err, fmt.Errorf("restore: roll back: %w", rollback))
		}
	}()
	was, err := r.undo.Digest()
	if err != nil {
		return nil, err
	}
	again, err := r.undoer.plan(ctx, tx)
	if err != nil {
		return nil, err
	}
	r.result.Fingerprint = r.fingerprint
	if r.fingerprint != r.undo.Target.Fingerprint {
		return r.stale(ctx, was)
	}
	if is, err := again.Digest(); err != nil || was != is {
		return nil, cmp.Or(err, fmt.Errorf("restore: undo plan %s: %w", r.undo.ID, ErrPlanAltered))
	}
	if !r.undo.Writes() {
		r.result.Proof, err = compareInventory(ctx, tx, stateOf(r.digests), false)
		return &r.result, err
	}
	if err := authorize(ctx, r.opts.Authorizer, r.undo.Needs); err != nil {
		return nil, err
	}
	if err := r.carryOut(ctx, tx, was); err != nil {
		return nil, err
	}
	return &r.result, nil
}

func (r *undoing) carryOut(ctx context.Context, tx tenant.Tx, digest layout.Digest) error {
	summary := fmt.Sprintf("undo of import %s: %s", r.undo.Import.ID, r.undo.Summary)
	record, err := newRecord(r.opts, r.undo.Insurance, digest, summary)
	if err != nil {
		return err
	}
	record.Undoes = r.undo.Import.ID
	x := &execution{
		target: r.target, info: r.info, opts: r.opts, record: record, plan: r.undo.listing(), changes: slices.Values(r.changes()),
		held: stateOf(r.digests), before: r.fingerprint, write: r.write, result: &r.result,
	}
	return x.run(ctx, tx)
}

// stale says that the target changed, unless it was this very plan that
// changed it.
func (r *undoing) stale(ctx context.Context, digest layout.Digest) (*Result, error) {
	rec, err := appliedRecord(ctx, r.target, digest)
	if err != nil {
		return nil, err
	}
	if rec != nil {
		r.result.AlreadyApplied, r.result.ImportID, r.result.At = true, rec.ID, rec.At
		return &r.result, nil
	}
	e := &StaleError{Was: r.undo.Target.Fingerprint, Is: r.fingerprint}
	for _, s := range r.undo.Steps {
		for _, entry := range s.Entries {
			is := ""
			if d, ok := r.digests[entry.Path]; ok {
				is = d.String()
			}
			if d, differs := drift(entry.Path, entry.Current, is); differs {
				e.Changed = append(e.Changed, d)
			}
		}
	}
	if len(e.Changed) == 0 {
		e.Changed = []Drift{{What: "elsewhere"}}
	}
	return nil, e
}

// drift says how an entry differs from what a plan saw.
func drift(path, was, is string) (d Drift, differs bool) {
	what := "changed"
	switch {
	case was == is:
		return Drift{}, false
	case was == "":
		what = "new"
	case is == "":
		what = "gone"
	}
	return Drift{Path: path, Was: was, Is: is, What: what}, true
}

// changes returns what the undo does to the entries of the target.
func (r *undoing) changes() []EntryChange {
	var all []EntryChange
	for _, s := range r.undo.Steps {
		for _, e := range s.Entries {
			if !e.Write && !e.Delete {
				continue
			}
			c := EntryChange{Path: e.Path, Name: s.Name, Before: e.Current, After: e.Result, AfterSize: e.ResultSize}
			if e.Current != "" {
				c.BeforeSize = r.dst.entry(nameOfPath(e.Path)).size
			}
			all = append(all, c)
		}
	}
	return all
}

// write puts back every entry out of the insurance.
func (r *undoing) write(ctx context.Context, tx tenant.Tx) error {
	for _, s := range r.undo.Steps {
		for _, e := range s.Entries {
			if !e.Write {
				continue
			}
			if err := r.putBack(ctx, tx, e); err != nil {
				return fmt.Errorf("restore: put back %q: %w", e.Path, err)
			}
			reached("put")
			r.result.Entries++
			r.result.Bytes += e.ResultSize
			if r.opts.Progress != nil {
				r.opts.Progress(r.result.Bytes, r.undo.Summary.Bytes)
			}
		}
	}
	return nil
}

func (r *undoing) putBack(ctx context.Context, tx tenant.Tx, e UndoEntry) (err error) {
	content, err := r.insured.OpenEntry(ctx, e.Path)
	if err != nil {
		return err
	}
	defer func() { err = cmp.Or(err, content.Close()) }()
	at, err := r.insured.ReaderAt(e.Path)
	if err != nil {
		return err
	}
	// Some stores read rows in another order than from front to back.
	return tx.Put(ctx, nameOfPath(e.Path), e.ResultSize, struct {
		io.Reader
		io.ReaderAt
	}{content, at})
}
