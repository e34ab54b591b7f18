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

// Read reads the documents of a source (package archivesource makes an archive
// one), all workspaces or those that only names by id or name. Documents that
// cannot be understood are listed as problems; errors are those of reading and
// verifying, and an unknown workspace in only.
func Read(ctx context.Context, source tenant.Source, only []string) (*Overview, error) {
	r := &reader{ctx: ctx, overview: &Overview{Workspaces: []*Workspace{}, Extensions: []Part{}}}
	for e, err := range source.Entries(ctx, tenant.Selection{Rows: true, Audit: true}) {
		if err != nil {
			return nil, err
		}
		if err := r.entry(e); err != nil {
			return nil, err
		}
	}
	if err := r.overview.restrict(only); err != nil {
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
	overview *Overview
	at       *Workspace // the one under way
	metadata metadata   // of it
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
