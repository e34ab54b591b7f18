package restore

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/oneanalytics/oa-archive/archive"
	"github.com/oneanalytics/oa-archive/layout"
	"github.com/oneanalytics/oa-archive/manifest"
	"github.com/oneanalytics/oa-archive/tenant"
)

// Apply carries out the plan: everything, or nothing. It verifies the whole
// archive first, takes the target's import lock, checks that the target is in
// the state that the plan was made for, makes the plan again and compares,
// writes, reads every written entry back, commits, and checks the committed
// state. Until the commit, an error or a cancelled context leaves the target
// as it was.
//
// Applying a plan a second time writes nothing: see Result.AlreadyApplied.
//
// Errors for callers to test: [*BlockedError], [*StaleError], [ErrArchiveChanged],
// [ErrPlanAltered], [tenant.ErrLocked], and those of archive verification.
// A [*CommitError] means that the commit's outcome is not known.
func Apply(ctx context.Context, plan *Plan, a *archive.Archive, target tenant.Target, opts ApplyOptions) (*Result, error) {
	if blocked := plan.BlockedSteps(); len(blocked) > 0 {
		return nil, &BlockedError{Steps: blocked}
	}
	digest := layout.Digest(a.ManifestDigest())
	if err := plan.checkArchive(a.Manifest(), digest); err != nil {
		return nil, err
	}
	if err := verifyArchive(ctx, a); err != nil {
		return nil, err
	}
	return apply(ctx, plan, a, digest, target, opts)
}

// apply is Apply for an archive that was verified.
func apply(ctx context.Context, plan *Plan, a source, manifestDigest layout.Digest, target tenant.Target, opts ApplyOptions) (*Result, error) {
	info, err := target.Tenant(ctx)
	if err != nil {
		return nil, fmt.Errorf("restore: describe the target: %w", err)
	}
	if info.ID != plan.Target.Tenant {
		return nil, fmt.Errorf("restore: the plan is for tenant %q, the target is tenant %q", plan.Target.Tenant, info.ID)
	}
	run := &application{plan: plan, archive: a, digest: manifestDigest, target: target, info: info, opts: opts}
	return run.do(ctx)
}

// checkArchive refuses an archive that the plan was not made for.
func (p *Plan) checkArchive(m *manifest.Manifest, digest layout.Digest) error {
	if p.Archive.Manifest != digest.String() || p.Archive.ContentHash != m.ContentHash || p.Archive.ID != m.ID {
		return fmt.Errorf("restore: %w: it names archive %s, this is %s; plan the import of this one", ErrArchiveChanged, p.Archive.ID, m.ID)
	}
	return nil
}

// verifyArchive checks every byte of the archive, so that nothing is written
// from one that is damaged further on.
func verifyArchive(ctx context.Context, a *archive.Archive) error {
	report, err := a.Verify(ctx)
	if err != nil {
		return fmt.Errorf("restore: verify the archive: %w", err)
	}
	if more := len(report.Findings) - 1 + report.Dropped; more > 0 {
		return fmt.Errorf("restore: verify the archive: %w, and %d more findings", report.Err(), more)
	}
	if err := report.Err(); err != nil {
		return fmt.Errorf("restore: verify the archive: %w", err)
	}
	return nil
}

// application is one plan being applied.
type application struct {
	plan    *Plan
	archive source
	digest  layout.Digest // of the archive's manifest
	target  tenant.Target
	info    tenant.Info
	opts    ApplyOptions
	planner *planner
	result  Result
}

func (r *application) do(ctx context.Context) (_ *Result, err error) {
	r.result = Result{Plan: r.plan.ID, Summary: r.plan.Summary}
	tx, err := r.target.Begin(ctx)
	if err != nil {
		return nil, fmt.Errorf("restore: begin: %w", err)
	}
	defer func() {
		if rollback := tx.Rollback(); rollback != nil && err != nil {
			err = errors.Join(err, fmt.Errorf("restore: roll back: %w", rollback))
		}
	}()
	already, err := r.precondition(ctx, tx)
	if err != nil {
		return nil, err
	}
	if already || !r.plan.Writes() {
		r.result.AlreadyApplied = already
		return &r.result, nil
	}
	if err := r.write(ctx, tx); err != nil {
		return nil, err
	}
	want := r.expected()
	if err := compareInventory(ctx, tx, want, r.written()); err != nil {
		return nil, fmt.Errorf("restore: read back: %w", err)
	}
	if err := r.commit(ctx, tx); err != nil {
		return nil, err
	}
	// The import stands whatever becomes of the context now.
	if err := compareInventory(context.WithoutCancel(ctx), r.target, want, nil); err != nil {
		return nil, fmt.Errorf("restore: the import was committed, but the target does not show it: %w", err)
	}
	return &r.result, nil
}

// precondition checks, under the lock, that the target is as the plan found it
// and that the plan is what its inputs give. already says that the plan was
// applied before.
func (r *application) precondition(ctx context.Context, tx tenant.Tx) (already bool, err error) {
	fingerprint, inventory, err := takeInventory(ctx, tx)
	if err != nil {
		return false, fmt.Errorf("restore: read the target: %w", err)
	}
	r.result.Fingerprint = fingerprint
	if fingerprint != r.plan.Target.Fingerprint {
		rec, err := r.journalled(ctx)
		if err != nil || rec == nil {
			return false, cmp.Or(err, error(r.stale(fingerprint, inventory)))
		}
		r.result.ImportID, r.result.At = rec.ID, rec.At
		return true, nil
	}
	p, err := newPlannerOn(ctx, r.archive, r.digest, r.plan.read, tx, r.info, r.plan.Options)
	if err != nil {
		return false, err
	}
	again, err := p.plan(ctx)
	if err != nil {
		return false, err
	}
	was, err := r.plan.Digest()
	if err != nil {
		return false, err
	}
	is, err := again.Digest()
	if err != nil {
		return false, err
	}
	if was != is {
		return false, fmt.Errorf("restore: plan %s: %w", r.plan.ID, ErrPlanAltered)
	}
	r.planner = p
	return false, nil
}

