package dirstore

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/oneanalytics/oa-archive/tenant"
)

func readAll(ctx context.Context, s *Store) (map[string]string, error) {
	src, err := s.Snapshot(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { _ = src.Close() }()
	got := map[string]string{}
	for e, err := range src.Entries(ctx, tenant.Selection{Rows: true, Audit: true}) {
		if err != nil {
			return nil, err
		}
		r, err := e.Open(ctx)
		if err != nil {
			return nil, err
		}
		content, err := io.ReadAll(r)
		if err := errors.Join(err, r.Close()); err != nil {
			return nil, err
		}
		got[e.Name.String()] = string(content)
	}
	return got, nil
}

func TestForeignFilesAreReported(t *testing.T) {
	dir := folder(t, map[string]string{
		reportPath: "{}",
		// Hidden: ignored.
		".git/config": "", ".gitignore": "", ".DS_Store": "", "workspaces/.DS_Store": "",
		"workspaces/" + workspace + "/reports/." + report + ".json.swp": "", "extensions/.hidden/x/y": "",
		// Foreign: reported.
		"README.md": "", "docs/a": "", "docs/b": "", "manifest.json": "{}", "signatures/manifest.json.sig": "",
		reportPath + "~": "", "workspaces/" + workspace + "/reports/Copy of " + report + ".json": "",
		"workspaces/notes.txt": "", "audit/events.csv": "", "extensions/lonely": "",
		"workspaces/1c54f1a2-6f5e-4c0e-9a55-1f2f3c4d5e6f/todo\n.txt": "",
	})
	s := open(t, dir)
	src, err := s.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = src.Close() }()
	if got := contents(t, s); len(got) != 1 || got[reportPath] != "{}" {
		t.Errorf("entries: %v", got)
	}
	want := []string{
		"README.md", "audit/events.csv", "docs/", "extensions/lonely", "manifest.json", "signatures/",
		"workspaces/" + workspace + "/reports/" + report + ".json~",
		"workspaces/" + workspace + "/reports/Copy of " + report + ".json",
		"workspaces/1c54f1a2-6f5e-4c0e-9a55-1f2f3c4d5e6f/todo\n.txt",
		"workspaces/notes.txt",
	}
	slices.Sort(want)
	if got := src.(*snapshot).found.foreign; !slices.Equal(got, want) {
		t.Errorf("foreign files:\n%q\nwant\n%q", got, want)
	}
	for _, c := range []struct {
		sel   tenant.Selection
		count int64
	}{
		{tenant.Selection{}, 10},
		{tenant.Selection{Workspaces: []string{workspace}}, 8},
	} {
		got, err := src.(tenant.OmissionLister).Omissions(t.Context(), c.sel)
		if err != nil || len(got) != 1 {
			t.Fatalf("Omissions = %+v, %v", got, err)
		}
		if got[0].Kind != ForeignFiles || got[0].Count != c.count ||
			!strings.HasPrefix(got[0].Reason, "no path in the archive's grammar: README.md, audit/events.csv, docs/ and ") {
			t.Errorf("%+v: %+v, want %d", c.sel, got[0], c.count)
		}
	}
}

func TestNothingForeignNothingOmitted(t *testing.T) {
	src, err := open(t, folder(t, map[string]string{reportPath: "{}"})).Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = src.Close() }()
	if got, err := src.(tenant.OmissionLister).Omissions(t.Context(), tenant.Selection{}); err != nil || len(got) != 0 {
		t.Errorf("Omissions = %+v, %v", got, err)
	}
	if _, err := src.(tenant.OmissionLister).Omissions(t.Context(), tenant.Selection{Workspaces: []string{report}}); !errors.Is(err, tenant.ErrNoEntry) {
		t.Errorf("Omissions of an unknown workspace: %v, want tenant.ErrNoEntry", err)
	}
}

