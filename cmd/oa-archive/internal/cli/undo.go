package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/oneanalytics/oa-archive/archive"
	"github.com/oneanalytics/oa-archive/cmd/oa-archive/internal/render"
	"github.com/oneanalytics/oa-archive/restore"
	"github.com/oneanalytics/oa-archive/tenant"
)

// undoJSON is the --json output of undo.
type undoJSON struct {
	Into   string            `json:"into"`
	Tenant string            `json:"tenant"` // id of the target
	Result *restore.Result   `json:"result,omitempty"`
	Plan   *restore.UndoPlan `json:"plan"`
	Error  *errorJSON        `json:"error,omitempty"`
}

type undoFlags struct {
	storeFlags
	discard bool
	dryRun  bool
	planOut string
	plan    string
	confirm string
	insure  insuranceFlags
	result  resultFlags
}

func undoVerb(a *app) *cobra.Command {
	var f undoFlags
	cmd := &cobra.Command{
		Use:   "undo IMPORT --into STORE",
		Short: "take an import back",
		Long: `Take an import back: what it replaced or deleted returns byte for byte, what it
created is deleted; all of it, or nothing. The undo is an import itself: it is
insured and listed like any other, and can be undone.

IMPORT is an id that "oa-archive imports" lists, its first digits, or "last". What the
import replaced is in its insurance archive, which is found where it was written.

When something was edited since, or depends on what the import brought, the undo
refuses and lists it; --discard-later-edits undoes it all the same.`,
		Example: `oa-archive imports --into sqlite:acme.db
oa-archive undo last --into sqlite:acme.db --dry-run
oa-archive undo 01a2012d-c4db-75bd --into sqlite:acme.db --confirm acme
oa-archive undo last --into sqlite:acme.db --plan-out undo.plan
oa-archive undo --plan undo.plan --into sqlite:acme.db --confirm acme`,
		Args: args(cobra.MaximumNArgs(1), "one import"),
		RunE: func(cmd *cobra.Command, given []string) error {
			switch {
			case f.plan != "" && len(given) > 0:
				return usagef("leave the import out", "--plan says which import is undone")
			case f.plan == "" && len(given) == 0:
				return usagef("`oa-archive imports --into STORE` lists them", "undo: the import is missing")
			case f.plan != "" && (f.discard || f.planOut != ""):
				return usagef("leave them out, or make another plan", "--plan excludes --discard-later-edits and --plan-out")
			case f.plan != "":
				given = []string{""}
			}
			return a.undo(cmd.Context(), given[0], &f)
		},
	}
	group(cmd, "Where", f.storeFlags.declare)
	group(cmd, "How", func(fs *pflag.FlagSet) {
		fs.BoolVar(&f.discard, "discard-later-edits", false, "undo it although something was edited since, which is lost")
		fs.BoolVar(&f.dryRun, "dry-run", false, "show what would happen; nothing is changed")
		fs.StringVar(&f.planOut, "plan-out", "", "save what would happen in `FILE`, for --plan; nothing is changed")
		fs.StringVar(&f.plan, "plan", "", "carry out the saved plan in `FILE`, or refuse when the tenant has changed since")
		fs.StringVar(&f.confirm, "confirm", "", "`TENANT` name or id, to confirm that its assets are replaced and deleted")
		f.result.declare(fs)
	})
	a.residency.declare(cmd)
	a.unlock.declare(cmd)
	group(cmd, "Insurance", func(fs *pflag.FlagSet) {
		f.insure.declare(fs)
		fs.Lookup("insurance").Usage = "`PLACE` of the import's insurance, a file or a folder, if it was moved; the undo's own goes there too"
		fs.Lookup("no-insurance").Usage = "keep nothing of what the undo replaces: there will be no undo of it"
	})
	return cmd
}

func (a *app) undo(ctx context.Context, id string, f *undoFlags) (err error) {
	if err := errors.Join(f.insure.check(), f.result.check()); err != nil {
		return err
	}
	spec, s, who, err := f.open(ctx)
	if err != nil {
		return err
	}
	defer closeInto(&err, s)
	var saved *restore.UndoPlan
	if f.plan != "" {
		if saved, err = readUndoPlan(f.plan); err != nil {
			return err
		}
		id = saved.Import.ID
	}
	rec, err := findImport(ctx, spec, s, id)
	if err != nil {
		return err
	}
	insured, err := f.openInsurance(ctx, a, spec, who, rec)
	if err != nil {
		return err
	}
	defer closeInto(&err, insured)
	plan := saved
	if plan == nil {
		if plan, err = restore.MakeUndoPlan(ctx, rec.ID, insured.Archive, s.Target(), restore.UndoOptions{DiscardLaterEdits: f.discard}); err != nil {
			return err
		}
	}
	if f.dryRun || f.planOut != "" {
		return a.showUndo(plan, who, f)
	}
	return a.carryOutUndo(ctx, plan, insured.Archive, spec, s, who, f)
}

