package restore

import (
	"context"
	"io"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/oneanalytics/oa-archive/layout"
	"github.com/oneanalytics/oa-archive/schema"
	"github.com/oneanalytics/oa-archive/tenant"
	"github.com/oneanalytics/oa-archive/tenant/dirstore"
)

// Ids of the tenants that the tests make.
const (
	wsSales = "a0000000-0000-4000-8000-000000000001"
	wsOps   = "a0000000-0000-4000-8000-000000000002"
	orders  = "d0000000-0000-4000-8000-000000000001" // dataset
	returns = "d0000000-0000-4000-8000-000000000002" // dataset
	revenue = "e0000000-0000-4000-8000-000000000001" // report on orders
	detail  = "e0000000-0000-4000-8000-000000000002" // report on orders, where revenue leads to
	drop    = "b0000000-0000-4000-8000-000000000001" // alert on orders
	upload  = "f0000000-0000-4000-8000-000000000001" // file of orders
	north   = "90000000-0000-4000-8000-000000000001" // folder
	inner   = "90000000-0000-4000-8000-000000000002" // folder in north
	hot     = "80000000-0000-4000-8000-000000000001" // tag
	query   = "70000000-0000-4000-8000-000000000001" // saved query on orders
)

// world is the content of a tenant: path → content.
type world map[string]string

func (w world) clone() world { return maps.Clone(w) }

func (w world) paths() []string {
	names := []layout.Name{}
	for path := range w {
		n, err := layout.Parse(path)
		if err != nil {
			panic(err)
		}
		names = append(names, n)
	}
	slices.SortFunc(names, layout.Compare)
	var paths []string
	for _, n := range names {
		paths = append(paths, n.String())
	}
	return paths
}

// edit replaces old by new, once at least, in the entry at path.
func (w world) edit(t testing.TB, path, old, new string) world {
	t.Helper()
	if !strings.Contains(w[path], old) {
		t.Fatalf("%s does not hold %q:\n%s", path, old, w[path])
	}
	w[path] = strings.ReplaceAll(w[path], old, new)
	return w
}

// Paths of the sample's entries.
var (
	salesMeta   = "workspaces/" + wsSales + "/metadata.json"
	opsMeta     = "workspaces/" + wsOps + "/metadata.json"
	ordersModel = "workspaces/" + wsSales + "/datasets/" + orders + "/model.yaml"
	ordersRows  = "workspaces/" + wsSales + "/datasets/" + orders + "/rows.parquet"
	revenuePath = "workspaces/" + wsSales + "/reports/" + revenue + ".json"
	detailPath  = "workspaces/" + wsSales + "/reports/" + detail + ".json"
	dropPath    = "workspaces/" + wsSales + "/alerts/" + drop + ".json"
	uploadPath  = "workspaces/" + wsSales + "/files/" + upload
	flagsPath   = "extensions/com.example/flags.json"
)

// sampleWorld is a tenant with one of everything and no open public link.
func sampleWorld() world {
	return world{
		salesMeta: `{
  "workspace": {"id": "` + wsSales + `", "name": "Sales"},
  "users": [
    {"id": "usr_anna", "email": "anna@corp.example", "name": "Anna", "status": "active"},
    {"id": "usr_bob", "email": "bob@corp.example", "name": "Bob", "status": "active", "tenant_role": "owner"}
  ],
  "teams": [
    {"id": "team_field", "name": "Field", "external_id": "scim-17", "members": ["usr_anna"]}
  ],
  "roles": [
    {"id": "sales_rep", "name": "Sales rep", "base": "viewer"}
  ],
  "members": [
    {"principal": {"type": "user", "id": "usr_bob"}, "role": "admin"},
    {"principal": {"type": "team", "id": "team_field"}, "role": "sales_rep"}
  ],
  "connections": [
    {"name": "warehouse", "type": "postgres", "endpoint": {"host": "db.corp.example"}, "secret_slot": "warehouse"}
  ],
  "folders": [
    {"id": "` + north + `", "name": "North"},
    {"id": "` + inner + `", "name": "Inner", "parent": "` + north + `"}
  ],
  "tags": [
    {"id": "` + hot + `", "name": "hot"}
  ],
  "datasets": [
    {"id": "` + orders + `", "name": "Orders", "mode": "import", "version": 3, "owner": "usr_anna", "folder": "` + inner + `", "tags": ["` + hot + `"]},
    {"id": "` + returns + `", "name": "Returns", "mode": "direct", "version": 1}
  ],
  "files": [
    {"id": "` + upload + `", "name": "orders.csv", "media_type": "text/csv", "size_bytes": 9, "sha256": "` + layout.DigestOf([]byte("a;b\n1;2\n\n")).String() + `", "owner": "usr_bob", "dataset": "` + orders + `"}
  ],
  "saved_queries": [
    {"id": "` + query + `", "name": "All", "query": {"dataset": "` + orders + `", "measures": ["revenue"]}, "owner": "usr_anna"}
  ],
  "grants": [
    {"id": "grt_team", "resource": {"type": "report", "id": "` + revenue + `"}, "principal": {"type": "team", "id": "team_field"}, "actions": ["view"], "state": "active"},
    {"id": "grt_link", "resource": {"type": "report", "id": "` + revenue + `"}, "principal": {"type": "link", "id": "k1"}, "actions": ["view"], "state": "closed"}
  ]
}
`,
		ordersModel: `# written by hand
dataset: orders
source: { type: postgres, ref: warehouse }
tables:
  - { name: orders, primary_key: id }
dimensions:
  - { id: order_date, column: orders.created_at, type: date, grains: [day, month] }
  - { id: region, column: orders.region, type: string }
measures:
  - { id: revenue, type: sum, column: orders.net } # net of tax
  - { id: orders, type: count, column: orders.id }
security:
  - { name: own_region, applies_to: { role: [sales_rep], team: [team_field], user: [] }, predicate: "region = 'x'" }
`,
		ordersRows: rowsOf("orders"),
		"workspaces/" + wsSales + "/datasets/" + returns + "/model.yaml": `dataset: returns
source: { type: postgres, ref: warehouse }
tables:
  - { name: returns, primary_key: id }
measures:
  - { id: returned, type: count, column: returns.id }
`,
		revenuePath: `{
  "id": "` + revenue + `", "workspace": "` + wsSales + `", "name": "Revenue", "owner": "usr_anna",
  "folder": "` + inner + `", "tags": ["` + hot + `"],
  "datasets": [{"id": "` + orders + `", "version": 3}],
  "pages": [{"id": "p1", "name": "One", "visuals": [
    {"id": "v1", "type": "bar", "query": {"dataset": "` + orders + `", "dimensions": [{"id": "order_date", "grain": "month"}], "measures": ["revenue"]},
     "options": {"note": "see ` + orders + `"}, "drill_to": {"report": "` + detail + `"}}
  ]}],
  "bookmarks": [{"id": "b1", "name": "Mine", "owner": "usr_bob", "filters": []}]
}
`,
		detailPath: `{"id": "` + detail + `", "workspace": "` + wsSales + `", "name": "Detail", "owner": null, "datasets": [{"id": "` + orders + `", "version": 2}],
 "pages": [{"id": "p1", "name": "One", "visuals": [{"id": "v1", "type": "table", "query": {"dataset": "` + orders + `", "dimensions": ["region"], "measures": ["orders"]}}]}]}
`,
		dropPath: `{
  "id": "` + drop + `", "workspace": "` + wsSales + `", "name": "Revenue drops", "owner": "usr_bob",
  "dataset": "` + orders + `", "measure": "revenue",
  "condition": {"type": "threshold", "op": "<", "value": 1000},
  "window": {"grain": "day", "count": 1},
  "channels": [{"type": "in_app", "to": [{"type": "user", "id": "usr_anna"}, {"type": "user", "id": "usr_bob"}]}],
  "state": {"status": "active"}
}
`,
		uploadPath: "a;b\n1;2\n\n",
		opsMeta: `{"workspace": {"id": "` + wsOps + `", "name": "Ops"},
 "users": [{"id": "usr_bob", "email": "bob@corp.example", "name": "Bob", "status": "active", "tenant_role": "owner"}]}
`,
		flagsPath: `{"dark": true}`,
	}
}

