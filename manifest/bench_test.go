package manifest

import "testing"

func BenchmarkMarshal100000(b *testing.B) {
	m := manyEntries(100_000)
	b.ReportAllocs()
	for b.Loop() {
		text, err := m.Marshal()
		if err != nil {
			b.Fatal(err)
		}
		b.SetBytes(int64(len(text)))
	}
}

func BenchmarkContentHash100000(b *testing.B) {
	m := manyEntries(100_000)
	b.ReportAllocs()
	for b.Loop() {
		ContentHash(m.Entries)
	}
}

func BenchmarkCounts100000(b *testing.B) {
	m := manyEntries(100_000)
	b.ReportAllocs()
	for b.Loop() {
		Counts(m.Entries)
	}
}
