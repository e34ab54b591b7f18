package cli

import (
	"context"
	"errors"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/oneanalytics/oa-archive/diff"
	"github.com/oneanalytics/oa-archive/tenant"
	"github.com/oneanalytics/oa-archive/tenant/archivesource"
)

// diffJSON is the --json output of diff.
type diffJSON struct {
	A    string `json:"a"` // as given
	B    string `json:"b"`
	Same bool   `json:"same"`
	*diff.Result
}

type diffFlags struct {
	trustFlags
	tenantA, tenantB string
	workspaces       []string
	rows, audit      bool
	unchanged        bool
	fields           int
	exitCode         bool

	cmd *cobra.Command
}

// fieldsInText is how many changed fields of an asset text output has, unless
// told otherwise.
const fieldsInText = 12

// fieldLimit is how many fields [diff.Compare] lists.
func (f *diffFlags) fieldLimit(a *app) int {
	switch {
	case f.cmd.Flags().Changed("fields") && f.fields == 0, f.exitCode && a.quiet && !a.json:
		return -1
	case f.cmd.Flags().Changed("fields"):
		return f.fields
	case a.json:
		return diff.DefaultFields
	}
	return fieldsInText
}

// errDiffer ends a diff with --exit-code that found differences.
var errDiffer = &failure{exit: exitFailed, code: "different", err: errors.New("the contents differ")}

func diffVerb(a *app) *cobra.Command {
	var f diffFlags
	cmd := &cobra.Command{
		Use:   "diff A B",
		Short: "compare two archives or stores, asset by asset and field by field",
		Long: `Compare two states of a tenant, asset by asset: archives (FILE, or - for standard
input) or stores (dir:FOLDER, sqlite:FILE, postgres://…). What is listed leads
from A to B, below each asset the fields that changed: a visual's query, a
measure's column, a rule's predicate, a user's status, and of rows their number
and columns.

The exit code is 0 whether they differ or not; with --exit-code it is 1 when they
differ.`,
		Example: `oa-archive diff monday.oa-archive tuesday.oa-archive
oa-archive diff acme.oa-archive sqlite:acme.db --rows --fields 100
oa-archive diff acme.oa-archive dir:acme --exit-code --quiet && echo unchanged`,
		Args: args(cobra.ExactArgs(2), "two archives or stores"),
		RunE: func(cmd *cobra.Command, given []string) error { return a.diff(cmd.Context(), given[0], given[1], &f) },
	}
	f.cmd = cmd
	group(cmd, "What to compare", func(fs *pflag.FlagSet) {
		fs.StringVar(&f.tenantA, "tenant-a", "", "`ID` of the tenant in A, when that store holds several")
		fs.StringVar(&f.tenantB, "tenant-b", "", "`ID` of the tenant in B, when that store holds several")
		fs.StringArrayVarP(&f.workspaces, "workspace", "w", nil, "only this workspace, by `ID-or-name`; repeat for more")
		fs.BoolVar(&f.rows, "rows", false, "with the rows of datasets")
		fs.BoolVar(&f.audit, "audit", false, "with the audit trail")
	})
	group(cmd, "Output", func(fs *pflag.FlagSet) {
		fs.BoolVar(&f.unchanged, "unchanged", false, "list unchanged assets too")
		fs.IntVar(&f.fields, "fields", fieldsInText, "list at most `N` changed fields of each asset, 0 for none (with --json by default 1000)")
		fs.BoolVar(&f.exitCode, "exit-code", false, "exit with 1 when they differ")
	})
	f.declare(cmd)
	a.unlock.declare(cmd)
	return cmd
}

func (a *app) diff(ctx context.Context, nameA, nameB string, f *diffFlags) (err error) {
	if f.fields < 0 {
		return usagef("0 means none", "--fields: %d is not a number of fields", f.fields)
	}
	if nameA == stdio && nameB == stdio {
		return usagef("give one of them as a file", "standard input can be only one of the two")
	}
	sourceA, closeA, err := a.openSource(ctx, nameA, f.tenantA, &f.trustFlags)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeA()) }()
	sourceB, closeB, err := a.openSource(ctx, nameB, f.tenantB, &f.trustFlags)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeB()) }()

	selection := tenant.Selection{Rows: f.rows, Audit: f.audit}
	if selection.Workspaces, err = findWorkspaces(ctx, sourceA, f.workspaces); err != nil {
		return err
	}
	result, err := diff.Compare(ctx, sourceA, sourceB, diff.Options{
		Selection: selection, Unchanged: f.unchanged, Fields: f.fieldLimit(a), Rows: describeRows,
	})
	if err != nil {
		return err
	}
	if a.json {
		err = a.printJSON(diffJSON{A: shown(nameA), B: shown(nameB), Same: result.Same(), Result: result})
	} else if !f.exitCode || !a.quiet {
		p := a.out()
		p.Diff(result, shown(nameA), shown(nameB))
		err = p.Err()
	}
	if err == nil && f.exitCode && !result.Same() {
		err = errDiffer
	}
	return err
}

// openSource opens an archive or a store for reading.
func (a *app) openSource(ctx context.Context, name, tenantID string, t *trustFlags) (tenant.Source, func() error, error) {
	if !isStore(name) {
		o, err := a.openToLook(ctx, name, t)
		if err != nil {
			return nil, nil, err
		}
		a.noteSigner(o)
		return archivesource.New(o.Archive), o.Close, nil
	}
	spec, err := parseStore("diff", name)
	if err != nil {
		return nil, nil, err
	}
	s, err := openStore(ctx, spec, tenantID)
	if err != nil {
		return nil, nil, err
	}
	source, err := s.Snapshot(ctx)
	if err != nil {
		return nil, nil, errors.Join(at("store "+spec.String(), err), s.Close())
	}
	return source, func() error { return errors.Join(source.Close(), s.Close()) }, nil
}
