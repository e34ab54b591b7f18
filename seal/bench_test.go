package seal

import (
	"bytes"
	"io"
	"testing"
)

const benchSize = 64 << 20

func BenchmarkWriter(b *testing.B) {
	key := newKey(b)
	plain := content(benchSize)
	b.SetBytes(benchSize)
	b.ReportAllocs()
	for b.Loop() {
		w, err := NewWriter(io.Discard, key.Recipient())
		if err != nil {
			b.Fatal(err)
		}
		if _, err := w.Write(plain); err != nil {
			b.Fatal(err)
		}
		if err := w.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkStream reads from front to back as from a pipe, BenchmarkAnywhere in
// pieces of 1 MiB as verify does.
func BenchmarkStream(b *testing.B) {
	key := newKey(b)
	file := encrypt(b, content(benchSize), key.Recipient())
	b.SetBytes(benchSize)
	b.ReportAllocs()
	for b.Loop() {
		r, err := NewReader(b.Context(), bytes.NewReader(file), key)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, r); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAnywhere(b *testing.B) {
	key := newKey(b)
	file := encrypt(b, content(benchSize), key.Recipient())
	p := make([]byte, 1<<20)
	b.SetBytes(benchSize)
	b.ReportAllocs()
	for b.Loop() {
		r, err := Open(b.Context(), bytes.NewReader(file), int64(len(file)), key)
		if err != nil {
			b.Fatal(err)
		}
		for off := int64(0); off < benchSize; off += int64(len(p)) {
			if _, err := r.ReadAt(p, off); err != nil {
				b.Fatal(err)
			}
		}
	}
}
