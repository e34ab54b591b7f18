package dirstore

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/oneanalytics/oa-archive/layout"
	"github.com/oneanalytics/oa-archive/tenant"
	"github.com/oneanalytics/oa-archive/tenant/tenanttest"
)

const (
	workspace = "0b54f1a2-6f5e-4c0e-9a55-1f2f3c4d5e6f"
	report    = "2a5e562b-ab37-4b9b-9de3-1be4335c8e83"

	metadataPath = "workspaces/" + workspace + "/metadata.json"
	reportPath   = "workspaces/" + workspace + "/reports/" + report + ".json"
)

var acme = tenant.Info{ID: "acme", Name: "Acme", Region: "eu-central-1", Jurisdiction: "DE"}

func TestKeepsEveryPromise(t *testing.T) {
	tenanttest.Run(t, func(tb testing.TB, info tenant.Info) tenanttest.Subject {
		s, err := Create(tb.TempDir(), info)
		if err != nil {
			tb.Fatal(err)
		}
		tb.Cleanup(func() {
			if err := s.Close(); err != nil {
				tb.Error(err)
			}
		})
		return s
	})
}

// open opens the folder for the length of the test.
func open(t *testing.T, path string) *Store {
	t.Helper()
	s, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// folder makes a tenant's folder by hand, as a person would, with files two
// minutes old.
func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	write(t, dir, tenantFile, `{"id": "acme", "name": "Acme", "region": "eu-central-1", "jurisdiction": "DE"}`)
	for path, content := range files {
		write(t, dir, path, content)
		age(t, dir, path)
	}
	return dir
}

func write(t *testing.T, dir, path, content string) {
	t.Helper()
	full := filepath.Join(dir, path)
	if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(full, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

// age gives a file a time that is no longer recent.
func age(t *testing.T, dir, path string) {
	t.Helper()
	then := time.Now().Add(-2 * time.Minute).Truncate(time.Second)
	if err := os.Chtimes(filepath.Join(dir, path), then, then); err != nil {
		t.Fatal(err)
	}
}

func nameOf(t *testing.T, path string) layout.Name {
	t.Helper()
	n, err := layout.Parse(path)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// put stores a text at a path.
func put(t *testing.T, tx tenant.Tx, path, content string) {
	t.Helper()
	if err := tx.Put(t.Context(), nameOf(t, path), int64(len(content)), strings.NewReader(content)); err != nil {
		t.Fatal(err)
	}
}

func begin(t *testing.T, s *Store) tenant.Tx {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	tx, err := s.Begin(ctx)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = tx.Rollback() })
	return tx
}

func record1() tenant.ImportRecord {
	return tenant.ImportRecord{ID: "11111111-1111-4111-8111-111111111111", At: time.Unix(1700000000, 0).UTC(), Summary: "one"}
}

func wantError(t *testing.T, err error, parts ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error; want one with %q", parts)
	}
	for _, part := range parts {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("error %q does not say %q", err, part)
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	_, err := Open(filepath.Join(t.TempDir(), "typo"))
	wantError(t, err, "no such tenant", "there is no folder", "typo")
	if !errors.Is(err, tenant.ErrNoTenant) {
		t.Errorf("%v is not tenant.ErrNoTenant", err)
	}
	_, err = Open(t.TempDir())
	wantError(t, err, "no such tenant", "has no tenant.json")
	if !errors.Is(err, tenant.ErrNoTenant) {
		t.Errorf("%v is not tenant.ErrNoTenant", err)
	}
	_, err = Open(filepath.Join(folder(t, nil), tenantFile))
	wantError(t, err, "not a directory")
}

func TestTenantFileIsReadStrictly(t *testing.T) {
	for content, want := range map[string]string{
		``:                                   "tenant.json",
		`{"id":"a","regoin":"x"}`:            "regoin",
		`{"id":"a","id":"b"}`:                "duplicate",
		`{"id":"a","name":"b"} {}`:           "after top-level value",
		`{"ID":"a"}`:                         "ID",
		`{"name":"a"}`:                       "tenant id is empty",
		`{"id":"../x"}`:                      "tenant id",
		`{"id":"a","name":"\u001b[2J"}`:      "control character",
		strings.Repeat(" ", maxTenantFile+1): "larger than 4194304 bytes",
		`{"id":"a","residency":{"country":"DE"}}`:                                 "exceptions is missing",
		`{"id":"a","residency":{"country":"de","exceptions":[]}}`:                 "two capital letters",
		`{"id":"a","residency":{"country":"DE","exceptions":[],"regoin":""}}`:     "regoin",
		`{"id":"a","residency":{"country":"DE","exceptions":[{"country":"US"}]}}`: "sub_processor is empty",
	} {
		dir := t.TempDir()
		write(t, dir, tenantFile, content)
		_, err := Open(dir)
		wantError(t, err, want)
	}
	got, err := open(t, folder(t, nil)).Tenant(t.Context())
	if err != nil || got != acme {
		t.Errorf("Tenant = %+v, %v", got, err)
	}
}

func TestCreate(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "tenant")
	s, err := Create(dir, acme)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(dir, tenantFile))
	const want = "{\n  \"id\": \"acme\",\n  \"name\": \"Acme\",\n  \"region\": \"eu-central-1\",\n  \"jurisdiction\": \"DE\"\n}\n"
	if err != nil || string(text) != want {
		t.Errorf("tenant.json is %q, %v", text, err)
	}
	_, err = Create(dir, acme)
	wantError(t, err, "the tenant exists already")
	if !errors.Is(err, tenant.ErrExists) {
		t.Errorf("%v is not tenant.ErrExists", err)
	}
	open(t, dir)
}

func TestCreateRefuses(t *testing.T) {
	used := t.TempDir()
	write(t, used, "thesis.txt", "precious")
	_, err := Create(used, acme)
	wantError(t, err, "neither a tenant nor empty", "thesis.txt")

	orphaned := t.TempDir()
	write(t, orphaned, journalFile, "")
	_, err = Create(orphaned, acme)
	wantError(t, err, "imports of another tenant")

	_, err = Create(filepath.Join(t.TempDir(), "x"), tenant.Info{ID: "no spaces"})
	wantError(t, err, "tenant id")

	repository := t.TempDir()
	write(t, repository, ".git/config", "")
	s, err := Create(repository, acme)
	if err != nil {
		t.Fatalf("a folder under version control: %v", err)
	}
	_ = s.Close()
}

func TestImportLeavesPlainFiles(t *testing.T) {
	dir := folder(t, map[string]string{metadataPath: "{}", reportPath: "old", "README.md": "ours"})
	if err := os.Chmod(filepath.Join(dir, reportPath), 0o600); err != nil {
		t.Fatal(err)
	}
	s := open(t, dir)
	tx := begin(t, s)
	put(t, tx, reportPath, "new")
	put(t, tx, "extensions/com.example/a/b.json", "{}")
	if err := tx.Delete(t.Context(), nameOf(t, metadataPath)); err != nil {
		t.Fatal(err)
	}
	if entry, err := os.Stat(filepath.Join(dir, staging)); err != nil || entry.Mode().Perm() != 0o700 {
		t.Errorf("staging folder: %v, %v; want mode 0700", entry.Mode(), err)
	}
	if err := tx.Commit(t.Context(), record1()); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		reportPath: "new", "extensions/com.example/a/b.json": "{}", "README.md": "ours",
		journalFile: `{"id":"11111111-1111-4111-8111-111111111111","at":"2023-11-14T22:13:20Z","summary":"one"}` + "\n",
		ignoreFile:  ignored,
	} {
		if got, err := os.ReadFile(filepath.Join(dir, path)); err != nil || string(got) != want {
			t.Errorf("%s holds %q, %v; want %q", path, got, err, want)
		}
	}
	for _, path := range []string{metadataPath, staging, commitFile} {
		if _, err := os.Lstat(filepath.Join(dir, path)); !os.IsNotExist(err) {
			t.Errorf("%s: %v, want that it is gone", path, err)
		}
	}
	if entry, err := os.Stat(filepath.Join(dir, reportPath)); err != nil || entry.Mode().Perm() != 0o600 {
		t.Errorf("replaced file: %v, %v; want its mode kept", entry.Mode(), err)
	}
	if entry, err := os.Stat(filepath.Join(dir, "extensions/com.example/a/b.json")); err != nil || entry.Mode().Perm()&0o133 != 0 {
		t.Errorf("new file: %v, %v; want at most mode 0644", entry.Mode(), err)
	}
}

