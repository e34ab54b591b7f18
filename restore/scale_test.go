package restore

import (
	"fmt"
	"testing"
)

// largeWorld is one workspace with n reports on n/20 datasets, each shared
// with a team.
func largeWorld(n int) world {
	w := world{}
	id := uuidOf(10, 0, 0)
	root := "workspaces/" + id
	var datasets, grants []any
	for i := range n / 20 {
		d := uuidOf(13, 0, i)
		datasets = append(datasets, object{"id": d, "name": fmt.Sprint("Dataset ", i), "mode": "direct", "version": 1})
		w[root+"/datasets/"+d+"/model.yaml"] = "dataset: d\ntables:\n  - { name: t }\nmeasures:\n  - { id: m, type: count, column: t.a }\n"
	}
	for i := range n {
		r, d := uuidOf(14, 0, i), uuidOf(13, 0, i%(n/20))
		w[root+"/reports/"+r+".json"] = text(object{
			"id": r, "workspace": id, "name": fmt.Sprint("Report ", i), "datasets": []any{object{"id": d, "version": 1}},
			"pages": []any{object{"id": "p", "name": "P", "visuals": []any{object{"id": "v", "type": "bar", "query": object{"dataset": d, "measures": []string{"m"}}}}}},
		})
		grants = append(grants, object{"id": fmt.Sprintf("grt_%d", i), "resource": object{"type": "report", "id": r}, "principal": object{"type": "team", "id": "team_all"}, "actions": []string{"view"}, "state": "active"})
	}
	w[root+"/metadata.json"] = text(object{
		"workspace": object{"id": id, "name": "Large"}, "teams": []any{object{"id": "team_all", "name": "All", "members": []string{}}},
		"datasets": datasets, "grants": grants,
	})
	return w
}

// BenchmarkPlan plans imports of tenants of two sizes: the cost for each
// asset must stay the same.
func BenchmarkPlan(b *testing.B) {
	for _, n := range []int{1000, 4000} {
		w := largeWorld(n)
		a := w.archive("corp")
		for name, c := range map[string]struct {
			target *memTarget
			opts   Options
		}{
			"create":    {world{}.memory("corp"), Options{}},
			"unchanged": {w.memory("corp"), Options{OnConflict: Overwrite}},
			"fork":      {w.memory("corp"), Options{OnConflict: Fork}},
			"workspace": {w.memory("corp"), Options{PerKind: map[Kind]Decision{Workspace: Fork}}},
		} {
			b.Run(fmt.Sprintf("%s/%d", name, n), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if _, err := tryPlan(a, c.target, c.opts); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/float64(n), "µs/report")
			})
		}
	}
}
