package dirstore

import (
	"fmt"
	"strings"
	"testing"

	"github.com/oneanalytics/oa-archive/layout"
	"github.com/oneanalytics/oa-archive/tenant"
)

// BenchmarkImport imports 20,000 reports of about 4 KiB and lists them.
func BenchmarkImport(b *testing.B) {
	const n = 20_000
	text := strings.Repeat("x", 4<<10)
	for b.Loop() {
		s, err := Create(b.TempDir(), acme)
		if err != nil {
			b.Fatal(err)
		}
		tx, err := s.Begin(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		for i := range n {
			name := layout.Name{Kind: layout.Report, Workspace: workspace, Asset: fmt.Sprintf("%08x-0000-4000-8000-000000000000", i)}
			if err := tx.Put(b.Context(), name, int64(len(text)), strings.NewReader(text)); err != nil {
				b.Fatal(err)
			}
		}
		if err := tx.Commit(b.Context(), record1()); err != nil {
			b.Fatal(err)
		}
		if err := s.Close(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(n*b.N)/b.Elapsed().Seconds(), "documents/s")
}

// BenchmarkSnapshot lists 20,000 reports.
func BenchmarkSnapshot(b *testing.B) {
	const n = 20_000
	s, err := Create(b.TempDir(), acme)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	if err := s.root.MkdirAll("workspaces/"+workspace+"/reports", 0o755); err != nil {
		b.Fatal(err)
	}
	for i := range n {
		name := layout.Name{Kind: layout.Report, Workspace: workspace, Asset: fmt.Sprintf("%08x-0000-4000-8000-000000000000", i)}
		if err := s.root.WriteFile(name.String(), []byte("{}"), 0o644); err != nil {
			b.Fatal(err)
		}
	}
	for b.Loop() {
		src, err := s.Snapshot(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		for _, err := range src.Entries(b.Context(), tenant.Selection{}) {
			if err != nil {
				b.Fatal(err)
			}
		}
		if err := src.Close(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(n*b.N)/b.Elapsed().Seconds(), "entries/s")
}
