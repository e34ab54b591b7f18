package main

import (
	"archive/zip"
	"context"
	"crypto/rand"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/oneanalytics/oa-archive/archive"
	"github.com/oneanalytics/oa-archive/export"
	"github.com/oneanalytics/oa-archive/sign"
	"github.com/oneanalytics/oa-archive/tenant"
	"github.com/oneanalytics/oa-archive/tenant/dirstore"
)

// sampleBundle unpacks a small bundle and returns its folder.
func sampleBundle(t *testing.T) string {
	t.Helper()
	sample, err := txtar.ParseFile(filepath.Join("superset", "testdata", "report.txtar"))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, f := range sample.Files {
		if name, ok := strings.CutPrefix(f.Name, "bundle/"); ok {
			name = filepath.Join(dir, filepath.FromSlash(name))
			if err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o777), os.WriteFile(name, f.Data, 0o666)); err != nil {
				t.Fatal(err)
			}
		}
	}
	return dir
}

// newKey makes a key in a file, and a policy that trusts it.
func newKey(t *testing.T) (file string, trust sign.Policy) {
	t.Helper()
	pair, err := sign.GenerateKey(rand.Reader, "test", nil)
	if err != nil {
		t.Fatal(err)
	}
	file = filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(file, pair.PrivatePEM, 0o600); err != nil {
		t.Fatal(err)
	}
	allowed, err := sign.ParseAllowedSigners(strings.NewReader(string(pair.AllowedSignersLine("migration@acme"))))
	if err != nil {
		t.Fatal(err)
	}
	return file, sign.Policy{Allowed: allowed}
}

func migrate(t *testing.T, args ...string) string {
	t.Helper()
	var out strings.Builder
	if err := run(t.Context(), args, &out); err != nil {
		t.Fatalf("superset-migration %s: %v", strings.Join(args, " "), err)
	}
	return out.String()
}

func TestReport(t *testing.T) {
	out := migrate(t, "-tenant", "acme", "-unsigned", "-o", filepath.Join(t.TempDir(), "a.oa-archive"), sampleBundle(t))
	for _, want := range []string{
		"acme: 1 workspace, 2 datasets, 2 reports, 1 connection\n",
		"not carried over:\n  1 charts: dashboards place these charts, but the bundle does not have them\n",
		"  1 bundle_files: files in the bundle's folder themes, which this program does not read\n",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("the output lacks %q:\n%s", want, out)
		}
	}
}

// TestFormsAgree holds that folder and ZIP file give the same content, as
// archive and as tenant folder.
func TestFormsAgree(t *testing.T) {
	bundle := sampleBundle(t)
	zipped := filepath.Join(t.TempDir(), "export.zip")
	pack(t, bundle, zipped)
	dir := t.TempDir()
	fromFolder := migrate(t, "-tenant", "acme", "-unsigned", "-o", filepath.Join(dir, "1"), bundle)
	fromZIP := migrate(t, "-tenant", "acme", "-unsigned", "-o", filepath.Join(dir, "2"), zipped)
	toFolder := migrate(t, "-tenant", "acme", "-dir", filepath.Join(dir, "3"), bundle)
	if fromZIP != fromFolder || toFolder != fromFolder {
		t.Errorf("folder:\n%sZIP file:\n%sto a folder:\n%s", fromFolder, fromZIP, toFolder)
	}
	if hash := contentHash(t, filepath.Join(dir, "3")); !strings.Contains(toFolder, "content "+hash+"\n") {
		t.Errorf("the folder has the content %s, but the program says:\n%s", hash, toFolder)
	}
}

func pack(t *testing.T, folder, file string) {
	t.Helper()
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	w := zip.NewWriter(f)
	err = filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(folder, path)
		if err != nil {
			return err
		}
		member, err := w.Create("dashboard_export_20240229T113000/" + filepath.ToSlash(name))
		if err != nil {
			return err
		}
		_, err = member.Write(text)
		return err
	})
	if err := errors.Join(err, w.Close(), f.Close()); err != nil {
		t.Fatal(err)
	}
}

