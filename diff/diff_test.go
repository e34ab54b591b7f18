package diff

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/oneanalytics/oa-archive/layout"
	"github.com/oneanalytics/oa-archive/tenant"
	"github.com/oneanalytics/oa-archive/tenant/dirstore"
)

const (
	ws = "a0000000-0000-4000-8000-000000000001"
	d1 = "d0000000-0000-4000-8000-000000000001"
	d2 = "d0000000-0000-4000-8000-000000000002"
	r1 = "e0000000-0000-4000-8000-000000000001"
	r2 = "e0000000-0000-4000-8000-000000000002"
	f1 = "f0000000-0000-4000-8000-000000000001"
)

// state is a tenant in memory: path → content.
type state map[string]string

func (s state) Tenant(context.Context) (tenant.Info, error) {
	return tenant.Info{ID: "corp", Name: "Corp"}, nil
}

func (s state) Close() error { return nil }

// Entries states sizes and digests of some entries only.
func (s state) Entries(_ context.Context, sel tenant.Selection) iter.Seq2[tenant.Entry, error] {
	return func(yield func(tenant.Entry, error) bool) {
		var names []layout.Name
		for path := range s {
			n, err := layout.Parse(path)
			if err != nil {
				yield(tenant.Entry{}, err)
				return
			}
			if sel.Selects(n) {
				names = append(names, n)
			}
		}
		slices.SortFunc(names, layout.Compare)
		for _, n := range names {
			content := s[n.String()]
			e := tenant.Entry{Name: n, Size: -1, Open: func(context.Context) (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(content)), nil }}
			if n.Kind == layout.Report {
				e.Size, e.Digest = int64(len(content)), layout.DigestOf([]byte(content))
			}
			if !yield(e, nil) {
				return
			}
		}
	}
}

func sample() state {
	return state{
		"workspaces/" + ws + "/metadata.json": `{"workspace": {"id": "` + ws + `", "name": "Sales"}, "datasets": [{"id": "` + d1 + `", "name": "Orders"}, {"id": "` + d2 + `", "name": "Returns"}],
			"files": [{"id": "` + f1 + `", "name": "orders.csv"}]}`,
		"workspaces/" + ws + "/datasets/" + d1 + "/model.yaml":   "dataset: orders\n",
		"workspaces/" + ws + "/datasets/" + d1 + "/rows.parquet": "rows",
		"workspaces/" + ws + "/datasets/" + d2 + "/model.yaml":   "dataset: returns\n",
		"workspaces/" + ws + "/reports/" + r1 + ".json":          `{"name": "Revenue"}`,
		"workspaces/" + ws + "/files/" + f1:                      "a;b\n",
		"audit/events.ndjson":                                    "",
		"extensions/com.example/flags.json":                      "{}",
	}
}

var everything = Options{Selection: tenant.Selection{Rows: true, Audit: true}}

