package cli

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/oneanalytics/oa-archive/mapping"
	"github.com/oneanalytics/oa-archive/restore"
)

func TestParseStore(t *testing.T) {
	dir := t.TempDir()
	for _, c := range []struct{ in, want, hint string }{
		{"dir:acme", "dir:acme", ""},
		{"dir:C:/acme", "dir:C:/acme", ""},
		{"sqlite:/var/acme.db", "sqlite:/var/acme.db", ""},
		{"", "", "a store is"},
		{"acme", "", "a store is"},
		{dir, "", "did you mean dir:"},
		{"dir:", "", "a store is"},
		{"mysql:x", "", "a store is"},
		{"postgres://acme@host/db", "postgres://acme@host/db", ""},
		{"postgresql://acme:s3cret@host:6000/db?sslmode=require&schema=x", "postgresql://acme@host:6000/db?schema=x&sslmode=require", ""},
		{"postgres://acme:s3cret@host:port/db", "postgres://…", ""},
		{"postgres:host/db", "", "a store is"},
		{"postgresql:", "", "a store is"},
		{"postgre://acme:s3cret@host/db", "", "a store is"},
		{"acme:s3cret@host/db", "", "a store is"},
	} {
		got, err := parseStore("--from", c.in)
		if c.want != "" {
			if err != nil || got.String() != c.want {
				t.Errorf("parseStore(%q) = %v, %v", c.in, got, err)
			}
			continue
		}
		if strings.Contains(err.Error(), "s3cret") {
			t.Errorf("parseStore(%q): the error tells the password: %v", c.in, err)
		}
		if f := classify(err); f.exit != exitUsage || !strings.Contains(f.hint, c.hint) {
			t.Errorf("parseStore(%q): %v, hint %q", c.in, err, f.hint)
		}
	}
	if !isStore("dir:x") || !isStore("sqlite:x") || !isStore("postgres://x") || isStore("x.oa-archive") || isStore("C:/x") {
		t.Error("isStore")
	}
}

func TestParseTime(t *testing.T) {
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	for in, want := range map[string]string{
		"2026-11-01":                "2026-11-01T00:00:00Z",
		"2026-11-01T08:30:00+02:00": "2026-11-01T06:30:00Z",
		"36h":                       "2026-11-20T00:00:00Z",
		"7d":                        "2026-11-14T12:00:00Z",
		"1.5d":                      "2026-11-20T00:00:00Z",
		"90m":                       "2026-11-21T10:30:00Z",
	} {
		got, err := parseTime(in, now)
		if err != nil || got.UTC().Format(time.RFC3339) != want {
			t.Errorf("parseTime(%q) = %v, %v; want %s", in, got, err, want)
		}
	}
	for _, in := range []string{"", "yesterday", "-3h", "d", "2026-13-01", "20261101"} {
		if got, err := parseTime(in, now); err == nil {
			t.Errorf("parseTime(%q) = %v", in, got)
		}
	}
}

func TestShellQuote(t *testing.T) {
	for in, want := range map[string]string{
		"acme.oa-archive": "acme.oa-archive", "": "''", "a b": "'a b'", "it's": `'it'\''s'`, "$(x)": "'$(x)'", "größe": "größe", "a\nb": "'a\nb'", "report:Rev*": "'report:Rev*'",
	} {
		if got := shellQuote(in); got != want {
			t.Errorf("shellQuote(%q) = %s, want %s", in, got, want)
		}
	}
}

func TestRestoreOptions(t *testing.T) {
	mapFile := filepath.Join(t.TempDir(), "map.yaml")
	if err := os.WriteFile(mapFile, []byte("format: '1.0'\nusers: {entries: {usr_1: {to: usr_2}, usr_3: {to: }}}\nconnections: {entries: {a: {to: b}}}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	f := restoreFlags{
		onConflict: "fork", perKind: []string{"dataset=skip"}, perAsset: []string{"x=fork:My copy: two", "y=overwrite"},
		mapFile: mapFile, mapUsers: []string{"usr_3=usr_4"}, mapRoles: []string{"r=s"}, createMissing: []string{"principals", "connections"},
		selectors: []string{"report"}, rows: true, audit: true, otherTenant: true, forkLabel: "l",
	}
	got, err := f.options()
	if err != nil {
		t.Fatal(err)
	}
	if got.OnConflict != restore.Fork || got.PerKind[restore.Dataset] != restore.Skip ||
		got.PerAsset["x"] != (restore.Choice{Decision: restore.Fork, NewName: "My copy: two"}) || got.PerAsset["y"].Decision != restore.Overwrite ||
		got.Mapping.Users.Entries["usr_1"].To != "usr_2" || got.Mapping.Users.Entries["usr_3"].To != "usr_4" || got.Mapping.Roles.Entries["r"].To != "s" ||
		got.Mapping.Connections.Entries["a"].To != "b" || got.Mapping.Teams.Otherwise != mapping.Create || got.Mapping.Connections.Otherwise != mapping.Create || !got.Rows || !got.Audit || !got.AllowOtherTenant || got.ForkLabel != "l" || len(got.Select) != 1 {
		t.Errorf("options: %+v", got)
	}
	for name, bad := range map[string]restoreFlags{
		"policy":       {onConflict: "merge"},
		"kind":         {onConflict: "ask", perKind: []string{"dataset"}},
		"kind policy":  {onConflict: "ask", perKind: []string{"dataset=delete"}},
		"asset":        {onConflict: "ask", perAsset: []string{"x=create"}},
		"pair":         {onConflict: "ask", mapUsers: []string{"usr_1"}},
		"empty pair":   {onConflict: "ask", mapTeams: []string{"=x"}},
		"workspaces":   {onConflict: "ask", mapWorkspaces: []string{"x"}},
		"contradicts":  {onConflict: "ask", mapUsers: []string{"a=b", "a=c"}},
		"create":       {onConflict: "ask", createMissing: []string{"roles"}},
		"file unknown": {onConflict: "ask", mapFile: os.Args[0]},
	} {
		if _, err := bad.options(); exitCode(err) != exitUsage && name != "file unknown" || err == nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestOpenInputOfOddFiles(t *testing.T) {
	a := &app{}
	if _, err := a.openInput(t.Context(), filepath.Join(t.TempDir(), "missing")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("missing: %v", err)
	}
	if _, err := a.openInput(t.Context(), t.TempDir()); classify(err).code != "is-folder" {
		t.Errorf("folder: %v", err)
	}
}

func TestIndentRestKeepsErrorsApart(t *testing.T) {
	if got := indentRest("one\noa-archive: verified\n  three\n"); got != "one\n  oa-archive: verified\n  three" {
		t.Errorf("%q", got)
	}
}
