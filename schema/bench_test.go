package schema

import "testing"

func BenchmarkCompile(b *testing.B) {
	for b.Loop() {
		if _, err := compileAll(); err != nil {
			b.Fatal(err)
		}
	}
}
