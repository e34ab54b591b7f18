package superset

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/oneanalytics/oa-archive/layout"
	"github.com/oneanalytics/oa-archive/tenant"
	"github.com/oneanalytics/oa-archive/tenant/tenanttest"
)

// sample returns one of the bundles of testdata.
func sample(t testing.TB, name string) fstest.MapFS {
	t.Helper()
	archive, err := txtar.ParseFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	bundle, _ := parts(archive)
	return bundle
}

func names(t testing.TB, src *Source, sel tenant.Selection) []string {
	t.Helper()
	var list []string
	for e, err := range src.Entries(t.Context(), sel) {
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, e.Name.String())
	}
	return list
}

func TestEntriesAreInCanonicalOrder(t *testing.T) {
	src := open(t, sample(t, "per-dashboard.txtar"), Options{Tenant: acme, PerDashboard: true})
	var all []layout.Name
	for e, err := range src.Entries(t.Context(), tenant.Selection{Rows: true, Audit: true}) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, e.Name)
	}
	if !slices.IsSortedFunc(all, layout.Compare) || len(all) != 11 {
		t.Errorf("%d entries in the order %v", len(all), all)
	}
}

func TestListingCanBeLeftAndTakenAgain(t *testing.T) {
	src := open(t, sample(t, "report.txtar"), Options{Tenant: acme})
	for range src.Entries(t.Context(), tenant.Selection{}) {
		break
	}
	if got := names(t, src, tenant.Selection{}); len(got) != 5 {
		t.Errorf("%d entries, want 5: %v", len(got), got)
	}
}

func TestSelection(t *testing.T) {
	src := open(t, sample(t, "per-dashboard.txtar"), Options{Tenant: acme, PerDashboard: true})
	one := src.workspaces[0].id
	for _, path := range names(t, src, tenant.Selection{Workspaces: []string{one, one}}) {
		if !strings.HasPrefix(path, "workspaces/"+one+"/") {
			t.Errorf("%s is yielded", path)
		}
	}
	unknown := tenant.Selection{Workspaces: []string{one, "5e7a0000-0000-4000-8000-00000000ffff"}}
	for e, err := range src.Entries(t.Context(), unknown) {
		if !errors.Is(err, tenant.ErrNoEntry) {
			t.Errorf("%v, %v; want tenant.ErrNoEntry", e.Name, err)
		}
	}
	if _, err := src.Omissions(t.Context(), unknown); !errors.Is(err, tenant.ErrNoEntry) {
		t.Errorf("Omissions: %v, want tenant.ErrNoEntry", err)
	}
}

func TestBundleThatChanges(t *testing.T) {
	for path, kind := range map[string]layout.Kind{
		"charts/Revenue.yaml":              layout.Report,
		"dashboards/Sales.yaml":            layout.Report,
		"datasets/Warehouse_1/orders.yaml": layout.Model,
	} {
		for _, change := range []string{"edited", "removed"} {
			t.Run(path+" "+change, func(t *testing.T) { checkChange(t, path, change, kind) })
		}
	}
}

func checkChange(t *testing.T, path, change string, kind layout.Kind) {
	bundle := sample(t, "report.txtar")
	src := open(t, bundle, Options{Tenant: acme})
	text := bundle[path].Data
	if delete(bundle, path); change == "edited" {
		bundle[path] = &fstest.MapFile{Data: append(text, '\n')}
	}
	noticed := false
	for e, err := range src.Entries(t.Context(), tenant.Selection{}) {
		if err != nil {
			t.Fatal(err)
		}
		if _, err := e.Open(t.Context()); err != nil {
			if !errors.Is(err, tenant.ErrChanged) || !strings.Contains(err.Error(), path) {
				t.Errorf("%s: %v, want tenant.ErrChanged and the path", e.Name, err)
			}
			noticed = noticed || e.Name.Kind == kind
		}
	}
	if !noticed {
		t.Errorf("no %s notices", kind)
	}
	if _, err := src.Omissions(t.Context(), tenant.Selection{}); !errors.Is(err, tenant.ErrChanged) {
		t.Errorf("Omissions: %v, want tenant.ErrChanged", err)
	}
}

