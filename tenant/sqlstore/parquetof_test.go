package sqlstore

import (
	"bytes"

	"github.com/oneanalytics/oa-archive/parquetio"
)

// parquetOf is rowsFile for those that have no test.
func parquetOf(schema string, rows ...[]any) []byte {
	return parquetBy(parquetio.WriterOptions{}, schema, rows...)
}

// parquetBy returns the file of a writer with other habits.
func parquetBy(opts parquetio.WriterOptions, schema string, rows ...[]any) []byte {
	s, err := parquetio.ParseSchema(schema)
	if err != nil {
		panic(err)
	}
	var out bytes.Buffer
	w, err := parquetio.NewWriter(&out, s, opts)
	if err != nil {
		panic(err)
	}
	for _, row := range rows {
		if err := w.AppendRow(row); err != nil {
			panic(err)
		}
	}
	if err := w.Close(); err != nil {
		panic(err)
	}
	return out.Bytes()
}
