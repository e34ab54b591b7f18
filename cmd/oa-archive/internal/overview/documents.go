package overview

import (
	"encoding/json"
	"slices"

	"github.com/oneanalytics/oa-archive/schema"
)

// metadata is what the overview reads of a workspace's metadata.
type metadata struct {
	Workspace struct {
		Name        string `json:"name"`
		Description string `json:"description"`
	} `json:"workspace"`
	Datasets []struct {
		ID       string `json:"id"`
		Name     string `json:"name"`
		Mode     string `json:"mode"`
		Version  int64  `json:"version"`
		RowCount *int64 `json:"row_count"`
	} `json:"datasets"`
	Files []struct {
		ID        string `json:"id"`
		Name      string `json:"name"`
		MediaType string `json:"media_type"`
	} `json:"files"`
	Connections  []Connection      `json:"connections"`
	Users        []json.RawMessage `json:"users"`
	Teams        []json.RawMessage `json:"teams"`
	Roles        []json.RawMessage `json:"roles"`
	Members      []json.RawMessage `json:"members"`
	Grants       []json.RawMessage `json:"grants"`
	Folders      []json.RawMessage `json:"folders"`
	Tags         []json.RawMessage `json:"tags"`
	SavedQueries []json.RawMessage `json:"saved_queries"`
}

func (r *reader) metadataDocument(path string, doc []byte) {
	r.decode(path, doc, &r.metadata)
	m, w := &r.metadata, r.at
	w.Name, w.Description = m.Workspace.Name, m.Workspace.Description
	w.Connections = append(w.Connections, m.Connections...)
	w.Counts = Counts{
		Users: len(m.Users), Teams: len(m.Teams), Roles: len(m.Roles), Members: len(m.Members),
		Grants: len(m.Grants), Folders: len(m.Folders), Tags: len(m.Tags), SavedQueries: len(m.SavedQueries),
	}
}

func (r *reader) model(id string, size int64, parsed *schema.Document, refs []schema.Reference) {
	d := Dataset{ID: id, Size: size}
	for _, record := range r.metadata.Datasets {
		if record.ID == id {
			d.Name, d.Mode, d.Version, d.RowCount = record.Name, record.Mode, record.Version, record.RowCount
			break
		}
	}
	if parsed != nil {
		if defs, err := parsed.Definitions(); err == nil {
			for _, def := range defs {
				switch def.Kind {
				case schema.RefDimension:
					d.Dimensions++
				case schema.RefMeasure:
					d.Measures++
				}
			}
		}
	}
	for _, ref := range refs {
		if ref.Subject {
			d.Subjects++
		}
	}
	r.at.Datasets = append(r.at.Datasets, d)
}

// rows follow their model in canonical order.
func (r *reader) rows(id string, size int64) {
	n := len(r.at.Datasets)
	if n == 0 || r.at.Datasets[n-1].ID != id {
		r.at.Datasets = append(r.at.Datasets, Dataset{ID: id})
		n++
	}
	r.at.Datasets[n-1].RowsSize = &size
}

func (r *reader) report(path, id string, size int64, doc []byte, refs []schema.Reference) {
	var report struct {
		Name  string `json:"name"`
		Pages []struct {
			Visuals []json.RawMessage `json:"visuals"`
		} `json:"pages"`
		Bookmarks []json.RawMessage `json:"bookmarks"`
	}
	r.decode(path, doc, &report)
	out := Report{ID: id, Name: report.Name, Pages: len(report.Pages), Bookmarks: len(report.Bookmarks), Datasets: []string{}, Size: size}
	for _, p := range report.Pages {
		out.Visuals += len(p.Visuals)
	}
	for _, ref := range refs {
		if ref.To == schema.RefDataset && !slices.Contains(out.Datasets, ref.ID) {
			out.Datasets = append(out.Datasets, ref.ID)
		}
	}
	r.at.Reports = append(r.at.Reports, out)
}

func (r *reader) alert(path, id string, size int64, doc []byte) {
	var alert struct {
		Name    string `json:"name"`
		Dataset string `json:"dataset"`
		State   struct {
			Status string `json:"status"`
		} `json:"state"`
		Condition struct {
			Type string `json:"type"`
		} `json:"condition"`
		Channels []struct {
			Type string `json:"type"`
		} `json:"channels"`
	}
	r.decode(path, doc, &alert)
	out := Alert{
		ID: id, Name: alert.Name, Dataset: alert.Dataset, State: alert.State.Status,
		Condition: alert.Condition.Type, Channels: []string{}, Size: size,
	}
	for _, c := range alert.Channels {
		out.Channels = append(out.Channels, c.Type)
	}
	r.at.Alerts = append(r.at.Alerts, out)
}

func (r *reader) file(id string, size int64) {
	f := File{ID: id, Size: size}
	for _, record := range r.metadata.Files {
		if record.ID == id {
			f.Name, f.MediaType = record.Name, record.MediaType
			break
		}
	}
	r.at.Files = append(r.at.Files, f)
}
