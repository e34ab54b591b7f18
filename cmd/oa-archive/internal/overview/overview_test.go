package overview

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"iter"
	"slices"
	"strings"
	"testing"

	"github.com/oneanalytics/oa-archive/layout"
	"github.com/oneanalytics/oa-archive/tenant"
	"github.com/oneanalytics/oa-archive/tenant/dirstore"
)

func sample(t *testing.T) tenant.Source {
	t.Helper()
	s, err := dirstore.Open("../../../../testdata/tenant")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	source, err := s.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { source.Close() })
	return source
}

func TestReadSampleTenant(t *testing.T) {
	o, err := Read(t.Context(), sample(t), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if len(o.Workspaces) != 3 || o.Audit == nil || len(o.Extensions) != 1 {
		t.Fatalf("%d workspaces, audit %v, extensions %v", len(o.Workspaces), o.Audit, o.Extensions)
	}
	w := o.Workspaces[0]
	if w.Name != "Salg & Marked" || w.Counts.Users != 10 || len(w.Connections) != 4 || len(w.Problems) != 0 || len(w.Files) != 2 {
		t.Errorf("workspace: %+v", w)
	}
	i := slices.IndexFunc(w.Datasets, func(d Dataset) bool { return d.Name == "Sales cube" })
	if i < 0 {
		t.Fatalf("datasets: %+v", w.Datasets)
	}
	d := w.Datasets[i]
	if d.Mode != "direct" || d.Measures != 10 || d.Dimensions != 8 || d.Subjects == 0 || d.RowCount == nil || *d.RowCount != 18234411 || d.RowsSize != nil {
		t.Errorf("dataset: %+v", d)
	}
	j := slices.IndexFunc(w.Reports, func(r Report) bool { return r.Name == "Shop funnel" })
	if r := w.Reports[j]; r.Pages != 2 || r.Visuals != 4 || len(r.Datasets) != 2 || !slices.Contains(r.Datasets, d.ID) {
		t.Errorf("report: %+v", r)
	}
	k := slices.IndexFunc(w.Alerts, func(a Alert) bool { return a.Name == "Umsatz unter Plan" })
	if a := w.Alerts[k]; a.State != "active" || a.Condition != "threshold" || a.Dataset != d.ID || !slices.Equal(a.Channels, []string{"in_app", "email"}) {
		t.Errorf("alert: %+v", a)
	}
	var size int64
	for _, ws := range o.Workspaces {
		size += ws.Size
	}
	if size < 50_000 {
		t.Errorf("workspaces add up to %d bytes", size)
	}
}

func TestReadOnlySomeWorkspaces(t *testing.T) {
	o, err := Read(t.Context(), sample(t), Options{Only: []string{"Finans", "12b8beec-3dee-4b03-b90c-98a615f3bde9"}})
	if err != nil || len(o.Workspaces) != 2 {
		t.Fatalf("%v, %v", o, err)
	}
	if w := o.Workspaces[0]; len(w.Reports) == 0 || w.Reports[0].Name == "" {
		t.Errorf("workspace: %+v", w)
	}
	if _, err := Read(t.Context(), sample(t), Options{Only: []string{"Finans", "Nowhere"}}); !errors.Is(err, ErrNoWorkspace) {
		t.Errorf("unknown workspace: %v", err)
	}
}

// TestOutlinesReadMetadataAlone gives every other document a content that
// cannot be understood: nobody notices.
func TestOutlinesReadMetadataAlone(t *testing.T) {
	o, err := Read(t.Context(), docs{
		ws + "/metadata.json":                     `{"workspace":{"id":"x","name":"W"},"datasets":[{"id":"` + asset + `","name":"D"}]}`,
		ws + "/datasets/" + asset + "/model.yaml": "a: &x [*x]\n",
		ws + "/reports/" + asset + ".json":        `nonsense`,
		ws + "/alerts/" + asset + ".json":         `nonsense`,
	}, Options{Outline: true})
	if err != nil || len(o.Workspaces) != 1 {
		t.Fatalf("%v, %v", o, err)
	}
	w := o.Workspaces[0]
	if len(w.Problems) > 0 || len(w.Datasets) != 1 || w.Datasets[0].Name != "D" || len(w.Reports) != 1 || len(w.Alerts) != 1 || w.Reports[0].Size != 8 {
		t.Errorf("workspace: %+v", w)
	}
}

// docs is a source of documents in memory.
type docs map[string]string

func (d docs) Tenant(context.Context) (tenant.Info, error) { return tenant.Info{ID: "t"}, nil }
func (d docs) Close() error                                { return nil }

func (d docs) Entries(context.Context, tenant.Selection) iter.Seq2[tenant.Entry, error] {
	return func(yield func(tenant.Entry, error) bool) {
		var names []layout.Name
		for path := range d {
			n, err := layout.Parse(path)
			if err != nil {
				yield(tenant.Entry{}, err)
				return
			}
			names = append(names, n)
		}
		slices.SortFunc(names, layout.Compare)
		for _, n := range names {
			doc := d[n.String()]
			open := func(context.Context) (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(doc)), nil }
			if !yield(tenant.Entry{Name: n, Size: int64(len(doc)), Open: open}, nil) {
				return
			}
		}
	}
}

const (
	ws    = "workspaces/12b8beec-3dee-4b03-b90c-98a615f3bde9"
	asset = "9d859cbf-bad2-43c8-a5fe-fe24a813e26b"
)

func TestOddDocumentsAreProblemsNotErrors(t *testing.T) {
	o, err := Read(t.Context(), docs{
		ws + "/metadata.json":                       `{"workspace":{"id":"x","name":"W"},"workspace":{"name":"twice"}}`,
		ws + "/datasets/" + asset + "/model.yaml":   "a: &x [*x]\n",
		ws + "/datasets/" + asset + "/rows.parquet": "PAR1",
		ws + "/reports/" + asset + ".json":          `{"name":{"not":"text"},"pages":[{"visuals":[1,2]}]}`,
		ws + "/alerts/" + asset + ".json":           `nonsense`,
		ws + "/files/" + asset:                      "x",
	}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	w := o.Workspaces[0]
	if len(w.Problems) != 4 || len(w.Datasets) != 1 || len(w.Reports) != 1 || len(w.Alerts) != 1 || len(w.Files) != 1 {
		t.Errorf("%+v", w)
	}
	for _, want := range []string{"metadata.json", "model.yaml", "reports/", "alerts/"} {
		if !slices.ContainsFunc(w.Problems, func(p string) bool { return strings.Contains(p, want) }) {
			t.Errorf("no problem is told of %s: %q", want, w.Problems)
		}
	}
	if w.Datasets[0].RowsSize == nil || *w.Datasets[0].RowsSize != 4 {
		t.Errorf("rows: %+v", w.Datasets[0])
	}
	if text, err := json.Marshal(o); err != nil || strings.Contains(string(text), ":null") {
		t.Errorf("JSON: %s, %v", text, err)
	}
}