// journalled returns the record of this very plan in the target's journal.
func (r *application) journalled(ctx context.Context) (*tenant.ImportRecord, error) {
	journal, ok := r.target.(tenant.Journal)
	if !ok {
		return nil, nil
	}
	imports, err := journal.Imports(ctx)
	if err != nil {
		return nil, fmt.Errorf("restore: read the target's journal: %w", err)
	}
	digest, err := r.plan.Digest()
	if err != nil {
		return nil, err
	}
	for i := len(imports) - 1; i >= 0; i-- {
		if imports[i].Plan == digest.String() {
			return &imports[i], nil
		}
	}
	return nil, nil
}

// stale says how the target differs from what the plan knows of it.
func (r *application) stale(fingerprint string, inventory map[string]layout.Digest) *StaleError {
	e := &StaleError{Was: r.plan.Target.Fingerprint, Is: fingerprint}
	for _, step := range r.plan.Steps {
		for _, se := range step.Entries {
			if se.TargetPath == "" {
				continue
			}
			d, ok := inventory[se.TargetPath]
			is := ""
			if ok {
				is = d.String()
			}
			what := ""
			switch {
			case is == se.Current:
				continue
			case se.Current == "":
				what = "new"
			case is == "":
				what = "gone"
			default:
				what = "changed"
			}
			e.Changed = append(e.Changed, Drift{Path: se.TargetPath, Was: se.Current, Is: is, What: what})
		}
	}
	if len(e.Changed) == 0 {
		e.Changed = []Drift{{What: "elsewhere"}}
	}
	return e
}

// write puts every entry that the plan writes, in canonical order.
func (r *application) write(ctx context.Context, tx tenant.Tx) error {
	var done int64
	for _, it := range r.planner.items {
		for i, e := range it.asset.entries {
			se := it.entries[i]
			if !se.Write {
				continue
			}
			if err := r.put(ctx, tx, it, e, se); err != nil {
				return fmt.Errorf("restore: write %q: %w", se.TargetPath, err)
			}
			done += se.ResultSize
			r.result.Entries++
			r.result.Bytes = done
			if r.opts.Progress != nil {
				r.opts.Progress(done, r.plan.Summary.Bytes)
			}
		}
	}
	return nil
}

func (r *application) put(ctx context.Context, tx tenant.Tx, it *item, e entry, se StepEntry) (err error) {
	target, _ := r.planner.targetName(it, e)
	if e.isDocument() {
		doc, err := r.planner.content(ctx, it, e)
		if err != nil {
			return err
		}
		if got := layout.DigestOf(doc).String(); got != se.Result {
			return fmt.Errorf("its SHA-256 is %s, the plan says %s", got, se.Result)
		}
		return tx.Put(ctx, target, int64(len(doc)), bytes.NewReader(doc))
	}
	content, err := r.archive.OpenEntry(ctx, e.name.String())
	if err != nil {
		return err
	}
	defer func() { err = cmp.Or(err, content.Close()) }()
	return tx.Put(ctx, target, e.size, content)
}

// expected returns the digests of the target's entries after the import.
func (r *application) expected() map[string]layout.Digest {
	want := make(map[string]layout.Digest, len(r.planner.dst.digest))
	for name, d := range r.planner.dst.digest {
		want[name.String()] = d
	}
	for path, d := range r.written() {
		want[path] = d
	}
	return want
}

// written returns the entries that the plan writes.
func (r *application) written() map[string]layout.Digest {
	all := map[string]layout.Digest{}
	for _, step := range r.plan.Steps {
		for _, se := range step.Entries {
			if se.Write {
				// Plans hold the digests that Digest.String gave.
				d, _ := layout.ParseDigest(se.Result)
				all[se.TargetPath] = d
			}
		}
	}
	return all
}

func (r *application) commit(ctx context.Context, tx tenant.Tx) error {
	id := r.opts.ImportID
	if id == "" {
		fresh, err := uuid.NewV7()
		if err != nil {
			return fmt.Errorf("restore: %w", err)
		}
		id = fresh.String()
	}
	at := r.opts.Now
	if at.IsZero() {
		at = time.Now()
	}
	digest, err := r.plan.Digest()
	if err != nil {
		return err
	}
	rec := tenant.ImportRecord{
		ID: id, Archive: r.plan.Archive.ID, ContentHash: r.plan.Archive.ContentHash,
		Plan: digest.String(), At: at.UTC().Truncate(time.Second), Summary: r.plan.Summary.String(),
	}
	if err := rec.Check(); err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	if err := tx.Commit(ctx, rec); err != nil {
		// The answer may be lost although the commit took effect.
		if done, readErr := r.journalled(context.WithoutCancel(ctx)); readErr != nil || done == nil || done.ID != rec.ID {
			return &CommitError{Err: err}
		}
	}
	r.result.ImportID, r.result.At = rec.ID, rec.At
	fingerprint, _, err := takeInventory(context.WithoutCancel(ctx), r.target)
	if err != nil {
		return fmt.Errorf("restore: the import was committed, but the target cannot be read: %w", err)
	}
	r.result.Fingerprint = fingerprint
	return nil
}
