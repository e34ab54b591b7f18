package restore

import (
	"errors"
	"strings"
	"testing"

	"github.com/oneanalytics/oa-archive/mapping"
)

func into(from, to string) Options {
	return Options{Mapping: mapping.Map{Workspaces: mapping.Pairs(map[string]string{from: to})}}
}

// relocated returns a path of the sample as it is in another workspace.
func relocated(path, workspace string) string { return strings.Replace(path, wsSales, workspace, 1) }

func TestWorkspacesLandElsewhere(t *testing.T) {
	onlyOps := lacking(wsSales)
	run(t, []rule{
		{
			name: "in one of the same tenant", target: onlyOps, opts: into(wsSales, wsOps),
			archive: lacking(wsOps),
			want:    map[string]Decision{wsSales: Merge, orders: Create, revenue: Create, drop: Create, upload: Create},
			says:    []string{"lands in workspace \"Ops\"", "its settings stay", "takes 2 folders", "takes 1 tag"},
			after: func(t *testing.T, _, after world) {
				if after[salesMeta] != "" || after[revenuePath] != "" {
					t.Error("something is in the archive's workspace")
				}
				for _, path := range []string{revenuePath, detailPath, dropPath, ordersModel, uploadPath} {
					if after[relocated(path, wsOps)] == "" || strings.Contains(after[relocated(path, wsOps)], wsSales) {
						t.Errorf("%s: %s", path, after[relocated(path, wsOps)])
					}
				}
				if !strings.Contains(after[opsMeta], `"name": "Ops"`) || len(list(t, after[opsMeta], "members")) != 0 {
					t.Errorf("the settings did not stay: %s", after[opsMeta])
				}
			},
		},
		{
			name: "in one of another tenant, by name", tenant: "other", archive: lacking(wsOps),
			target: func(t *testing.T, w world) world {
				return otherTenant(t, w).edit(t, "workspaces/c0000000-0000-4000-8000-000000000009/metadata.json", `"Hers"`, `"SALES"`)
			},
			opts: Options{Mapping: mapping.Map{
				Workspaces: mapping.Section{Match: []mapping.Rule{mapping.ByID, mapping.ByName}},
				Roles:      mapping.Section{Otherwise: mapping.Create}, Connections: mapping.Section{Otherwise: mapping.Create},
			}},
			want: map[string]Decision{wsSales: Merge, orders: Create, revenue: Create}, says: []string{"(by name)", "takes 1 connection"},
		},
		{
			name: "folders and tags of the same name are not doubled", target: func(t *testing.T, w world) world {
				return onlyOps(t, w).edit(t, opsMeta, `"users":`, `"folders": [{"id": "90000000-0000-4000-8000-0000000000aa", "name": "North"}],
 "tags": [{"id": "80000000-0000-4000-8000-0000000000aa", "name": "hot"}], "users":`)
			},
			archive: lacking(wsOps), opts: into(wsSales, wsOps), want: map[string]Decision{revenue: Create}, says: []string{"takes 1 folder"},
			after: func(t *testing.T, _, after world) {
				folders := list(t, after[opsMeta], "folders")
				if len(folders) != 2 || !strings.Contains(string(folders[inner]), "0000000000aa") || len(list(t, after[opsMeta], "tags")) != 1 {
					t.Error(after[opsMeta])
				}
				if !strings.Contains(after[relocated(revenuePath, wsOps)], "80000000-0000-4000-8000-0000000000aa") {
					t.Error(after[relocated(revenuePath, wsOps)])
				}
			},
		},
		{
			name: "what is in use elsewhere is not moved", target: same, archive: lacking(wsOps), opts: into(wsSales, wsOps),
			want: map[string]Decision{revenue: Blocked}, says: []string{"an import does not move assets"},
		},
		{
			name: "but copied", target: same, archive: lacking(wsOps), want: map[string]Decision{wsSales: Merge, orders: Fork, revenue: Fork},
			opts: Options{OnConflict: Fork, Mapping: into(wsSales, wsOps).Mapping},
			after: func(t *testing.T, before, after world) {
				for path := range before {
					if strings.Contains(path, wsSales) && before[path] != after[path] {
						t.Errorf("%s was changed", path)
					}
				}
			},
		},
		{
			name: "an answer for the workspace that adding cannot give", target: onlyOps, archive: lacking(wsOps),
			opts: Options{Mapping: into(wsSales, wsOps).Mapping, PerAsset: map[string]Choice{wsSales: {Decision: Overwrite}}},
			want: map[string]Decision{wsSales: Blocked}, says: []string{"which an import can only add to"},
		},
	})
}

func TestFallbackOwnsAndNoMore(t *testing.T) {
	run(t, []rule{{
		name: "the fallback", tenant: "other", target: otherTenant,
		opts: Options{Mapping: mapping.Map{
			Users:       mapping.Section{Otherwise: mapping.Fallback, Fallback: "usr_1", Entries: map[string]mapping.Entry{"usr_anna": {To: "none"}}},
			Roles:       mapping.Section{Otherwise: mapping.Create},
			Connections: mapping.Pairs(map[string]string{"warehouse": "dwh"}),
		}},
		want: map[string]Decision{revenue: Create, drop: Blocked}, says: []string{
			"is owned by usr_1 of the target, the fallback for user usr_bob", "arrives without its owner user usr_anna", "none of its recipients is in the target",
		},
	}})
}

func TestMappingsThatDoNotFit(t *testing.T) {
	target := sampleWorld().without(wsSales)
	for want, m := range map[string]mapping.Map{
		`workspace "` + orders + `" stands for "` + wsSales + `", but the target has no such workspace`: into(wsSales, orders).Mapping,
		`workspace "x" is mapped, but the archive has no such workspace`:                                into("x", wsOps).Mapping,
		"both land in workspace " + wsOps:                                                               into(wsSales, wsOps).Mapping,
		`it is for archives of tenant "acme", this one is of "corp"`:                                    {Archive: "acme"},
		`it is for imports into tenant "acme", the target is "corp"`:                                    {Target: "acme"},
		`the fallback is user "usr_9", whom the target does not have`:                                   {Users: mapping.Section{Fallback: "usr_9"}},
		`role "viewer" is to be created, but the archive does not say who it is`:                        {Roles: mapping.Section{Entries: map[string]mapping.Entry{"viewer": {To: "create"}}}},
		`connection "lake" is to be created, but the archive has no such connection`:                    {Connections: mapping.Section{Entries: map[string]mapping.Entry{"lake": {To: "create"}}}},
	} {
		_, err := tryPlan(sampleWorld().archive("corp"), target.memory("corp"), Options{Mapping: m})
		if refused := (*MappingError)(nil); !errors.As(err, &refused) || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %s", err, want)
		}
	}
	_, err := tryPlan(sampleWorld().archive("corp"), target.memory("corp"), Options{Mapping: mapping.Map{Teams: mapping.Section{Otherwise: "perhaps"}}})
	if refused := (*OptionsError)(nil); !errors.As(err, &refused) || !strings.Contains(err.Error(), "teams.otherwise: perhaps is no answer for teams") {
		t.Error(err)
	}
}
