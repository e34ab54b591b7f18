package main

import (
	"encoding/json"
	"os"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/oneanalytics/oa-archive/parquetio"
)

// parquet FILE ROWS writes a Parquet file. The first line of the file ROWS is a
// schema as package parquetio writes it, each further line a row as a JSON
// array.
func parquetFile(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: parquet FILE ROWS")
	}
	head, rows, _ := strings.Cut(ts.ReadFile(args[1]), "\n")
	schema, err := parquetio.ParseSchema(head)
	ts.Check(err)
	out, err := os.Create(ts.MkAbs(args[0]))
	ts.Check(err)
	w, err := parquetio.NewWriter(out, schema, parquetio.WriterOptions{})
	ts.Check(err)
	for line := range strings.Lines(rows) {
		var row []any
		ts.Check(json.Unmarshal([]byte(line), &row))
		for i, v := range row {
			if number, ok := v.(float64); ok && schema[i].Type.Kind == parquetio.Int64 {
				row[i] = int64(number)
			}
		}
		ts.Check(w.AppendRow(row))
	}
	ts.Check(w.Close())
	ts.Check(out.Close())
}