func contentHash(t *testing.T, folder string) string {
	t.Helper()
	store, err := dirstore.Open(folder)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	src, err := store.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	return exportHash(t, src)
}

// exportHash exports src to nowhere and returns the content hash.
func exportHash(t *testing.T, src tenant.Source) string {
	t.Helper()
	m, err := export.Export(t.Context(), src, discard{}, export.Options{Writer: archive.WriterOptions{Unsigned: true}})
	if err != nil {
		t.Fatal(err)
	}
	return m.ContentHash
}

type discard struct{}

func (discard) Write(p []byte) (int, error) { return len(p), nil }

func TestCommandLine(t *testing.T) {
	bundle := sampleBundle(t)
	dir := t.TempDir()
	taken := filepath.Join(dir, "taken")
	if err := os.WriteFile(taken, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ args, want string }{
		{"", "name one bundle"},
		{"-tenant a -unsigned -o x y z", "name one bundle"},
		{"-unsigned -o x y", "-tenant is missing"},
		{"-tenant a y", "give either -o for an archive or -dir"},
		{"-tenant a -o x -dir y z", "give either -o for an archive or -dir"},
		{"-tenant a -o x y", "give either -sign-with KEY or -unsigned"},
		{"-tenant a -o x -unsigned -sign-with k y", "give either -sign-with KEY or -unsigned"},
		{"-tenant a/b -o " + dir + "/x -unsigned " + bundle, `tenant id "a/b"`},
		{"-tenant a -o " + dir + "/x -unsigned " + dir + "/none", "none"},
		{"-tenant a -o " + dir + "/x -unsigned " + taken, "zip: not a valid zip file"},
		{"-tenant a -o " + dir + "/x -unsigned " + dir, "this is not an asset bundle"},
		{"-tenant a -o " + dir + "/x -sign-with " + taken + " " + bundle, "taken: sign: private key"},
		{"-tenant a -o " + taken + " -unsigned " + bundle, "file exists"},
		{"-tenant a -dir " + taken + " " + bundle, "taken"},
	} {
		err := run(t.Context(), strings.Fields(c.args), discard{})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one with %q", c.args, err, c.want)
		}
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
		t.Errorf("failures leave files behind: %v, %v", left, err)
	}
	if text, err := os.ReadFile(taken); err != nil || string(text) != "precious" {
		t.Errorf("a file was replaced: %q, %v", text, err)
	}
}

// TestBadDocumentsWriteNothing holds that what breaks a schema is refused, in
// either form, before anything appears.
func TestBadDocumentsWriteNothing(t *testing.T) {
	bundle := sampleBundle(t)
	bad := "table_name: t\nuuid: 5e7a0000-0000-4000-8000-000000000009\ndatabase_uuid: dddddddd-0000-4000-8000-000000000001\n" +
		"columns: [{column_name: " + strings.Repeat("x", 300) + ", groupby: true}]\n"
	if err := os.WriteFile(filepath.Join(bundle, "datasets", "bad.yaml"), []byte(bad), 0o666); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, form := range [][]string{{"-unsigned", "-o", filepath.Join(dir, "archive")}, {"-dir", filepath.Join(dir, "folder")}} {
		err := run(t.Context(), append(append([]string{"-tenant", "acme"}, form...), bundle), discard{})
		var invalid *export.InvalidError
		if !errors.As(err, &invalid) || !strings.Contains(err.Error(), "datasets/5e7a0000-0000-4000-8000-000000000009/model.yaml") {
			t.Errorf("%v: %v, want the problems of the model", form, err)
		}
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
		t.Errorf("failures leave files behind: %v, %v", left, err)
	}
}

func TestInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	dir := t.TempDir()
	err := run(ctx, []string{"-tenant", "acme", "-unsigned", "-o", filepath.Join(dir, "archive"), sampleBundle(t)}, discard{})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want context.Canceled", err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
		t.Errorf("an interruption leaves files behind: %v, %v", left, err)
	}
}
