package access

import (
	"fmt"
	"testing"
)

// BenchmarkCompare compares all workspaces of tenants of two sizes, with people
// in step: the cost for each workspace must stay the same.
func BenchmarkCompare(b *testing.B) {
	for _, workspaces := range []int{50, 200} {
		d := (&Directory{}).Clone()
		places := make([]*Workspace, workspaces)
		for i := range places {
			team := fmt.Sprint("t", i)
			w := &Workspace{ID: fmt.Sprint("w", i), Assets: map[Key]Asset{}, Members: []Member{{KindTeam, team, "viewer"}}}
			var members []string
			for j := range 20 {
				id := fmt.Sprintf("u%d_%d", i, j)
				d.Users[id] = User{Name: id, Status: "active"}
				members = append(members, id)
				w.Assets[Key{"report", fmt.Sprintf("r%d_%d", i, j)}] = Asset{Name: "R", Owner: id}
			}
			d.Teams[team] = Team{Name: team, Members: members}
			places[i] = w
		}
		before, after := Side{}.Indexed(), Side{Directory: d}.Indexed()
		b.Run(fmt.Sprint(workspaces), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				for _, w := range places {
					Compare(before, after.In(w), Options{})
				}
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/float64(workspaces), "µs/workspace")
		})
	}
}
