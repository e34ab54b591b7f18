// Package overview reads a tenant's documents and says what is in it:
// workspaces, their datasets with what depends on them, reports, alerts, files,
// connections and people. It is what `oa-archive inspect` shows.
package overview

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/oneanalytics/oa-archive/layout"
	"github.com/oneanalytics/oa-archive/manifest"
	"github.com/oneanalytics/oa-archive/schema"
	"github.com/oneanalytics/oa-archive/tenant"
)

// Overview is what an archive holds. Its JSON is part of the output of
// `inspect --json` and documented in docs/cli.md. Lists are in canonical order
// and never null.
type Overview struct {
	Workspaces []*Workspace `json:"workspaces"`
	Audit      *Part        `json:"audit,omitempty"`
	Extensions []Part       `json:"extensions"`
}

// Part is an entry that belongs to no workspace.
type Part struct {
	Path string `json:"path"`
	Size int64  `json:"size"`
}

// Workspace is one workspace of the archive.
type Workspace struct {
	ID          string       `json:"id"`
	Name        string       `json:"name"`
	Description string       `json:"description,omitempty"`
	Size        int64        `json:"size"` // of all its entries, in bytes
	Datasets    []Dataset    `json:"datasets"`
	Reports     []Report     `json:"reports"`
	Alerts      []Alert      `json:"alerts"`
	Files       []File       `json:"files"`
	Connections []Connection `json:"connections"`
	Counts      Counts       `json:"counts"`
	// Problems says which documents could not be understood and why.
	Problems []string `json:"problems"`
}

// Counts are the lengths of lists in the metadata.
type Counts struct {
	Users        int `json:"users"`
	Teams        int `json:"teams"`
	Roles        int `json:"roles"`
	Members      int `json:"members"`
	Grants       int `json:"grants"`
	Folders      int `json:"folders"`
	Tags         int `json:"tags"`
	SavedQueries int `json:"saved_queries"`
}

// Dataset is a semantic model, with rows or without.
type Dataset struct {
	ID         string `json:"id"`
	Name       string `json:"name"`
	Mode       string `json:"mode,omitempty"` // import, direct or composite
	Version    int64  `json:"version,omitempty"`
	RowCount   *int64 `json:"row_count,omitempty"` // in the service; the archive may hold no rows
	Dimensions int    `json:"dimensions"`
	Measures   int    `json:"measures"`
	Subjects   int    `json:"security_subjects"` // roles, teams and users that row security names
	Size       int64  `json:"size"`              // of the model, in bytes
	RowsSize   *int64 `json:"rows_size,omitempty"`
	Rows       *Rows  `json:"rows,omitempty"` // what the manifest says of them; filled in by whoever has it
}

// Rows is what an archive says of the rows of a dataset.
type Rows struct {
	Count  int64    `json:"count"`
	Schema string   `json:"schema,omitempty"` // columns and types; see docs/rows.md
	Nulls  []*int64 `json:"nulls,omitempty"`  // of each column; null where it is not known
}

// NewRows takes statistics from a manifest; nil gives nil.
func NewRows(s *manifest.RowStatistics) *Rows {
	if s == nil {
		return nil
	}
	rows := &Rows{Count: s.Count, Schema: s.Schema}
	for i := range s.Nulls {
		n := &s.Nulls[i]
		if *n < 0 {
			n = nil
		}
		rows.Nulls = append(rows.Nulls, n)
	}
	return rows
}

// StateRows fills in what the manifest says of rows.
func (o *Overview) StateRows(m *manifest.Manifest) {
	stated := map[string]*Rows{}
	for i := range m.Entries {
		if e := &m.Entries[i]; e.Rows != nil {
			stated[e.Path] = NewRows(e.Rows)
		}
	}
	for _, w := range o.Workspaces {
		for i := range w.Datasets {
			d := &w.Datasets[i]
			if d.RowsSize != nil {
				d.Rows = stated[layout.Name{Kind: layout.Rows, Workspace: w.ID, Asset: d.ID}.String()]
			}
		}
	}
}

// Report is a report.
type Report struct {
	ID        string   `json:"id"`
	Name      string   `json:"name"`
	Pages     int      `json:"pages"`
	Visuals   int      `json:"visuals"`
	Bookmarks int      `json:"bookmarks"`
	Datasets  []string `json:"datasets"` // ids
	Size      int64    `json:"size"`
}

// Alert is an alert.
type Alert struct {
	ID        string   `json:"id"`
	Name      string   `json:"name"`
	State     string   `json:"state"`     // active, paused or snoozed
	Condition string   `json:"condition"` // threshold, change, anomaly or custom
	Channels  []string `json:"channels"`  // their types
	Dataset   string   `json:"dataset"`   // id
	Size      int64    `json:"size"`
}

// File is an uploaded file.
type File struct {
	ID        string `json:"id"`
	Name      string `json:"name"`
	MediaType string `json:"media_type,omitempty"`
	Size      int64  `json:"size"`
}

// Connection is a source that datasets take rows from.
type Connection struct {
	Name string `json:"name"`
	Type string `json:"type"`
}

// MaxDocument is the largest document, in bytes, that is read. Larger ones are
// listed as problems.
const MaxDocument = 64 << 20

// Options of [Read]. The zero value reads everything.
type Options struct {
	Only    []string // workspaces, by id or name; none means all
	Outline bool     // read the metadata alone: models, reports and alerts are listed with no more than their ids and sizes
}

