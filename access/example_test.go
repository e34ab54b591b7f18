package access_test

import (
	"fmt"

	"github.com/oneanalytics/oa-archive/access"
)

// A rule of row security goes. Since rules are AND-ed, the team sees more.
func ExampleCompare() {
	people := &access.Directory{Teams: map[string]access.Team{"team_field": {Name: "Field sales"}}}
	north := access.Rule{Name: "north", Teams: []string{"team_field"}, Predicate: "region = 'Nord'"}
	small := access.Rule{Name: "small", Teams: []string{"team_field"}, Predicate: "net < 1000"}
	with := func(rules ...access.Rule) access.Side {
		orders := access.Key{Kind: access.KindDataset, ID: "2a5e562b-ab37-4b9b-9de3-1be4335c8e83"}
		return access.Side{Directory: people, Workspace: &access.Workspace{
			ID: "0b54f1a2-6f5e-4c0e-9a55-1f2f3c4d5e6f", Name: "Vertrieb",
			Assets: map[access.Key]access.Asset{orders: {Name: "Orders", Rules: rules}},
		}}
	}
	for _, change := range access.Compare(with(north, small), with(north), access.Options{}) {
		fmt.Println(change.Widens, change.Sentence)
	}
	// Output:
	// true team "Field sales" (team_field) sees other rows of dataset "Orders": those with region = 'Nord' instead of those with net < 1000 AND region = 'Nord'
}
