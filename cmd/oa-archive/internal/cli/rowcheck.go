//go:build !norows

package cli

import (
	"context"
	"io"

	"github.com/oneanalytics/oa-archive/diff"
	"github.com/oneanalytics/oa-archive/manifest"
	"github.com/oneanalytics/oa-archive/rowcheck"
)

// checkRows looks at rows while they are archived.
var checkRows = rowcheck.Check

// newFooter sums up rows while they are verified.
var newFooter = func() footer { return &rowsFooter{} }

type rowsFooter struct{ rowcheck.Footer }

func (f *rowsFooter) sum() func(*manifest.RowStatistics) error { return f.Found().Compare }

// describeRows tells a comparison what rows there are.
var describeRows diff.RowsReader = func(_ context.Context, content io.Reader, size int64) (*diff.Rows, error) {
	s, err := rowcheck.Read(content, size)
	if s == nil || err != nil {
		return nil, err
	}
	rows := &diff.Rows{Count: s.Count}
	for i, c := range rowcheck.Columns(s) {
		column := diff.Column{Name: c.Name, Type: c.Type.String()}
		if !c.Nullable {
			column.Type += " not null"
		}
		if i < len(s.Nulls) && s.Nulls[i] >= 0 {
			column.Nulls = &s.Nulls[i]
		}
		rows.Columns = append(rows.Columns, column)
	}
	return rows, nil
}
