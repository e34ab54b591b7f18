package layout_test

import (
	"testing"

	"github.com/oneanalytics/oa-archive/layout"
)

const benchPath = "workspaces/0b54f1a2-6f5e-4c0e-9a55-1f2f3c4d5e6f/datasets/2a5e562b-ab37-4b9b-9de3-1be4335c8e83/model.yaml"

func BenchmarkParse(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := layout.Parse(benchPath); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkString(b *testing.B) {
	name, err := layout.Parse(benchPath)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		_ = name.String()
	}
}

func BenchmarkCompare(b *testing.B) {
	one, err := layout.Parse(benchPath)
	if err != nil {
		b.Fatal(err)
	}
	other := one
	other.Kind = layout.Rows
	b.ReportAllocs()
	for b.Loop() {
		if layout.Compare(one, other) >= 0 {
			b.Fatal("rows come before their model")
		}
	}
}

func BenchmarkParseDigest(b *testing.B) {
	text := layout.DigestOf(nil).String()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := layout.ParseDigest(text); err != nil {
			b.Fatal(err)
		}
	}
}
