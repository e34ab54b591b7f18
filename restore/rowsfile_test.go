package restore

import (
	"strings"

	"github.com/oneanalytics/oa-archive/parquetio"
)

// rowsOf returns a file of rows that tells what it belongs to.
func rowsOf(text string) string {
	schema, err := parquetio.ParseSchema("of string")
	if err != nil {
		panic(err)
	}
	var file strings.Builder
	w, err := parquetio.NewWriter(&file, schema, parquetio.WriterOptions{})
	if err != nil {
		panic(err)
	}
	if err := w.AppendRow([]any{text}); err != nil {
		panic(err)
	}
	if err := w.Close(); err != nil {
		panic(err)
	}
	return file.String()
}
