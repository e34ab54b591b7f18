// Package archivesource shows an archive as a [tenant.Source], so that
// whatever reads a tenant reads an archive too.
package archivesource

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"slices"
	"sync/atomic"

	"github.com/oneanalytics/oa-archive/archive"
	"github.com/oneanalytics/oa-archive/internal/whose"
	"github.com/oneanalytics/oa-archive/layout"
	"github.com/oneanalytics/oa-archive/manifest"
	"github.com/oneanalytics/oa-archive/tenant"
)

// New returns the tenant's state that a holds. The archive stays the caller's
// and must stay open; closing the source does not close it.
func New(a *archive.Archive) *Source { return &Source{a: a} }

// A Source is the state that an archive holds. It implements [tenant.Source]
// and [tenant.OmissionLister]; its contents are verified as they are read.
type Source struct {
	a      *archive.Archive
	closed atomic.Bool
}

// open refuses a source that was closed.
func (s *Source) open(ctx context.Context) error {
	if s.closed.Load() {
		return fmt.Errorf("archive source: %w", fs.ErrClosed)
	}
	return ctx.Err()
}

// Tenant returns the tenant as the manifest names it.
func (s *Source) Tenant(context.Context) (tenant.Info, error) {
	return whose.Info(s.a.Manifest())
}

// Entries yields the entries that the archive has of the selection: rows and
// the audit trail only if they were exported.
func (s *Source) Entries(ctx context.Context, sel tenant.Selection) iter.Seq2[tenant.Entry, error] {
	return func(yield func(tenant.Entry, error) bool) {
		m := s.a.Manifest()
		if err := cmp.Or(s.open(ctx), checkWorkspaces(m, sel.Workspaces)); err != nil {
			yield(tenant.Entry{}, err)
			return
		}
		for _, e := range m.Entries {
			name, err := layout.Parse(e.Path)
			if err == nil {
				err = ctx.Err()
			}
			if err != nil {
				yield(tenant.Entry{}, fmt.Errorf("archive source: %w", err))
				return
			}
			if sel.Selects(name) && !yield(s.entry(name, e), nil) {
				return
			}
		}
	}
}

func (s *Source) entry(name layout.Name, e manifest.Entry) tenant.Entry {
	return tenant.Entry{
		Name: name, Size: e.Size, Digest: e.SHA256,
		Open: func(ctx context.Context) (io.ReadCloser, error) {
			if err := s.open(ctx); err != nil {
				return nil, err
			}
			return s.a.OpenEntry(ctx, e.Path)
		},
	}
}

// Omissions returns what the manifest says was left out of the archive, since
// a copy of it cannot have that either.
func (s *Source) Omissions(context.Context, tenant.Selection) ([]tenant.Omission, error) {
	var all []tenant.Omission
	for _, o := range s.a.Manifest().Coverage.Unsupported {
		all = append(all, tenant.Omission{Kind: o.Kind, Count: o.Count, Reason: o.Reason})
	}
	return all, nil
}

// Close ends the source. The archive stays open: it is the caller's.
func (s *Source) Close() error {
	s.closed.Store(true)
	return nil
}

func checkWorkspaces(m *manifest.Manifest, ids []string) error {
	for _, id := range ids {
		has := func(e manifest.Entry) bool {
			n, err := layout.Parse(e.Path)
			return err == nil && n.Workspace == id && id != ""
		}
		if !slices.ContainsFunc(m.Entries, has) {
			return fmt.Errorf("archive source: workspace %q: %w", id, tenant.ErrNoEntry)
		}
	}
	return nil
}