// Read reads the documents of a source (package archivesource makes an archive
// one). Documents that cannot be understood are listed as problems; errors are
// those of reading and verifying, and an unknown workspace in Options.Only.
func Read(ctx context.Context, source tenant.Source, opts Options) (*Overview, error) {
	r := &reader{ctx: ctx, opts: opts, overview: &Overview{Workspaces: []*Workspace{}, Extensions: []Part{}}}
	for e, err := range source.Entries(ctx, tenant.Selection{Rows: true, Audit: true}) {
		if err != nil {
			return nil, err
		}
		if err := r.entry(e); err != nil {
			return nil, err
		}
	}
	if err := r.overview.restrict(opts.Only); err != nil {
		return nil, err
	}
	return r.overview, nil
}

// ErrNoWorkspace says that an archive has no workspace of that id or name.
var ErrNoWorkspace = errors.New("no such workspace in the archive")

// restrict keeps the workspaces that only names, if it names any.
func (o *Overview) restrict(only []string) error {
	if len(only) == 0 {
		return nil
	}
	var kept []*Workspace
	for _, w := range o.Workspaces {
		if slices.Contains(only, w.ID) || slices.Contains(only, w.Name) {
			kept = append(kept, w)
		}
	}
	for _, want := range only {
		if !slices.ContainsFunc(kept, func(w *Workspace) bool { return w.ID == want || w.Name == want }) {
			return fmt.Errorf("workspace %q: %w", want, ErrNoWorkspace)
		}
	}
	o.Workspaces = kept
	return nil
}

type reader struct {
	ctx      context.Context
	opts     Options
	overview *Overview
	at       *Workspace // the one under way
	metadata metadata   // of it
}

// wants reports whether the workspace under way is shown. Its metadata, which
// has its name, comes before what is in it.
func (r *reader) wants() bool {
	only := r.opts.Only
	return len(only) == 0 || slices.Contains(only, r.at.ID) || slices.Contains(only, r.at.Name)
}

func (r *reader) entry(e tenant.Entry) error {
	name, path := e.Name, e.Name.String()
	switch name.Kind {
	case layout.Audit:
		r.overview.Audit = &Part{path, e.Size}
		return nil
	case layout.Extension:
		r.overview.Extensions = append(r.overview.Extensions, Part{path, e.Size})
		return nil
	}
	if r.at == nil || r.at.ID != name.Workspace {
		r.at = newWorkspace(name.Workspace)
		r.metadata = metadata{}
		r.overview.Workspaces = append(r.overview.Workspaces, r.at)
	}
	r.at.Size += e.Size
	switch name.Kind {
	case layout.Rows:
		r.rows(name.Asset, e.Size)
		return nil
	case layout.File:
		r.file(name.Asset, e.Size)
		return nil
	}
	if name.Kind != layout.Metadata && (r.opts.Outline || !r.wants()) {
		r.document(name, path, e.Size, nil)
		return nil
	}
	doc, err := r.read(e)
	if errors.Is(err, errTooLarge) {
		r.problem(path, err)
		doc, err = nil, nil
	}
	if err != nil {
		return err
	}
	r.document(name, path, e.Size, doc)
	return nil
}

var errTooLarge = errors.New("too large to be read here")

func (r *reader) read(e tenant.Entry) (doc []byte, err error) {
	if e.Size > MaxDocument {
		return nil, errTooLarge
	}
	content, err := e.Open(r.ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, content.Close()) }()
	var whole bytes.Buffer
	whole.Grow(int(max(e.Size, 0)) + bytes.MinRead) // one allocation, as the size is known
	if _, err = whole.ReadFrom(io.LimitReader(content, MaxDocument+1)); err == nil && whole.Len() > MaxDocument {
		return nil, errTooLarge
	}
	return whole.Bytes(), err
}

func newWorkspace(id string) *Workspace {
	return &Workspace{
		ID: id, Datasets: []Dataset{}, Reports: []Report{}, Alerts: []Alert{},
		Files: []File{}, Connections: []Connection{}, Problems: []string{},
	}
}

func (r *reader) problem(path string, err error) {
	r.at.Problems = append(r.at.Problems, fmt.Sprintf("%s: %v", path, err))
}

// document reads one document. The strict syntax check of package schema comes
// first, so that what is shown is what every other reader sees.
func (r *reader) document(name layout.Name, path string, size int64, doc []byte) {
	kind, ok := schema.KindOf(name.Kind)
	if !ok {
		return
	}
	var refs []schema.Reference
	var parsed *schema.Document
	if doc != nil {
		var err error
		parsed = schema.Parse(kind, doc)
		if refs, err = parsed.References(); err != nil {
			r.problem(path, err)
			doc, parsed = nil, nil
		}
	}
	switch name.Kind {
	case layout.Metadata:
		r.metadataDocument(path, doc)
	case layout.Model:
		r.model(name.Asset, size, parsed, refs)
	case layout.Report:
		r.report(path, name.Asset, size, doc, refs)
	case layout.Alert:
		r.alert(path, name.Asset, size, doc)
	}
}

// decode reads the members that v names; others, and members of another type,
// are passed over with a problem.
func (r *reader) decode(path string, doc []byte, v any) {
	if doc == nil {
		return
	}
	if err := json.Unmarshal(doc, v); err != nil {
		r.problem(path, errors.New(strings.TrimPrefix(err.Error(), "json: ")))
	}
}
