package export

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/oneanalytics/oa-archive/internal/spool"
	"github.com/oneanalytics/oa-archive/layout"
	"github.com/oneanalytics/oa-archive/manifest"
	"github.com/oneanalytics/oa-archive/schema"
	"github.com/oneanalytics/oa-archive/tenant"
)

// Rows are the rows of one dataset on their way into an archive, for a check of
// what this package does not understand.
type Rows struct {
	Name     layout.Name
	RowCount *int64 // what the dataset's record states; nil when it states nothing
	Model    []byte // the dataset's model, valid or not; nil when there is none
	Content  io.ReaderAt
	Size     int64 // bytes of Content

	// State, called at most once, has the manifest say what these rows are.
	State func(*manifest.RowStatistics)
}

// A RowsCheck returns what is wrong with rows; Path is filled in by the caller.
// An error is one of reading, or of ctx, and ends the export. Rows may not be
// used once the check has returned.
type RowsCheck func(ctx context.Context, rows Rows) ([]schema.Problem, error)

// rowCounts are those that one workspace's metadata states, by dataset.
type rowCounts map[string]int64

func readRowCounts(metadata []byte) rowCounts {
	var doc struct {
		Datasets []struct {
			ID       string `json:"id"`
			RowCount *int64 `json:"row_count"`
		} `json:"datasets"`
	}
	if json.Unmarshal(metadata, &doc) != nil {
		return nil // a problem that is reported as such
	}
	counts := rowCounts{}
	for _, d := range doc.Datasets {
		if d.RowCount != nil {
			counts[d.ID] = *d.RowCount
		}
	}
	return counts
}

// rowsContext is what a check of rows is told about their dataset. Metadata and
// model precede the rows in canonical order.
type rowsContext struct {
	workspace string
	counts    rowCounts
	dataset   string
	model     []byte
}

func (c *rowsContext) document(name layout.Name, doc []byte) {
	switch name.Kind {
	case layout.Metadata:
		*c = rowsContext{workspace: name.Workspace, counts: readRowCounts(doc)}
	case layout.Model:
		c.dataset, c.model = name.Asset, doc
	}
}

func (c *rowsContext) rows(name layout.Name, content io.ReaderAt, size int64) Rows {
	r := Rows{Name: name, Content: content, Size: size}
	if c.workspace != name.Workspace {
		return r
	}
	if n, ok := c.counts[name.Asset]; ok {
		r.RowCount = &n
	}
	if c.dataset == name.Asset {
		r.Model = c.model
	}
	return r
}

// stateRows passes on what the check of the current entry has stated.
func (x *exporter) stateRows() error {
	s := x.stated
	x.stated = nil
	if s == nil {
		return nil
	}
	return x.out.SetRows(s)
}

// checkRows has rows checked, and returns their content for the archive. What
// the source can only stream goes through a spool, which the caller closes.
func (x *exporter) checkRows(e tenant.Entry, path string, r io.Reader) (content io.Reader, closer io.Closer, err error) {
	x.stated = nil
	at, ok := r.(io.ReaderAt)
	size := e.Size
	closer = io.NopCloser(nil)
	if !ok || size < 0 {
		s := &spool.Spool{Dir: x.opts.Writer.TempDir}
		if size, err = io.Copy(s, contextReader{x.ctx, r}); err != nil {
			return nil, nil, errors.Join(err, s.Close())
		}
		at, closer = s, s
		r = io.NewSectionReader(s, 0, size)
	}
	rows := x.dataset.rows(e.Name, at, size)
	rows.State = func(s *manifest.RowStatistics) { x.stated = s }
	problems, err := x.opts.CheckRows(x.ctx, rows)
	if err != nil {
		return nil, nil, errors.Join(fmt.Errorf("check the rows: %w", err), closer.Close())
	}
	for _, p := range problems {
		p.Path = path
		x.problem(p)
	}
	return r, closer, nil
}
