package archivesource_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/oneanalytics/oa-archive/archive"
	"github.com/oneanalytics/oa-archive/layout"
	"github.com/oneanalytics/oa-archive/manifest"
	"github.com/oneanalytics/oa-archive/tenant"
	"github.com/oneanalytics/oa-archive/tenant/archivesource"
	"github.com/oneanalytics/oa-archive/tenant/tenanttest"
)

const (
	ws1     = "a0000000-0000-4000-8000-000000000001"
	ws2     = "a0000000-0000-4000-8000-000000000002"
	dataset = "d0000000-0000-4000-8000-000000000001"
)

var paths = []string{
	"workspaces/" + ws1 + "/metadata.json",
	"workspaces/" + ws1 + "/datasets/" + dataset + "/model.yaml",
	"workspaces/" + ws1 + "/datasets/" + dataset + "/rows.parquet",
	"workspaces/" + ws2 + "/metadata.json",
	"audit/events.ndjson",
	"extensions/com.example/flags.json",
}

// open returns an archive whose entries hold their own paths.
func open(t *testing.T) *archive.Archive {
	t.Helper()
	var file bytes.Buffer
	w, err := archive.NewWriter(&file, archive.WriterOptions{Tenant: manifest.Tenant{ID: "corp", Name: "Corp", Region: "eu"}, Unsigned: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		entry, err := w.Create(archive.Header{Path: path, Size: -1})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(entry, path); err != nil {
			t.Fatal(err)
		}
	}
	w.SetCoverage(manifest.Coverage{Unsupported: []manifest.Omission{{Kind: "webhooks", Count: 2, Reason: "not exported"}}})
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	a, err := archive.Open(context.Background(), bytes.NewReader(file.Bytes()), int64(file.Len()), archive.Options{AllowUnsigned: true})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestSource(t *testing.T) {
	ctx := context.Background()
	src := archivesource.New(open(t))
	defer src.Close()
	if info, err := src.Tenant(ctx); err != nil || info != (tenant.Info{ID: "corp", Name: "Corp", Region: "eu"}) {
		t.Errorf("tenant %+v, %v", info, err)
	}
	if o, err := src.Omissions(ctx, tenant.Selection{}); err != nil || len(o) != 1 || o[0] != (tenant.Omission{Kind: "webhooks", Count: 2, Reason: "not exported"}) {
		t.Errorf("omissions %+v, %v", o, err)
	}
	for _, c := range []struct {
		sel  tenant.Selection
		want []string
	}{
		{tenant.Selection{Rows: true, Audit: true}, paths},
		{tenant.Selection{}, []string{paths[0], paths[1], paths[3], paths[5]}},
		{tenant.Selection{RowsOf: map[string]bool{dataset: true}, Workspaces: []string{ws1}}, paths[:3]},
		{tenant.Selection{Workspaces: []string{ws2}}, paths[3:4]},
	} {
		var got []string
		for e, err := range src.Entries(ctx, c.sel) {
			if err != nil {
				t.Fatal(err)
			}
			r, err := e.Open(ctx)
			if err != nil {
				t.Fatal(err)
			}
			content, err := io.ReadAll(r)
			if err != nil || string(content) != e.Name.String() || e.Digest != layout.DigestOf(content) || e.Size != int64(len(content)) {
				t.Errorf("%s: %q, %v", e.Name, content, err)
			}
			r.Close()
			got = append(got, e.Name.String())
		}
		if strings.Join(got, "\n") != strings.Join(c.want, "\n") {
			t.Errorf("%+v: %q, want %q", c.sel, got, c.want)
		}
	}
}

func TestUnknownWorkspace(t *testing.T) {
	for e, err := range archivesource.New(open(t)).Entries(context.Background(), tenant.Selection{Workspaces: []string{ws1, dataset}}) {
		if !errors.Is(err, tenant.ErrNoEntry) {
			t.Errorf("%v, %v", e.Name, err)
		}
	}
}

func TestCancelledListing(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	n := 0
	for _, err := range archivesource.New(open(t)).Entries(ctx, tenant.Selection{}) {
		n++
		if !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	}
	if n != 1 {
		t.Errorf("%d entries after the end", n)
	}
}

func TestSourceKeepsItsPromises(t *testing.T) {
	a := open(t)
	tenanttest.RunSource(t, func(testing.TB) tenant.Source { return archivesource.New(a) })
}
