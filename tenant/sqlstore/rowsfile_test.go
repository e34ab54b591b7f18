package sqlstore

import (
	"bytes"
	"testing"

	"github.com/oneanalytics/oa-archive/parquetio"
)

// rowsFile returns the canonical file of rows of a schema.
func rowsFile(tb testing.TB, schema string, rows ...[]any) []byte {
	tb.Helper()
	file, err := makeRows(schema, parquetio.WriterOptions{}, rows...)
	if err != nil {
		tb.Fatal(err)
	}
	return file
}

func makeRows(schema string, opts parquetio.WriterOptions, rows ...[]any) ([]byte, error) {
	columns, err := parquetio.ParseSchema(schema)
	if err != nil {
		return nil, err
	}
	var file bytes.Buffer
	w, err := parquetio.NewWriter(&file, columns, opts)
	if err != nil {
		return nil, err
	}
	for _, row := range rows {
		if err := w.AppendRow(row); err != nil {
			return nil, err
		}
	}
	err = w.Close()
	return file.Bytes(), err
}
