//go:build !norows

package cli

import "github.com/oneanalytics/oa-archive/rowcheck"

// checkRows looks at rows while they are archived.
var checkRows = rowcheck.Check
