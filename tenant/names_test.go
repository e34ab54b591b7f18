package tenant

import (
	"strings"
	"testing"
	"time"

	"github.com/oneanalytics/oa-archive/layout"
)

const (
	wsA = "0b54f1a2-6f5e-4c0e-9a55-1f2f3c4d5e6f"
	wsB = "1c54f1a2-6f5e-4c0e-9a55-1f2f3c4d5e6f"
	id1 = "2a5e562b-ab37-1b9b-1de3-1be4335c8e83"
	id2 = "3a5e562b-ab37-1b9b-1de3-1be4335c8e83"
)

func TestInfoCheck(t *testing.T) {
	for _, c := range []struct {
		tenant Info
		want   string // part of the error; empty when there is none
	}{
		{Info{ID: "acme"}, ""},
		{Info{ID: "0.a_b-C", Name: "Müller & Söhne", Region: "eu-central-1", Jurisdiction: "DE"}, ""},
		{Info{ID: strings.Repeat("a", 64)}, ""},
		{Info{}, "tenant id is empty"},
		{Info{ID: strings.Repeat("a", 65)}, "longer than 64 bytes"},
		{Info{ID: "-a"}, "beginning with a letter or digit"},
		{Info{ID: "a/b"}, `tenant id "a/b"`},
		{Info{ID: "é"}, `tenant id "\u00e9"`},
		{Info{ID: "a", Name: "x\x1b[2J"}, "name holds a control character"},
		{Info{ID: "a", Region: "\xff"}, "region is not UTF-8"},
		{Info{ID: "a", Jurisdiction: strings.Repeat("x", 65)}, "jurisdiction is longer than 64 bytes"},
		{Info{ID: "a", Name: strings.Repeat("x", 1025)}, "name is longer than 1024 bytes"},
	} {
		err := c.tenant.Check()
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%+v: %v, want %q", c.tenant, err, c.want)
		}
	}
}

func TestEntryPath(t *testing.T) {
	for _, path := range []string{
		"workspaces/" + wsA + "/metadata.json",
		"workspaces/" + wsA + "/datasets/" + id1 + "/model.yaml",
		"workspaces/" + wsA + "/datasets/" + id1 + "/rows.parquet",
		"workspaces/" + wsA + "/reports/" + id1 + ".json",
		"workspaces/" + wsA + "/alerts/" + id1 + ".json",
		"workspaces/" + wsA + "/files/" + id1,
		"audit/events.ndjson",
		"extensions/com.example/a/b.json",
	} {
		n, err := layout.Parse(path)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := EntryPath(n); err != nil || got != path {
			t.Errorf("EntryPath(%+v) = %q, %v; want %q", n, got, err, path)
		}
	}
	for _, n := range []layout.Name{
		{},
		{Kind: layout.Manifest},
		{Kind: 99, Workspace: wsA, Asset: id1},
		{Kind: layout.Metadata},
		{Kind: layout.Metadata, Workspace: wsA, Asset: id1},
		{Kind: layout.Metadata, Workspace: ".."},
		{Kind: layout.Report, Workspace: wsA},
		{Kind: layout.Report, Workspace: wsA, Asset: "../../x"},
		{Kind: layout.Report, Workspace: wsA, Asset: id1, Rest: "x"},
		{Kind: layout.Audit, Workspace: wsA},
		{Kind: layout.Extension, Vendor: "v", Rest: "../../x"},
		{Kind: layout.Extension, Vendor: "v/w", Rest: "x"},
		{Kind: layout.Extension, Vendor: "v"},
		{Kind: layout.Extension, Vendor: "v", Rest: "x", Workspace: wsA},
	} {
		if got, err := EntryPath(n); err == nil {
			t.Errorf("EntryPath(%+v) = %q, want an error", n, got)
		}
	}
}

func TestSelects(t *testing.T) {
	paths := map[string]string{
		"metadata":  "workspaces/" + wsA + "/metadata.json",
		"rows":      "workspaces/" + wsA + "/datasets/" + id1 + "/rows.parquet",
		"rows2":     "workspaces/" + wsA + "/datasets/" + id2 + "/rows.parquet",
		"other":     "workspaces/" + wsB + "/reports/" + id1 + ".json",
		"audit":     "audit/events.ndjson",
		"extension": "extensions/v/x",
		"manifest":  "manifest.json",
	}
	for _, c := range []struct {
		sel  Selection
		want string
	}{
		{Selection{}, "metadata other extension"},
		{Selection{Rows: true}, "metadata rows rows2 other extension"},
		{Selection{RowsOf: map[string]bool{id2: true}}, "metadata rows2 other extension"},
		{Selection{Audit: true}, "metadata other audit extension"},
		{Selection{Workspaces: []string{wsA}, Audit: true}, "metadata audit"},
		{Selection{Workspaces: []string{wsB}, Rows: true}, "other"},
		{Selection{Workspaces: []string{wsB, wsA}, Rows: true}, "metadata rows rows2 other"},
	} {
		want := map[string]bool{}
		for _, key := range strings.Fields(c.want) {
			want[key] = true
		}
		for key, path := range paths {
			n, err := layout.Parse(path)
			if err != nil {
				t.Fatal(err)
			}
			if got := c.sel.Selects(n); got != want[key] {
				t.Errorf("%+v selects %s: %v", c.sel, path, got)
			}
		}
	}
}

func TestImportRecordCheck(t *testing.T) {
	good := ImportRecord{ID: id1, At: time.Unix(1, 0)}
	if err := good.Check(); err != nil {
		t.Error(err)
	}
	for _, bad := range []ImportRecord{{}, {ID: strings.ToUpper(id1), At: good.At}, {ID: id1}} {
		if err := bad.Check(); err == nil {
			t.Errorf("%+v is accepted", bad)
		}
	}
}
