//go:build !norows

package cli

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/oneanalytics/oa-archive/archive"
	"github.com/oneanalytics/oa-archive/cmd/oa-archive/internal/overview"
	"github.com/oneanalytics/oa-archive/cmd/oa-archive/internal/render"
	"github.com/oneanalytics/oa-archive/parquetio"
)

// rowsJSON is the --json output of rows. Rows are written one by one, so the
// member stands here for the manual only.
type rowsJSON struct {
	File      string           `json:"file"`
	Archive   string           `json:"archive"` // id
	Dataset   rowsDatasetJSON  `json:"dataset"`
	RowCount  int64            `json:"row_count"` // of the whole dataset
	Columns   []rowsColumnJSON `json:"columns"`
	RowGroups []rowGroupJSON   `json:"row_groups,omitempty"` // with --schema
	Manifest  *overview.Rows   `json:"manifest,omitempty"`   // with --schema: what the manifest says
	Rows      json.RawMessage  `json:"rows,omitempty"`
}

type rowsDatasetJSON struct {
	ID        string `json:"id"`
	Name      string `json:"name,omitempty"`
	Workspace string `json:"workspace"`
	Path      string `json:"path"`
	Size      int64  `json:"size"`
}

type rowsColumnJSON struct {
	Name        string  `json:"name"`
	Type        string  `json:"type,omitempty"`
	Nullable    bool    `json:"nullable"`
	Unsupported string  `json:"unsupported,omitempty"`
	Nulls       *int64  `json:"nulls,omitempty"`
	Min         *string `json:"min,omitempty"`
	Max         *string `json:"max,omitempty"`
}

type rowGroupJSON struct {
	Rows int64 `json:"rows"`
	Size int64 `json:"size"`
}

// The formats of rows.
const (
	formatTable  = "table"
	formatCSV    = "csv"
	formatNDJSON = "ndjson"
	formatJSON   = "json" // of --json
)

// tableLimit is how many rows a table shows unless told otherwise.
const tableLimit = 20

type rowsFlags struct {
	trustFlags
	columns []string
	limit   int64
	format  string
	guard   bool
	schema  bool
}

func rowsVerb(a *app) *cobra.Command {
	var f rowsFlags
	cmd := &cobra.Command{
		Use:   "rows FILE DATASET",
		Short: "show the rows of a dataset, verified",
		Long: `Show the rows of a dataset: as a table on a terminal, as CSV in a pipe or a file.
DATASET is its name, or its id, of which the first eight digits suffice. Only the
parts of the archive that hold the rows and columns asked for are read, and each
is verified before anything of it is printed.

Tables shorten and escape what they show. CSV is that of RFC 4180, in which null
is empty and an empty text is "". NDJSON has one object a line.

Where a file says whom to trust, its signers alone are accepted; without one, a
note says that the signer is unknown.`,
		Example: `oa-archive rows acme.oa-archive Orders
oa-archive rows acme.oa-archive 9d859cbf --schema
oa-archive rows acme.oa-archive Orders --columns region,revenue --limit 0 > orders.csv
oa-archive rows acme.oa-archive Orders --format ndjson | jq .revenue`,
		Args:              args(cobra.ExactArgs(2), "an archive and a dataset"),
		ValidArgsFunction: a.completeDatasets,
		RunE: func(cmd *cobra.Command, given []string) error {
			if err := f.settle(a); err != nil {
				return err
			}
			return a.rows(cmd.Context(), given[0], given[1], &f)
		},
	}
	group(cmd, "What to show", func(fs *pflag.FlagSet) {
		fs.StringSliceVar(&f.columns, "columns", nil, "only these `COLUMNS`, in this order, with commas between them")
		fs.Int64Var(&f.limit, "limit", 0, "at most `N` rows, 0 for all (default: 20 in a table, otherwise all)")
		fs.StringVar(&f.format, "format", "", "`FORMAT`: table, csv or ndjson (default: table on a terminal, otherwise csv)")
		fs.BoolVar(&f.guard, "guard-formulas", false, "put an apostrophe before CSV cells that a spreadsheet would run")
		fs.BoolVar(&f.schema, "schema", false, "the columns with types, counts of nulls and ranges, and the row groups, not the rows")
	})
	f.declare(cmd)
	a.unlock.declare(cmd)
	return cmd
}

// settle checks the flags against each other and fills in the defaults.
func (f *rowsFlags) settle(a *app) error {
	given := f.cmd.Flags().Changed
	switch {
	case a.json && given("format"):
		return usagef("leave one of them out", "--json and --format exclude each other")
	case f.schema && (given("format") || given("limit") || f.guard):
		return usagef("leave the others out", "--schema shows no rows, so --format, --limit and --guard-formulas do not apply")
	case f.limit < 0:
		return usagef("0 means all", "--limit: %d is not a number of rows", f.limit)
	}
	for i, name := range f.columns {
		if slices.Contains(f.columns[:i], name) {
			return usagef("give each column once", "--columns: %q is there twice", name)
		}
	}
	switch {
	case a.json:
		f.format = formatJSON
	case f.format == "" && a.term.OutIsTerminal:
		f.format = formatTable
	case f.format == "":
		f.format = formatCSV
	case !slices.Contains([]string{formatTable, formatCSV, formatNDJSON}, f.format):
		return usagef("it is table, csv or ndjson", "--format: %q is none", f.format)
	}
	if f.guard && f.format != formatCSV {
		return usagef("pass --format csv, or leave it out", "--guard-formulas is for CSV")
	}
	if f.format == formatTable && !given("limit") {
		f.limit = tableLimit
	}
	return nil
}