func TestEmptyFoldersGoWithTheirLastEntry(t *testing.T) {
	dir := folder(t, map[string]string{metadataPath: "{}", reportPath: "{}", "workspaces/.keep": ""})
	s := open(t, dir)
	tx := begin(t, s)
	for _, path := range []string{metadataPath, reportPath} {
		if err := tx.Delete(t.Context(), nameOf(t, path)); err != nil {
			t.Fatal(err)
		}
	}
	if err := tx.Commit(t.Context(), record1()); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Lstat(filepath.Join(dir, "workspaces", workspace)); !os.IsNotExist(err) {
		t.Errorf("the workspace's folder: %v, want that it is gone", err)
	}
	if _, err := os.Lstat(filepath.Join(dir, "workspaces/.keep")); err != nil {
		t.Error(err)
	}
}

func TestReadingWritesNothing(t *testing.T) {
	dir := folder(t, map[string]string{reportPath: "{}"})
	s := open(t, dir)
	contents(t, s)
	for _, err := range s.Inventory(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.Imports(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Lstat(filepath.Join(dir, private)); !os.IsNotExist(err) {
		t.Errorf("%s: %v; want that reading does not make it", private, err)
	}
}

func TestExtensionsThatCannotBeFiles(t *testing.T) {
	const upper, lower = "extensions/v/a", "extensions/v/a/b"
	dir := folder(t, map[string]string{"extensions/v/file": "x", "extensions/v/dir/x": "x"})
	for _, c := range []struct {
		paths []string
		want  string
	}{
		{[]string{upper, lower}, "extensions/v/a is an entry, so it cannot be the folder of another"},
		{[]string{lower, upper}, "extensions/v/a is the folder of another entry"},
		{[]string{"extensions/v/file/below"}, "extensions/v/file is a file where a folder belongs"},
		{[]string{"extensions/v/dir"}, "extensions/v/dir is a folder where a file belongs"},
	} {
		tx := begin(t, open(t, dir))
		var err error
		for _, path := range c.paths {
			if err = tx.Put(t.Context(), nameOf(t, path), 1, strings.NewReader("x")); err != nil {
				break
			}
		}
		wantError(t, err, c.want)
		_ = tx.Rollback()
	}
	s := open(t, dir)
	tx := begin(t, s)
	put(t, tx, lower, "first")
	if err := tx.Delete(t.Context(), nameOf(t, lower)); err != nil {
		t.Fatal(err)
	}
	put(t, tx, upper, "file")
	if err := tx.Delete(t.Context(), nameOf(t, "extensions/v/file")); err != nil {
		t.Fatal(err)
	}
	put(t, tx, "extensions/v/file/below", "x")
	if err := tx.Commit(t.Context(), record1()); err != nil {
		t.Fatal(err)
	}
	got := contents(t, s)
	if got[upper] != "file" || got["extensions/v/file/below"] != "x" || len(got) != 3 {
		t.Errorf("the folder holds %v", got)
	}
}

// contents reads everything through a snapshot.
func contents(t *testing.T, s *Store) map[string]string {
	t.Helper()
	got, err := readAll(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	return got
}
