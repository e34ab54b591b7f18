package export

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"

	"github.com/oneanalytics/oa-archive/archive"
	"github.com/oneanalytics/oa-archive/internal/secretscan"
	"github.com/oneanalytics/oa-archive/internal/whose"
	"github.com/oneanalytics/oa-archive/layout"
	"github.com/oneanalytics/oa-archive/manifest"
	"github.com/oneanalytics/oa-archive/schema"
	"github.com/oneanalytics/oa-archive/tenant"
)

// Export writes the selected entries of src to w as one archive and returns
// its manifest. It closes neither. After an error, what was written to w is
// no archive, and every reader refuses it.
//
// A document that breaks its schema or refers to something that is not there
// refuses the export. The error, an [*InvalidError], lists the problems of all
// documents, not only of the first. One that holds what looks like a credential
// does so too, with a [*SecretError]. A source whose content differs from what
// it claimed gives an error that wraps [tenant.ErrChanged].
func Export(ctx context.Context, src tenant.Source, w io.Writer, opts Options) (*manifest.Manifest, error) {
	if opts.MaxDocument < 0 {
		return nil, fmt.Errorf("export: the largest document is %d bytes, want 0 or more", opts.MaxDocument)
	}
	if err := opts.checkAllowedSecrets(); err != nil {
		return nil, err
	}
	info, err := src.Tenant(ctx)
	if err != nil {
		return nil, fmt.Errorf("export: describe the tenant: %w", err)
	}
	wopts := opts.Writer
	var stated *manifest.Residency
	if wopts.Tenant, stated = whose.Manifest(info); wopts.Residency == nil {
		wopts.Residency = stated
	}
	out, err := archive.NewWriter(w, wopts)
	if err != nil {
		return nil, fmt.Errorf("export: %w", err)
	}
	defer out.Abort()

	x := &exporter{
		ctx: ctx, out: out, opts: opts, census: newCensus(),
		secretOptions: opts.secretOptions(),
		maxDocument:   cmp.Or(opts.MaxDocument, archive.DefaultLimits().Document),
	}
	if err := x.run(src); err != nil {
		return nil, err
	}
	coverage, err := x.census.coverage(ctx, src, opts.Selection)
	if err != nil {
		return nil, err
	}
	coverage.Excluded = append(coverage.Excluded, x.redactions()...)
	x.countPasswords(coverage.Excluded)
	out.SetCoverage(coverage)
	if err := out.Close(); err != nil {
		return nil, fmt.Errorf("export: %w", err)
	}
	return out.Manifest(), nil
}

// exporter is one export under way.
type exporter struct {
	ctx         context.Context
	out         *archive.Writer
	opts        Options
	maxDocument int64
	census      *census

	parser        schema.Parser
	secretOptions secretscan.Options
	pieces        []byte // memory for content on its way

	dataset  rowsContext             // of the rows to come, for CheckRows
	stated   *manifest.RowStatistics // of the rows at hand
	invalid  InvalidError
	secrets  SecretError
	redacted int64 // credentials that were replaced
	withheld int64 // hashes of passwords that were
	uploads  uploads
	upload   *fileRecord // of the file at hand
	entries  int
	bytes    int64
}

// cursor stands on one entry of a source.
type cursor struct {
	next  func() (tenant.Entry, error, bool)
	entry tenant.Entry
	ok    bool
}

func (c *cursor) advance() error {
	entry, err, ok := c.next()
	if ok && err != nil {
		return fmt.Errorf("export: list the tenant's entries: %w", err)
	}
	c.entry, c.ok = entry, ok
	return nil
}

// run writes every entry. Once a problem refuses the export, the rest is only
// looked at, so that all problems are known.
func (x *exporter) run(src tenant.Source) error {
	next, stop := iter.Pull2(src.Entries(x.ctx, x.opts.Selection))
	defer stop()
	at := &cursor{next: next}
	if err := at.advance(); err != nil {
		return err
	}
	for at.ok {
		var err error
		if at.entry.Name.Workspace != "" {
			err = x.workspace(at)
		} else {
			err = x.alone(at)
		}
		if err != nil {
			return err
		}
	}
	return x.verdict()
}

// verdict returns what refuses the export once everything has been looked at.
func (x *exporter) verdict() error {
	var errs []error
	if len(x.secrets.Problems) > 0 {
		errs = append(errs, &x.secrets)
	}
	if len(x.invalid.Problems) > 0 {
		errs = append(errs, &x.invalid)
	}
	if len(errs) == 1 {
		return errs[0]
	}
	return errors.Join(errs...)
}

// workspace writes the entries of one workspace while it checks what they say
// about each other. Documents are read some at a time and kept no longer than
// that.
func (x *exporter) workspace(at *cursor) error {
	var failed error
	problems := schema.CheckDocuments(func(yield func(layout.Name, *schema.Document) bool) {
		for id := at.entry.Name.Workspace; failed == nil && at.ok && at.entry.Name.Workspace == id; {
			for _, e := range x.readAhead(at, id) {
				if failed = x.copy(e); failed == nil && !e.isDocument {
					failed = at.advance()
				}
				if failed != nil || !yield(e.Name, e.parsed) {
					return
				}
				e.forget()
			}
		}
	})
	for _, p := range append(problems, x.uploads.rest()...) {
		x.problem(p)
	}
	return failed
}

// problem files one fault of the tenant's documents.
func (x *exporter) problem(p schema.Problem) {
	switch {
	case p.Warning || x.opts.AllowInvalid:
		if x.opts.Warn != nil {
			x.opts.Warn(p)
		}
	case len(x.invalid.Problems) < MaxProblems:
		x.invalid.Problems = append(x.invalid.Problems, p)
	default:
		x.invalid.More++
	}
}

// refused reports whether the export is going to fail for its documents.
func (x *exporter) refused() bool {
	return len(x.invalid.Problems) > 0 || len(x.secrets.Problems) > 0
}

func (x *exporter) progress(n int64) {
	x.entries++
	x.bytes += n
	if x.opts.Progress != nil {
		x.opts.Progress(x.entries, x.bytes)
	}
}
