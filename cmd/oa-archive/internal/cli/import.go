package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/oneanalytics/oa-archive/cmd/oa-archive/internal/render"
	"github.com/oneanalytics/oa-archive/restore"
	"github.com/oneanalytics/oa-archive/restore/page"
	"github.com/oneanalytics/oa-archive/tenant"
)

// importJSON is the --json output of import.
type importJSON struct {
	File   string          `json:"file"`
	Into   string          `json:"into"`
	Tenant string          `json:"tenant"` // id of the target
	Result *restore.Result `json:"result"`
	Plan   *restore.Plan   `json:"plan"`           // what was carried out
	HTML   string          `json:"html,omitempty"` // the page that was written
}

type importFlags struct {
	restoreFlags
	pageFlags
	confirm string
	abort   bool
	insure  insuranceFlags
	result  resultFlags
}

func importVerb(a *app) *cobra.Command {
	var f importFlags
	cmd := &cobra.Command{
		Use:   "import FILE --into STORE",
		Short: "import an archive, or some of its assets",
		Long: `Import an archive, or some of its assets, into a tenant: all that the plan says,
or nothing. "oa-archive plan" with the same flags shows the plan beforehand.

The archive must be signed by somebody whom the allowed_signers file names. It is
verified whole before the first byte is written; what was written is read back
and compared before it becomes visible.

An import that overwrites or deletes something asks for the tenant's name or id on
the terminal; without a terminal, --confirm gives it. To be safe from that, fork:
the import then lands beside what is there.

Before anything is replaced or deleted, it is written to a signed archive, the
insurance, so that "oa-archive undo" can bring it back.

To restore into a blank tenant, add --create-tenant. --abort, without FILE, removes
what an import that died has left.`,
		Example: `oa-archive import acme.oa-archive --into sqlite:acme.db --on-conflict fork
oa-archive import acme.oa-archive --into sqlite:acme.db --select 'report:Revenue*' --on-conflict overwrite
oa-archive import acme.oa-archive --into sqlite:acme.db --plan restore.plan --confirm acme
oa-archive import acme.oa-archive --into sqlite:acme.db --select workspace:Sales --exact --confirm acme
oa-archive import acme.oa-archive --into sqlite:new.db --create-tenant --rows --audit
oa-archive import acme.oa-archive --into sqlite:acme.db --clone-as Staging
oa-archive import newer.oa-archive --into sqlite:acme.db --update-clone Staging --confirm acme
oa-archive import acme.oa-archive --into sqlite:eu.db --other-tenant --map acme.map
oa-archive import --abort --into sqlite:acme.db`,
		Args:              args(cobra.MaximumNArgs(1), "one archive"),
		ValidArgsFunction: completeArchive,
		RunE: func(cmd *cobra.Command, given []string) error {
			switch {
			case f.abort && len(given) > 0:
				return usagef("leave the archive out", "--abort takes no archive")
			case f.abort:
				return a.abortImport(cmd.Context(), &f)
			case len(given) == 0:
				return usagef("run `oa-archive import --help` for examples", "import: want one archive, got 0 arguments")
			}
			return a.importArchive(cmd.Context(), given[0], &f)
		},
	}
	f.declareRestore(cmd)
	a.residency.declare(cmd)
	a.unlock.declare(cmd)
	group(cmd, "How", func(fs *pflag.FlagSet) {
		fs.StringVar(&f.plan, "plan", "", "carry out the saved plan in `FILE` (from plan -o), with the decisions that somebody has edited in it")
		fs.StringVar(&f.confirm, "confirm", "", "`TENANT` name or id, to confirm that its assets are overwritten or deleted")
		f.result.declare(fs)
		fs.BoolVar(&f.abort, "abort", false, "instead of importing, remove what an import that died has left")
	})
	group(cmd, "Insurance", f.insure.declare)
	group(cmd, "Output", func(fs *pflag.FlagSet) {
		f.declareHTML(fs, "the plan and its outcome")
		fs.BoolVar(&f.htmlForce, "force", false, "replace that file if it exists")
	})
	return cmd
}

