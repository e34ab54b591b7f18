package superset

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"slices"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// vendor is the member of extensions under which Superset's own definitions stand.
const vendor = "org.apache.superset"

// A report is a report document. Its members stand in this order.
type report struct {
	ID          string                `json:"id"`
	Workspace   string                `json:"workspace"`
	Name        string                `json:"name"`
	Description string                `json:"description,omitempty"`
	Datasets    []pin                 `json:"datasets"`
	Pages       []reportPage          `json:"pages"`
	Extensions  map[string]extensions `json:"extensions"`
}

type pin struct {
	ID      string `json:"id"`
	Version int    `json:"version"`
}

type reportPage struct {
	ID      string   `json:"id"`
	Name    string   `json:"name"`
	Visuals []visual `json:"visuals"`
}

type visual struct {
	ID      string            `json:"id"`
	Type    string            `json:"type"`
	Title   string            `json:"title,omitempty"`
	Query   *query            `json:"query,omitempty"`
	Layout  *box              `json:"layout,omitempty"`
	Options map[string]string `json:"options,omitempty"`
}

type box struct {
	X      float64 `json:"x"`
	Y      float64 `json:"y"`
	Width  float64 `json:"width"`
	Height float64 `json:"height"`
}

// extensions hold what a report was made from, whole, and what could not be
// said in the report's own words.
type extensions struct {
	Dashboard     jsontext.Value            `json:"dashboard,omitempty"`
	DashboardYAML string                    `json:"dashboard_yaml,omitempty"` // instead, when JSON cannot carry it
	Charts        map[string]jsontext.Value `json:"charts,omitempty"`         // by UUID
	ChartsYAML    map[string]string         `json:"charts_yaml,omitempty"`
	NotExpressed  map[string][]string       `json:"not_expressed,omitempty"` // by the chart's UUID
}

// A reportBuilder makes one report.
type reportBuilder struct {
	bundle *bundle
	models map[string]*model // read so far, by dataset
	pins   map[string]bool
	report report
	own    extensions
	ids    map[string]bool // of visuals
	lost   int64           // charts that the layout places and the bundle does not have

	unexpressed map[string]int64 // charts, by why the report does not say all that they do
}

func newReportBuilder(b *bundle, id, workspace, name string) *reportBuilder {
	return &reportBuilder{
		bundle: b,
		models: map[string]*model{},
		pins:   map[string]bool{},
		ids:    map[string]bool{},

		unexpressed: map[string]int64{},

		report: report{ID: id, Workspace: workspace, Name: cmp.Or(name, "Untitled"), Pages: []reportPage{}},
		own: extensions{
			Charts:       map[string]jsontext.Value{},
			ChartsYAML:   map[string]string{},
			NotExpressed: map[string][]string{},
		},
	}
}

// reportOf makes the report of a dashboard.
func reportOf(b *bundle, d *dashboard, workspace string) (*reportBuilder, error) {
	var doc dashboardDocument
	original, err := b.reload(d.file, &doc)
	if err != nil {
		return nil, err
	}
	r := newReportBuilder(b, d.uuid, workspace, d.name)
	r.report.Description = doc.Description
	if original.lossy == "" {
		r.own.Dashboard = original.value
	} else {
		r.own.DashboardYAML = string(original.text)
	}
	for _, p := range pagesOf(&doc) {
		page := reportPage{ID: p.id, Name: p.name, Visuals: []visual{}}
		for _, t := range p.tiles {
			v, err := r.visual(t)
			if err != nil {
				return nil, err
			}
			if v != nil {
				page.Visuals = append(page.Visuals, *v)
			}
		}
		r.report.Pages = append(r.report.Pages, page)
	}
	// What a dashboard's own filters look at has to travel with it.
	for _, uuid := range d.datasets {
		if b.datasets[uuid] != nil {
			r.pins[uuid] = true
		}
	}
	return r, nil
}