func compare(t testing.TB, old, new tenant.Source, opts Options) *Result {
	t.Helper()
	r, err := Compare(context.Background(), old, new, opts)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// short writes a result in a line for each asset.
func short(r *Result) string {
	var lines []string
	for _, c := range r.Changes {
		line := fmt.Sprintf("%s %s %s", c.Status, c.Kind, c.Name)
		if c.OldName != "" {
			line += " was " + c.OldName
		}
		if c.Record {
			line += " record"
		}
		for _, e := range c.Entries {
			n, _ := layout.Parse(e.Path)
			line += " " + n.Kind.String()
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}

func TestCompare(t *testing.T) {
	report := "workspaces/" + ws + "/reports/"
	meta := "workspaces/" + ws + "/metadata.json"
	model := "workspaces/" + ws + "/datasets/" + d1 + "/model.yaml"
	rows := "workspaces/" + ws + "/datasets/" + d1 + "/rows.parquet"
	for _, c := range []struct {
		name   string
		change func(state)
		opts   Options
		want   string
	}{
		{"nothing", func(state) {}, everything, ""},
		{"a report added", func(s state) { s[report+r2+".json"] = `{"name": "New"}` }, everything, "added report New report"},
		{"a report removed", func(s state) { delete(s, report+r1+".json") }, everything, "removed report Revenue report"},
		{"a report renamed", func(s state) { s[report+r1+".json"] = `{"name": "Umsatz"}` }, everything, "changed report Umsatz was Revenue report"},
		{"a model", func(s state) { s[model] += "# edited\n" }, everything, "changed dataset Orders model"},
		{"rows", func(s state) { s[rows] = "other" }, everything, "changed dataset Orders rows"},
		{"rows not asked for", func(s state) { s[rows] = "other" }, Options{}, ""},
		{"rows gone", func(s state) { delete(s, rows) }, everything, "changed dataset Orders rows"},
		{"a dataset renamed", func(s state) { s[meta] = strings.Replace(s[meta], "Orders", "Sales", 1) }, everything, "changed workspace Sales metadata\nchanged dataset Sales was Orders record"},
		{"white space", func(s state) { s[meta] += "\n" }, everything, "changed workspace Sales metadata"},
		{"a file", func(s state) { s["workspaces/"+ws+"/files/"+f1] = "" }, everything, "changed file orders.csv file"},
		{"audit", func(s state) { s["audit/events.ndjson"] = "x\n" }, everything, "changed audit  audit"},
		{"extension", func(s state) { delete(s, "extensions/com.example/flags.json") }, everything, "removed extension  extension"},
		{"a document that is none", func(s state) { s[report+r1+".json"] = "nonsense" }, everything, "changed report  was Revenue report"},
		{"a blank state", func(s state) { clear(s) }, Options{}, "removed workspace Sales metadata\nremoved dataset Orders model\nremoved dataset Returns model\nremoved report Revenue report\nremoved file orders.csv file\nremoved extension  extension"},
	} {
		t.Run(c.name, func(t *testing.T) {
			changed := sample()
			c.change(changed)
			r := compare(t, sample(), changed, c.opts)
			if got := short(r); got != c.want {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
			if r.Same() != (c.want == "") {
				t.Errorf("same: %v", r.Same())
			}
			back := compare(t, changed, sample(), c.opts)
			if back.Counts.Added != r.Counts.Removed || back.Counts.Removed != r.Counts.Added || back.Counts.Changed != r.Counts.Changed || back.Counts.Unchanged != r.Counts.Unchanged {
				t.Errorf("backwards: %+v, forwards: %+v", back.Counts, r.Counts)
			}
		})
	}
}

func TestUnchangedAreListedOnRequest(t *testing.T) {
	opts := everything
	opts.Unchanged = true
	r := compare(t, sample(), sample(), opts)
	if len(r.Changes) != r.Counts.Unchanged || r.Counts.Unchanged != 7 {
		t.Errorf("%+v\n%s", r.Counts, short(r))
	}
	if doc, err := json.Marshal(compare(t, state{}, state{}, opts)); err != nil || !strings.Contains(string(doc), `"changes":[]`) {
		t.Errorf("%s, %v", doc, err)
	}
}

func TestLargeDocumentsAreComparedWithoutNames(t *testing.T) {
	changed := sample()
	changed["workspaces/"+ws+"/reports/"+r1+".json"] = `{"name": "Umsatz", "long": "` + strings.Repeat("x", 1000) + `"}`
	r := compare(t, sample(), changed, Options{MaxDocument: 100})
	if got := short(r); got != "changed report  was Revenue report" {
		t.Error(got)
	}
}

func TestSampleTenantEqualsItself(t *testing.T) {
	store, err := dirstore.Open("../testdata/tenant")
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	src, err := store.Snapshot(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	r := compare(t, src, src, Options{Selection: tenant.Selection{Rows: true, Audit: true}, Unchanged: true})
	if !r.Same() || r.Counts.Unchanged != len(r.Changes) || r.Old.Entries < 40 {
		t.Errorf("%+v", r.Counts)
	}
	for _, c := range r.Changes {
		if c.Name == "" && c.Kind != "audit" && c.Kind != "extension" {
			t.Errorf("no name: %+v", c)
		}
	}
}

// disordered yields its entries in another order.
type disordered struct{ state }

func (d disordered) Entries(ctx context.Context, sel tenant.Selection) iter.Seq2[tenant.Entry, error] {
	return func(yield func(tenant.Entry, error) bool) {
		all := []tenant.Entry{}
		for e := range d.state.Entries(ctx, sel) {
			all = append(all, e)
		}
		for _, e := range slices.Backward(all) {
			if !yield(e, nil) {
				return
			}
		}
	}
}

var errFault = errors.New("injected fault")

// broken fails after some entries.
type broken struct {
	state
	after int
}

func (b broken) Entries(ctx context.Context, sel tenant.Selection) iter.Seq2[tenant.Entry, error] {
	return func(yield func(tenant.Entry, error) bool) {
		n := 0
		for e := range b.state.Entries(ctx, sel) {
			if n++; n > b.after {
				yield(tenant.Entry{}, errFault)
				return
			}
			if !yield(e, nil) {
				return
			}
		}
	}
}

func TestSourcesThatFail(t *testing.T) {
	ctx := context.Background()
	if _, err := Compare(ctx, sample(), disordered{sample()}, everything); !errors.Is(err, errOrder) {
		t.Error(err)
	}
	for after := range 8 {
		_, err := Compare(ctx, broken{sample(), after}, sample(), everything)
		if !errors.Is(err, errFault) || !strings.Contains(err.Error(), "first state: ") {
			t.Errorf("after %d: %v", after, err)
		}
		if _, err = Compare(ctx, sample(), broken{sample(), after}, everything); !strings.Contains(fmt.Sprint(err), "second state: ") {
			t.Errorf("after %d: %v", after, err)
		}
	}
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := Compare(cancelled, sample(), sample(), everything); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if _, err := Compare(ctx, sample(), sample(), Options{MaxDocument: -1}); err == nil {
		t.Error("a negative limit is accepted")
	}
}

// TestComparePartitions holds that every asset of either state lands in
// exactly one count, and that Same means no change.
func TestComparePartitions(t *testing.T) {
	paths := slices.Sorted(maps.Keys(sample()))
	rapid.Check(t, func(rt *rapid.T) {
		draw := func(side string) state {
			s := state{}
			for _, p := range paths {
				if n := rapid.IntRange(0, 2).Draw(rt, side+p); n > 0 {
					s[p] = sample()[p] + strings.Repeat(" ", n-1)
				}
			}
			return s
		}
		old, new := draw("old"), draw("new")
		opts := everything
		opts.Unchanged = true
		r := compare(t, old, new, opts)
		assets := map[asset]bool{}
		for p := range maps.Keys(old) {
			n, _ := layout.Parse(p)
			assets[assetOf(n)] = true
		}
		for p := range maps.Keys(new) {
			n, _ := layout.Parse(p)
			assets[assetOf(n)] = true
		}
		c := r.Counts
		if c.Added+c.Removed+c.Changed+c.Unchanged != len(assets) || len(r.Changes) != len(assets) {
			rt.Errorf("%+v for %d assets", c, len(assets))
		}
		if r.Same() != maps.Equal(old, new) || r.Same() != (c.Added+c.Removed+c.Changed == 0) {
			rt.Errorf("same %v, %+v", r.Same(), c)
		}
	})
}
