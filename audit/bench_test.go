package audit

import "testing"

func BenchmarkChain(b *testing.B) {
	text := []byte(join(trail(1000)...))
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		c := Chain{Report: func(f Fault) { b.Fatal(f) }}
		if _, err := c.Write(text); err != nil {
			b.Fatal(err)
		}
		c.Finish()
	}
}
