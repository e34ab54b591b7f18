package dirstore

import (
	"context"
	"fmt"
	"io/fs"
	"iter"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/oneanalytics/oa-archive/tenant"
)

// ForeignFiles is the kind of the omission that stands for files in a tenant's
// folder that have no path in the archive's grammar.
const ForeignFiles = "foreign-files"

// namedOmissions is how many foreign files an omission names.
const namedOmissions = 3

type snapshot struct {
	store  *Store
	tenant tenant.Info
	found  listing
	closed atomic.Bool
}

func (s *snapshot) Tenant(ctx context.Context) (tenant.Info, error) { return s.tenant, ctx.Err() }

func (s *snapshot) Entries(ctx context.Context, sel tenant.Selection) iter.Seq2[tenant.Entry, error] {
	return func(yield func(tenant.Entry, error) bool) {
		if err := s.check(sel); err != nil {
			yield(tenant.Entry{}, err)
			return
		}
		for _, f := range s.found.files {
			if !sel.Selects(f.name) {
				continue
			}
			if err := ctx.Err(); err != nil {
				yield(tenant.Entry{}, err)
				return
			}
			if !yield(f.entry(&s.closed), nil) {
				return
			}
		}
	}
}

// check refuses a closed snapshot and workspaces that have no entries.
func (s *snapshot) check(sel tenant.Selection) error {
	if s.closed.Load() {
		return fmt.Errorf("dirstore: the snapshot is closed: %w", fs.ErrClosed)
	}
	for _, id := range sel.Workspaces {
		if id == "" || !slices.ContainsFunc(s.found.files, func(f file) bool { return f.name.Workspace == id }) {
			return fmt.Errorf("dirstore: %s: workspace %+q: %w", s.store.path, id, tenant.ErrNoEntry)
		}
	}
	return nil
}

// Omissions implements [tenant.OmissionLister]: the foreign files, of the
// selected workspaces where the selection names any.
func (s *snapshot) Omissions(ctx context.Context, sel tenant.Selection) ([]tenant.Omission, error) {
	if err := s.check(sel); err != nil {
		return nil, err
	}
	var paths []string
	for _, path := range s.found.foreign {
		rest, within := strings.CutPrefix(path, "workspaces/")
		workspace, _, _ := strings.Cut(rest, "/")
		if !within || len(sel.Workspaces) == 0 || slices.Contains(sel.Workspaces, workspace) {
			paths = append(paths, path)
		}
	}
	if len(paths) == 0 {
		return nil, ctx.Err()
	}
	return []tenant.Omission{{
		Kind:   ForeignFiles,
		Count:  int64(len(paths)),
		Reason: "no path in the archive's grammar: " + enumerate(paths),
	}}, ctx.Err()
}

func enumerate(paths []string) string {
	var named []string
	for _, path := range paths[:min(len(paths), namedOmissions)] {
		name := printable(path)
		if len(name) > 250 {
			name = name[:250] + "..."
		}
		named = append(named, name)
	}
	text := strings.Join(named, ", ")
	if more := len(paths) - len(named); more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

func (s *snapshot) Close() error {
	s.closed.Store(true)
	return nil
}
