package superset

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/uuid"
)

// namespace is that of the UUIDs which this program makes up: those of
// workspaces, and of the reports of charts that stand on no dashboard. They
// depend on the tenant and on what they are for, so converting a bundle again
// gives them again.
var namespace = uuid.MustParse("5f0e1a43-9f0c-5d3b-8f5e-2d6a9f0b7c11")

func derivedID(parts ...string) string {
	return uuid.NewSHA1(namespace, []byte(strings.Join(parts, "\x00"))).String()
}

// A workspace is one workspace of the tenant and what belongs to it.
type workspace struct {
	id, name   string
	dashboards []*dashboard
	datasets   []*dataset
	loose      []*chart // that stand on no dashboard
	looseID    string   // of the report that they become
}

// metadata is a workspace's metadata document.
type metadata struct {
	Workspace   workspaceRecord         `json:"workspace"`
	Connections []connection            `json:"connections,omitempty"`
	Datasets    []datasetRecord         `json:"datasets,omitempty"`
	Extensions  map[string]bundleRecord `json:"extensions"`
}

type workspaceRecord struct {
	ID          string    `json:"id"`
	Name        string    `json:"name"`
	Description string    `json:"description"`
	CreatedAt   time.Time `json:"created_at,omitzero"`
}

type connection struct {
	Name       string   `json:"name"`
	Type       string   `json:"type"`
	Endpoint   endpoint `json:"endpoint,omitzero"`
	SecretSlot string   `json:"secret_slot"`
}

type endpoint struct {
	Host     string `json:"host,omitempty"`
	Port     uint16 `json:"port,omitzero"`
	Database string `json:"database,omitempty"`
}

type datasetRecord struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	Mode    string `json:"mode"`
	Version int    `json:"version"`
	Rows    *int64 `json:"row_count,omitempty"`
}

type bundleRecord struct {
	Metadata  jsontext.Value    `json:"metadata"`            // the bundle's metadata.yaml
	Databases map[string]string `json:"databases,omitempty"` // the name of the connection that each became, by UUID
}

// plan deals the bundle's assets out to workspaces, in order of their ids.
//
// Every asset belongs to exactly one workspace, and a report can only show
// datasets of its own. So with perDashboard, dashboards that share a dataset
// share a workspace, which is named after the first of them; nothing is
// copied. What no dashboard needs lies in the workspace named name.
func (b *bundle) plan(tenantID, name string, perDashboard bool) []*workspace {
	rest := &workspace{id: derivedID("workspace", tenantID), name: name}
	all := []*workspace{rest}
	owner := map[string]*workspace{} // by dataset
	if perDashboard {
		for _, group := range b.groups() {
			w := &workspace{
				id:         derivedID("workspace", tenantID, group.dashboards[0].uuid),
				name:       named(group.dashboards[0].name),
				dashboards: group.dashboards,
			}
			all = append(all, w)
			for dataset := range group.datasets {
				owner[dataset] = w
			}
		}
	} else {
		rest.dashboards = sorted(b.dashboards)
	}
	for _, d := range sorted(b.datasets) {
		w := cmp.Or(owner[d.uuid], rest)
		w.datasets = append(w.datasets, d)
	}
	for _, c := range b.looseCharts() {
		w := cmp.Or(owner[c.dataset], rest)
		w.loose = append(w.loose, c)
		w.looseID = derivedID("loose charts", w.id)
	}
	if perDashboard && len(rest.datasets)+len(rest.loose) == 0 && len(all) > 1 {
		all = all[1:]
	}
	slices.SortFunc(all, func(a, b *workspace) int { return strings.Compare(a.id, b.id) })
	return all
}

// A group is a set of dashboards that no dataset connects to other dashboards.
type group struct {
	dashboards []*dashboard
	datasets   map[string]bool
}

// groups parts the dashboards, in order of their UUIDs.
func (b *bundle) groups() []*group {
	var groups []*group
	for _, d := range sorted(b.dashboards) {
		joined := &group{dashboards: []*dashboard{d}, datasets: b.datasetsOf(d)}
		apart := groups[:0]
		for _, g := range groups {
			if !overlap(g.datasets, joined.datasets) {
				apart = append(apart, g)
				continue
			}
			joined.dashboards = append(joined.dashboards, g.dashboards...)
			maps.Copy(joined.datasets, g.datasets)
		}
		groups = append(apart, joined)
	}
	for _, g := range groups {
		slices.SortFunc(g.dashboards, func(a, b *dashboard) int { return strings.Compare(a.uuid, b.uuid) })
	}
	return groups
}

// datasetsOf returns the datasets that the dashboard's charts and filters use.
func (b *bundle) datasetsOf(d *dashboard) map[string]bool {
	used := map[string]bool{}
	for _, uuid := range d.datasets {
		used[uuid] = true
	}
	for _, uuid := range d.charts {
		if c := b.charts[uuid]; c != nil {
			used[c.dataset] = true
		}
	}
	return used
}

func overlap(a, b map[string]bool) bool {
	for key := range a {
		if b[key] {
			return true
		}
	}
	return false
}

// looseCharts returns the charts that stand on no dashboard, in order.
func (b *bundle) looseCharts() []*chart {
	placed := map[string]bool{}
	for _, d := range b.dashboards {
		for _, uuid := range d.charts {
			placed[uuid] = true
		}
	}
	return slices.DeleteFunc(sorted(b.charts), func(c *chart) bool { return placed[c.uuid] })
}

func sorted[T any](index map[string]T) []T {
	var values []T
	for _, key := range slices.Sorted(maps.Keys(index)) {
		values = append(values, index[key])
	}
	return values
}

// metadata returns the workspace's metadata document.
func (w *workspace) metadata(b *bundle) ([]byte, error) {
	m := metadata{
		Workspace: workspaceRecord{
			ID:          w.id,
			Name:        w.name,
			Description: fmt.Sprintf("Made from an asset bundle of Apache Superset, format %s.", knownVersion),
			CreatedAt:   b.exported,
		},
	}
	about := bundleRecord{Metadata: b.about, Databases: map[string]string{}}
	for _, d := range w.datasets {
		record := datasetRecord{ID: d.uuid, Name: d.name, Mode: "direct", Version: 1}
		if d.rows != nil {
			record.Mode, record.Rows = "import", &d.rows.count
		}
		m.Datasets = append(m.Datasets, record)
		if db := b.databases[d.database]; about.Databases[db.uuid] == "" {
			about.Databases[db.uuid] = db.name
			m.Connections = append(m.Connections, db.connection())
		}
	}
	slices.SortFunc(m.Connections, func(a, b connection) int { return strings.Compare(a.Name, b.Name) })
	m.Extensions = map[string]bundleRecord{vendor: about}
	return document(m)
}