// openInsurance opens the insurance of an import that was made.
func (f *undoFlags) openInsurance(ctx context.Context, a *app, spec storeSpec, who tenant.Info, rec *tenant.ImportRecord) (*opened, error) {
	if rec.InsuranceManifest == "" {
		return nil, fmt.Errorf("import %s: %w", rec.ID, restore.ErrNotInsured)
	}
	path, err := f.insure.findInsurance(a, spec, who, rec)
	if err != nil {
		return nil, err
	}
	f.insure.insuredBeside(path)
	// The journal names the archive by the digest of its manifest, which says
	// more than a signature could.
	file, err := a.open(ctx, path, archive.Options{AllowUnsigned: true})
	return file, at("insurance", err)
}

func (a *app) showUndo(plan *restore.UndoPlan, who tenant.Info, f *undoFlags) error {
	next := "oa-archive undo " + plan.Import.ID + f.toStore()
	if f.planOut != "" {
		if err := createFileOf(f.planOut, 0o644, plan.Write); err != nil {
			return err
		}
		next = "oa-archive undo --plan " + shellQuote(f.planOut) + f.toStore()
	}
	var verdict error
	commands := []string{next}
	if blocked := plan.BlockedSteps(); len(blocked) > 0 {
		verdict = &restore.UndoBlockedError{Import: plan.Import.ID, Steps: blocked}
		commands = []string{"oa-archive undo " + plan.Import.ID + f.toStore() + " --discard-later-edits --dry-run"}
	} else if !plan.Writes() {
		commands = nil
	}
	if a.json {
		return errors.Join(verdict, a.printJSON(undoJSON{Into: shown(f.into), Tenant: who.ID, Plan: plan, Error: newErrorJSON(verdict)}))
	}
	p := a.out()
	p.Undo(plan, shown(f.into), commands)
	return errors.Join(verdict, p.Err())
}

func (a *app) carryOutUndo(ctx context.Context, plan *restore.UndoPlan, insured *archive.Archive, spec storeSpec, s *store, who tenant.Info, f *undoFlags) error {
	if blocked := plan.BlockedSteps(); len(blocked) > 0 {
		return &restore.UndoBlockedError{Import: plan.Import.ID, Steps: blocked}
	}
	var d *danger
	if plan.Writes() {
		d = &danger{
			verb: "the undo", what: damageOf(plan.Summary.Revert, plan.Summary.Delete),
			show: func(p *render.Printer) { p.Undoes(plan) },
			hint: "look at it with --dry-run, then pass --confirm " + shellQuote(who.ID),
		}
	}
	if err := a.confirm(ctx, who, f.confirm, d); err != nil {
		return err
	}
	signer, insurance, release, err := f.insure.prepare(ctx, a, spec, who, plan.Writes(), f.result.signed)
	if err != nil {
		return err
	}
	defer release()
	var result *restore.Result
	err = a.progress(func(report progressFunc) error {
		result, err = restore.Undo(ctx, plan, insured, s.Target(), restore.ApplyOptions{
			Insurance: insurance, Progress: func(done, total int64) { report("undo", done, total) },
		})
		return err
	})
	if err != nil {
		return err
	}
	if err := f.result.write(result, signer); err != nil {
		return err
	}
	if a.json {
		return a.printJSON(undoJSON{Into: shown(f.into), Tenant: who.ID, Result: result, Plan: plan})
	}
	p := a.out()
	p.Undone(result, plan, shown(f.into), tenantName(who))
	p.WayBack(result, "oa-archive undo "+result.ImportID+f.toStore())
	return p.Err()
}

func readUndoPlan(path string) (*restore.UndoPlan, error) {
	doc, err := readSmall(path, maxPlan)
	if err != nil {
		return nil, at("plan", err)
	}
	plan, err := restore.ParseUndoPlan(doc)
	if err != nil {
		return nil, &failure{exit: exitFailed, code: "bad-plan", err: at(fmt.Sprintf("plan %q", path), err), hint: "make a new plan with `oa-archive undo IMPORT --into STORE --plan-out FILE`"}
	}
	return plan, nil
}
