//go:build !norows

package cli

import (
	"bytes"
	"encoding/json"
	"io"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/file"
	"github.com/apache/arrow-go/v18/parquet/schema"
	"github.com/spf13/cobra"

	"github.com/oneanalytics/oa-archive/cmd/oa-archive/internal/terminal"
)

// TestRowsOfAnotherProgram has a column of a type that is not supported.
func TestRowsOfAnotherProgram(t *testing.T) {
	root, err := schema.NewGroupNode("schema", parquet.Repetitions.Required, schema.FieldList{
		schema.NewInt96Node("old", parquet.Repetitions.Optional, -1),
		schema.NewInt64Node("id", parquet.Repetitions.Required, -1),
	}, -1)
	if err != nil {
		t.Fatal(err)
	}
	var content bytes.Buffer
	w, err := file.NewParquetWriterWithError(struct{ io.Writer }{&content}, root)
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	path := rowsArchive(t, content.Bytes())

	_, _, err = showRows(t, path, 0, rowsFlags{format: formatCSV})
	if f := classify(err); f.code != "unreadable-rows" || !strings.Contains(f.hint, "--columns") || !strings.Contains(err.Error(), `column "old"`) {
		t.Errorf("%v: code %s, hint %q", err, f.code, f.hint)
	}
	if out, _, err := showRows(t, path, 0, rowsFlags{format: formatCSV, columns: []string{"id"}}); err != nil || out != "id\r\n" {
		t.Errorf("the other column: %q, %v", out, err)
	}

	var out bytes.Buffer
	a := &app{term: &terminal.Terminal{Out: &out, Err: io.Discard}, getenv: func(string) string { return "" }}
	f := &rowsFlags{schema: true}
	f.cmd, f.allowUnsigned = &cobra.Command{}, true
	if err := a.rows(t.Context(), path, "Flights", f); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), "not supported") || !strings.Contains(out.String(), "int64 not null") {
		t.Errorf("schema:\n%s", out.String())
	}
	out.Reset()
	a.json = true
	if err := a.rows(t.Context(), path, "Flights", f); err != nil {
		t.Fatal(err)
	}
	var doc rowsJSON
	if err := json.Unmarshal(out.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	if len(doc.Columns) != 2 || doc.Columns[0].Unsupported == "" || doc.Columns[0].Type != "" || doc.Columns[1].Type != "int64" {
		t.Errorf("columns %+v", doc.Columns)
	}
}
