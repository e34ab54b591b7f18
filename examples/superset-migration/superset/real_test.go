package superset

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"

	"github.com/oneanalytics/oa-archive/layout"
	"github.com/oneanalytics/oa-archive/tenant"
)

// realBundle is Superset's own bundle of examples, which is not part of this
// repository.
func realBundle(t testing.TB) *os.Root {
	t.Helper()
	shared := os.Getenv("OA_SHARED_DATA")
	if shared == "" {
		shared = filepath.Join("..", "..", "..", "..", "shared", "data") // beside the checkout
	}
	root, err := os.OpenRoot(filepath.Join(shared, "superset-examples", "bundle"))
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("the Superset example bundle is missing: %v; set OA_SHARED_DATA to the folder that holds superset-examples", err)
		}
		t.Skipf("the Superset example bundle is missing: %v; set OA_SHARED_DATA to the folder that holds superset-examples", err)
	}
	t.Cleanup(func() { _ = root.Close() })
	return root
}

func TestRealBundle(t *testing.T) {
	root := realBundle(t)
	src := open(t, root.FS(), Options{Tenant: acme})
	docs := documents(t, src)
	checkWorkspaces(t, docs)
	count := map[layout.Kind]int{}
	for name := range docs {
		count[name.Kind]++
	}
	if count[layout.Metadata] != 1 || count[layout.Model] != 16 || count[layout.Report] != 7 {
		t.Errorf("%d workspaces, %d models, %d reports; want 1, 16, 6 and one of loose charts", count[layout.Metadata], count[layout.Model], count[layout.Report])
	}
	placed := map[string]int{}
	queries := 0
	for name, doc := range docs {
		if name.Kind != layout.Report {
			continue
		}
		var r report
		if err := json.Unmarshal(doc, &r); err != nil {
			t.Fatal(err)
		}
		for _, p := range r.Pages {
			for _, v := range p.Visuals {
				if v.Query != nil {
					queries++
				}
				if v.Type != "text" {
					placed[v.ID]++
				}
			}
		}
		if len(r.Extensions[vendor].ChartsYAML) > 0 || r.Extensions[vendor].DashboardYAML != "" {
			t.Errorf("%s keeps YAML, though its originals are good JSON", name)
		}
	}
	if len(placed) != 58 || queries != 58 {
		t.Errorf("%d charts became visuals, %d of them with a query; want 58", len(placed), queries)
	}
	const want = `3 visuals: queries here do not compare with another time; the charts are kept whole in the report's extensions
2 visuals: queries here do not limit the number of series; the charts are kept whole in the report's extensions
3 visuals: queries here have no percentages of the total; the charts are kept whole in the report's extensions
1 visuals: queries here have no rolling windows and no resampling; the charts are kept whole in the report's extensions
1 visuals: queries here have no time ranges relative to the present; the charts are kept whole in the report's extensions
`
	if got := omissions(t, src); got != want {
		t.Errorf("omissions:\n%swant:\n%s", got, want)
	}
}

// TestOriginalsAreWhole holds that every chart and dashboard stands in a
// report exactly as it stands in the bundle, and nothing changes with time.
func TestOriginalsAreWhole(t *testing.T) {
	root := realBundle(t)
	src := open(t, root.FS(), Options{Tenant: acme})
	docs := documents(t, src)
	all := ""
	for _, doc := range docs {
		all += string(compact(t, doc))
	}
	for _, c := range sorted(src.bundle.charts) {
		_, value, lossy, err := src.bundle.load(c.path, new(chartDocument))
		if err != nil || lossy != "" || !strings.Contains(all, `"`+c.uuid+`":`+string(value)) {
			t.Errorf("%s is not whole: %q, %v", c.path, lossy, err)
		}
	}
	for _, d := range sorted(src.bundle.dashboards) {
		_, value, lossy, err := src.bundle.load(d.path, new(dashboardDocument))
		if err != nil || lossy != "" || !strings.Contains(all, `"dashboard":`+string(value)) {
			t.Errorf("%s is not whole: %q, %v", d.path, lossy, err)
		}
	}
	for name, doc := range documents(t, open(t, root.FS(), Options{Tenant: acme})) {
		if string(doc) != string(docs[name]) {
			t.Errorf("%s differs when made again", name)
		}
	}
}

func compact(t *testing.T, doc []byte) []byte {
	t.Helper()
	if doc[0] != '{' {
		return doc
	}
	value, _, err := toJSON(doc) // JSON is YAML
	if err != nil {
		t.Fatal(err)
	}
	return value
}

func TestRealBundlePerDashboard(t *testing.T) {
	src := open(t, realBundle(t).FS(), Options{Tenant: acme, Workspace: "Rest", PerDashboard: true})
	checkWorkspaces(t, documents(t, src))
	got := map[string]int{}
	seen := map[string]bool{}
	for _, w := range src.workspaces {
		got[w.name] = len(w.datasets)
		for _, d := range w.datasets {
			if seen[d.uuid] {
				t.Errorf("the dataset %s lies in two workspaces", d.name)
			}
			seen[d.uuid] = true
		}
	}
	if len(got) != 7 || len(seen) != 16 || got["Slack Dashboard"] != 7 || got["Rest"] != 4 || got["Sales Dashboard"] != 1 {
		t.Errorf("workspaces and how many datasets each has: %v", got)
	}
}

func TestUnicodeNamesStayIntact(t *testing.T) {
	docs := documents(t, open(t, realBundle(t).FS(), Options{Tenant: acme}))
	all := ""
	for _, name := range slices.SortedFunc(maps.Keys(docs), layout.Compare) {
		all += string(docs[name])
	}
	for _, text := range []string{
		`"name": "Unicode Test"`, `"title": "✈️ Relocation ability"`, `"title": "💲Expected Income (excluding outliers)"`,
		`"name": "🚀 Aspiring Developers"`, `"name": "🤿 Explore Trends"`, "dataset: unicode_test\n",
	} {
		if !strings.Contains(all, text) {
			t.Errorf("%s does not occur", text)
		}
	}
}

func TestEntriesHaveNoRows(t *testing.T) {
	src := open(t, realBundle(t).FS(), Options{Tenant: acme})
	everything := names(t, src, tenant.Selection{Rows: true, Audit: true})
	if documents := names(t, src, tenant.Selection{}); !slices.Equal(everything, documents) {
		t.Errorf("%d entries with rows, %d without", len(everything), len(documents))
	}
}