// looseReport makes a report of charts that stand on no dashboard.
func looseReport(b *bundle, id, workspace string, charts []*chart) (*reportBuilder, error) {
	r := newReportBuilder(b, id, workspace, looseReportName)
	page := reportPage{ID: "main", Name: looseReportName, Visuals: []visual{}}
	for _, c := range charts {
		v, err := r.chart(c)
		if err != nil {
			return nil, err
		}
		v.ID = c.uuid
		page.Visuals = append(page.Visuals, *v)
	}
	r.report.Pages = append(r.report.Pages, page)
	return r, nil
}

const looseReportName = "Charts without a dashboard"

// visual makes a visual of a tile; nil when its chart is missing.
func (r *reportBuilder) visual(t tile) (*visual, error) {
	v := &visual{ID: t.key, Type: "text"}
	switch t.component.Type {
	case "MARKDOWN":
		v.Options = map[string]string{"markdown": t.component.Meta.Code}
	case "HEADER":
		v.Title = t.component.Meta.Text
	default:
		c := r.bundle.charts[t.component.Meta.UUID]
		if c == nil {
			r.lost++
			return nil, nil
		}
		var err error
		if v, err = r.chart(c); err != nil {
			return nil, err
		}
		v.Title = cmp.Or(t.component.Meta.Override, v.Title)
		if v.ID = c.uuid; r.ids[v.ID] {
			v.ID = t.key // the same chart a second time
		}
	}
	r.ids[v.ID] = true
	v.Layout = &box{X: t.x, Y: t.y, Width: t.w, Height: t.h}
	return v, nil
}

// chart makes a visual of a chart, without an id, and keeps the original.
func (r *reportBuilder) chart(c *chart) (*visual, error) {
	var doc chartDocument
	original, err := r.bundle.reload(c.file, &doc)
	if err != nil {
		return nil, err
	}
	v := &visual{Type: cmp.Or(doc.VizType, "unknown"), Title: doc.Name}
	if original.lossy == "" {
		r.own.Charts[c.uuid] = original.value
	} else {
		r.own.ChartsYAML[c.uuid] = string(original.text)
	}
	var notes []note
	if r.bundle.datasets[c.dataset] == nil {
		notes = []note{{noDataset, fmt.Sprintf("the dataset %s, which the bundle does not have", c.dataset)}}
	} else {
		m, err := r.model(c.dataset)
		if err != nil {
			return nil, err
		}
		v.Query, notes = translate(&doc, m)
		r.pins[c.dataset] = true
	}
	r.noteDown(c.uuid, notes)
	return v, nil
}

// noteDown records, once for each chart, what its visual does not express.
func (r *reportBuilder) noteDown(uuid string, notes []note) {
	if len(r.own.NotExpressed[uuid]) > 0 {
		return
	}
	reasons := map[string]bool{}
	for _, n := range notes {
		r.own.NotExpressed[uuid] = append(r.own.NotExpressed[uuid], n.detail)
		reasons[n.reason] = true
	}
	for reason := range reasons {
		r.unexpressed[reason]++
	}
}

func (r *reportBuilder) model(uuid string) (*model, error) {
	if m := r.models[uuid]; m != nil {
		return m, nil
	}
	m, err := r.bundle.model(uuid)
	if err == nil {
		r.models[uuid] = m
	}
	return m, err
}

// model reads a dataset.
func (b *bundle) model(uuid string) (*model, error) {
	var doc datasetDocument
	if _, err := b.reload(b.datasets[uuid].file, &doc); err != nil {
		return nil, err
	}
	return newModel(doc), nil
}

// document returns the report as it is archived.
func (r *reportBuilder) document() ([]byte, error) {
	r.report.Datasets = []pin{}
	for _, uuid := range slices.Sorted(maps.Keys(r.pins)) {
		r.report.Datasets = append(r.report.Datasets, pin{ID: uuid, Version: 1})
	}
	r.report.Extensions = map[string]extensions{vendor: r.own}
	return document(r.report)
}

// document writes JSON as an archive keeps it: indented, members in order,
// the same bytes every time.
func document(value any) ([]byte, error) {
	var buf bytes.Buffer
	if err := json.MarshalWrite(&buf, value, json.Deterministic(true), jsontext.WithIndent("  ")); err != nil {
		return nil, fmt.Errorf("superset: %w", err)
	}
	buf.WriteByte('\n')
	return buf.Bytes(), nil
}