func (a *app) rows(ctx context.Context, file, wanted string, f *rowsFlags) (err error) {
	o, err := a.openToRead(ctx, file, &f.trustFlags)
	if err != nil {
		return err
	}
	defer closeInto(&err, o)
	d, err := o.findDataset(ctx, wanted)
	if err != nil {
		return err
	}
	r, err := o.openRows(ctx, d)
	if err != nil {
		return err
	}
	if f.schema {
		return a.rowsSchema(o, r, f)
	}
	if err := r.choose(a, f); err != nil {
		return err
	}
	out, err := a.rowsWriter(o, r, f)
	if err != nil {
		return err
	}
	return out.end(r.each(ctx, f.limit, out.batch))
}

// rowsFile is the Parquet file of a dataset.
type rowsFile struct {
	*parquetio.File
	dataset *dataset
	source  io.ReaderAt
	size    int64
	hidden  int // columns that a terminal has no room for
}

// openRows opens a dataset's rows without any column. What is small is read at
// once.
func (o *opened) openRows(ctx context.Context, d *dataset) (*rowsFile, error) {
	e, _ := o.Entry(d.rows)
	r := &rowsFile{dataset: d, size: e.Size}
	const small = 1 << 20
	if e.Size <= small {
		content, err := o.ReadDocument(ctx, d.rows, small)
		if err != nil {
			return nil, err
		}
		r.source = bytes.NewReader(content)
	} else {
		var err error
		if r.source, err = o.ReaderAt(d.rows); err != nil {
			return nil, err
		}
	}
	return r, r.open(parquetio.Options{Columns: []string{}})
}

func (r *rowsFile) open(opts parquetio.Options) (err error) {
	r.File, err = parquetio.Open(r.source, r.size, opts)
	return r.fault(err)
}

// fault gives an error of package parquetio its class.
func (r *rowsFile) fault(err error) error {
	var (
		damage      *parquetio.DamageError
		limit       *parquetio.LimitError
		unsupported *parquetio.UnsupportedError
		format      *archive.FormatError
	)
	hint := "`oa-archive cat FILE " + r.dataset.rows + "` gives the file as it is"
	switch {
	case errors.As(err, &format): // the archive, not what it holds
		return err
	case errors.As(err, &unsupported):
		if unsupported.Column != "" {
			hint = "name the columns to show with --columns; --schema lists them"
		}
	case errors.Is(err, parquetio.ErrNotParquet), errors.As(err, &damage), errors.As(err, &limit):
	default:
		return err
	}
	return &failure{exit: exitFailed, code: "unreadable-rows", err: at(r.dataset.rows, err), hint: hint}
}

// pick returns the columns that the flags name, all of them if none.
func (r *rowsFile) pick(f *rowsFlags) ([]string, error) {
	var all []string
	for _, c := range r.Columns() {
		all = append(all, c.Name)
	}
	for _, name := range f.columns {
		if !slices.Contains(all, name) {
			return nil, &failure{
				exit: exitFailed, code: "no-such-column", hint: suggest("columns", name, all),
				err: fmt.Errorf("dataset %q has no column %q", cmp.Or(r.dataset.name, r.dataset.id), name),
			}
		}
	}
	if f.columns != nil {
		return f.columns, nil
	}
	return all, nil
}

// choose opens the file again, with the columns to show. A table on a terminal
// has those that fit, unless they were named.
func (r *rowsFile) choose(a *app, f *rowsFlags) error {
	names, err := r.pick(f)
	if err != nil {
		return err
	}
	if fit := render.FittingColumns(a.term.Width); f.format == formatTable && f.columns == nil && a.term.Width > 0 && len(names) > fit {
		r.hidden = len(names) - fit
		names = names[:fit]
	}
	opts := parquetio.Options{Columns: names}
	if f.limit > 0 {
		opts.BatchRows = int(min(f.limit, parquetio.DefaultBatchRows))
	}
	return r.open(opts)
}

// each passes on at most limit rows, 0 for all, and returns their number.
func (r *rowsFile) each(ctx context.Context, limit int64, batch func(parquetio.Schema, batchOfRows) error) (int64, error) {
	shown := int64(0)
	for b, err := range r.Batches(ctx) {
		if err != nil {
			return shown, r.fault(err)
		}
		n := b.NumRows()
		if limit > 0 {
			n = min(n, limit-shown)
		}
		if err := batch(r.Schema(), batchOfRows{b, int(n)}); err != nil {
			return shown, err
		}
		if shown += n; shown == limit {
			break
		}
	}
	return shown, nil
}

func (o *opened) rowsDocument(r *rowsFile) rowsJSON {
	d := r.dataset
	return rowsJSON{
		File: o.in.name, Archive: o.Manifest().ID, RowCount: r.Rows(),
		Dataset: rowsDatasetJSON{ID: d.id, Name: d.name, Workspace: d.workspace, Path: d.rows, Size: r.size},
		Columns: []rowsColumnJSON{},
	}
}
