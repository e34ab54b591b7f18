//go:build nocloud

package cli

import (
	"context"
	"errors"

	"github.com/spf13/cobra"
)

// The libraries of the providers are half of the command, so it can be built
// without them. Files are read and written all the same.

func errNoStores() error {
	return &failure{exit: exitFailed, code: "failed", err: errors.New("this build has no object stores (build tag nocloud)"), hint: "`make build` makes one that has"}
}

func checkLocation(string) error { return errNoStores() }

func (a *app) openRemote(context.Context, string) (*input, error) { return nil, errNoStores() }

func (a *app) createRemote(context.Context, string, outputOptions) (output, error) {
	return nil, errNoStores()
}

func copyVerb(*app) *cobra.Command {
	return &cobra.Command{
		Use:   "copy SRC DST",
		Short: "copy an archive between files and stores, verified on the way",
		Long:  "Copy an archive. This build has no object stores (build tag nocloud); `make build` makes one that has.",
		RunE:  func(*cobra.Command, []string) error { return errNoStores() },
	}
}
