package superset

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"maps"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/oneanalytics/oa-archive/layout"
	"github.com/oneanalytics/oa-archive/tenant"
)

// Options say what tenant a bundle becomes.
type Options struct {
	// Tenant describes the tenant. It has to be given: a bundle does not say
	// whose it is.
	Tenant tenant.Info

	// Workspace is the name of the workspace that everything goes to. Empty
	// means "Apache Superset".
	Workspace string

	// PerDashboard gives each dashboard a workspace of its own. Dashboards
	// that share a dataset share the workspace; what no dashboard needs goes
	// to the one that Workspace names.
	PerDashboard bool

	// Data is a folder of CSV files with the rows of datasets, plain or
	// compressed with gzip: those that the datasets' member data names, by the
	// last segment of its address. Datasets that have one there are of mode
	// import, the others stay direct. Nil means no rows. The caller keeps it
	// open until [Source.Close].
	Data fs.FS
}

// A Source shows an asset bundle as a tenant. It implements [tenant.Source]
// and [tenant.OmissionLister].
type Source struct {
	info       tenant.Info
	bundle     *bundle
	workspaces []*workspace
	closed     atomic.Bool
}

var (
	_ tenant.Source         = (*Source)(nil)
	_ tenant.OmissionLister = (*Source)(nil)
)

// Open reads the asset bundle in fsys, a folder or a ZIP file as Superset's
// export makes it. It reads every document once to learn what is in it, and
// again when the entry that it belongs to is opened. A document that has
// changed in between gives [tenant.ErrChanged].
//
// The caller keeps fsys open until [Source.Close], and closes it.
func Open(fsys fs.FS, opts Options) (*Source, error) {
	if err := opts.Tenant.Check(); err != nil {
		return nil, fmt.Errorf("superset: %w", err)
	}
	b, err := openBundle(fsys)
	if err != nil {
		return nil, err
	}
	if opts.Data != nil {
		if err := b.indexRows(opts.Data); err != nil {
			return nil, err
		}
	}
	name := cmp.Or(opts.Workspace, "Apache Superset")
	return &Source{info: opts.Tenant, bundle: b, workspaces: b.plan(opts.Tenant.ID, name, opts.PerDashboard)}, nil
}

// Tenant describes the tenant, as [Options] did.
func (s *Source) Tenant(ctx context.Context) (tenant.Info, error) {
	return s.info, cmp.Or(ctx.Err(), s.usable())
}

// Close ends the snapshot.
func (s *Source) Close() error {
	s.closed.Store(true)
	return nil
}

func (s *Source) usable() error {
	if s.closed.Load() {
		return errors.New("superset: the source is closed")
	}
	return nil
}

// Entries yields the selected documents and rows in canonical order. A bundle
// has no audit trail. Rows are made of CSV files as they are read.
func (s *Source) Entries(ctx context.Context, sel tenant.Selection) iter.Seq2[tenant.Entry, error] {
	return func(yield func(tenant.Entry, error) bool) {
		if err := cmp.Or(s.usable(), s.checkSelection(sel)); err != nil {
			yield(tenant.Entry{}, err)
			return
		}
		for _, w := range s.workspaces {
			for _, e := range s.entriesOf(w) {
				if !sel.Selects(e.Name) {
					continue
				}
				if err := ctx.Err(); err != nil {
					yield(tenant.Entry{}, err)
					return
				}
				if !yield(e, nil) {
					return
				}
			}
		}
	}
}

// checkSelection refuses workspaces that do not exist.
func (s *Source) checkSelection(sel tenant.Selection) error {
	for _, id := range sel.Workspaces {
		if !slices.ContainsFunc(s.workspaces, func(w *workspace) bool { return w.id == id }) {
			return fmt.Errorf("superset: workspace %q: %w", id, tenant.ErrNoEntry)
		}
	}
	return nil
}

