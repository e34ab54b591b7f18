package main

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"golang.org/x/sync/errgroup"

	"github.com/oneanalytics/oa-archive/parquetio"
)

// flightsWorkspace is the workspace whose datasets have rows.
const flightsWorkspace = "0b54f1a2-6f5e-4c0e-9a55-1f2f3c4d5e6f"

// flightsMetadata is that workspace's metadata, with a place for its datasets.
const flightsMetadata = `{
  "format": "1.0",
  "workspace": {"id": "` + flightsWorkspace + `", "name": "Flights", "created": "2026-01-01T00:00:00Z", "updated": "2026-01-01T00:00:00Z"},
  "users": [], "teams": [], "roles": [], "members": [], "connections": [], "folders": [], "tags": [],
  "datasets": [%s],
  "files": [], "saved_queries": [], "grants": []
}
`

const flightsModel = "dataset: flights_%d\nversion: 1\ntables:\n  - { name: flights }\n"

// apart is by how many flights the files begin apart, a prime so that no two begin at the
// same place in a row group.
const apart = 29_989

func datasetID(i int) string { return fmt.Sprintf("2a5e562b-0000-4000-8000-%012x", i) }

// writeFlights writes a workspace of n datasets below the folder of a tenant. rows
// puts the rows of dataset i at path.
func writeFlights(folder string, n int, rows func(i int, path string) error) error {
	ws := filepath.Join(folder, "workspaces", flightsWorkspace)
	var records []string
	for i := range n {
		dir := filepath.Join(ws, "datasets", datasetID(i))
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, "model.yaml"), fmt.Appendf(nil, flightsModel, i), 0o644); err != nil {
			return err
		}
		if err := rows(i, filepath.Join(dir, "rows.parquet")); err != nil {
			return err
		}
		records = append(records, fmt.Sprintf(`{"id": %q, "name": "flights_%d", "mode": "import", "version": 1}`, datasetID(i), i))
	}
	return os.WriteFile(filepath.Join(ws, "metadata.json"), fmt.Appendf(nil, flightsMetadata, strings.Join(records, ",\n    ")), 0o644)
}

// makeRows adds datasets to the tenant in folder, each with other rows: each file
// begins at another of the flights, and each row has a booking number, which is
// chance. So no two files have a page in common, which some peers would store
// once.
func makeRows(ctx context.Context, files, rows int, flights, folder string) error {
	schema, batches, err := readFlights(ctx, flights, files*apart+rows)
	if err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	err = writeFlights(folder, files, func(i int, path string) error {
		group.Go(func() error {
			chance := seeded(uint64(i) + 1)
			return writeRows(ctx, path, schema, batches, i*apart, rows, chance)
		})
		return ctx.Err()
	})
	return errors.Join(err, group.Wait())
}

func seeded(n uint64) *rand.ChaCha8 {
	var seed [32]byte
	binary.LittleEndian.PutUint64(seed[:], n)
	return rand.NewChaCha8(seed)
}

// makeTable writes a dataset with the first of the flights, as they are, to the
// folder of a tenant.
func makeTable(ctx context.Context, rows int, flights, folder string) error {
	schema, batches, err := readFlights(ctx, flights, rows)
	if err != nil {
		return err
	}
	return writeFlights(folder, 1, func(_ int, path string) error {
		return writeRows(ctx, path, schema, batches, 0, rows, nil)
	})
}

// readFlights returns the rows of a Parquet file, at least n if it has as many, and their
// schema.
func readFlights(ctx context.Context, path string, n int) (parquetio.Schema, []arrow.RecordBatch, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, nil, err
	}
	p, err := parquetio.Open(f, info.Size(), parquetio.Options{})
	if err != nil {
		return nil, nil, err
	}
	var batches []arrow.RecordBatch
	for batch, err := range p.Batches(ctx) {
		if err != nil {
			return nil, nil, err
		}
		batch.Retain()
		batches = append(batches, batch)
		if n -= int(batch.NumRows()); n <= 0 {
			break
		}
	}
	return p.Schema(), batches, nil
}

// writeRows writes rows as a Parquet file: those of batches after the first skip,
// over and over. Unless chance is nil they get a booking number each.
func writeRows(ctx context.Context, path string, schema parquetio.Schema, batches []arrow.RecordBatch, skip, rows int, chance *rand.ChaCha8) (err error) {
	if chance != nil {
		booking, err := parquetio.ParseSchema("booking int64 not null")
		if err != nil {
			return err
		}
		schema = append(booking, schema...)
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	w, err := parquetio.NewWriter(f, schema, parquetio.WriterOptions{})
	if err != nil {
		return err
	}
	for at := 0; rows > 0; at++ {
		batch := batches[at%len(batches)]
		n := int(batch.NumRows())
		if skip >= n {
			skip -= n
			continue
		}
		slice := batch.NewSlice(int64(skip), int64(min(n, skip+rows)))
		if chance != nil {
			slice = withNumbers(schema, slice, chance)
		}
		if err := errors.Join(ctx.Err(), w.Write(slice)); err != nil {
			return err
		}
		rows, skip = rows-int(slice.NumRows()), 0
	}
	return w.Close()
}

// withNumbers puts a column of numbers of 40 bits before those of a batch.
func withNumbers(schema parquetio.Schema, batch arrow.RecordBatch, chance *rand.ChaCha8) arrow.RecordBatch {
	numbers := array.NewInt64Builder(memory.DefaultAllocator)
	for range batch.NumRows() {
		numbers.Append(int64(chance.Uint64() >> 24))
	}
	columns := append([]arrow.Array{numbers.NewArray()}, batch.Columns()...)
	return array.NewRecordBatch(schema.Arrow(), columns, batch.NumRows())
}

// makePart makes a tenant like that in the folder from, with only so many of its
// datasets of rows, or several copies of each. Files are linked.
func makePart(datasets, copies int, from, to string) error {
	ws := filepath.Join("workspaces", flightsWorkspace)
	err := filepath.WalkDir(from, func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, path)
		switch {
		case err != nil:
			return err
		case rel == ws:
			return filepath.SkipDir
		case d.IsDir():
			return os.MkdirAll(filepath.Join(to, rel), 0o755)
		}
		return os.Link(path, filepath.Join(to, rel))
	})
	if err != nil {
		return err
	}
	return writeFlights(to, datasets*copies, func(i int, path string) error {
		return os.Link(filepath.Join(from, ws, "datasets", datasetID(i%datasets), "rows.parquet"), path)
	})
}
