package ustar

import "testing"

const benchPath = "workspaces/0b54f1a2-6f5e-4c0e-9a55-1f2f3c4d5e6f/datasets/2a5e562b-ab37-4b9b-9de3-1be4335c8e83/model.yaml"

func BenchmarkAppendFile(b *testing.B) {
	var dst []byte
	b.ReportAllocs()
	for b.Loop() {
		dst = AppendFile(dst[:0], benchPath, 8000, 1_790_000_000)
	}
}

func BenchmarkParse(b *testing.B) {
	block := AppendFile(nil, benchPath, 8000, 1_790_000_000)[:BlockSize]
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := Parse(block); err != nil {
			b.Fatal(err)
		}
	}
}
