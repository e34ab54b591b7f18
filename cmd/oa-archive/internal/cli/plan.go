package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/oneanalytics/oa-archive/cmd/oa-archive/internal/render"
	"github.com/oneanalytics/oa-archive/restore"
	"github.com/oneanalytics/oa-archive/restore/page"
)

// planJSON is the --json output of plan. The plan itself, as -o writes it, has
// a schema of its own.
type planJSON struct {
	File     string           `json:"file,omitempty"`
	Into     string           `json:"into,omitempty"`
	Result   string           `json:"result,omitempty"` // as in inspect; absent for a saved plan
	Signer   *render.Signer   `json:"signer,omitempty"`
	Plan     *restore.Plan    `json:"plan"`
	Edits    []restore.Change `json:"edits,omitempty"`    // of a saved plan
	Entailed []restore.Change `json:"entailed,omitempty"` // by the edits
	HTML     string           `json:"html,omitempty"`     // the page that was written
	Error    *errorJSON       `json:"error,omitempty"`
}

type planFlags struct {
	restoreFlags
	pageFlags
	output   string
	force    bool
	show     string
	writeMap string
	all      bool
}

func planVerb(a *app) *cobra.Command {
	var f planFlags
	cmd := &cobra.Command{
		Use:   "plan FILE --into STORE",
		Short: "show what an import would do; nothing is changed",
		Long: `Show, asset by asset, what "oa-archive import" with the same flags would do:

  + create      the target does not have it
  ~ overwrite   the target's state is replaced by the archive's
  » fork        imported beside the original, under a new id
  ± merge       the workspace stays and takes what imported assets need
  = unchanged   the target has it already
  - skip        left out
  ! blocked     cannot be imported as asked: the reasons are listed

Nothing is changed. The exit code is 5 when something is blocked. With -o, the
plan is saved, and "oa-archive import --plan" carries out exactly that plan, or
refuses if the archive or the target has changed since.`,
		Example: `oa-archive plan acme.oa-archive --into sqlite:acme.db
oa-archive plan acme.oa-archive --into sqlite:acme.db --select 'report:Revenue*' --on-conflict fork
oa-archive plan acme.oa-archive --into sqlite:new.db --create-tenant
oa-archive plan acme.oa-archive --into dir:acme --on-conflict overwrite -o restore.plan
oa-archive plan acme.oa-archive --into sqlite:acme.db --clone-as Staging
oa-archive plan acme.oa-archive --into sqlite:eu.db --other-tenant --write-map acme.map
oa-archive plan acme.oa-archive --into sqlite:acme.db --plan edited.plan
oa-archive plan acme.oa-archive --into dir:acme --on-conflict fork --html plan.html
oa-archive plan --show restore.plan`,
		Args:              args(cobra.MaximumNArgs(1), "one archive"),
		ValidArgsFunction: completeArchive,
		RunE: func(cmd *cobra.Command, given []string) error {
			f.htmlForce = f.force
			switch {
			case f.html != "" && f.html == f.output:
				return usagef("give them different names", "--html and --output name the same file")
			case f.show != "" && len(given) > 0:
				return usagef("leave the archive out", "--show prints a saved plan and takes no archive")
			case f.show != "":
				return a.showPlan(&f)
			case len(given) == 0:
				return usagef("for example: oa-archive plan acme.oa-archive --into sqlite:acme.db", "plan: the archive is missing")
			}
			return a.plan(cmd.Context(), given[0], &f)
		},
	}
	f.declareRestore(cmd)
	a.residency.declare(cmd)
	a.unlock.declare(cmd)
	group(cmd, "Output", func(fs *pflag.FlagSet) {
		fs.StringVarP(&f.output, "output", "o", "", "save the plan in `FILE`, for import --plan")
		fs.StringVar(&f.writeMap, "write-map", "", "write the mapping to `FILE`: who and what was found, and blanks to fill in, for --map")
		f.declareHTML(fs, "the plan")
		fs.BoolVar(&f.force, "force", false, "replace these files if they exist")
		fs.StringVar(&f.plan, "plan", "", "show the saved plan in `FILE` with the decisions that somebody has edited in it; save it anew with -o")
		fs.StringVar(&f.show, "show", "", "print the saved plan in `FILE` again")
		fs.BoolVar(&f.all, "all", false, "list unchanged and skipped assets, however many")
	})
	return cmd
}

