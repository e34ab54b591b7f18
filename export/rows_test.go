package export

import (
	"bytes"
	"context"
	"errors"
	"io"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/oneanalytics/oa-archive/archive"
	"github.com/oneanalytics/oa-archive/layout"
	"github.com/oneanalytics/oa-archive/schema"
	"github.com/oneanalytics/oa-archive/tenant"
)

const (
	salesWorkspace = "12b8beec-3dee-4b03-b90c-98a615f3bde9"
	salesCube      = "9d859cbf-bad2-43c8-a5fe-fe24a813e26b"
	salesFolder    = "workspaces/" + salesWorkspace + "/datasets/" + salesCube
)

// withRows returns the sample tenant with rows for one dataset, and these.
func withRows(t *testing.T) (tenant.Source, []byte) {
	t.Helper()
	rows := bytes.Repeat([]byte("rows "), 3<<20) // more than a spool keeps in memory
	dir := sampleCopy(t)
	if err := os.WriteFile(filepath.Join(dir, salesFolder, "rows.parquet"), rows, 0o600); err != nil {
		t.Fatal(err)
	}
	return open(t, dir), rows
}

// streaming hides what its entries can do beyond Read, and their size.
type streaming struct {
	tenant.Source
	sizes bool
}

func (s streaming) Entries(ctx context.Context, sel tenant.Selection) iter.Seq2[tenant.Entry, error] {
	return func(yield func(tenant.Entry, error) bool) {
		for e, err := range s.Source.Entries(ctx, sel) {
			open := e.Open
			e.Open = func(ctx context.Context) (io.ReadCloser, error) {
				r, err := open(ctx)
				return struct{ io.ReadCloser }{r}, err
			}
			if !s.sizes {
				e.Size = -1
			}
			if !yield(e, err) {
				return
			}
		}
	}
}

func TestCheckRowsSeesWhatIsArchived(t *testing.T) {
	src, want := withRows(t)
	plain, _ := export(t, src, Options{Writer: writerOptions(t), Selection: tenant.Selection{Rows: true}})
	for name, src := range map[string]tenant.Source{
		"random access": src, "stream": streaming{src, true}, "stream of unknown size": streaming{src, false},
	} {
		checked := 0
		file, _ := export(t, src, Options{
			Writer: writerOptions(t), Selection: tenant.Selection{Rows: true},
			CheckRows: func(_ context.Context, rows Rows) ([]schema.Problem, error) {
				checked++
				if rows.Name.Asset != salesCube || rows.Name.Kind != layout.Rows {
					t.Errorf("%s: checked %v", name, rows.Name)
				}
				if rows.RowCount == nil || *rows.RowCount != 18234411 {
					t.Errorf("%s: row count %v", name, rows.RowCount)
				}
				if !bytes.Contains(rows.Model, []byte("dataset: sales_cube")) {
					t.Errorf("%s: model of %d bytes", name, len(rows.Model))
				}
				got, err := io.ReadAll(io.NewSectionReader(rows.Content, 0, rows.Size))
				if err != nil || !bytes.Equal(got, want) {
					t.Errorf("%s: %d bytes, %v", name, len(got), err)
				}
				return nil, nil
			},
		})
		if checked != 1 {
			t.Errorf("%s: %d checks", name, checked)
		}
		if !bytes.Equal(file, plain) {
			t.Errorf("%s: the check changed the archive", name)
		}
	}
}

func TestProblemsOfRowsRefuseTheExport(t *testing.T) {
	src, _ := withRows(t)
	for name, src := range map[string]tenant.Source{"random access": src, "stream": streaming{src, false}} {
		opts := Options{
			Writer: writerOptions(t), Selection: tenant.Selection{Rows: true},
			CheckRows: func(context.Context, Rows) ([]schema.Problem, error) {
				return []schema.Problem{{Rule: "rows-odd", Text: "the rows are odd"}, {Rule: "rows-old", Text: "the rows are old", Warning: true}}, nil
			},
		}
		var warned []string
		opts.Warn = func(p schema.Problem) { warned = append(warned, p.String()) }
		_, err := Export(t.Context(), src, io.Discard, opts)
		invalid := (*InvalidError)(nil)
		if !errors.As(err, &invalid) || len(invalid.Problems) != 1 || invalid.Problems[0].Path != salesFolder+"/rows.parquet" {
			t.Errorf("%s: %v", name, err)
		}
		if !strings.Contains(strings.Join(warned, "\n"), "the rows are old") {
			t.Errorf("%s: warnings %q", name, warned)
		}
		opts.AllowInvalid, warned = true, nil
		file, _ := export(t, src, opts)
		if !strings.Contains(strings.Join(warned, "\n"), "the rows are odd") {
			t.Errorf("%s: warnings %q", name, warned)
		}
		if _, ok := openArchive(t, file).Entry(salesFolder + "/rows.parquet"); !ok {
			t.Errorf("%s: the rows are missing", name)
		}
	}
}

func TestFailingCheckEndsTheExport(t *testing.T) {
	src, _ := withRows(t)
	broken := errors.New("disk broke")
	for name, src := range map[string]tenant.Source{"random access": src, "stream": streaming{src, false}} {
		_, err := Export(t.Context(), src, io.Discard, Options{
			Writer: archive.WriterOptions{Unsigned: true}, Selection: tenant.Selection{Rows: true}, AllowInvalid: true,
			CheckRows: func(context.Context, Rows) ([]schema.Problem, error) { return nil, broken },
		})
		if !errors.Is(err, broken) || !strings.Contains(err.Error(), "check the rows") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
