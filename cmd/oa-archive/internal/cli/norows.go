//go:build norows

package cli

import (
	"errors"

	"github.com/spf13/cobra"

	"github.com/oneanalytics/oa-archive/diff"
	"github.com/oneanalytics/oa-archive/export"
)

// The Parquet library takes longer to compile than all the rest together, so
// a command that does not need to look into rows can be built without it.
// Rows are archived and imported all the same, as they are.
var checkRows export.RowsCheck

var newFooter func() footer

var describeRows diff.RowsReader

func rowsVerb(*app) *cobra.Command {
	return &cobra.Command{
		Use:   "rows FILE DATASET",
		Short: "show rows of a dataset",
		Long:  "Show rows of a dataset. This build has no Parquet (build tag norows); `make build` makes one that has.",
		RunE: func(*cobra.Command, []string) error {
			return &failure{exit: exitFailed, code: "failed", err: errors.New("this build has no Parquet"), hint: "`make build` makes one that has"}
		},
	}
}
