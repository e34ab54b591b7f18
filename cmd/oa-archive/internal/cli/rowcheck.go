//go:build !norows

package cli

import (
	"github.com/oneanalytics/oa-archive/manifest"
	"github.com/oneanalytics/oa-archive/rowcheck"
)

// checkRows looks at rows while they are archived.
var checkRows = rowcheck.Check

// newFooter sums up rows while they are verified.
var newFooter = func() footer { return &rowsFooter{} }

type rowsFooter struct{ rowcheck.Footer }

func (f *rowsFooter) sum() func(*manifest.RowStatistics) error { return f.Found().Compare }