func (a *app) plan(ctx context.Context, file string, f *planFlags) (err error) {
	opts, err := f.options()
	if err != nil {
		return err
	}
	if err := f.checkPlanFlags(); err != nil {
		return err
	}
	html, err := a.beginPage(&f.pageFlags)
	if err != nil {
		return err
	}
	defer closeInto(&err, html)
	o, err := a.openToLook(ctx, file, &f.trustFlags)
	if err != nil {
		return err
	}
	defer closeInto(&err, o)
	if err := a.residency.permitArchive(a, o.Manifest(), f.into); err != nil {
		return err
	}
	_, s, target, err := f.openTarget(ctx, o.Manifest())
	if err != nil {
		return err
	}
	if s != nil {
		defer closeInto(&err, s)
	}
	amended, err := f.makePlan(ctx, o, target, opts)
	if err != nil {
		return err
	}
	plan := amended.Plan
	if f.output != "" {
		if err := savePlan(plan, f.output, f.force); err != nil {
			return err
		}
	}
	if f.writeMap != "" {
		if err := a.writeMap(ctx, o, target, plan.Options, f); err != nil {
			return err
		}
	}
	next := a.planNext(file, o, plan, f)
	if html != nil {
		who, err := target.Tenant(ctx)
		if err != nil {
			return at("--into", err)
		}
		about := pageOptions(o, shown(f.into), who)
		about.Next = planCommands(plan, next)
		if err := html.finish(a, plan, nil, about); err != nil {
			return err
		}
	}
	return a.printPlan(o, amended, f, next)
}

// printPlan prints the plan of an archive. The error is its verdict.
func (a *app) printPlan(o *opened, amended *restore.Amendment, f *planFlags, next []string) error {
	plan := amended.Plan
	verdict := planVerdict(plan)
	if a.json {
		doc := planJSON{File: o.in.name, Into: shown(f.into), HTML: f.html, Result: signerResult(o.Signed(), o.Verdict()), Plan: plan, Edits: amended.Edits, Entailed: amended.Entailed, Error: newErrorJSON(verdict)}
		if o.Signed() {
			signer := render.NewSigner(o.Verdict())
			doc.Signer = &signer
		}
		return errors.Join(verdict, a.printJSON(doc))
	}
	p := a.out()
	p.Plan(&render.PlanPage{
		Plan: plan, File: o.in.name, Manifest: o.Manifest(), Signed: o.Signed(), Verdict: o.Verdict(),
		Store: shown(f.into), All: f.all, Edits: amended.Edits, Entailed: amended.Entailed, Next: next,
	})
	return errors.Join(verdict, p.Err())
}

// planVerdict is the error of a plan that cannot be applied as it is.
func planVerdict(plan *restore.Plan) error {
	n := len(plan.BlockedSteps())
	if n == 0 {
		return nil
	}
	return &failure{
		exit: exitBlocked, code: "blocked", err: fmt.Errorf("the plan has %s", render.Plural(int64(n), "blocked asset")),
		hint: "answer what it asks (--on-conflict, --policy, --asset, --map-…), or leave assets out with --select",
	}
}

// planNext suggests the import that carries out the plan, or how to unblock it.
func (a *app) planNext(file string, o *opened, plan *restore.Plan, f *planFlags) []string {
	result := signerResult(o.Signed(), o.Verdict())
	switch {
	case file == stdio, result == resultUntrusted:
		return nil
	case len(plan.BlockedSteps()) > 0:
		return []string{"oa-archive plan " + shellQuote(file) + f.unblocking(plan)}
	case !plan.Writes():
		return nil
	}
	command := "oa-archive import " + shellQuote(file)
	if saved := firstOf(f.output, f.plan); saved != "" {
		command += " --plan " + shellQuote(saved) + " --into " + shellQuote(shown(f.into))
	} else {
		command += f.given("")
	}
	switch {
	case result == resultUnknown && !f.allowUnknown:
		command += " --trust allowed_signers"
	case result == resultUnsigned && !f.allowUnsigned:
		command += " --allow-unsigned"
	}
	return []string{command}
}

