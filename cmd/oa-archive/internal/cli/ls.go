package cli

import (
	"context"
	"iter"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/oneanalytics/oa-archive/cmd/oa-archive/internal/render"
	"github.com/oneanalytics/oa-archive/layout"
	"github.com/oneanalytics/oa-archive/manifest"
)

// lsJSON is the --json output of ls.
type lsJSON struct {
	File    string                 `json:"file"`
	Archive string                 `json:"archive"` // id
	Result  string                 `json:"result"`  // as in inspect
	Entries iter.Seq[render.Entry] `json:"entries"`
}

type lsFlags struct {
	trustFlags
	long bool
}

func lsVerb(a *app) *cobra.Command {
	var f lsFlags
	cmd := &cobra.Command{
		Use:   "ls FILE [PATTERN]...",
		Short: "list the entries of an archive",
		Long: `List the entries of an archive in canonical order. A PATTERN is a path, a glob
(* within a segment, ** across them), or the id of an asset or a workspace, of
which the first eight digits suffice.

Signatures are not entries; tar shows them: tar --zstd -tf FILE.`,
		Example: `oa-archive ls acme.oa-archive
oa-archive ls acme.oa-archive -l '**/reports/*'
oa-archive ls acme.oa-archive 2a5e562b
oa-archive ls acme.oa-archive --json | jq '[.entries[].size] | add'`,
		Args:              args(cobra.MinimumNArgs(1), "an archive"),
		ValidArgsFunction: a.completePaths,
		RunE: func(cmd *cobra.Command, given []string) error {
			return a.ls(cmd.Context(), given[0], given[1:], &f)
		},
	}
	group(cmd, "What to show", func(fs *pflag.FlagSet) {
		fs.BoolVarP(&f.long, "long", "l", false, "with kind, size, size in the file and SHA-256")
	})
	f.declare(cmd)
	a.unlock.declare(cmd)
	return cmd
}

func (a *app) ls(ctx context.Context, file string, patterns []string, f *lsFlags) (err error) {
	o, err := a.openToLook(ctx, file, &f.trustFlags)
	if err != nil {
		return err
	}
	defer closeInto(&err, o)
	found, err := matchEntries(o.Manifest(), patterns)
	if err != nil {
		return err
	}
	entries := func(yield func(render.Entry) bool) {
		for i := range found {
			if !yield(describeEntry(o, &found[i])) {
				return
			}
		}
	}
	if a.json {
		return a.printJSON(lsJSON{
			File: o.in.name, Archive: o.Manifest().ID, Result: signerResult(o.Signed(), o.Verdict()), Entries: entries,
		})
	}
	a.noteSigner(o)
	p := a.out()
	p.List(entries, f.long)
	return p.Err()
}

func describeEntry(o *opened, e *manifest.Entry) render.Entry {
	kind := layout.Manifest
	if n, err := layout.Parse(e.Path); err == nil {
		kind = n.Kind
	}
	out := render.Entry{Path: e.Path, Kind: kind.String(), Size: e.Size, SHA256: e.SHA256.String(), Offset: e.Offset}
	if e.Path == layout.ManifestPath {
		out.Size, out.SHA256 = o.Sizes().Manifest, o.ManifestDigest().String()
	}
	if n, _, ok := o.CompressedSize(e.Path); ok {
		out.CompressedSize = &n
	}
	return out
}
