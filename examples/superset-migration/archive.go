package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/oneanalytics/oa-archive/archive"
	"github.com/oneanalytics/oa-archive/export"
	"github.com/oneanalytics/oa-archive/manifest"
	"github.com/oneanalytics/oa-archive/sign"
	"github.com/oneanalytics/oa-archive/tenant"
)

// writeArchive exports src to the file that the command line names. The file
// appears when it is complete, and never replaces another.
func writeArchive(ctx context.Context, src tenant.Source, c config) (m *manifest.Manifest, err error) {
	opts := export.Options{Writer: archive.WriterOptions{
		Unsigned:  c.unsigned,
		Generator: "superset-migration",
		Purpose:   "migration",
	}}
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