func TestClosedAndCancelled(t *testing.T) {
	src := open(t, sample(t, "report.txtar"), Options{Tenant: acme})
	if got, err := src.Tenant(t.Context()); got != acme || err != nil {
		t.Errorf("Tenant: %v, %v", got, err)
	}
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	var entries []tenant.Entry
	for e, err := range src.Entries(t.Context(), tenant.Selection{}) {
		if err != nil {
			t.Fatal(err)
		}
		entries = append(entries, e)
	}
	if _, err := entries[0].Open(cancelled); !errors.Is(err, context.Canceled) {
		t.Errorf("Open with a cancelled context: %v", err)
	}
	for _, err := range src.Entries(cancelled, tenant.Selection{}) {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("Entries with a cancelled context: %v", err)
		}
	}
	if _, err := src.Omissions(cancelled, tenant.Selection{}); !errors.Is(err, context.Canceled) {
		t.Errorf("Omissions with a cancelled context: %v", err)
	}
	if err := src.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := entries[0].Open(t.Context()); err == nil {
		t.Error("Open works on a closed source")
	}
	for e, err := range src.Entries(t.Context(), tenant.Selection{}) {
		if err == nil {
			t.Errorf("a closed source yields %s", e.Name)
		}
	}
}

func TestContentsAreReadConcurrently(t *testing.T) {
	src := open(t, sample(t, "report.txtar"), Options{Tenant: acme})
	want := documents(t, src)
	var wg sync.WaitGroup
	for e, err := range src.Entries(t.Context(), tenant.Selection{}) {
		if err != nil {
			t.Fatal(err)
		}
		for range 4 {
			wg.Go(func() {
				if got := content(t, e); string(got) != string(want[e.Name]) {
					t.Errorf("%s differs from one reading to the next", e.Name)
				}
			})
		}
	}
	wg.Wait()
}

func TestIDsDependOnTheTenant(t *testing.T) {
	ids := func(info tenant.Info) map[string]bool {
		src := open(t, sample(t, "per-dashboard.txtar"), Options{Tenant: info, PerDashboard: true})
		found := map[string]bool{}
		for _, w := range src.workspaces {
			found[w.id] = true
		}
		return found
	}
	first := ids(acme)
	if again := ids(tenant.Info{ID: "acme", Name: "Renamed"}); !maps.Equal(first, again) {
		t.Errorf("workspaces %v, then %v", first, again)
	}
	for id := range ids(tenant.Info{ID: "other", Name: "Acme"}) {
		if first[id] {
			t.Errorf("two tenants have the workspace %s", id)
		}
	}
}

func TestSecretsStayBehind(t *testing.T) {
	for name, doc := range documents(t, open(t, sample(t, "report.txtar"), Options{Tenant: acme})) {
		if strings.Contains(string(doc), "hunter") {
			t.Errorf("%s holds a password", name)
		}
	}
}

func TestLongNames(t *testing.T) {
	bundle := sample(t, "per-dashboard.txtar")
	long := strings.Repeat("ü", 300)
	for path, text := range map[string]string{
		"dashboards/a.yaml":  "dashboard_title: " + long + "\nuuid: da540000-0000-4000-8000-00000000000a\nposition: {ROOT_ID: {children: [T]}, T: {type: TABS, children: [U]}, U: {type: TAB, meta: {text: " + long + "}}}\n",
		"dashboards/b.yaml":  "dashboard_title: ''\nuuid: da540000-0000-4000-8000-00000000000b\n",
		"datasets/db/1.yaml": "table_name: one\nuuid: 5e7a0000-0000-4000-8000-000000000001\ndatabase_uuid: dddddddd-0000-4000-8000-000000000001\ncolumns: [{column_name: c, groupby: true, verbose_name: " + long + "}]\n",
	} {
		bundle["export_1/"+path] = &fstest.MapFile{Data: []byte(text)}
	}
	docs := documents(t, open(t, bundle, Options{Tenant: acme, PerDashboard: true}))
	checkWorkspaces(t, docs)
	whole := map[layout.Kind]int{}
	for name, doc := range docs {
		whole[name.Kind] += strings.Count(string(doc), long)
	}
	if whole[layout.Report] != 2 || whole[layout.Model] != 1 {
		t.Errorf("the long texts stand whole in %v, want twice in a report and once in a model", whole)
	}
}

