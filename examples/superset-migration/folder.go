package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/google/uuid"

	"github.com/oneanalytics/oa-archive/export"
	"github.com/oneanalytics/oa-archive/manifest"
	"github.com/oneanalytics/oa-archive/tenant"
	"github.com/oneanalytics/oa-archive/tenant/dirstore"
)

// writeFolder copies src into a new tenant folder, in one transaction.
//
// An export that is thrown away comes first: it holds every document against
// its schema and against its neighbours, and counts what there is.
func writeFolder(ctx context.Context, src tenant.Source, c config, out io.Writer) (m *manifest.Manifest, err error) {
	opts := exportOptions(c, out)
	opts.Writer.Unsigned = true
	m, err = export.Export(ctx, src, io.Discard, opts)
	if err != nil {
		return nil, err
	}
	store, err := dirstore.Create(c.folder, c.options.Tenant)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	tx, err := store.Target().Begin(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, tx.Rollback()) }() // nothing, once committed
	for e, err := range src.Entries(ctx, opts.Selection) {
		if err != nil {
			return nil, err
		}
		if err := copyEntry(ctx, tx, e); err != nil {
			return nil, fmt.Errorf("%s: %w", e.Name, err)
		}
	}
	id, err := uuid.NewV7()
	if err != nil {
		return nil, err
	}
	return m, tx.Commit(ctx, tenant.ImportRecord{
		ID:          id.String(),
		ContentHash: m.ContentHash,
		At:          time.Now().UTC(),
		Summary:     fmt.Sprintf("%d entries from an asset bundle of Apache Superset", len(m.Entries)),
	})
}

func copyEntry(ctx context.Context, tx tenant.Tx, e tenant.Entry) (err error) {
	content, err := e.Open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, content.Close()) }()
	return tx.Put(ctx, e.Name, e.Size, content)
}
