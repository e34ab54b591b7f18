package export

import (
	"context"
	"errors"
	"io"

	"github.com/oneanalytics/oa-archive/manifest"
	"github.com/oneanalytics/oa-archive/tenant"
)

// Export writes the selected entries of src to w as one archive and returns
// its manifest. It closes neither. After an error, what was written to w is
// no archive, and every reader refuses it.
//
// Errors for callers to test: [*InvalidError], [tenant.ErrChanged].
func Export(ctx context.Context, src tenant.Source, w io.Writer, opts Options) (*manifest.Manifest, error) {
	return nil, errors.New("export: not written yet")
}
