package cli

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/oneanalytics/oa-archive/archive"
	"github.com/oneanalytics/oa-archive/cmd/oa-archive/internal/render"
	"github.com/oneanalytics/oa-archive/layout"
	"github.com/oneanalytics/oa-archive/manifest"
)

// catJSON is the --json output of cat.
type catJSON struct {
	File    string         `json:"file"`
	Archive string         `json:"archive"` // id
	Entries []catEntryJSON `json:"entries"`
}

// catEntryJSON holds the content in one of two forms: as text when it is valid
// UTF-8, in base64 otherwise.
type catEntryJSON struct {
	Path    string  `json:"path"`
	Size    int64   `json:"size"`
	SHA256  string  `json:"sha256"`
	Content *string `json:"content,omitempty"`
	Base64  *string `json:"base64,omitempty"`
}

func catVerb(a *app) *cobra.Command {
	var t trustFlags
	cmd := &cobra.Command{
		Use:   "cat FILE PATTERN...",
		Short: "print the content of entries, verified",
		Long: `Print the content of entries to standard output, in canonical order. No byte is
printed before its digest and signature have been checked. A PATTERN is a path,
a glob, or the id of an asset, of which the first eight digits suffice.

On a terminal, binary content is refused, and control characters in text are
shown as escapes; a pipe or a file gets the exact bytes.

Where a file says whom to trust, its signers alone are accepted; without one, a
note says that the signer is unknown.`,
		Example: `oa-archive cat acme.oa-archive manifest.json | jq .coverage
oa-archive cat acme.oa-archive 2a5e562b
oa-archive cat acme.oa-archive 'workspaces/*/datasets/*/rows.parquet' > rows.parquet`,
		Args:              args(cobra.MinimumNArgs(2), "an archive and at least one pattern"),
		ValidArgsFunction: a.completePaths,
		RunE: func(cmd *cobra.Command, given []string) error {
			return a.cat(cmd.Context(), given[0], given[1:], &t)
		},
	}
	t.declare(cmd)
	a.unlock.declare(cmd)
	return cmd
}

func (a *app) cat(ctx context.Context, file string, patterns []string, t *trustFlags) (err error) {
	o, err := a.openToRead(ctx, file, t)
	if err != nil {
		return err
	}
	defer closeInto(&err, o)
	entries, err := matchEntries(o.Manifest(), patterns)
	if err != nil {
		return err
	}
	if a.json {
		return a.catJSON(ctx, o, entries)
	}
	for _, e := range entries {
		if err := a.catEntry(ctx, o, e); err != nil {
			return err
		}
	}
	return nil
}

func (a *app) catEntry(ctx context.Context, o *opened, e manifest.Entry) (err error) {
	if a.term.OutIsTerminal {
		return a.catToTerminal(ctx, o, e)
	}
	r, err := o.member(ctx, e.Path)
	if err != nil {
		return err
	}
	defer closeInto(&err, r)
	_, err = io.Copy(a.term.Out, r)
	return err
}

// catToTerminal prints text only, and that escaped.
func (a *app) catToTerminal(ctx context.Context, o *opened, e manifest.Entry) error {
	refuse := &failure{
		exit: exitFailed, code: "binary", err: fmt.Errorf("%s is not text, which is no good on a terminal", e.Path),
		hint: "redirect it to a file or a pipe",
	}
	if n, err := layout.Parse(e.Path); err == nil && n.Kind == layout.Rows {
		return refuse
	}
	doc, err := o.document(ctx, e.Path)
	switch {
	case errors.Is(err, archive.ErrLimit):
		refuse.err = fmt.Errorf("%s is too long for a terminal", e.Path)
		return refuse
	case err != nil:
		return err
	case !utf8.Valid(doc) || bytes.IndexByte(doc, 0) >= 0:
		return refuse
	}
	if err := render.Content(a.term.Out, string(doc)); err != nil {
		return err
	}
	if len(doc) > 0 && doc[len(doc)-1] != '\n' {
		_, err = fmt.Fprintln(a.term.Out)
	}
	return err
}

// catJSON holds the contents in memory, so it refuses those over the limit of
// documents.
func (a *app) catJSON(ctx context.Context, o *opened, entries []manifest.Entry) error {
	out := catJSON{File: o.in.name, Archive: o.Manifest().ID, Entries: []catEntryJSON{}}
	for _, e := range entries {
		doc, err := o.document(ctx, e.Path)
		if errors.Is(err, archive.ErrLimit) {
			return &failure{exit: exitFailed, code: "too-large", err: err, hint: "print it without --json"}
		}
		if err != nil {
			return err
		}
		one := catEntryJSON{Path: e.Path, Size: int64(len(doc)), SHA256: layout.DigestOf(doc).String()}
		if utf8.Valid(doc) {
			text := string(doc)
			one.Content = &text
		} else {
			text := base64.StdEncoding.EncodeToString(doc)
			one.Base64 = &text
		}
		out.Entries = append(out.Entries, one)
	}
	return a.printJSON(out)
}
