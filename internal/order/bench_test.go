package order

import (
	"fmt"
	"testing"
)

func BenchmarkNext(b *testing.B) {
	var paths []string
	for i := range 1000 {
		paths = append(paths, fmt.Sprintf("workspaces/0b54f1a2-6f5e-4c0e-9a55-1f2f3c4d5e6f/reports/%08x-ab37-4b9b-9de3-1be4335c8e83.json", i))
	}
	b.ReportAllocs()
	for b.Loop() {
		var c Checker
		for _, path := range paths {
			if _, err := c.Next(path); err != nil {
				b.Fatal(err)
			}
		}
	}
}
