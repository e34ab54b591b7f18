package restore

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"

	"github.com/oneanalytics/oa-archive/archive"
	"github.com/oneanalytics/oa-archive/layout"
	"github.com/oneanalytics/oa-archive/manifest"
	"github.com/oneanalytics/oa-archive/schema"
	"github.com/oneanalytics/oa-archive/tenant"
)

// Apply carries out the plan: everything, or nothing. It verifies the whole
// archive first (of one with 32 MiB of content or more of which the plan writes
// less than a quarter, the entries that it writes), takes the target's import
// lock, checks that the target is in the state that the plan was made for, makes
// the plan again and compares (unless this process has made it of the very
// same), writes, reads every written entry back, commits, and checks the
// committed state. Until the commit, an error or a cancelled context leaves the
// target as it was.
//
// Applying a plan a second time writes nothing: see Result.AlreadyApplied.
//
// Errors for callers to test: [*BlockedError], [*StaleError], [*DeniedError], [ErrArchiveChanged],
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
	claimed := plan.made.claim()
	if err := verifyNeeded(ctx, plan, a); err != nil {
		return nil, err
	}
	return applyClaimed(ctx, plan, claimed, a, digest, target, opts)
}

// apply is Apply for an archive that was verified.
func apply(ctx context.Context, plan *Plan, a source, manifestDigest layout.Digest, target tenant.Target, opts ApplyOptions) (*Result, error) {
	return applyClaimed(ctx, plan, plan.made.claim(), a, manifestDigest, target, opts)
}

