package cli

import (
	"iter"

	"github.com/oneanalytics/oa-archive/restore"
)

// blockedSteps yields the steps that keep the plan from being applied. Unlike
// [restore.Plan.BlockedSteps] it copies none: all of a tenant may be blocked.
func blockedSteps(plan *restore.Plan) iter.Seq[*restore.Step] {
	return func(yield func(*restore.Step) bool) {
		for i := range plan.Steps {
			if s := &plan.Steps[i]; s.Decision == restore.Blocked && !yield(s) {
				return
			}
		}
	}
}

func countBlocked(plan *restore.Plan) int {
	n := 0
	for range blockedSteps(plan) {
		n++
	}
	return n
}
