package layout

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

const (
	wsA = "0b54f1a2-6f5e-4c0e-9a55-1f2f3c4d5e6f"
	wsB = "1c54f1a2-6f5e-4c0e-9a55-1f2f3c4d5e6f"
	id1 = "2a5e562b-ab37-1b9b-1de3-1be4335c8e83"
	id2 = "3a5e562b-ab37-1b9b-1de3-1be4335c8e83"
)

// canonical lists every kind of path in canonical order.
var canonical = []struct {
	path string
	name Name
}{
	{"workspaces/" + wsA + "/metadata.json", Name{Kind: Metadata, Workspace: wsA}},
	{"workspaces/" + wsA + "/datasets/" + id1 + "/model.yaml", Name{Kind: Model, Workspace: wsA, Asset: id1}},
	{"workspaces/" + wsA + "/datasets/" + id1 + "/rows.parquet", Name{Kind: Rows, Workspace: wsA, Asset: id1}},
	{"workspaces/" + wsA + "/datasets/" + id2 + "/model.yaml", Name{Kind: Model, Workspace: wsA, Asset: id2}},
	{"workspaces/" + wsA + "/reports/" + id1 + ".json", Name{Kind: Report, Workspace: wsA, Asset: id1}},
	{"workspaces/" + wsA + "/alerts/" + id1 + ".json", Name{Kind: Alert, Workspace: wsA, Asset: id1}},
	{"workspaces/" + wsA + "/files/" + id1, Name{Kind: File, Workspace: wsA, Asset: id1}},
	{"workspaces/" + wsB + "/metadata.json", Name{Kind: Metadata, Workspace: wsB}},
	{"audit/events.ndjson", Name{Kind: Audit}},
	{"extensions/com.example/flags.json", Name{Kind: Extension, Vendor: "com.example", Rest: "flags.json"}},
	{"extensions/org.example/a/b_c-d.2", Name{Kind: Extension, Vendor: "org.example", Rest: "a/b_c-d.2"}},
	{"manifest.json", Name{Kind: Manifest}},
}

func TestParseAndString(t *testing.T) {
	for _, c := range canonical {
		got, err := Parse(c.path)
		if err != nil || got != c.name {
			t.Errorf("Parse(%q) = %+v, %v; want %+v", c.path, got, err, c.name)
		}
		if c.name.String() != c.path {
			t.Errorf("%+v.String() = %q, want %q", c.name, c.name, c.path)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	ws := "workspaces/" + wsA
	for _, path := range []string{
		"", "/", "a", "manifest.json/", "/manifest.json", "./manifest.json", "Manifest.json", "manifest.json\x00",
		"workspaces", "workspaces/" + wsA, ws + "/", ws + "//metadata.json", ws + "/../metadata.json", ws + "/./metadata.json",
		"workspaces/" + strings.ToUpper(wsA) + "/metadata.json", "workspaces/{" + wsA + "}/metadata.json",
		"workspaces/" + strings.ReplaceAll(wsA, "-", "") + "/metadata.json", ws + "/reports/" + id1, ws + "/reports/" + id1 + ".yaml",
		ws + "/reports/x.json", ws + "/reports/.json", ws + "/datasets/" + id1 + "/rows.csv", ws + "/files/" + id1 + "/x",
		"audit/events.json", "audit", "extensions/v", "extensions", "extensions/v/", "extensions/v/.hidden", "extensions/v/-rf", "extensions/v/dot.",
		"extensions/v/é", "extensions/v/a b", "extensions/v/a\\b", "extensions/V/a", "extensions/v/" + strings.Repeat("a", MaxSegment+1),
		"extensions/v/" + strings.Repeat("a/", MaxDepth) + "a", "extensions/v/" + strings.Repeat(strings.Repeat("a", 50)+"/", 4) + "a",
		"signatures/manifest.json.sig",
	} {
		if got, err := Parse(path); err == nil {
			t.Errorf("Parse(%q) = %+v, want an error", path, got)
		} else if pe := (*PathError)(nil); !errors.As(err, &pe) || pe.Path != path || strings.ContainsAny(err.Error(), "\x00é") {
			t.Errorf("Parse(%q): error %q is not a quoted PathError", path, err)
		}
	}
}

func TestCompareIsTheCanonicalOrder(t *testing.T) {
	var want, got []Name
	for _, c := range canonical {
		want = append(want, c.name)
	}
	got = slices.Clone(want)
	slices.Reverse(got)
	slices.SortFunc(got, Compare)
	if !slices.Equal(got, want) {
		t.Errorf("sorted: %v\nwant:   %v", got, want)
	}
}

func TestSignaturePaths(t *testing.T) {
	for _, c := range canonical {
		sig := SignaturePath(c.path)
		if _, err := Parse(sig); err == nil {
			t.Errorf("Parse accepts the signature path %q as an entry", sig)
		}
		if got, ok := SignedPath(sig); !ok || got != c.path {
			t.Errorf("SignedPath(%q) = %q, %v", sig, got, ok)
		}
	}
	for _, path := range []string{"manifest.json", "signatures/manifest.json", "manifest.json.sig"} {
		if _, ok := SignedPath(path); ok {
			t.Errorf("SignedPath(%q) is ok", path)
		}
	}
}

func TestDigestText(t *testing.T) {
	d := DigestOf([]byte("abc"))
	const want = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
	if d.String() != want {
		t.Fatalf("digest of abc is %s", d)
	}
	if got, err := ParseDigest(want); err != nil || got != d {
		t.Errorf("ParseDigest = %v, %v", got, err)
	}
	for _, bad := range []string{"", want[1:], strings.ToUpper(want), want + "0", "g" + want[1:]} {
		if _, err := ParseDigest(bad); err == nil {
			t.Errorf("ParseDigest(%q) accepted", bad)
		}
	}
}

func TestKindNames(t *testing.T) {
	for k := Metadata; k <= Manifest; k++ {
		if got, ok := ParseKind(k.String()); !ok || got != k {
			t.Errorf("ParseKind(%q) = %v, %v", k, got, ok)
		}
	}
	if _, ok := ParseKind("invalid"); ok {
		t.Error(`ParseKind("invalid") is ok`)
	}
}

// FuzzParse holds that a path is either refused or the only spelling of its name.
func FuzzParse(f *testing.F) {
	for _, c := range canonical {
		f.Add(c.path)
	}
	f.Add("extensions/v/../x")
	f.Fuzz(func(t *testing.T, path string) {
		n, err := Parse(path)
		if err == nil && n.String() != path {
			t.Errorf("Parse(%q).String() = %q", path, n.String())
		}
	})
}
