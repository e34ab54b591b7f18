package restore

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/oneanalytics/oa-archive/archive"
	"github.com/oneanalytics/oa-archive/layout"
	"github.com/oneanalytics/oa-archive/tenant"
)

// reached is called at the steps of an import; tests die there.
var reached = func(step string) {}

// An execution is what carrying out plans of any kind has in common, once it
// is certain under the lock that the plan fits the target.
type execution struct {
	target tenant.Target
	info   tenant.Info
	opts   ApplyOptions

	record  tenant.ImportRecord   // for the target's journal
	plan    listing               // the plan's document
	changes iter.Seq[EntryChange] // what the plan does to the target
	held    state
	before  string // fingerprint of held

	// write puts every entry that changes say is written.
	write func(ctx context.Context, tx tenant.Tx) error

	result   *Result
	insuring *insuring
}

// newRecord draws up the journal's record of a plan.
func newRecord(opts ApplyOptions, of ArchiveRef, plan layout.Digest, summary string) (tenant.ImportRecord, error) {
	id := opts.ImportID
	if id == "" {
		fresh, err := uuid.NewV7()
		if err != nil {
			return tenant.ImportRecord{}, fmt.Errorf("restore: %w", err)
		}
		id = fresh.String()
	}
	at := opts.Now
	if at.IsZero() {
		at = time.Now()
	}
	rec := tenant.ImportRecord{
		ID: id, Archive: of.ID, ContentHash: of.ContentHash, Plan: plan.String(),
		At: at.UTC().Truncate(time.Second), Summary: summary,
	}
	if err := rec.Check(); err != nil {
		return rec, fmt.Errorf("restore: %w", err)
	}
	return rec, nil
}

// run insures, writes, deletes, reads back, commits, and compares what was
// committed. Until the commit an error leaves the target as it was, and no
// insurance archive.
func (x *execution) run(ctx context.Context, tx tenant.Tx) (err error) {
	reached("locked")
	want, err := x.expected()
	if err != nil {
		return err
	}
	if err := x.insure(ctx, tx, want); err != nil {
		return &InsuranceError{Err: err}
	}
	reached("insured")
	defer func() {
		var unknown *CommitError
		if err != nil && x.result.ImportID == "" && x.insuring != nil && !errors.As(err, &unknown) {
			err = errors.Join(err, x.insuring.remove(ctx))
		}
	}()
	if err := x.write(ctx, tx); err != nil {
		return err
	}
	if err := x.remove(ctx, tx); err != nil {
		return err
	}
	reached("written")
	proof, err := compareInventory(ctx, tx, want, true)
	if err != nil {
		return fmt.Errorf("restore: read back: %w", err)
	}
	x.result.Proof, x.result.Fingerprint = proof, proof.Found
	reached("compared")
	if err := x.commit(ctx, tx); err != nil {
		return err
	}
	reached("committed")
	// The import stands whatever becomes of the context now.
	return x.confirm(context.WithoutCancel(ctx), want)
}

// expected returns what the target holds after the import. It takes what it
// held for it.
func (x *execution) expected() (state, error) {
	want, err := x.held.after(x.changes)
	x.held = nil
	if err != nil {
		return nil, fmt.Errorf("restore: %w", err)
	}
	return want, nil
}

// insure writes the insurance archive, if one was asked for.
func (x *execution) insure(ctx context.Context, tx tenant.Tx, want state) error {
	if x.opts.Insurance == nil {
		return nil
	}
	entries := slices.Collect(x.changes)
	x.insuring = &insuring{
		Insurance: x.opts.Insurance, plan: x.plan, name: InsuranceName(x.info.ID, x.record.ID),
		record: &InsuranceRecord{
			Format: InsuranceRecordFormat, Import: x.record.ID, Tenant: x.info.ID, At: x.record.At.Format(time.RFC3339),
			Plan: x.record.Plan, Before: x.before, After: want.hash(), Entries: entries,
			Workspaces: workspaceHashes(entries, want),
		},
	}
	ref, err := x.insuring.write(ctx, tx, x.info, archive.WriterOptions{Created: x.record.At})
	if err != nil {
		x.insuring = nil // nothing is left of it
		return err
	}
	x.record.Insurance, x.record.InsuranceManifest = ref.Location, ref.Manifest
	x.result.Insurance = ref
	return nil
}

// remove deletes every entry that changes say is deleted.
func (x *execution) remove(ctx context.Context, tx tenant.Tx) error {
	for c := range x.changes {
		if c.After != "" {
			continue
		}
		name, err := layout.Parse(c.Path)
		if err == nil {
			err = tx.Delete(ctx, name)
		}
		if err != nil {
			return fmt.Errorf("restore: delete %q: %w", c.Path, err)
		}
		x.result.Deleted++
	}
	return nil
}

func (x *execution) commit(ctx context.Context, tx tenant.Tx) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	if err := tx.Commit(ctx, x.record); err != nil {
		// The answer may be lost although the commit took effect.
		done, readErr := journalRecord(context.WithoutCancel(ctx), x.target, func(r tenant.ImportRecord) bool { return r.ID == x.record.ID })
		if readErr != nil || done == nil {
			return &CommitError{Err: err}
		}
	}
	x.result.ImportID, x.result.At = x.record.ID, x.record.At
	return nil
}

// confirm holds what everybody sees now against what was committed. When
// another import has come since, that one has the last word, and this one was
// proved before its commit.
func (x *execution) confirm(ctx context.Context, want state) error {
	const tries = 5
	for try := 1; ; try++ {
		_, err := compareInventory(ctx, x.target, want, false)
		if err == nil {
			return nil
		}
		later, journalErr := x.later(ctx)
		switch {
		case journalErr == nil && later != "":
			x.result.Proof.ChangedSince = later
			return nil
		case errors.Is(err, tenant.ErrChanged) && try < tries:
			continue
		}
		return fmt.Errorf("restore: the import was committed, but the target does not show it: %w", cmp.Or(journalErr, err))
	}
}

// later returns the id of the first import that came after this one, or "".
func (x *execution) later(ctx context.Context) (string, error) {
	journal, ok := x.target.(tenant.Journal)
	if !ok {
		return "", nil
	}
	imports, err := journal.Imports(ctx)
	if err != nil {
		return "", err
	}
	at := slices.IndexFunc(imports, func(r tenant.ImportRecord) bool { return r.ID == x.record.ID })
	if at < 0 || at+1 == len(imports) {
		return "", nil
	}
	return imports[at+1].ID, nil
}

// appliedRecord returns the newest record of a plan that was applied and not
// undone since, or nil when there is none. What an undo has undone is none,
// unless that undo was undone in turn.
func appliedRecord(ctx context.Context, target tenant.Target, plan layout.Digest) (*tenant.ImportRecord, error) {
	undone := map[string]bool{}
	return journalRecord(ctx, target, func(r tenant.ImportRecord) bool {
		if undone[r.ID] {
			return false
		}
		undone[r.Undoes] = true
		return r.Plan == plan.String()
	})
}

// journalRecord returns the first record that is, looking from the newest to
// the oldest, or nil when there is none or the target keeps no journal.
func journalRecord(ctx context.Context, target tenant.Target, is func(tenant.ImportRecord) bool) (*tenant.ImportRecord, error) {
	journal, ok := target.(tenant.Journal)
	if !ok {
		return nil, nil
	}
	imports, err := journal.Imports(ctx)
	if err != nil {
		return nil, fmt.Errorf("restore: read the target's journal: %w", err)
	}
	for _, r := range slices.Backward(imports) {
		if is(r) {
			return &r, nil
		}
	}
	return nil, nil
}
