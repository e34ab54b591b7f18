package page

import (
	"html/template"

	"github.com/oneanalytics/oa-archive/restore"
)

// notice is a section that is one table: what it lists, in the words of the
// plan or of the result.
type notice struct {
	ID, Title string
	Lead      string
	Caption   string
	Columns   []string
	Rows      [][]template.HTML
	N         int // lines, those without a row included
	More      int
}

// add puts in a line, as long as there is room.
func (n *notice) add(cells ...template.HTML) {
	if n.N++; n.N > maxMissing {
		n.More++
		return
	}
	n.Rows = append(n.Rows, cells)
}

// notices returns the tables that the plan and, afterwards, the result have
// lines for.
func notices(_ *index, _ *restore.Plan, _ *restore.Result) []*notice {
	var all []*notice
	for _, n := range []*notice{} {
		if n.N > 0 {
			all = append(all, n)
		}
	}
	return all
}
