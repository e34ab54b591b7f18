package restore

import (
	"context"
	"errors"

	"github.com/oneanalytics/oa-archive/archive"
	"github.com/oneanalytics/oa-archive/tenant"
)

// MakePlan plans the import of a into target. It changes nothing. Reasons why
// single assets cannot be imported do not make it fail; they are steps with
// the decision [Blocked].
//
// Errors for callers to test: [*OtherTenantError], [*SelectorError],
// [*OptionsError], [*MappingError].
func MakePlan(ctx context.Context, a *archive.Archive, target tenant.Target, opts Options) (*Plan, error) {
	return nil, errors.New("restore: not written yet")
}
