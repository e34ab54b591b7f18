package sqlstore

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/oneanalytics/oa-archive/layout"
	"github.com/oneanalytics/oa-archive/tenant"
)

// peakMemory returns the most memory in MiB that the process has had
// resident, as Linux tells it, or 0.
func peakMemory() (mib float64) {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			_, _ = fmt.Sscan(rest, &mib)
		}
	}
	return mib / 1024
}

// benchEach runs a benchmark with each dialect.
func benchEach(b *testing.B, run func(b *testing.B, fresh maker)) {
	for name, fresh := range makers {
		b.Run(name, func(b *testing.B) { run(b, fresh) })
	}
}

// reportOf returns the i-th of many reports of about 4 KiB.
func reportOf(i int) (layout.Name, []byte) {
	id := fmt.Sprintf("%08x-0000-4000-8000-000000000000", i)
	content := fmt.Appendf(nil, `{"id":%q,"workspace":%q,"name":"Report %d","owner":"usr_%d","pages":[%s{}]}`, id, workspace, i, i%50, strings.Repeat(`{"title":"Revenue by month"},`, 140))
	return layout.Name{Kind: layout.Report, Workspace: workspace, Asset: id}, content
}

// BenchmarkImport imports 20,000 reports in one transaction.
func BenchmarkImport(b *testing.B) {
	benchEach(b, func(b *testing.B, fresh maker) {
		const n = 20_000
		var size int64
		for b.Loop() {
			s := newTenant(b, first(fresh(b)), acme)
			tx := begin(b, s)
			for i := range n {
				name, content := reportOf(i)
				size += int64(len(content))
				if err := tx.Put(b.Context(), name, int64(len(content)), bytes.NewReader(content)); err != nil {
					b.Fatal(err)
				}
			}
			if err := tx.Commit(b.Context(), record(1)); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(n*b.N)/b.Elapsed().Seconds(), "documents/s")
		b.ReportMetric(float64(size)/b.Elapsed().Seconds()/1e6, "MB/s")
		b.ReportMetric(peakMemory(), "peak-MiB")
	})
}

// BenchmarkExport reads 20,000 reports through a snapshot.
func BenchmarkExport(b *testing.B) {
	benchEach(b, func(b *testing.B, fresh maker) {
		const n = 20_000
		s := newTenant(b, first(fresh(b)), acme)
		tx := begin(b, s)
		for i := range n {
			name, content := reportOf(i)
			if err := tx.Put(b.Context(), name, int64(len(content)), bytes.NewReader(content)); err != nil {
				b.Fatal(err)
			}
		}
		if err := tx.Commit(b.Context(), record(1)); err != nil {
			b.Fatal(err)
		}
		for b.Loop() {
			src, err := s.Snapshot(b.Context())
			if err != nil {
				b.Fatal(err)
			}
			for e, err := range src.Entries(b.Context(), tenant.Selection{}) {
				if err != nil {
					b.Fatal(err)
				}
				if _, err := read(b.Context(), e); err != nil {
					b.Fatal(err)
				}
			}
			if err := src.Close(); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(n*b.N)/b.Elapsed().Seconds(), "documents/s")
		b.ReportMetric(peakMemory(), "peak-MiB")
	})
}

// BenchmarkLargeContent streams 512 MiB in and out.
func BenchmarkLargeContent(b *testing.B) {
	benchEach(b, func(b *testing.B, fresh maker) {
		const size = 512 << 20
		b.SetBytes(2 * size)
		for b.Loop() {
			s := newTenant(b, first(fresh(b)), acme)
			tx := begin(b, s)
			name := layout.Name{Kind: layout.File, Workspace: workspace, Asset: asset}
			if err := tx.Put(b.Context(), name, size, io.LimitReader(zeros{}, size)); err != nil {
				b.Fatal(err)
			}
			if err := tx.Commit(b.Context(), record(1)); err != nil {
				b.Fatal(err)
			}
			for e, err := range s.Inventory(b.Context()) {
				if err != nil {
					b.Fatal(err)
				}
				r, err := e.Open(b.Context())
				if err != nil {
					b.Fatal(err)
				}
				if n, err := io.Copy(io.Discard, r); err != nil || n != size {
					b.Fatal(n, err)
				}
				if err := r.Close(); err != nil {
					b.Fatal(err)
				}
			}
		}
		b.ReportMetric(peakMemory(), "peak-MiB")
	})
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }
