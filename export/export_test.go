package export

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"errors"
	"io"
	"iter"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/oneanalytics/oa-archive/archive"
	"github.com/oneanalytics/oa-archive/layout"
	"github.com/oneanalytics/oa-archive/manifest"
	"github.com/oneanalytics/oa-archive/schema"
	"github.com/oneanalytics/oa-archive/sign"
	"github.com/oneanalytics/oa-archive/tenant"
	"github.com/oneanalytics/oa-archive/tenant/archivesource"
	"github.com/oneanalytics/oa-archive/tenant/dirstore"
)

// open returns the state of the tenant folder at path.
func open(t testing.TB, path string) tenant.Source {
	t.Helper()
	store, err := dirstore.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	src, err := store.Snapshot(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { src.Close() })
	return src
}

// sampleCopy returns a folder with a copy of the sample tenant.
func sampleCopy(t testing.TB) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "tenant")
	if err := os.CopyFS(dir, os.DirFS("../testdata/tenant")); err != nil {
		t.Fatal(err)
	}
	return dir
}

func signer(t testing.TB) *sign.Signer {
	t.Helper()
	s, err := sign.NewSigner(ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize)))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func writerOptions(t testing.TB) archive.WriterOptions {
	return archive.WriterOptions{ID: "01930000-0000-7000-8000-000000000001", Created: time.Date(2026, 11, 20, 8, 0, 0, 0, time.UTC), Signer: signer(t)}
}

func export(t testing.TB, src tenant.Source, opts Options) ([]byte, *manifest.Manifest) {
	t.Helper()
	var b bytes.Buffer
	m, err := Export(context.Background(), src, &b, opts)
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes(), m
}

func openArchive(t testing.TB, file []byte) *archive.Archive {
	t.Helper()
	a, err := archive.Open(context.Background(), bytes.NewReader(file), int64(len(file)), archive.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func contents(t testing.TB, src tenant.Source, sel tenant.Selection) map[string]string {
	t.Helper()
	all := map[string]string{}
	for e, err := range src.Entries(context.Background(), sel) {
		if err != nil {
			t.Fatal(err)
		}
		r, err := e.Open(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		r.Close()
		all[e.Name.String()] = string(content)
	}
	return all
}

func TestExportKeepsEveryByte(t *testing.T) {
	everything := tenant.Selection{Rows: true, Audit: true}
	src := open(t, "../testdata/tenant")
	var entries int
	var bytes int64
	opts := Options{Writer: writerOptions(t), Selection: everything, Progress: func(n int, b int64) { entries, bytes = n, b }}
	file, m := export(t, src, opts)
	want := contents(t, src, everything)
	back := archivesource.New(openArchive(t, file))
	if got := contents(t, back, everything); !maps.Equal(got, want) {
		t.Errorf("%d entries, want %d", len(got), len(want))
	}
	info, err := back.Tenant(context.Background())
	if theirs, _ := src.Tenant(context.Background()); err != nil || info != theirs {
		t.Errorf("tenant %+v, want %+v, %v", info, theirs, err)
	}
	if entries != len(want) || bytes == 0 || len(m.Entries) != len(want) {
		t.Errorf("progress %d, manifest %d, want %d entries", entries, len(m.Entries), len(want))
	}
	again, _ := export(t, src, opts)
	if string(again) != string(file) {
		t.Error("the same export gave another file")
	}
	third, m3 := export(t, back, opts)
	if string(third) != string(file) || m3.ContentHash != m.ContentHash {
		t.Error("the export of an archive is not that archive")
	}
}

func TestCoverage(t *testing.T) {
	omission := func(list []manifest.Omission, kind string) *manifest.Omission {
		i := slices.IndexFunc(list, func(o manifest.Omission) bool { return o.Kind == kind })
		if i < 0 {
			return nil
		}
		return &list[i]
	}
	src := open(t, "../testdata/tenant")
	_, all := export(t, src, Options{Writer: writerOptions(t), Selection: tenant.Selection{Rows: true, Audit: true}})
	for _, kind := range []string{"workspace", "dataset", "report", "alert", "file", "user", "team", "grant", "connection", "audit_event"} {
		if all.Coverage.Included[kind] == 0 {
			t.Errorf("included: no %s in %v", kind, all.Coverage.Included)
		}
	}
	for _, kind := range []string{"secrets", "sessions", "job_queues", "caches", "logs"} {
		if omission(all.Coverage.Excluded, kind) == nil {
			t.Errorf("excluded: no %s", kind)
		}
	}
	if omission(all.Coverage.Excluded, "rows") != nil || omission(all.Coverage.Excluded, "audit") != nil {
		t.Errorf("excluded although asked for: %+v", all.Coverage.Excluded)
	}

	first := all.Entries[0].Path[len("workspaces/"):][:36]
	_, part := export(t, src, Options{Writer: writerOptions(t), Selection: tenant.Selection{Workspaces: []string{first}}})
	if o := omission(part.Coverage.Excluded, "workspace"); o == nil || o.Count != all.Coverage.Included["workspace"]-1 {
		t.Errorf("workspaces left out: %+v", o)
	}
	for _, kind := range []string{"rows", "audit", "extension"} {
		if omission(part.Coverage.Excluded, kind) == nil {
			t.Errorf("excluded: no %s in %+v", kind, part.Coverage.Excluded)
		}
	}
}

// anyFile returns the first file of the copy whose path matches.
func anyFile(t testing.TB, dir, pattern string) string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dir, pattern))
	if err != nil || len(found) == 0 {
		t.Fatalf("%s: %v", pattern, err)
	}
	return found[0]
}