func TestEnumerateIsShortAndPrintable(t *testing.T) {
	got := enumerate([]string{strings.Repeat("\u202e", 100), strings.Repeat("x", 1000), "c", "d"})
	if len(got) > 1000 || strings.Contains(got, "\u202e") || !strings.HasSuffix(got, "c and 1 more") {
		t.Errorf("%q", got)
	}
}

// TestChangesAfterTheListing holds that an entry is read as it was listed, or
// not at all.
func TestChangesAfterTheListing(t *testing.T) {
	for name, change := range map[string]func(full string) error{
		"replaced": func(full string) error {
			return errors.Join(os.WriteFile(full+"2", []byte("other"), 0o644), os.Rename(full+"2", full))
		},
		"grown":              func(full string) error { return os.WriteFile(full, []byte("older and longer"), 0o644) },
		"shortened":          func(full string) error { return os.Truncate(full, 3) },
		"emptied":            func(full string) error { return os.Truncate(full, 0) },
		"edited in place":    func(full string) error { return os.WriteFile(full, []byte("newer"), 0o644) },
		"removed":            os.Remove,
		"replaced by a link": func(full string) error { return errors.Join(os.Remove(full), os.Symlink("other", full)) },
		"folder gone":        func(full string) error { return os.RemoveAll(filepath.Dir(full)) },
		"folder made a file": func(full string) error {
			return errors.Join(os.RemoveAll(filepath.Dir(full)), os.WriteFile(filepath.Dir(full), nil, 0o644))
		},
		"time put back later": func(full string) error { return os.Chtimes(full, time.Time{}, time.Now().Add(-time.Hour)) },
	} {
		t.Run(name, func(t *testing.T) {
			dir := folder(t, map[string]string{reportPath: "older"})
			e := onlyEntry(t, open(t, dir))
			if err := change(filepath.Join(dir, reportPath)); err != nil {
				t.Fatal(err)
			}
			if got, err := read(t.Context(), e); !errors.Is(err, tenant.ErrChanged) {
				t.Errorf("read %q, %v; want tenant.ErrChanged", got, err)
			}
		})
		t.Run(name+" while open", func(t *testing.T) {
			dir := folder(t, map[string]string{reportPath: "older"})
			e := onlyEntry(t, open(t, dir))
			r, err := e.Open(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if err := change(filepath.Join(dir, reportPath)); err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(r)
			if err == nil && string(got) != "older" || err != nil && !errors.Is(err, tenant.ErrChanged) {
				t.Errorf("read %q, %v; want the old content or tenant.ErrChanged", got, err)
			}
			_ = r.Close()
		})
	}
}

// TestEditsWithinTheClocksTick edits a file so soon after the listing that
// neither size nor time shows it.
func TestEditsWithinTheClocksTick(t *testing.T) {
	dir := folder(t, nil)
	write(t, dir, reportPath, "older")
	full := filepath.Join(dir, reportPath)
	before, err := os.Stat(full)
	if err != nil {
		t.Fatal(err)
	}
	e := onlyEntry(t, open(t, dir))
	if err := os.WriteFile(full, []byte("newer"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(full, time.Time{}, before.ModTime()); err != nil {
		t.Fatal(err)
	}
	if got, err := read(t.Context(), e); !errors.Is(err, tenant.ErrChanged) {
		t.Errorf("read %q, %v; want tenant.ErrChanged", got, err)
	}
}

func onlyEntry(t *testing.T, s *Store) tenant.Entry {
	t.Helper()
	src, err := s.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = src.Close() })
	for e, err := range src.Entries(t.Context(), tenant.Selection{}) {
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	t.Fatal("no entry")
	return tenant.Entry{}
}

func read(ctx context.Context, e tenant.Entry) (string, error) {
	r, err := e.Open(ctx)
	if err != nil {
		return "", err
	}
	content, err := io.ReadAll(r)
	return string(content), errors.Join(err, r.Close())
}
