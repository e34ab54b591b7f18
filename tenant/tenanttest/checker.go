package tenanttest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"sync/atomic"
	"time"

	"github.com/oneanalytics/oa-archive/layout"
	"github.com/oneanalytics/oa-archive/tenant"
)

// everything selects all entries.
var everything = tenant.Selection{Rows: true, Audit: true}

// begin starts a transaction that is rolled back at the end of the test.
func (c *checker) begin() tenant.Tx {
	c.Helper()
	tx, err := c.subject.Target().Begin(c.ctx)
	if err != nil {
		c.Fatalf("Begin: %v", err)
	}
	c.Cleanup(func() { _ = tx.Rollback() })
	return tx
}

func (c *checker) put(tx tenant.Tx, entries ...original) {
	c.Helper()
	for _, e := range entries {
		if err := tx.Put(c.ctx, e.name(), int64(len(e.content)), bytes.NewReader(e.content)); err != nil {
			c.Fatalf("Put %s: %v", e.path, err)
		}
	}
}

func (c *checker) remove(tx tenant.Tx, entries ...original) {
	c.Helper()
	for _, e := range entries {
		if err := tx.Delete(c.ctx, e.name()); err != nil {
			c.Fatalf("Delete %s: %v", e.path, err)
		}
	}
}

func (c *checker) commit(tx tenant.Tx) tenant.ImportRecord {
	c.Helper()
	rec := record()
	if err := tx.Commit(c.ctx, rec); err != nil {
		c.Fatalf("Commit: %v", err)
	}
	return rec
}

func (c *checker) rollback(tx tenant.Tx) {
	c.Helper()
	if err := tx.Rollback(); err != nil {
		c.Fatalf("Rollback: %v", err)
	}
}

// store commits the entries in one import.
func (c *checker) store(entries ...original) tenant.ImportRecord {
	c.Helper()
	tx := c.begin()
	c.put(tx, entries...)
	return c.commit(tx)
}

// snapshot takes a snapshot that is closed at the end of the test.
func (c *checker) snapshot() tenant.Source {
	c.Helper()
	src, err := c.subject.Snapshot(c.ctx)
	if err != nil {
		c.Fatalf("Snapshot: %v", err)
	}
	c.Cleanup(func() { _ = src.Close() })
	return src
}

// now returns the tenant's entries as a fresh snapshot has them.
func (c *checker) now(sel tenant.Selection) []original {
	c.Helper()
	src := c.snapshot()
	got, err := c.read(src.Entries(c.ctx, sel))
	if err != nil {
		c.Fatalf("reading a snapshot: %v", err)
	}
	if err := src.Close(); err != nil {
		c.Fatalf("closing a snapshot: %v", err)
	}
	return got
}

// read collects a listing and the contents, until the first error.
func (c *checker) read(entries iter.Seq2[tenant.Entry, error]) ([]original, error) {
	c.Helper()
	var all []original
	for e, err := range entries {
		if err != nil {
			return all, err
		}
		content, err := c.content(e)
		if err != nil {
			return all, fmt.Errorf("%s: %w", e.Name, err)
		}
		all = append(all, original{e.Name.String(), content})
	}
	return all, nil
}

// content reads an entry and holds its stated size and digest against it.
func (c *checker) content(e tenant.Entry) ([]byte, error) {
	c.Helper()
	r, err := e.Open(c.ctx)
	if err != nil {
		return nil, err
	}
	content, err := io.ReadAll(r)
	if err := errors.Join(err, r.Close()); err != nil {
		return nil, err
	}
	if e.Size != -1 && e.Size != int64(len(content)) {
		c.Errorf("%s: the stated size is %d, the content has %d bytes", e.Name, e.Size, len(content))
	}
	if want := layout.DigestOf(content); !e.Digest.IsZero() && e.Digest != want {
		c.Errorf("%s: the stated digest is %s, the content's is %s", e.Name, e.Digest, want)
	}
	return content, nil
}

// same fails unless got is want: paths, order and bytes.
func (c *checker) same(what string, got, want []original) {
	c.Helper()
	if diff := difference(got, want); diff != "" {
		c.Errorf("%s: %s", what, diff)
	}
}

func difference(got, want []original) string {
	for i := range min(len(got), len(want)) {
		if got[i].path != want[i].path {
			return fmt.Sprintf("entry %d is %s, want %s", i, got[i].path, want[i].path)
		}
		if !bytes.Equal(got[i].content, want[i].content) {
			return fmt.Sprintf("%s: %d bytes %.40q, want %d bytes %.40q", got[i].path, len(got[i].content), got[i].content, len(want[i].content), want[i].content)
		}
	}
	switch {
	case len(got) < len(want):
		return fmt.Sprintf("%d entries, want %d: %s is missing", len(got), len(want), want[len(got)].path)
	case len(got) > len(want):
		return fmt.Sprintf("%d entries, want %d: %s is too much", len(got), len(want), got[len(want)].path)
	}
	return ""
}

// recorded counts the records so far, so that every one has an id of its own.
var recorded atomic.Uint32

// record returns the record of a new import.
func record() tenant.ImportRecord {
	n := recorded.Add(1)
	return tenant.ImportRecord{
		ID:          fmt.Sprintf("%08x-1111-4111-8111-111111111111", n),
		Archive:     "019f0000-0000-7000-8000-000000000000",
		ContentHash: "h1:0000000000000000000000000000000000000000000=",
		Plan:        layout.DigestOf([]byte("plan")).String(),
		At:          time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC).Add(time.Duration(n) * time.Second),
		Summary:     "suite \u2713",

		Insurance:         "/var/lib/oa-archive/suite \u2713",
		InsuranceManifest: layout.DigestOf([]byte("manifest")).String(),
		Undoes:            "00000000-1111-4111-8111-111111111111",
	}
}

// cancelled returns a context that has ended.
func (c *checker) cancelled() context.Context {
	ctx, cancel := context.WithCancel(c.ctx)
	cancel()
	return ctx
}
