package sqlstore

import (
	"bytes"
	"cmp"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/oneanalytics/oa-archive/layout"
)

// names draws names of entries, often with ids and vendors that begin alike.
var names = rapid.Custom(func(t *rapid.T) layout.Name {
	id := rapid.Custom(func(t *rapid.T) string {
		return rapid.StringMatching("[09af]").Draw(t, "digit") + asset[1:35] + rapid.StringMatching("[09af]").Draw(t, "digit")
	})
	segment := rapid.StringMatching(`[a-b0](([a-b0._-]){0,2}[a-b0_-])?`)
	kind := rapid.SampledFrom([]layout.Kind{
		layout.Metadata, layout.Model, layout.Rows, layout.Report, layout.Alert, layout.File, layout.Audit, layout.Extension,
	}).Draw(t, "kind")
	switch kind {
	case layout.Audit:
		return layout.Name{Kind: kind}
	case layout.Extension:
		rest := rapid.SliceOfN(segment, 1, 3).Draw(t, "rest")
		return layout.Name{Kind: kind, Vendor: segment.Draw(t, "vendor"), Rest: strings.Join(rest, "/")}
	}
	n := layout.Name{Kind: kind, Workspace: id.Draw(t, "workspace")}
	if kind != layout.Metadata {
		n.Asset = id.Draw(t, "asset")
	}
	return n
})

func TestSortKeysCompareLikeNames(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := names.Draw(t, "a"), names.Draw(t, "b")
		if got, want := cmp.Compare(sortKey(a), sortKey(b)), layout.Compare(a, b); got != want {
			t.Fatalf("%s against %s: sort keys %q and %q compare %d, names %d", a, b, sortKey(a), sortKey(b), got, want)
		}
	})
}

// TestDatabaseOrdersLikeNames lets the database itself order drawn entries.
func TestDatabaseOrdersLikeNames(t *testing.T) {
	onEach(t, func(t *testing.T, fresh maker) {
		s := newTenant(t, first(fresh(t)), acme)
		noRows := rowsFile(t, "x int64") // fit for every kind
		rapid.Check(t, func(rt *rapid.T) {
			want := rapid.SliceOfNDistinct(names, 1, 30, rapid.ID).Draw(rt, "names")
			tx := begin(t, s)
			for _, n := range want {
				if err := tx.Put(t.Context(), n, -1, bytes.NewReader(noRows)); err != nil {
					_ = tx.Rollback() // the error counts
					rt.Fatal(err)
				}
			}
			slices.SortFunc(want, layout.Compare)
			var got []layout.Name
			for e, err := range tx.Inventory(t.Context()) {
				if err != nil {
					rt.Fatal(err)
				}
				got = append(got, e.Name)
			}
			if !slices.Equal(got, want) {
				rt.Fatalf("the database orders %v, want %v", got, want)
			}
			if err := tx.Rollback(); err != nil {
				rt.Fatal(err)
			}
		})
	})
}
