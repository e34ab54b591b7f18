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
	digest  layout.Digest
	refused *tenant.RowsError
}

// resultRows computes what a target that keeps rows as tables will hold. The
// rows are the archive's; the file that the target makes of them need not be.
func (p *planner) resultRows(ctx context.Context, it *item, e entry, o *outcome) error {
	if p.keeper == nil {
		return nil
	}
	kept, err := p.keptRows(ctx, e)
	if err != nil {
		return err
	}
	if kept.refused != nil {
		it.block("the target cannot keep its rows: %s; import without rows, or write them in another form", kept.refused)
		return nil
	}
	if kept.digest != e.digest {
		o.result = &kept.digest
	}
	o.size = kept.size
	if kept.digest != e.digest && o.changes() {
		it.change("its rows are kept as a table: the values are the archive's, the file that the target exports is encoded anew, so its digest differs")
	}
	return nil
}

// keptRows asks the target once for each file: an item may be settled again.
func (p *planner) keptRows(ctx context.Context, e entry) (kept keptRows, err error) {
	kept, known := p.kept[e.digest]
	if known {
		return kept, nil
	}
	content, err := p.archive.ReaderAt(e.path)
	if err != nil {
		return kept, err
	}
	size, digest, err := p.keeper.KeptRows(ctx, e.name(), content, e.size)
	if errors.As(err, &kept.refused) {
		err = nil
	}
	if err != nil {
		return kept, err
	}
	kept.size, kept.digest = size, digest
	if p.kept == nil {
		p.kept = map[layout.Digest]keptRows{}
	}
	p.kept[e.digest] = kept
	return kept, nil
}

// rowsContent is rows of the archive, as a stream and for reading anywhere.
type rowsContent struct {
	io.ReadCloser
	io.ReaderAt
}
