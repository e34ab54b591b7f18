package restore

import (
	"context"
	"errors"

	"github.com/oneanalytics/oa-archive/archive"
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
	return nil, errors.New("restore: not written yet")
}
