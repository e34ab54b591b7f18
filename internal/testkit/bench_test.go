package testkit

import (
	"context"
	"io"
	"testing"

	"github.com/oneanalytics/oa-archive/layout"
	"github.com/oneanalytics/oa-archive/tenant"
)

// BenchmarkContent makes the contents of one kind on one core.
func BenchmarkContent(b *testing.B) {
	s := open(b, Options{Seed: 1, Documents: 2000, Rows: 5000, AuditEvents: 20_000})
	byKind := map[layout.Kind][]tenant.Entry{}
	for _, e := range list(b, s, everything) {
		byKind[e.Name.Kind] = append(byKind[e.Name.Kind], e)
	}
	for kind := layout.Metadata; kind <= layout.Audit; kind++ {
		b.Run(kind.String(), func(b *testing.B) {
			b.ReportAllocs()
			total, n := int64(0), 0
			for b.Loop() {
				total += drain(b, byKind[kind][n%len(byKind[kind])])
				n++
			}
			b.ReportMetric(float64(total)/1e6/b.Elapsed().Seconds(), "MB/s")
		})
	}
}

// BenchmarkTenant makes a whole tenant of 2,000 documents on one core, without
// rows and audit trail.
func BenchmarkTenant(b *testing.B) {
	s := open(b, Options{Seed: 1, Documents: 2000})
	total := int64(0)
	for b.Loop() {
		for _, e := range list(b, s, tenant.Selection{}) {
			total += drain(b, e)
		}
	}
	b.ReportMetric(float64(total)/1e6/b.Elapsed().Seconds(), "MB/s")
}

// BenchmarkListing lists without making anything.
func BenchmarkListing(b *testing.B) {
	s := open(b, Options{Seed: 1, Documents: 2000})
	n := 0
	for b.Loop() {
		n += len(list(b, s, tenant.Selection{}))
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "entries/s")
}

func drain(b *testing.B, e tenant.Entry) int64 {
	r, err := e.Open(context.Background())
	if err != nil {
		b.Fatal(err)
	}
	n, err := io.Copy(io.Discard, r)
	if err != nil {
		b.Fatal(err)
	}
	r.Close()
	return n
}
