package restore

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/oneanalytics/oa-archive/parquetio"
)

// manyRows returns a file of n rows of several columns, the same for the same
// seed.
func manyRows(t *testing.T, columns string, n, seed int) string {
	t.Helper()
	schema, err := parquetio.ParseSchema(columns)
	if err != nil {
		t.Fatal(err)
	}
	var file strings.Builder
	w, err := parquetio.NewWriter(&file, schema, parquetio.WriterOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		row := []any{int64(i * seed), nil, fmt.Sprintf("row %d of %d, 行 “ß”", i, seed)}
		if i%3 > 0 {
			row[1] = float64(i) / float64(seed)
		}
		if err := w.AppendRow(row[:strings.Count(columns, ",")+1]); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return file.String()
}

// TestUndoOfRows replaces rows that are tables by others, with other columns,
// and undoes that, and undoes the undo: in folders and databases alike the rows are
// what they were, and a database has no table more than before.
func TestUndoOfRows(t *testing.T) {
	const columns = "id int64 not null, amount float64, name string"
	before := sampleWorld()
	before[ordersRows] = manyRows(t, columns, 5000, 3)
	replaced := before.clone().edit(t, revenuePath, `"name": "Revenue"`, `"name": "Edited"`)
	replaced[ordersRows] = manyRows(t, "id int64 not null, amount float64", 700, 7)
	for name, make := range crashStores {
		t.Run(name, func(t *testing.T) {
			target, in := reopened(t, make(t)), insured(t)
			before.putInto(t, target)
			was := contentOf(t, target)
			a := replaced.archive("corp")
			plan := makePlan(t, a, target, Options{OnConflict: Overwrite, Rows: true})
			first := applyInsured(t, plan, a, target, in)
			now := contentOf(t, target)
			if was[ordersRows] == now[ordersRows] {
				t.Fatal("the import left the rows as they were")
			}
			second := mustUndo(t, first.ImportID, in.policy(t, first), target, in)
			if got := contentOf(t, target); !maps.Equal(got, was) {
				t.Errorf("after the undo %d bytes of rows, want %d", len(got[ordersRows]), len(was[ordersRows]))
			}
			if second.Fingerprint != plan.Target.Fingerprint {
				t.Errorf("content hash %s, want %s", second.Fingerprint, plan.Target.Fingerprint)
			}
			third := mustUndo(t, second.ImportID, in.policy(t, second), target, in)
			if got := contentOf(t, target); !maps.Equal(got, now) {
				t.Error("the undo of the undo is not what the import had left")
			}
			mustUndo(t, third.ImportID, in.policy(t, third), target, in)
			if got := contentOf(t, target); !maps.Equal(got, was) {
				t.Error("the undo of the undo of the undo is not what was before")
			}
		})
	}
}
