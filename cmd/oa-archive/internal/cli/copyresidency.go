//go:build !nocloud

package cli

import (
	"context"
	"errors"

	"github.com/oneanalytics/oa-archive/archive"
	"github.com/oneanalytics/oa-archive/residency"
)

// permitCopy asks the policy before anything of src goes to dst, and returns the
// name of the rule that lets it. What a pipe will bring is not known in advance,
// nor what --unverified copies unopened; what is not known permits nothing.
func (a *app) permitCopy(ctx context.Context, src, dst string, f *copyFlags) (rule string, err error) {
	if policy, err := a.residency.inForce(a); policy == nil || err != nil {
		return "", err
	}
	data := residency.Data{}
	if src != stdio {
		o, err := a.open(ctx, src, archive.Options{AllowUnsigned: true})
		switch {
		case err == nil:
			data, err = residency.DataOfArchive(o.Manifest())
			if err := errors.Join(err, o.Close()); err != nil {
				return "", err
			}
		case !f.unverified || ctx.Err() != nil:
			return "", err
		}
	}
	return a.residency.permit(a, data, dst)
}