// entriesOf lists a workspace: its metadata, models and rows by dataset, reports
// by id.
func (s *Source) entriesOf(w *workspace) []tenant.Entry {
	entries := []tenant.Entry{s.entry(layout.Name{Kind: layout.Metadata, Workspace: w.id}, func() ([]byte, error) {
		return w.metadata(s.bundle)
	})}
	for _, d := range w.datasets {
		entries = append(entries, s.entry(layout.Name{Kind: layout.Model, Workspace: w.id, Asset: d.uuid}, func() ([]byte, error) {
			m, err := s.bundle.model(d.uuid)
			if err != nil {
				return nil, err
			}
			return m.yaml(d.path, s.bundle.databases[d.database].connection()), nil
		}))
		if d.rows != nil {
			entries = append(entries, s.rows(layout.Name{Kind: layout.Rows, Workspace: w.id, Asset: d.uuid}, d.rows))
		}
	}
	for id, build := range s.reports(w) {
		entries = append(entries, s.entry(layout.Name{Kind: layout.Report, Workspace: w.id, Asset: id}, func() ([]byte, error) {
			r, err := build()
			if err != nil {
				return nil, err
			}
			return r.document()
		}))
	}
	slices.SortStableFunc(entries, func(a, b tenant.Entry) int { return layout.Compare(a.Name, b.Name) })
	return entries
}

// reports yields what makes each report of the workspace, by its id.
func (s *Source) reports(w *workspace) iter.Seq2[string, func() (*reportBuilder, error)] {
	return func(yield func(string, func() (*reportBuilder, error)) bool) {
		for _, d := range w.dashboards {
			if !yield(d.uuid, func() (*reportBuilder, error) { return reportOf(s.bundle, d, w.id) }) {
				return
			}
		}
		if len(w.loose) > 0 {
			yield(w.looseID, func() (*reportBuilder, error) { return looseReport(s.bundle, w.looseID, w.id, w.loose) })
		}
	}
}

// entry describes a document that is made when it is opened. Its size and
// digest are therefore not known before.
func (s *Source) entry(name layout.Name, make func() ([]byte, error)) tenant.Entry {
	return tenant.Entry{Name: name, Size: -1, Open: func(ctx context.Context) (io.ReadCloser, error) {
		if err := cmp.Or(ctx.Err(), s.usable()); err != nil {
			return nil, err
		}
		doc, err := make()
		if err != nil {
			return nil, err
		}
		return io.NopCloser(bytes.NewReader(doc)), nil
	}}
}

// rows describes the rows of a dataset, which are made when they are opened.
func (s *Source) rows(name layout.Name, t *table) tenant.Entry {
	return tenant.Entry{Name: name, Size: -1, Open: func(ctx context.Context) (io.ReadCloser, error) {
		if err := cmp.Or(ctx.Err(), s.usable()); err != nil {
			return nil, err
		}
		return t.content(ctx), nil
	}}
}

// Omissions lists what is in the bundle but not in the entries, and what
// entries carry only in Superset's own form: so that nobody has to find out
// later.
func (s *Source) Omissions(ctx context.Context, sel tenant.Selection) ([]tenant.Omission, error) {
	if err := cmp.Or(s.usable(), s.checkSelection(sel)); err != nil {
		return nil, err
	}
	var missing int64
	visuals := map[string]int64{} // by why they do not say all that their charts do
	for _, w := range s.workspaces {
		if !sel.Selects(layout.Name{Kind: layout.Metadata, Workspace: w.id}) {
			continue
		}
		for _, build := range s.reports(w) {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			r, err := build()
			if err != nil {
				return nil, err
			}
			missing += r.lost
			for feature, n := range r.unexpressed {
				visuals[feature] += n
			}
		}
	}
	var omissions []tenant.Omission
	if missing > 0 {
		omissions = append(omissions, tenant.Omission{Kind: "charts", Count: missing, Reason: "dashboards place these charts, but the bundle does not have them"})
	}
	for _, feature := range slices.Sorted(maps.Keys(visuals)) {
		omissions = append(omissions, tenant.Omission{Kind: "visuals", Count: visuals[feature],
			Reason: feature + "; the charts are kept whole in the report's extensions"})
	}
	return append(omissions, s.passedOver()...), nil
}

func (s *Source) passedOver() []tenant.Omission {
	var omissions []tenant.Omission
	for _, folder := range slices.Sorted(maps.Keys(s.bundle.passedOver)) {
		reason := "files of the bundle that this program does not read"
		if folder != "" && !strings.HasSuffix(folder, ".yaml") {
			reason = fmt.Sprintf("files in the bundle's folder %s, which this program does not read", printable(shorten(folder, maxQuoted)))
		}
		omissions = append(omissions, tenant.Omission{Kind: "bundle_files", Count: s.bundle.passedOver[folder], Reason: reason})
	}
	return omissions
}