// applyClaimed applies the plan with the planner that was claimed from it, if
// there is one.
func applyClaimed(ctx context.Context, plan *Plan, claimed *planner, a source, manifestDigest layout.Digest, target tenant.Target, opts ApplyOptions) (*Result, error) {
	info, err := target.Tenant(ctx)
	if err != nil {
		return nil, fmt.Errorf("restore: describe the target: %w", err)
	}
	if info.ID != plan.Target.Tenant {
		return nil, fmt.Errorf("restore: the plan is for tenant %q, the target is tenant %q", plan.Target.Tenant, info.ID)
	}
	run := &application{plan: plan, claimed: claimed, archive: a, digest: manifestDigest, target: target, info: info, opts: opts}
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

// verifyNeeded is verifyArchive, but of a large archive of which the plan needs
// a small part, it checks that part, and the rest is not read
// (docs/decisions/0073-part-of-an-archive.md).
func verifyNeeded(ctx context.Context, plan *Plan, a *archive.Archive) error {
	if part, small := plan.smallPart(a.Manifest()); small {
		return verifyEntries(ctx, a, part)
	}
	return verifyArchive(ctx, a)
}

// largeContent is from how many bytes of content on an archive is large.
const largeContent = 32 << 20

// smallPart returns the entries of the archive that the plan writes, if the
// archive is large and they are less than a quarter of it.
func (p *Plan) smallPart(m *manifest.Manifest) (paths []string, small bool) {
	var all, part int64
	for i := range m.Entries {
		all += m.Entries[i].Size
	}
	for i := range p.Steps {
		for _, se := range p.Steps[i].Entries {
			if !se.Write {
				continue
			}
			if part += se.Size; part >= all/4 {
				return nil, false
			}
			paths = append(paths, se.Path)
		}
	}
	return paths, all >= largeContent
}

// verifyEntries reads entries to their end: what an open archive hands out is
// verified.
func verifyEntries(ctx context.Context, a *archive.Archive, paths []string) error {
	for _, path := range paths {
		r, err := a.OpenEntry(ctx, path)
		if err == nil {
			_, err = io.Copy(io.Discard, r)
			err = errors.Join(err, r.Close())
		}
		if err != nil {
			return fmt.Errorf("restore: verify the archive: %w", err)
		}
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

	document layout.Digest // of the plan's document
	claimed  *planner      // which made the plan; until it is known whether it serves
	planner  *planner      // which goes on
	before   state         // what the target holds
	result   Result
}

func (r *application) do(ctx context.Context) (_ *Result, err error) {
	r.result = Result{Format: ResultFormat, Plan: r.plan.ID, Archive: r.plan.Archive, Target: r.info.ID, Summary: r.plan.Summary}
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
	if already {
		r.result.AlreadyApplied = true
		return &r.result, nil
	}
	if r.plan.Writes() {
		if err := authorize(ctx, r.opts.Authorizer, r.plan.Needs); err != nil {
			return nil, err
		}
		r.result.Asleep = r.plan.Asleep
	}
	x, err := r.execution()
	if err != nil {
		return nil, err
	}
	if !r.plan.Writes() {
		r.result.Proof, err = compareInventory(ctx, tx, r.before, false)
	} else {
		err = x.run(ctx, tx)
	}
	if err != nil {
		return nil, err
	}
	r.result.Proof.SameAsArchive = r.result.Proof.Found == r.plan.Archive.ContentHash
	return &r.result, nil
}

// execution says how this plan is carried out.
func (r *application) execution() (*execution, error) {
	if r.opts.Insurance != nil {
		if err := r.opts.Insurance.check(); err != nil {
			return nil, err
		}
	}
	record, err := newRecord(r.opts, r.plan.Archive, r.document, r.plan.Summary.String())
	return &execution{
		target: r.target, info: r.info, opts: r.opts, record: record, plan: r.plan.listing(), changes: r.plan.entryChanges(r.planner.dst),
		held: r.before, before: r.result.Fingerprint, write: r.write, result: &r.result,
	}, err
}

// precondition checks, under the lock, that the target is as the plan found it
// and that the plan is what its inputs give. already says that the plan was
// applied before.
func (r *application) precondition(ctx context.Context, tx tenant.Tx) (already bool, err error) {
	if r.document, err = r.plan.Digest(); err != nil {
		return false, err
	}
	if r.plan.made.holds(r.document) {
		r.planner, err = r.claimed.goOn(ctx, r.archive, r.digest, tx, r.info)
	}
	r.claimed = nil
	if err != nil {
		return false, fmt.Errorf("restore: read the target: %w", err)
	}
	if r.planner != nil {
		r.before, r.result.Fingerprint = r.planner.dst.state(), r.planner.fingerprint
		return false, nil
	}
	inventory, err := takeInventory(ctx, tx)
	if err != nil {
		return false, fmt.Errorf("restore: read the target: %w", err)
	}
	fingerprint := inventory.hash()
	r.result.Fingerprint = fingerprint
	if fingerprint != r.plan.Target.Fingerprint {
		rec, err := appliedRecord(ctx, r.target, r.document)
		if err != nil || rec == nil {
			return false, cmp.Or(err, error(r.stale(fingerprint, inventory)))
		}
		r.result.ImportID, r.result.At = rec.ID, rec.At
		return true, nil
	}
	r.before = inventory
	return false, r.makeAgain(ctx, tx)
}

// makeAgain makes the plan a second time and compares.
func (r *application) makeAgain(ctx context.Context, tx tenant.Tx) error {
	opts := r.plan.Options
	opts.Authorizer = nil // asked for the whole plan before anything is written
	p, err := newPlannerOn(ctx, r.archive, r.digest, nil, tx, r.info, opts)
	if err != nil {
		return err
	}
	again, err := p.plan(ctx)
	if err != nil {
		return err
	}
	is, err := again.Digest()
	if err != nil {
		return err
	}
	if r.document != is {
		return fmt.Errorf("restore: plan %s: %w", r.plan.ID, ErrPlanAltered)
	}
	r.planner = p
	return nil
}

// stale says how the target differs from what the plan knows of it.
func (r *application) stale(fingerprint string, inventory state) *StaleError {
	e := &StaleError{Was: r.plan.Target.Fingerprint, Is: fingerprint}
	for _, step := range r.plan.Steps {
		for _, se := range step.Entries {
			if se.TargetPath == "" {
				continue
			}
			is := ""
			if h := inventory.find(se.TargetPath); h != nil {
				is = h.digest.String()
			}
			if d, differs := drift(se.TargetPath, se.Current, is); differs {
				e.Changed = append(e.Changed, d)
			}
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
	for n := range r.plan.Steps {
		for i := range r.plan.Steps[n].Entries {
			se := &r.plan.Steps[n].Entries[i]
			if !se.Write {
				continue
			}
			if err := r.put(ctx, tx, n, i, se); err != nil {
				return fmt.Errorf("restore: write %q: %w", se.TargetPath, err)
			}
			reached("put")
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

// put writes entry number i of step number n.
func (r *application) put(ctx context.Context, tx tenant.Tx, n, i int, se *StepEntry) (err error) {
	target, err := layout.Parse(se.TargetPath)
	if err != nil {
		return err
	}
	if _, document := schema.KindOf(target.Kind); document {
		doc, err := r.planner.produce(ctx, n, i, se)
		if err != nil {
			return err
		}
		return tx.Put(ctx, target, int64(len(doc)), bytes.NewReader(doc))
	}
	content, err := r.archive.OpenEntry(ctx, se.Path)
	if err != nil {
		return err
	}
	defer func() { err = cmp.Or(err, content.Close()) }()
	if target.Kind == layout.Rows {
		at, err := r.archive.ReaderAt(se.Path)
		if err != nil {
			return err
		}
		return tx.Put(ctx, target, se.Size, rowsContent{content, at})
	}
	return tx.Put(ctx, target, se.Size, content)
}

// entryChanges returns what the plan does to the entries of the target.
func (p *Plan) entryChanges(dst *index) iter.Seq[EntryChange] {
	return func(yield func(EntryChange) bool) {
		for i := range p.Steps {
			step := &p.Steps[i]
			for _, se := range step.Entries {
				if !se.Write && !se.Delete {
					continue
				}
				c := EntryChange{Path: se.TargetPath, Name: cmp.Or(step.NewName, step.Name), Before: se.Current, After: se.Result, AfterSize: se.ResultSize}
				if name, err := layout.Parse(se.TargetPath); err == nil && se.Current != "" {
					c.BeforeSize = dst.entry(name).size
				}
				if !yield(c) {
					return
				}
			}
		}
	}
}