func replace(t testing.TB, file, old, new string) {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil || !strings.Contains(string(content), old) {
		t.Fatalf("%s does not hold %q (%v)", file, old, err)
	}
	if err := os.WriteFile(file, []byte(strings.Replace(string(content), old, new, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestInvalidDocumentsRefuseTheExport(t *testing.T) {
	dir := sampleCopy(t)
	report := anyFile(t, dir, "workspaces/*/reports/*.json")
	replace(t, report, `"name"`, `"nome"`)
	model := anyFile(t, dir, "workspaces/*/datasets/*/model.yaml")
	if err := os.Remove(model); err != nil {
		t.Fatal(err)
	}
	src := open(t, dir)
	var b bytes.Buffer
	_, err := Export(context.Background(), src, &b, Options{Writer: writerOptions(t)})
	var invalid *InvalidError
	if !errors.As(err, &invalid) {
		t.Fatal(err)
	}
	for _, say := range []string{filepath.Base(report) + ": ", `"name" is missing`, "has no model.yaml"} {
		if !strings.Contains(err.Error(), say) {
			t.Errorf("the error does not say %q: %v", say, err)
		}
	}
	if _, err := archive.Open(context.Background(), bytes.NewReader(b.Bytes()), int64(b.Len()), archive.Options{}); err == nil {
		t.Error("what a refused export wrote is an archive")
	}

	var warned []schema.Problem
	file, _ := export(t, src, Options{Writer: writerOptions(t), AllowInvalid: true, Warn: func(p schema.Problem) { warned = append(warned, p) }})
	if len(warned) < len(invalid.Problems) {
		t.Errorf("warned of %d problems, want %d", len(warned), len(invalid.Problems))
	}
	if got := contents(t, archivesource.New(openArchive(t, file)), tenant.Selection{}); !maps.Equal(got, contents(t, src, tenant.Selection{})) {
		t.Error("an invalid document was changed")
	}
}

func TestManyProblemsAreCounted(t *testing.T) {
	e := &InvalidError{}
	for range 30 {
		e.Problems = append(e.Problems, schema.Problem{Path: "p", Rule: "r", Text: "t"})
	}
	e.More = 5
	if text := e.Error(); !strings.Contains(text, "35 problems") || !strings.Contains(text, "… and 15 more") {
		t.Error(text)
	}
	one := &InvalidError{Problems: e.Problems[:1]}
	if !strings.HasPrefix(one.Error(), "export: a problem in the tenant's documents\n") {
		t.Error(one)
	}
}

// source is a tenant made of entries given in order.
type source struct {
	entries []tenant.Entry
	fails   error
}

func (s source) Tenant(context.Context) (tenant.Info, error) {
	return tenant.Info{ID: "corp", Name: "Corp"}, s.fails
}

func (s source) Entries(_ context.Context, _ tenant.Selection) iter.Seq2[tenant.Entry, error] {
	return func(yield func(tenant.Entry, error) bool) {
		for _, e := range s.entries {
			var err error
			if e.Open == nil {
				err = errFault
			}
			if !yield(e, err) {
				return
			}
		}
	}
}

func (s source) Close() error { return nil }

var errFault = errors.New("injected fault")

func extension(name, content string) tenant.Entry {
	return tenant.Entry{
		Name: layout.Name{Kind: layout.Extension, Vendor: "example", Rest: name}, Size: int64(len(content)),
		Open: func(context.Context) (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(content)), nil },
	}
}

func TestSourcesThatBreakTheirPromise(t *testing.T) {
	shorter := extension("a", "content")
	shorter.Size--
	digest := extension("a", "content")
	digest.Digest = layout.DigestOf([]byte("other"))
	unknown := extension("a", "content")
	unknown.Size = -1
	large := tenant.Entry{Name: layout.Name{Kind: layout.Metadata, Workspace: "a0000000-0000-4000-8000-000000000001"}, Size: 100, Open: extension("a", "").Open}
	noSize := large
	noSize.Size, noSize.Open = -1, extension("a", strings.Repeat(" ", 100)).Open
	for _, c := range []struct {
		name    string
		src     source
		says    string
		changed bool
	}{
		{"size", source{entries: []tenant.Entry{shorter}}, "", false},
		{"digest", source{entries: []tenant.Entry{digest}}, "its SHA-256 is", true},
		{"order", source{entries: []tenant.Entry{extension("b", ""), extension("a", "")}}, "order", false},
		{"twice", source{entries: []tenant.Entry{extension("a", ""), extension("a", "")}}, "", false},
		{"listing", source{entries: []tenant.Entry{extension("a", ""), {}}}, "export: list the tenant's entries: injected fault", false},
		{"tenant", source{fails: errFault}, "export: describe the tenant: injected fault", false},
		{"manifest", source{entries: []tenant.Entry{{Name: layout.Name{Kind: layout.Manifest}, Open: shorter.Open}}}, "not that of a tenant's entry", false},
		{"large document", source{entries: []tenant.Entry{large}}, "the document has 100 bytes, the limit is 10", false},
		{"large document of unknown size", source{entries: []tenant.Entry{noSize}}, "more than 10 bytes", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Export(context.Background(), c.src, io.Discard, Options{Writer: writerOptions(t), MaxDocument: 10})
			if err == nil || !strings.Contains(err.Error(), c.says) || errors.Is(err, tenant.ErrChanged) != c.changed {
				t.Errorf("error %v, want %q", err, c.says)
			}
		})
	}
	if _, m := export(t, source{entries: []tenant.Entry{unknown}}, Options{Writer: writerOptions(t)}); m.Entries[0].Size != 7 {
		t.Errorf("%+v", m.Entries)
	}
	if _, err := Export(context.Background(), source{}, io.Discard, Options{Writer: writerOptions(t), MaxDocument: -1}); err == nil {
		t.Error("a negative limit is accepted")
	}
	if _, err := Export(context.Background(), source{}, io.Discard, Options{}); err == nil {
		t.Error("an export that nobody signs is accepted")
	}
}

func TestCancelledExport(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	n := 0
	opts := Options{Writer: writerOptions(t), Progress: func(int, int64) {
		if n++; n == 3 {
			cancel()
		}
	}}
	if _, err := Export(ctx, open(t, "../testdata/tenant"), io.Discard, opts); !errors.Is(err, context.Canceled) || n != 3 {
		t.Errorf("%v after %d entries", err, n)
	}
}

// TestArchivesDoNotDependOnCores exports a tenant with one and with several
// goroutines.
func TestArchivesDoNotDependOnCores(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	var archives [2]bytes.Buffer
	for i, cores := range []int{1, 8} {
		runtime.GOMAXPROCS(cores)
		opts := Options{Writer: archive.WriterOptions{
			Unsigned: true, Created: time.Unix(1_700_000_000, 0), ID: "01a20134-d9a9-7bba-ade0-5ccbbcdca424",
		}}
		if _, err := Export(t.Context(), open(t, sampleCopy(t)), &archives[i], opts); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(archives[0].Bytes(), archives[1].Bytes()) {
		t.Error("the archives differ")
	}
}
