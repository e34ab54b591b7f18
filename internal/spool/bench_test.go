package spool

import (
	"io"
	"testing"
)

// BenchmarkSpool writes four times what is kept in memory, and reads it back from
// its encrypted file.
func BenchmarkSpool(b *testing.B) {
	piece := make([]byte, 1<<20)
	const pieces = 4 * DefaultMemory >> 20
	b.SetBytes(pieces << 20)
	b.ReportAllocs()
	for b.Loop() {
		s := Spool{Dir: b.TempDir()}
		for range pieces {
			if _, err := s.Write(piece); err != nil {
				b.Fatal(err)
			}
		}
		if _, err := s.WriteTo(io.Discard); err != nil {
			b.Fatal(err)
		}
		if err := s.Close(); err != nil {
			b.Fatal(err)
		}
	}
}