// unblocking writes the flags as they were given, with what would answer most
// of what the plan asks.
func (f *restoreFlags) unblocking(plan *restore.Plan) string {
	conflicts := false
	for _, s := range plan.BlockedSteps() {
		conflicts = conflicts || slices.ContainsFunc(s.Entries, func(e restore.StepEntry) bool { return e.Current != "" })
	}
	missing := render.Missing(plan)
	wider := widening(plan)
	switch {
	case len(wider) > 0:
		return f.given("") + " --allow-access " + strings.Join(wider, " --allow-access ") + "   # if that is meant"
	case f.plan != "":
		return " --into " + shellQuote(shown(f.into)) + " --plan " + shellQuote(f.plan) + "   # after editing it again"
	case f.cloneAs != "" && conflicts:
		return strings.Replace(f.given(""), "--clone-as", "--update-clone", 1) + "   # or another name"
	case f.updateClone != "" && conflicts:
		return f.given("--on-conflict overwrite") + "   # or skip, for what was edited in the clone"
	case conflicts:
		return f.given("--on-conflict overwrite") + "   # or fork, or skip"
	case len(missing) > 0 && !plan.SameTenant && len(f.createMissing) == 0:
		return f.given("") + " --create-missing " + strings.Join(missing, ",") + "   # or map them"
	}
	return f.given("") + " --select …"
}

// widening returns the ids of the changes of access that block the plan, if
// nothing else does.
func widening(plan *restore.Plan) []string {
	var ids []string
	wider := map[string]bool{}
	for _, c := range plan.Access {
		if c.Widens && !slices.Contains(plan.Options.AllowAccess, c.ID) {
			wider[c.ID] = true
			ids = append(ids, c.ID)
		}
	}
	for _, s := range plan.BlockedSteps() {
		n := 0
		for _, id := range s.Access {
			if wider[id] {
				n++
			}
		}
		if n < len(s.Blocked) {
			return nil
		}
	}
	return ids
}

// given writes the flags that decide about the plan as they were given, with
// policy, when set, in place of --on-conflict.
func (f *restoreFlags) given(policy string) string {
	var b strings.Builder
	skip := map[string]bool{"output": true, "plan": true, "write-map": true, "force": true, "show": true, "all": true, "html": true, "json": true, "quiet": true, "no-color": true}
	f.cmd.Flags().Visit(func(flag *pflag.Flag) {
		if skip[flag.Name] || (policy != "" && flag.Name == "on-conflict") {
			return
		}
		values := []string{flag.Value.String()}
		if list, ok := flag.Value.(pflag.SliceValue); ok {
			values = list.GetSlice()
		}
		for _, v := range values {
			b.WriteString(" --" + flag.Name)
			if flag.Value.Type() != "bool" {
				b.WriteString(" " + shellQuote(shown(v)))
			}
		}
	})
	if policy != "" {
		b.WriteString(" " + policy)
	}
	return b.String()
}

// savePlan writes the plan's document, complete or not at all.
func savePlan(plan *restore.Plan, path string, force bool) error {
	return saveFile(path, force, plan.Write)
}

func (a *app) showPlan(f *planFlags) (err error) {
	html, err := a.beginPage(&f.pageFlags)
	if err != nil {
		return err
	}
	defer closeInto(&err, html)
	plan, err := readPlan(f.show)
	if err != nil {
		return err
	}
	verdict := planVerdict(plan)
	var next []string
	if verdict == nil && plan.Writes() {
		next = []string{"oa-archive import FILE --plan " + shellQuote(f.show) + " --into STORE"}
	}
	if err := html.finish(a, plan, nil, page.Options{Next: planCommands(plan, next)}); err != nil {
		return err
	}
	if a.json {
		return errors.Join(verdict, a.printJSON(planJSON{Plan: plan, HTML: f.html, Error: newErrorJSON(verdict)}))
	}
	p := a.out()
	p.Plan(&render.PlanPage{Plan: plan, All: f.all, Next: next})
	return errors.Join(verdict, p.Err())
}
