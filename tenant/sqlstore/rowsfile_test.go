package sqlstore

import (
	"bytes"
	"testing"

	"github.com/oneanalytics/oa-archive/parquetio"
)

// rowsFile returns the canonical file of rows of a schema.
func rowsFile(tb testing.TB, schema string, rows ...[]any) []byte {
	tb.Helper()
	columns, err := parquetio.ParseSchema(schema)
	if err != nil {
		tb.Fatal(err)
	}
	var file bytes.Buffer
	w, err := parquetio.NewWriter(&file, columns, parquetio.WriterOptions{})
	if err != nil {
		tb.Fatal(err)
	}
	for _, row := range rows {
		if err := w.AppendRow(row); err != nil {
			tb.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		tb.Fatal(err)
	}
	return file.Bytes()
}
