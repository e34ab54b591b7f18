package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/oneanalytics/oa-archive/cmd/oa-archive/internal/overview"
	"github.com/oneanalytics/oa-archive/cmd/oa-archive/internal/render"
	"github.com/oneanalytics/oa-archive/tenant/archivesource"
)

// inspectJSON is the --json output of inspect.
type inspectJSON struct {
	File     string             `json:"file"`
	Archive  render.Archive     `json:"archive"`
	Sizes    sizesJSON          `json:"sizes"`
	Result   string             `json:"result"` // trusted, untrusted, unknown-signer or unsigned
	Signer   *render.Signer     `json:"signer,omitempty"`
	Coverage render.Coverage    `json:"coverage"`
	Contents *overview.Overview `json:"contents"`
}

// sizesJSON tells where an archive's bytes go.
type sizesJSON struct {
	File       int64 `json:"file"`
	Tar        int64 `json:"tar"`
	Content    int64 `json:"content"`
	Compressed int64 `json:"compressed"`
	Manifest   int64 `json:"manifest"`
	Tables     int64 `json:"tables"`
	Frames     int   `json:"frames"`
}

// manyEntries is how many entries an archive may have for inspect to read its
// models, reports and alerts unasked.
const manyEntries = 2000

type inspectFlags struct {
	trustFlags
	workspaces []string
	all        bool
}

func inspectVerb(a *app) *cobra.Command {
	var f inspectFlags
	cmd := &cobra.Command{
		Use:   "inspect FILE",
		Short: "show what is in an archive, from whom, and what was left out",
		Long: `Show what an archive is, from whom, when it was made and how big it is; per
workspace the datasets with the reports and alerts that depend on them, files,
connections and people; what was left out and why. Of an archive with more than
2,000 entries, a line for each workspace: --workspace shows one in full.

The manifest and every document that is read are verified; "oa-archive verify"
checks all the rest. Archives of unknown or untrusted signers are shown too, and
the page says so. FILE is a path, or - for standard input.`,
		Example: `oa-archive inspect acme.oa-archive
oa-archive inspect acme.oa-archive --workspace Sales
oa-archive inspect acme.oa-archive --json | jq '.contents.workspaces[].name'`,
		Args:              args(cobra.ExactArgs(1), "one archive"),
		ValidArgsFunction: completeArchive,
		RunE:              func(cmd *cobra.Command, given []string) error { return a.inspect(cmd.Context(), given[0], &f) },
	}
	group(cmd, "What to show", func(fs *pflag.FlagSet) {
		fs.StringArrayVarP(&f.workspaces, "workspace", "w", nil, "only this workspace, by `ID-or-name`; repeat for more")
		fs.BoolVar(&f.all, "all", false, "every asset, also of large workspaces")
	})
	f.declare(cmd)
	a.unlock.declare(cmd)
	return cmd
}

func (a *app) inspect(ctx context.Context, file string, f *inspectFlags) (err error) {
	o, err := a.openToLook(ctx, file, &f.trustFlags)
	if err != nil {
		return err
	}
	defer closeInto(&err, o)
	outline := !a.json && !f.all && len(f.workspaces) == 0 && len(o.Manifest().Entries) > manyEntries
	contents, err := overview.Read(ctx, archivesource.New(o.Archive), overview.Options{Only: f.workspaces, Outline: outline})
	if errors.Is(err, overview.ErrNoWorkspace) {
		return usagef("`oa-archive inspect` without --workspace lists them", "%w", err)
	}
	if err != nil {
		return err
	}
	contents.StateRows(o.Manifest())
	if a.json {
		return a.printJSON(newInspectJSON(o, contents))
	}
	page := &render.Inspection{
		File: o.in.name, Manifest: o.Manifest(), Sizes: o.Sizes(), Signed: o.Signed(), Verdict: o.Verdict(),
		Overview: contents, All: f.all || len(f.workspaces) > 0, Outline: outline, Next: inspectNext(file, o, f),
	}
	if a.term.OutIsTerminal {
		page.Now = time.Now()
	}
	p := a.out()
	p.Inspect(page)
	return p.Err()
}

func newInspectJSON(o *opened, contents *overview.Overview) inspectJSON {
	s := o.Sizes()
	doc := inspectJSON{
		File: o.in.name, Archive: render.NewArchive(o.Manifest()),
		Sizes: sizesJSON{
			File: s.File, Tar: s.Tar, Content: s.Content, Compressed: s.Compressed,
			Manifest: s.Manifest, Tables: s.Tables, Frames: s.Frames,
		},
		Result:   signerResult(o.Signed(), o.Verdict()),
		Coverage: render.NewCoverage(o.Manifest()), Contents: contents,
	}
	if o.Signed() {
		signer := render.NewSigner(o.Verdict())
		doc.Signer = &signer
	}
	return doc
}

// inspectNext suggests what to do with the archive.
func inspectNext(file string, o *opened, f *inspectFlags) []string {
	if file == stdio {
		return nil
	}
	quoted := shellQuote(file)
	verify := "oa-archive verify " + quoted
	if f.allowed != "" {
		verify += " --trust " + shellQuote(f.allowed)
	}
	switch signerResult(o.Signed(), o.Verdict()) {
	case resultUnknown:
		verify += " --trust allowed_signers"
	case resultUnsigned:
		verify += " --allow-unsigned"
	}
	return []string{verify, fmt.Sprintf("oa-archive plan %s --into STORE", quoted)}
}
