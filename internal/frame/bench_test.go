package frame

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"
)

// benchContents are the content of a frame of documents, and one that does not
// compress.
func benchContents() map[string][]byte {
	r := rand.New(rand.NewPCG(1, 2))
	var text []byte
	for i := 0; len(text) < Target; i++ {
		text = fmt.Appendf(text, `{"id":"%016x","name":"Report %d","query":{"measures":["revenue"],"limit":%d}}`, r.Uint64(), i, r.IntN(500))
	}
	noise := make([]byte, Target)
	for i := range noise {
		noise[i] = byte(r.Uint32())
	}
	return map[string][]byte{"documents": text[:Target], "noise": noise}
}

func BenchmarkEncode(b *testing.B) {
	for name, content := range benchContents() {
		b.Run(name, func(b *testing.B) {
			e, err := NewEncoder(1)
			if err != nil {
				b.Fatal(err)
			}
			var dst []byte
			b.SetBytes(int64(len(content)))
			b.ReportAllocs()
			for b.Loop() {
				dst = e.Encode(dst[:0], content)
			}
		})
	}
}

// BenchmarkDecode is what a reader does with a frame: check its form, then
// decompress it.
func BenchmarkDecode(b *testing.B) {
	for name, content := range benchContents() {
		b.Run(name, func(b *testing.B) {
			e, err := NewEncoder(1)
			if err != nil {
				b.Fatal(err)
			}
			d, err := NewDecoder(1)
			if err != nil {
				b.Fatal(err)
			}
			frame := e.Encode(nil, content)
			var dst []byte
			b.SetBytes(int64(len(content)))
			b.ReportAllocs()
			for b.Loop() {
				n, err := Check(frame, int64(len(content)))
				if err != nil {
					b.Fatal(err)
				}
				if dst, err = d.Decode(dst[:0], frame, n); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkSplit(b *testing.B) {
	e, err := NewEncoder(1)
	if err != nil {
		b.Fatal(err)
	}
	var stream []byte
	const frames = 16
	for range frames {
		stream = e.Encode(stream, benchContents()["documents"])
	}
	b.SetBytes(int64(len(stream)))
	b.ReportAllocs()
	for b.Loop() {
		s := NewSplitter(bytes.NewReader(stream))
		var frame []byte
		for range frames {
			if frame, _, err = s.Next(frame, Target); err != nil {
				b.Fatal(err)
			}
		}
	}
}

func BenchmarkSum(b *testing.B) {
	content := benchContents()["noise"]
	b.SetBytes(int64(len(content)))
	b.ReportAllocs()
	for b.Loop() {
		Sum(content)
	}
}

func BenchmarkParseTable(b *testing.B) {
	rows := make([]Row, 10_000)
	for i := range rows {
		rows[i] = Row{Compressed: uint32(300_000 + i), Content: Target}
	}
	table := AppendTable(nil, rows)
	b.SetBytes(int64(len(table)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ParseTable(table); err != nil {
			b.Fatal(err)
		}
	}
}
