package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/oneanalytics/oa-archive/archive"
	"github.com/oneanalytics/oa-archive/export"
	"github.com/oneanalytics/oa-archive/manifest"
	"github.com/oneanalytics/oa-archive/rowcheck"
	"github.com/oneanalytics/oa-archive/schema"
	"github.com/oneanalytics/oa-archive/sign"
	"github.com/oneanalytics/oa-archive/tenant"
)

// writeArchive exports src to the file that the command line names. The file
// appears when it is complete, and never replaces another.
func writeArchive(ctx context.Context, src tenant.Source, c config, out io.Writer) (m *manifest.Manifest, err error) {
	opts := exportOptions(c, out)
	opts.Writer.Unsigned = c.unsigned
	if c.signWith != "" {
		if opts.Writer.Signer, err = readKey(c.signWith); err != nil {
			return nil, err
		}
	}
	temporary, err := os.CreateTemp(filepath.Dir(c.archive), ".superset-migration-*") // for the owner alone
	if err != nil {
		return nil, err
	}
	defer os.Remove(temporary.Name())
	m, err = export.Export(ctx, src, temporary, opts)
	if err == nil {
		err = temporary.Sync()
	}
	if err = errors.Join(err, temporary.Close()); err != nil {
		return nil, err
	}
	return m, os.Link(temporary.Name(), c.archive)
}

// exportOptions are those of archives and folders alike. A definition that
// names columns which the CSV file lacks is of another age than the file; that is
// told, and refuses nothing.
func exportOptions(c config, out io.Writer) export.Options {
	return export.Options{
		Writer:    archive.WriterOptions{Generator: "superset-migration", Purpose: "migration"},
		Selection: tenant.Selection{Rows: c.data != ""},
		CheckRows: func(ctx context.Context, rows export.Rows) ([]schema.Problem, error) {
			problems, err := rowcheck.Check(ctx, rows)
			for i := range problems {
				problems[i].Warning = problems[i].Warning || problems[i].Rule == rowcheck.RuleColumns
			}
			return problems, err
		},
		Warn: func(p schema.Problem) { fmt.Fprintf(out, "warning: %s\n", p) },
	}
}

func readKey(path string) (*sign.Signer, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	signer, err := sign.ParsePrivateKey(text, nil)
	if errors.Is(err, sign.ErrPassphraseRequired) {
		return nil, fmt.Errorf("%s: %w; this example does not ask for passphrases, so give it a key without", path, err)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return signer, nil
}
