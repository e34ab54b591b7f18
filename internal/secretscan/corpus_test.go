package secretscan

import (
	"bytes"
	"context"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/oneanalytics/oa-archive/internal/docedit"
	"github.com/oneanalytics/oa-archive/internal/testkit"
	"github.com/oneanalytics/oa-archive/layout"
	"github.com/oneanalytics/oa-archive/tenant"
)

// scanNothing demands that nothing is found.
func scanNothing(t *testing.T, path string, format docedit.Format, doc []byte) {
	t.Helper()
	findings, err := Scan(format, doc, Options{})
	if err != nil {
		t.Errorf("%s: %v", path, err)
	}
	for _, f := range findings {
		t.Errorf("%s: %s", path, f)
	}
}

// scanFolder demands that nothing is found in the documents below a folder,
// and returns how many there are.
func scanFolder(t *testing.T, folder string) (n int) {
	t.Helper()
	err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		doc, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		switch filepath.Ext(path) {
		case ".json":
			scanNothing(t, path, docedit.JSON, doc)
			n++
		case ".yaml":
			scanNothing(t, path, docedit.YAML, doc)
			n++
		case ".ndjson":
			for line := range bytes.Lines(doc) {
				scanNothing(t, path, docedit.JSON, line)
			}
			n++
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestNothingInTheGoldenTenant(t *testing.T) {
	if n := scanFolder(t, filepath.Join("..", "..", "testdata", "tenant")); n < 20 {
		t.Errorf("only %d documents", n)
	}
}

// TestNothingInARealBundle looks at assets that people made, which lie beside
// the repository. Without them the test has nothing to do, which on CI is a
// failure.
func TestNothingInARealBundle(t *testing.T) {
	data := os.Getenv("OA_SHARED_DATA")
	if data == "" {
		data = filepath.Join("..", "..", "..", "shared", "data")
	}
	folder := filepath.Join(data, "superset-examples", "bundle")
	if _, err := os.Stat(folder); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("no example bundle in %s: set OA_SHARED_DATA to the folder of shared test data", data)
		}
		return
	}
	if n := scanFolder(t, folder); n < 50 {
		t.Errorf("only %d documents", n)
	}
}

func TestNothingInMadeUpTenants(t *testing.T) {
	for seed := range uint64(3) {
		source, err := testkit.New(testkit.Options{Seed: seed, Documents: 700})
		if err != nil {
			t.Fatal(err)
		}
		for e, err := range source.Entries(context.Background(), tenant.Selection{Audit: true}) {
			if err != nil {
				t.Fatal(err)
			}
			if e.Name.Kind == layout.File {
				continue
			}
			r, err := e.Open(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			doc, err := io.ReadAll(r)
			if err != nil {
				t.Fatal(err)
			}
			r.Close()
			switch e.Name.Kind {
			case layout.Model:
				scanNothing(t, e.Name.String(), docedit.YAML, doc)
				// What is passed over unparsed holds nothing either.
				s := scanner{matcher: rules(), doc: doc, line: 1}
				if err := s.yaml(); err != nil || len(s.findings) > 0 {
					t.Errorf("%s: %v %v", e.Name, s.findings, err)
				}
			case layout.Audit:
				for line := range bytes.Lines(doc) {
					scanNothing(t, e.Name.String(), docedit.JSON, line)
				}
			default:
				scanNothing(t, e.Name.String(), docedit.JSON, doc)
			}
		}
	}
}
