package restore

import (
	"strings"
	"testing"
)

func TestWorkspaces(t *testing.T) {
	copyOf := func(id string) string { return ForkID("corp", "corp", id, "copy") }
	extra := `"users": [
    {"id": "usr_new", "email": "new@corp.example", "name": "New", "status": "active"},`
	run(t, []rule{
		{
			name: "overwrite keeps what only the target has", opts: Options{OnConflict: Overwrite},
			target: func(t *testing.T, w world) world {
				return w.edit(t, salesMeta, `"name": "Sales"}`, `"name": "Renamed"}`).edit(t, salesMeta, `"users": [`, extra)
			},
			want: map[string]Decision{wsSales: Overwrite}, says: []string{"keeps 1 user that the archive does not have"},
			after: func(t *testing.T, _, after world) {
				if len(list(t, after[salesMeta], "users")) != 3 || !strings.Contains(after[salesMeta], `"name": "Sales"`) {
					t.Error(after[salesMeta])
				}
			},
		},
		{
			name: "overwrite without anything of the target's own gives the archive's bytes", opts: Options{OnConflict: Overwrite},
			target: changed(salesMeta, `"name": "Sales"}`, `"name": "Renamed"}`), want: map[string]Decision{wsSales: Overwrite},
			after: func(t *testing.T, _, after world) {
				if after[salesMeta] != sampleWorld()[salesMeta] {
					t.Error(after[salesMeta])
				}
			},
		},
		{
			name: "an asset of the target that the archive lacks keeps its record", archive: func(t *testing.T, w world) world {
				w = w.without(returns)
				return w.edit(t, salesMeta, `,
    {"id": "`+returns+`", "name": "Returns", "mode": "direct", "version": 1}`, "")
			},
			target: same, opts: Options{OnConflict: Overwrite}, want: map[string]Decision{wsSales: Unchanged},
		},
		{name: "settings ask", target: changed(salesMeta, `"name": "Sales"}`, `"name": "Renamed"}`), want: map[string]Decision{wsSales: Blocked}},
		{
			name: "settings stay when the workspace was not selected", target: func(t *testing.T, w world) world {
				return w.edit(t, salesMeta, `"name": "Sales"}`, `"name": "Renamed"}`).edit(t, revenuePath, `"name": "Revenue"`, `"name": "Edited"`)
			},
			opts: Options{OnConflict: Overwrite, Select: []string{revenue}}, want: map[string]Decision{wsSales: Unchanged, revenue: Overwrite},
		},
		{
			name: "merge puts in what is needed, and keeps every other byte", target: func(t *testing.T, w world) world {
				w = w.without(revenue, detail, drop, orders, upload, returns)
				w[salesMeta] = "{\n  \"workspace\":   {\"id\": \"" + wsSales + "\", \"name\": \"Mine\"},\n  \"x-own\": 1.0\n}\n"
				return w
			},
			opts: Options{Select: []string{revenue}}, want: map[string]Decision{wsSales: Merge, orders: Create, revenue: Create},
			says: []string{"takes 1 dataset record", "takes 2 folders", "takes 1 tag", "takes 1 connection", "takes 1 role", "takes 1 team", "takes 2 users", "takes 2 grants"},
			after: func(t *testing.T, _, after world) {
				if !strings.HasPrefix(after[salesMeta], "{\n  \"workspace\":   {\"id\": \""+wsSales+"\", \"name\": \"Mine\"},\n  \"x-own\": 1.0,") {
					t.Error(after[salesMeta])
				}
				if strings.Contains(after[salesMeta], returns) || strings.Contains(after[salesMeta], upload) {
					t.Errorf("more than needed:\n%s", after[salesMeta])
				}
			},
		},
		{
			name: "a whole copy", target: same, opts: Options{PerAsset: map[string]Choice{wsSales: {Decision: Fork}}, Select: []string{"workspace:Sales"}, Rows: true},
			want: map[string]Decision{wsSales: Fork, orders: Fork, revenue: Fork, drop: Fork, upload: Fork}, says: []string{"Sales (copy)", "arrives without members and grants"},
			after: func(t *testing.T, before, after world) {
				meta := after["workspaces/"+copyOf(wsSales)+"/metadata.json"]
				for _, original := range []string{wsSales, orders, north, inner, hot, query} {
					if strings.Contains(strings.ReplaceAll(meta, `"id": "`+original+`", "label"`, ""), original) {
						t.Errorf("%s of the original is in the copy:\n%s", original, meta)
					}
				}
				if len(list(t, meta, "grants"))+len(list(t, meta, "members")) > 0 {
					t.Errorf("the copy is not private:\n%s", meta)
				}
			},
		},
		{name: "an asset of a copied workspace cannot be overwritten", target: same, opts: Options{PerAsset: map[string]Choice{wsSales: {Decision: Fork}, orders: {Decision: Overwrite}}}, want: map[string]Decision{orders: Blocked}},
	})
}

func TestGrants(t *testing.T) {
	open := func(t *testing.T, w world) world {
		return w.edit(t, salesMeta, `"id": "k1"}, "actions": ["view"], "state": "closed"`, `"id": "k1"}, "actions": ["view"], "state": "active"`)
	}
	run(t, []rule{
		{
			name: "an open link arrives closed", archive: open, says: []string{"grant grt_link is a public link or embed: it arrives closed"},
			after: func(t *testing.T, _, after world) {
				if after[salesMeta] != sampleWorld()[salesMeta] {
					t.Error(after[salesMeta])
				}
			},
		},
		{name: "a link that the target has open stays open", archive: open, target: open, want: map[string]Decision{wsSales: Unchanged}},
		{
			name: "a link that the target closed stays closed", archive: open, target: same, opts: Options{OnConflict: Overwrite},
			after: func(t *testing.T, before, after world) {
				if after[salesMeta] != before[salesMeta] {
					t.Error(after[salesMeta])
				}
			},
		},
	})
}
