package cli

import (
	"strings"
	"testing"

	"github.com/oneanalytics/oa-archive/manifest"
)

const (
	wsA    = "12b8beec-3dee-4b03-b90c-98a615f3bde9"
	assetA = "9d859cbf-bad2-43c8-a5fe-fe24a813e26b"
	assetB = "cb5bc283-b75a-4b14-8a77-4498050735fc"
)

var entryPaths = []string{
	"workspaces/" + wsA + "/metadata.json",
	"workspaces/" + wsA + "/datasets/" + assetA + "/model.yaml",
	"workspaces/" + wsA + "/datasets/" + assetA + "/rows.parquet",
	"workspaces/" + wsA + "/reports/" + assetB + ".json",
	"audit/events.ndjson",
	"extensions/example.shop/theme.json",
}

func TestMatchEntries(t *testing.T) {
	m := &manifest.Manifest{}
	for _, p := range entryPaths {
		m.Entries = append(m.Entries, manifest.Entry{Path: p})
	}
	for _, c := range []struct {
		patterns string
		want     string // indexes into entryPaths, m for the manifest; "" for an error
	}{
		{"", "012345"},
		{"audit/events.ndjson", "4"},
		{"**", "012345m"},
		{"*", "m"},
		{"manifest.json", "m"},
		{"**/model.yaml", "1"},
		{"workspaces/**", "0123"},
		{"workspaces/*/*", "0"},
		{"workspaces/*/datasets/*/*", "12"},
		{"**/*.json", "035m"},
		{"**/rows.parquet audit/*", "24"},
		{wsA, "0123"},
		{wsA[:8], "0123"},
		{assetA[:13], "12"},
		{assetB, "3"},
		{"audit/events.ndjson audit/*", "4"},
		{assetA[:7], ""},
		{"reports/*", ""},
		{"x[", ""},
		{"audit/events.ndjson nothing", ""},
		{"extensions/example.shop/**", "5"},
		{"extensions/example.shop/**/theme.json", "5"},
	} {
		got, err := matchEntries(m, strings.Fields(c.patterns))
		if (err != nil) != (c.want == "") {
			t.Errorf("%q: error %v", c.patterns, err)
		}
		text := ""
		for _, e := range got {
			index := "m"
			for i, p := range entryPaths {
				if p == e.Path {
					index = string(rune('0' + i))
				}
			}
			text += index
		}
		if text != c.want {
			t.Errorf("%q matches %q, want %q", c.patterns, text, c.want)
		}
	}
}

func TestPortable(t *testing.T) {
	for path, ok := range map[string]bool{
		"extensions/v/nul": false, "extensions/v/nul.json": false, "extensions/con.x/a": false, "extensions/v/lpt1.tar.gz": false,
		"extensions/v/null": true, "extensions/v/a.nul": true, "manifest.json": true, "extensions/v/com10": true,
	} {
		if err := portable([]string{"manifest.json", path}); (err == nil) != ok {
			t.Errorf("portable(%q) = %v", path, err)
		}
	}
}
