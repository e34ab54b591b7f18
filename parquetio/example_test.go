package parquetio_test

import (
	"bytes"
	"context"
	"fmt"
	"log"
	"os"
	"time"

	"github.com/oneanalytics/oa-archive/parquetio"
)

// orders returns a small file of orders.
func orders() []byte {
	schema, err := parquetio.ParseSchema("id int64 not null, price decimal(8,2), at timestamp(us, utc), tags list<string>")
	if err != nil {
		log.Fatal(err)
	}
	var file bytes.Buffer
	w, err := parquetio.NewWriter(&file, schema, parquetio.WriterOptions{})
	if err != nil {
		log.Fatal(err)
	}
	at := time.Date(2026, 11, 21, 9, 30, 0, 0, time.UTC)
	for _, row := range [][]any{{1, "19.90", at, []any{"new", nil}}, {2, nil, nil, nil}} {
		if err := w.AppendRow(row); err != nil {
			log.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		log.Fatal(err)
	}
	return file.Bytes()
}

func Example() {
	file := orders()
	f, err := parquetio.Open(bytes.NewReader(file), int64(len(file)), parquetio.Options{})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(f.Rows(), "rows of", f.Schema())
	for batch, err := range f.Batches(context.Background()) {
		if err != nil {
			log.Fatal(err)
		}
		table, err := parquetio.NewTable(f.Schema(), batch)
		if err != nil {
			log.Fatal(err)
		}
		for row := range table.Rows() {
			os.Stdout.Write(table.AppendNDJSON(nil, row))
		}
	}
	// Output:
	// 2 rows of id int64 not null, price decimal(8,2), at timestamp(us, utc), tags list<string>
	// {"id":1,"price":"19.90","at":"2026-11-21T09:30:00.000000Z","tags":["new",null]}
	// {"id":2,"price":null,"at":null,"tags":null}
}

// Values in place, for an encoder that wants no Go value per cell.
func ExampleVector() {
	file := orders()
	f, err := parquetio.Open(bytes.NewReader(file), int64(len(file)), parquetio.Options{Columns: []string{"at", "id"}})
	if err != nil {
		log.Fatal(err)
	}
	for batch, err := range f.Batches(context.Background()) {
		if err != nil {
			log.Fatal(err)
		}
		columns, err := parquetio.Vectors(f.Schema(), batch)
		if err != nil {
			log.Fatal(err)
		}
		at, id := columns[0], columns[1]
		for i := range id.Len() {
			if at.Null(i) {
				fmt.Println(id.Int(i), "null")
				continue
			}
			fmt.Println(id.Int(i), at.Int(i), "microseconds since 1970")
		}
	}
	// Output:
	// 1 1795253400000000 microseconds since 1970
	// 2 null
}

func ExampleCopy() {
	foreign := orders() // as if another program had written it
	src, err := parquetio.Open(bytes.NewReader(foreign), int64(len(foreign)), parquetio.Options{})
	if err != nil {
		log.Fatal(err)
	}
	var canonical bytes.Buffer
	dst, err := parquetio.NewWriter(&canonical, src.Schema(), parquetio.WriterOptions{})
	if err != nil {
		log.Fatal(err)
	}
	if err := parquetio.Copy(context.Background(), dst, src); err != nil {
		log.Fatal(err)
	}
	if err := dst.Close(); err != nil {
		log.Fatal(err)
	}
	fmt.Println(bytes.Equal(canonical.Bytes(), foreign))
	// Output: true
}
