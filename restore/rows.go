package restore

import (
	"context"
	"errors"
	"io"

	"github.com/oneanalytics/oa-archive/layout"
	"github.com/oneanalytics/oa-archive/tenant"
)

// keptRows is what a target makes of a file of rows.
type keptRows struct {
	size    int64
	digest  string
	refused *tenant.RowsError
}

// resultRows computes what a target that keeps rows as tables will hold. The
// rows are the archive's; the file that the target makes of them need not be.
func (p *planner) resultRows(ctx context.Context, it *item, se *StepEntry) error {
	if p.keeper == nil {
		return nil
	}
	kept, err := p.keptRows(ctx, se)
	if err != nil {
		return err
	}
	if kept.refused != nil {
		it.block("the target cannot keep its rows: %s; import without rows, or write them in another form", kept.refused)
		return nil
	}
	se.Result, se.ResultSize = kept.digest, kept.size
	if se.Result != se.Digest && se.Result != se.Current {
		it.change("its rows are kept as a table: the values are the archive's, the file that the target exports is encoded anew, so its digest differs")
	}
	return nil
}

// keptRows asks the target once for each file: an item may be settled again.
func (p *planner) keptRows(ctx context.Context, se *StepEntry) (kept keptRows, err error) {
	kept, known := p.kept[se.Digest]
	if known {
		return kept, nil
	}
	name, err := layout.Parse(se.Path)
	if err != nil {
		return kept, err
	}
	content, err := p.archive.ReaderAt(se.Path)
	if err != nil {
		return kept, err
	}
	size, digest, err := p.keeper.KeptRows(ctx, name, content, se.Size)
	if errors.As(err, &kept.refused) {
		err = nil
	}
	if err != nil {
		return kept, err
	}
	kept.size, kept.digest = size, digest.String()
	if p.kept == nil {
		p.kept = map[string]keptRows{}
	}
	p.kept[se.Digest] = kept
	return kept, nil
}

// rowsContent is rows of the archive, as a stream and for reading anywhere.
type rowsContent struct {
	io.ReadCloser
	io.ReaderAt
}