// only returns the part of the world whose paths contain one of the parts.
func (w world) without(parts ...string) world {
	left := w.clone()
	for path := range left {
		if slices.ContainsFunc(parts, func(p string) bool { return strings.Contains(path, p) }) {
			delete(left, path)
		}
	}
	return left
}

// problems returns what does not hold together in the world, warnings apart.
func (w world) problems() []string {
	byWorkspace := map[string][]string{}
	for _, path := range w.paths() {
		n, _ := layout.Parse(path)
		if n.Workspace != "" {
			byWorkspace[n.Workspace] = append(byWorkspace[n.Workspace], path)
		}
	}
	var found []string
	for _, ws := range sortedKeys(byWorkspace) {
		problems := schema.CheckWorkspace(func(yield func(layout.Name, []byte) bool) {
			for _, path := range byWorkspace[ws] {
				n, _ := layout.Parse(path)
				if !yield(n, []byte(w[path])) {
					return
				}
			}
		})
		for _, path := range byWorkspace[ws] {
			n, _ := layout.Parse(path)
			if kind, ok := schema.KindOf(n.Kind); ok {
				if err := schema.Validate(kind, []byte(w[path])); err != nil {
					found = append(found, path+": "+err.Error())
				}
			}
		}
		for _, p := range problems {
			if p.Line = 0; !p.Warning {
				found = append(found, p.String())
			}
		}
	}
	return found
}

func TestSampleWorldIsSound(t *testing.T) {
	if found := sampleWorld().problems(); len(found) > 0 {
		t.Error(strings.Join(found, "\n"))
	}
}

// store puts the world into a new folder store.
func (w world) store(t testing.TB, tenantID string) *dirstore.Store {
	t.Helper()
	store, err := dirstore.Create(filepath.Join(t.TempDir(), "tenant"), tenant.Info{ID: tenantID, Name: "Corp"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	w.putInto(t, store.Target())
	return store
}

// putInto makes the target hold exactly the world.
func (w world) putInto(t testing.TB, target tenant.Target) {
	t.Helper()
	ctx := context.Background()
	was := contentOf(t, target)
	if maps.Equal(was, w) {
		return
	}
	tx, err := target.Begin(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	for path := range was {
		if _, ok := w[path]; !ok {
			n, _ := layout.Parse(path)
			if err := tx.Delete(ctx, n); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, path := range w.paths() {
		n, _ := layout.Parse(path)
		if err := tx.Put(ctx, n, -1, strings.NewReader(w[path])); err != nil {
			t.Fatal(err)
		}
	}
	rec := tenant.ImportRecord{ID: uuid.NewString(), At: time.Unix(1, 0).UTC()}
	if err := tx.Commit(ctx, rec); err != nil {
		t.Fatal(err)
	}
}

// contentOf reads everything that a target holds.
func contentOf(t testing.TB, target tenant.Target) world {
	t.Helper()
	w := world{}
	for e, err := range target.Inventory(context.Background()) {
		if err != nil {
			t.Fatal(err)
		}
		r, err := e.Open(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		r.Close()
		w[e.Name.String()] = string(content)
	}
	return w
}