func TestRefusals(t *testing.T) {
	const dataset = "table_name: t\nuuid: 5e7a0000-0000-4000-8000-000000000001\ndatabase_uuid: dddddddd-0000-4000-8000-000000000001\n"
	about := "version: 1.0.0\n"
	for _, c := range []struct {
		name  string
		files map[string]string
		want  string
	}{
		{"an empty folder", nil, "no metadata.yaml"},
		{"two bundles", map[string]string{"a/metadata.yaml": about, "b/metadata.yaml": about}, "no metadata.yaml"},
		{"another version", map[string]string{"metadata.yaml": "version: 2.0.0\n"}, `version "2.0.0" of the export format is unknown; this program reads 1.0.0`},
		{"metadata that is no YAML", map[string]string{"metadata.yaml": "a: [\n"}, "superset: metadata.yaml: "},
		{"a chart without a UUID", map[string]string{"metadata.yaml": about, "charts/c.yaml": "slice_name: x\n"}, `charts/c.yaml: uuid "" is not a UUID in lower case`},
		{"a UUID in capitals", map[string]string{"metadata.yaml": about, "dashboards/d.yaml": "uuid: DA540000-0000-4000-8000-000000000001\n"}, "dashboards/d.yaml: uuid"},
		{"a dataset without a database", map[string]string{"metadata.yaml": about, "datasets/db/t.yaml": "uuid: 5e7a0000-0000-4000-8000-000000000001\n"}, `datasets/db/t.yaml: database_uuid "" is not`},
		{"the same dataset twice", map[string]string{"metadata.yaml": about, "datasets/a/t.yaml": dataset, "datasets/b/t.yaml": dataset}, "datasets/b/t.yaml: uuid 5e7a0000-0000-4000-8000-000000000001 stands in another file"},
		{"a text where members belong", map[string]string{"metadata.yaml": about, "charts/c.yaml": "params: text\nuuid: c4a70000-0000-4000-8000-000000000001\n"}, "charts/c.yaml: "},
	} {
		t.Run(c.name, func(t *testing.T) {
			bundle := fstest.MapFS{}
			for name, text := range c.files {
				bundle[name] = &fstest.MapFile{Data: []byte(text)}
			}
			_, err := Open(bundle, Options{Tenant: acme})
			if err == nil || !strings.HasPrefix(err.Error(), "superset: ") || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one with %q", err, c.want)
			}
		})
	}
	t.Run("no tenant", func(t *testing.T) {
		if _, err := Open(sample(t, "report.txtar"), Options{}); err == nil || !strings.Contains(err.Error(), "tenant id is empty") {
			t.Errorf("error %v", err)
		}
	})
	t.Run("a document of 16 MiB", func(t *testing.T) {
		bundle := sample(t, "report.txtar")
		bundle["charts/big.yaml"] = &fstest.MapFile{Data: make([]byte, MaxDocument+1)}
		if _, err := Open(bundle, Options{Tenant: acme}); err == nil || !strings.Contains(err.Error(), "charts/big.yaml: larger than 16777216 bytes") {
			t.Errorf("error %v", err)
		}
	})
}

// FuzzOpen holds that a bundle is refused, or becomes documents that archives
// accept but for the names that people gave.
func FuzzOpen(f *testing.F) {
	bundle := sample(f, "report.txtar")
	f.Add(string(bundle["dashboards/Sales.yaml"].Data), string(bundle["charts/Revenue.yaml"].Data), string(bundle["datasets/Warehouse_1/orders.yaml"].Data))
	f.Fuzz(func(t *testing.T, dashboard, chart, dataset string) {
		src, err := Open(fstest.MapFS{
			"metadata.yaml":        {Data: []byte("version: 1.0.0\n")},
			"dashboards/d.yaml":    {Data: []byte(dashboard)},
			"charts/c.yaml":        {Data: []byte(chart)},
			"datasets/db/one.yaml": {Data: []byte(dataset)},
		}, Options{Tenant: acme})
		if err != nil {
			return
		}
		for e, err := range src.Entries(t.Context(), tenant.Selection{}) {
			if err != nil {
				t.Fatal(err)
			}
			content(t, e)
		}
		omissions(t, src)
	})
}

func TestSourceKeepsItsPromises(t *testing.T) {
	bundle := sample(t, "per-dashboard.txtar")
	tenanttest.RunSource(t, func(tb testing.TB) tenant.Source {
		return open(tb, bundle, Options{Tenant: acme, PerDashboard: true})
	})
}
