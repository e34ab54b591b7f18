package superset

import (
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/oneanalytics/oa-archive/layout"
	"github.com/oneanalytics/oa-archive/schema"
	"github.com/oneanalytics/oa-archive/tenant"
)

var update = flag.Bool("update", false, "write what is made now into testdata")

var acme = tenant.Info{ID: "acme", Name: "Acme"}

// TestGolden converts each small bundle of testdata and compares all that
// comes out. The files beneath bundle/ are the bundle, those beneath want/ the
// documents, and want/omissions what is said to be missing.
func TestGolden(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no bundles in testdata", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			bundle, want := parts(archive)
			src := open(t, bundle, Options{Tenant: acme, PerDashboard: strings.Contains(file, "per-dashboard")})
			got := convert(t, src)
			if *update {
				save(t, file, archive, got)
				return
			}
			compare(t, got, want)
		})
	}
}

// parts tells the bundle in a txtar archive from what it should become.
func parts(archive *txtar.Archive) (bundle fstest.MapFS, want []txtar.File) {
	bundle = fstest.MapFS{}
	for _, f := range archive.Files {
		if name, ok := strings.CutPrefix(f.Name, "bundle/"); ok {
			bundle[name] = &fstest.MapFile{Data: f.Data}
		} else {
			want = append(want, f)
		}
	}
	return bundle, want
}

func open(t testing.TB, fsys fs.FS, opts Options) *Source {
	t.Helper()
	src, err := Open(fsys, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = src.Close() })
	return src
}

// documents reads every entry and holds it against its schema.
func documents(t testing.TB, src tenant.Source) map[layout.Name][]byte {
	t.Helper()
	docs := map[layout.Name][]byte{}
	for e, err := range src.Entries(t.Context(), tenant.Selection{}) {
		if err != nil {
			t.Fatal(err)
		}
		doc := content(t, e)
		kind, ok := schema.KindOf(e.Name.Kind)
		if !ok {
			t.Fatalf("%s is no document", e.Name)
		}
		if err := schema.Validate(kind, doc); err != nil {
			t.Errorf("%s: %v", e.Name, err)
		}
		docs[e.Name] = doc
	}
	return docs
}

func content(t testing.TB, e tenant.Entry) []byte {
	t.Helper()
	r, err := e.Open(t.Context())
	if err != nil {
		t.Fatalf("%s: %v", e.Name, err)
	}
	defer r.Close()
	doc, err := io.ReadAll(r)
	if err != nil {
		t.Fatalf("%s: %v", e.Name, err)
	}
	return doc
}

// convert returns everything that a source yields, as files beneath want/.
func convert(t *testing.T, src *Source) []txtar.File {
	t.Helper()
	var files []txtar.File
	docs := documents(t, src)
	for e, err := range src.Entries(t.Context(), tenant.Selection{}) {
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, txtar.File{Name: "want/" + e.Name.String(), Data: docs[e.Name]})
	}
	checkWorkspaces(t, docs)
	return append(files, txtar.File{Name: "want/omissions", Data: []byte(omissions(t, src))})
}

// checkWorkspaces holds the documents of each workspace against each other.
func checkWorkspaces(t testing.TB, docs map[layout.Name][]byte) {
	t.Helper()
	workspaces := map[string]bool{}
	for name := range docs {
		workspaces[name.Workspace] = true
	}
	for id := range workspaces {
		problems := schema.CheckWorkspace(func(yield func(layout.Name, []byte) bool) {
			for name, doc := range docs {
				if name.Workspace == id && !yield(name, doc) {
					return
				}
			}
		})
		for _, p := range problems {
			t.Errorf("%s", p)
		}
	}
}

func omissions(t testing.TB, src *Source) string {
	t.Helper()
	list, err := src.Omissions(t.Context(), tenant.Selection{})
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, o := range list {
		fmt.Fprintf(&b, "%d %s: %s\n", o.Count, o.Kind, o.Reason)
	}
	return b.String()
}

func compare(t *testing.T, got, want []txtar.File) {
	t.Helper()
	for i := range max(len(got), len(want)) {
		switch {
		case i >= len(got):
			t.Errorf("%s is missing", want[i].Name)
		case i >= len(want):
			t.Errorf("%s is too much", got[i].Name)
		case got[i].Name != want[i].Name:
			t.Fatalf("%s, want %s", got[i].Name, want[i].Name)
		case string(got[i].Data) != string(want[i].Data):
			t.Errorf("%s differs; run go test -update and look at the difference:\n%s", got[i].Name, got[i].Data)
		}
	}
}

func save(t *testing.T, file string, archive *txtar.Archive, got []txtar.File) {
	t.Helper()
	kept := archive.Files[:0]
	for _, f := range archive.Files {
		if strings.HasPrefix(f.Name, "bundle/") {
			kept = append(kept, f)
		}
	}
	archive.Files = append(kept, got...)
	if err := os.WriteFile(file, txtar.Format(archive), 0o666); err != nil {
		t.Fatal(err)
	}
}