func (a *app) importArchive(ctx context.Context, file string, f *importFlags) (err error) {
	opts, err := f.options()
	if err != nil {
		return err
	}
	if err := errors.Join(f.checkPlanFlags(), f.insure.check(), f.result.check()); err != nil {
		return err
	}
	html, err := a.beginPage(&f.pageFlags)
	if err != nil {
		return err
	}
	defer closeInto(&err, html)
	o, err := a.openToUse(ctx, file, &f.trustFlags)
	if err != nil {
		return err
	}
	defer closeInto(&err, o)
	if err := a.residency.permitArchive(a, o.Manifest(), f.into); err != nil {
		return err
	}
	spec, s, target, err := f.openTarget(ctx, o.Manifest())
	if err != nil {
		return err
	}
	if s != nil {
		defer closeInto(&err, s)
	}
	who, err := target.Tenant(ctx)
	if err != nil {
		return at("store "+spec.String(), err)
	}
	amended, err := f.makePlan(ctx, o, target, opts)
	if err != nil {
		return err
	}
	plan := amended.Plan
	a.noteEdits(amended)
	result, err := a.carryOut(ctx, plan, o, spec, s, who, f)
	about := pageOptions(o, shown(f.into), who)
	about.Next = f.nextAfter(file, plan, result, err)
	if err := html.finishImport(a, plan, result, about, err); err != nil {
		return err
	}
	if a.json {
		return a.printJSON(importJSON{File: o.in.name, Into: shown(f.into), Tenant: who.ID, Result: result, Plan: plan, HTML: f.html})
	}
	p := a.out()
	p.Imported(result, plan, shown(f.into), tenantName(who))
	p.WayBack(result, "oa-archive undo "+result.ImportID+f.toStore())
	return p.Err()
}

// carryOut applies a plan that is ready for it.
func (a *app) carryOut(ctx context.Context, plan *restore.Plan, o *opened, spec storeSpec, s *store, who tenant.Info, f *importFlags) (*restore.Result, error) {
	if err := a.readyToApply(ctx, plan, who, f); err != nil {
		return nil, err
	}
	// A tenant that is made for the import holds nothing to insure.
	signer, insurance, release, err := f.insure.prepare(ctx, a, spec, who, s != nil && plan.Writes(), f.result.signed)
	if err != nil {
		return nil, err
	}
	defer release()
	result, err := a.applyTo(ctx, plan, o, spec, s, f, insurance)
	if err != nil {
		return nil, err
	}
	return result, f.result.write(result, signer)
}

// nextAfter says on the page how to go on from an import.
func (f *importFlags) nextAfter(file string, plan *restore.Plan, _ *restore.Result, err error) []page.Command {
	blocked := (*restore.BlockedError)(nil)
	if errors.As(err, &blocked) && f.plan == "" && file != stdio {
		return planCommands(plan, []string{"oa-archive plan " + shellQuote(file) + f.unblocking(plan)})
	}
	return nil
}

// readyToApply stops a plan that is blocked, or that overwrites or deletes
// something without confirmation.
func (a *app) readyToApply(ctx context.Context, plan *restore.Plan, who tenant.Info, f *importFlags) error {
	if blocked := plan.BlockedSteps(); len(blocked) > 0 {
		return &restore.BlockedError{Steps: blocked}
	}
	var d *danger
	if steps := plan.Destroys(); len(steps) > 0 {
		otherwise := "keep what is there with --on-conflict fork"
		if plan.Summary.Delete > 0 {
			otherwise = "leave out --exact"
		}
		d = &danger{
			verb: "the import", what: damageOf(plan.Summary.Overwrite, plan.Summary.Delete),
			show: func(p *render.Printer) { p.Destroys(steps) },
			hint: fmt.Sprintf("look at it with `oa-archive plan`, then pass --confirm %s; or %s", shellQuote(who.ID), otherwise),
		}
	}
	return a.confirm(ctx, who, f.confirm, d)
}

// applyTo carries out the plan on an open store or, when s is nil, on one that
// it makes. What it made is taken back if the import fails.
func (a *app) applyTo(ctx context.Context, plan *restore.Plan, o *opened, spec storeSpec, s *store, f *importFlags, insurance *restore.Insurance) (result *restore.Result, err error) {
	if s == nil {
		var undo func()
		if s, undo, err = createStore(ctx, spec, f.newTenant(o.Manifest())); err != nil {
			undo()
			return nil, err
		}
		defer func() {
			closeInto(&err, s)
			// After a commit of unknown outcome everything stays, for the next run to find.
			if commit := (*restore.CommitError)(nil); err != nil && !errors.As(err, &commit) {
				undo()
			}
		}()
	}
	err = a.progress(func(report progressFunc) error {
		// The archive is verified before anything is written: as long as
		// nothing is, what is read of the file is what there is to show.
		before := o.in.read.Load()
		verifying := func(read int64) { report("verify", min(read-before, o.in.size), o.in.size) }
		o.in.onRead.Store(&verifying)
		defer o.in.onRead.Store(nil)
		result, err = restore.Apply(ctx, plan, o.Archive, s.Target(), restore.ApplyOptions{Insurance: insurance, Progress: func(done, total int64) {
			o.in.onRead.Store(nil)
			report("import", done, total)
		}})
		return err
	})
	return result, err
}
