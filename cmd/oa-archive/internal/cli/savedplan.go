package cli

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/oneanalytics/oa-archive/cmd/oa-archive/internal/render"
	"github.com/oneanalytics/oa-archive/restore"
	"github.com/oneanalytics/oa-archive/tenant"
)

// maxPlan bounds a saved plan. One takes some 1.5 KB per asset.
const maxPlan = 1 << 30

// hintBadPlan is for files that hold no plan, or none that can be used.
const hintBadPlan = "make a new plan with `oa-archive plan FILE --into STORE -o PLAN`"

// readPlan reads a saved plan that nobody has edited.
func readPlan(path string) (*restore.Plan, error) {
	f, err := openPlan(path)
	if err != nil {
		return nil, at("plan", err)
	}
	defer f.Close()
	plan, err := restore.ReadPlan(f)
	if f.fault != nil {
		return nil, at("plan", f.fault)
	}
	if err != nil {
		hint := "an edited plan is shown by `oa-archive plan FILE --into STORE --plan PLAN`; or " + hintBadPlan
		return nil, &failure{exit: exitFailed, code: "bad-plan", err: at(fmt.Sprintf("plan %q", path), err), hint: hint}
	}
	return plan, nil
}

// planFile is a saved plan of at most maxPlan bytes, which is read as it comes.
type planFile struct {
	*os.File
	left  int64
	fault error // of reading, which says nothing of the plan
}

func openPlan(path string) (*planFile, error) {
	f, err := os.Open(path)
	return &planFile{File: f, left: maxPlan}, err
}

// Seek goes to a place in the file. From its beginning, all of it may be read again.
func (f *planFile) Seek(offset int64, whence int) (int64, error) {
	at, err := f.File.Seek(offset, whence)
	if at == 0 {
		f.left = maxPlan
	}
	return at, err
}

func (f *planFile) Read(p []byte) (int, error) {
	n, err := f.File.Read(p)
	if f.left -= int64(n); f.left < 0 {
		n, err = 0, fmt.Errorf("%q is larger than %d bytes", f.Name(), maxPlan)
	}
	if err != nil && err != io.EOF {
		f.fault = err
	}
	return n, err
}

// checkPlanFlags refuses flags that a saved plan has answered.
func (f *restoreFlags) checkPlanFlags() error {
	if f.plan == "" {
		return nil
	}
	for _, name := range f.optionNames {
		if f.cmd.Flags().Changed(name) {
			return usagef("leave it out, or make another plan", "--plan and --%s exclude each other: the plan says it already", name)
		}
	}
	return nil
}

// makePlan makes a plan, or reads a saved one with the edits in it.
func (f *restoreFlags) makePlan(ctx context.Context, o *opened, target tenant.Target, opts restore.Options) (*restore.Amendment, error) {
	if f.plan == "" {
		plan, err := restore.MakePlan(ctx, o.Archive, target, opts)
		return &restore.Amendment{Plan: plan}, err
	}
	file, err := openPlan(f.plan)
	if err != nil {
		return nil, at("plan", err)
	}
	defer file.Close()
	amended, err := restore.Amend(ctx, file, o.Archive, target)
	if file.fault != nil {
		return nil, at("plan", file.fault)
	}
	if err == nil {
		return amended, nil
	}
	if known, ok := restoreFailure(err); ok {
		known.err = err
		return nil, &known
	}
	return nil, &failure{exit: exitFailed, code: "bad-plan", err: at(fmt.Sprintf("plan %q", f.plan), err), hint: hintBadPlan}
}

// noteEdits says that what is carried out is not what was saved.
func (a *app) noteEdits(amended *restore.Amendment) {
	if n := len(amended.Edits); n > 0 {
		a.note("the plan was edited: %s, which %s", render.Plural(int64(n), "decision"), render.Plural(int64(len(amended.Entailed)), "changes 1 more asset/change more assets"))
	}
}
