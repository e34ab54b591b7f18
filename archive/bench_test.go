package archive

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"runtime"
	"testing"
)

// documents returns n small documents of an archive, some 3 KB each.
func documents(n int) (files []file, size int64) {
	for i := range n {
		content := fmt.Appendf(nil, `{"id":"%08x","name":"Report %d","pages":[`, i, i)
		for k := range 12 {
			content = fmt.Appendf(content, `{"id":"p%d","visuals":[{"id":"v%x","type":"bar","query":{"dataset":"%x","measures":["revenue"],"limit":%d}}]},`, k, noise(6, byte(i+k)), noise(8, byte(i)), i%500)
		}
		content = append(content, "{}]}"...)
		files = append(files, file{fmt.Sprintf("%s/reports/%08x%s.json", wsA, i, id1[8:]), content})
		size += int64(len(content))
	}
	return files, size
}

func benchmarkFiles(b *testing.B, name string) ([]file, int64) {
	if name == "docs20000" {
		return documents(20_000)
	}
	const size = 256 << 20
	return []file{{wsA + "/files/" + id1, noise(size, 1)}}, size
}

func writeTo(b testing.TB, w io.Writer, opts WriterOptions, files []file) {
	aw, err := NewWriter(w, opts)
	if err != nil {
		b.Fatal(err)
	}
	for _, f := range files {
		ew, err := aw.Create(Header{f.path, int64(len(f.content))})
		if err != nil {
			b.Fatal(err)
		}
		if _, err := ew.Write(f.content); err != nil {
			b.Fatal(err)
		}
	}
	if err := aw.Close(); err != nil {
		b.Fatal(err)
	}
}

func BenchmarkWrite(b *testing.B) {
	for _, name := range []string{"docs20000", "noise256M"} {
		b.Run(name, func(b *testing.B) {
			files, size := benchmarkFiles(b, name)
			opts := options(b)
			b.SetBytes(size)
			b.ReportAllocs()
			for b.Loop() {
				writeTo(b, io.Discard, opts, files)
			}
		})
	}
}

func BenchmarkVerify(b *testing.B) {
	for _, name := range []string{"docs20000", "noise256M"} {
		files, size := benchmarkFiles(b, name)
		var out bytes.Buffer
		writeTo(b, &out, options(b), files)
		archive := out.Bytes()
		b.Logf("%s: %d bytes become %d", name, size, len(archive))
		for mode, verify := range map[string]func() (*Report, error){
			"random": func() (*Report, error) {
				return Verify(context.Background(), bytes.NewReader(archive), int64(len(archive)), Options{})
			},
			"stream": func() (*Report, error) {
				return VerifyStream(context.Background(), bytes.NewReader(archive), Options{})
			},
		} {
			b.Run(name+"/"+mode, func(b *testing.B) {
				b.SetBytes(size)
				b.ReportAllocs()
				for b.Loop() {
					if r, err := verify(); err != nil || !r.OK() {
						b.Fatal(err, r.Findings)
					}
				}
			})
		}
	}
}

func BenchmarkOpenAndReadOne(b *testing.B) {
	files, _ := documents(20_000)
	var out bytes.Buffer
	writeTo(b, &out, options(b), files)
	b.ReportAllocs()
	for b.Loop() {
		a := openBytes(b, out.Bytes(), Options{})
		if _, err := a.ReadFile(files[12_345].path); err != nil {
			b.Fatal(err)
		}
	}
}

// counting counts the reads of a file and their bytes.
type counting struct {
	io.ReaderAt
	reads, bytes int
}

func (c *counting) ReadAt(p []byte, offset int64) (int, error) {
	c.reads++
	c.bytes += len(p)
	return c.ReaderAt.ReadAt(p, offset)
}

// BenchmarkReadOne opens an archive and reads one of its 20,000 documents.
func BenchmarkReadOne(b *testing.B) {
	files, _ := documents(20_000)
	var out bytes.Buffer
	writeTo(b, &out, options(b), files)
	file := &counting{ReaderAt: bytes.NewReader(out.Bytes())}
	b.ReportAllocs()
	for b.Loop() {
		a, err := Open(context.Background(), file, int64(out.Len()), Options{})
		if err != nil {
			b.Fatal(err)
		}
		if _, err := a.ReadFile(files[12_345].path); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(file.reads)/float64(b.N), "reads/op")
	b.ReportMetric(float64(file.bytes)/float64(b.N), "read-B/op")
}

// BenchmarkOpen100000 opens an archive of as many entries and reports
// what stays in memory for each.
func BenchmarkOpen100000(b *testing.B) {
	const entries = 100_000
	opts := options(b)
	opts.Signer, opts.Unsigned = nil, true
	files := make([]file, entries)
	for i := range files {
		files[i] = file{fmt.Sprintf("%s/reports/%08x%s.json", wsA, i, id1[8:]), []byte{byte(i), byte(i >> 8), byte(i >> 16)}}
	}
	var out bytes.Buffer
	writeTo(b, &out, opts, files)
	b.ReportAllocs()
	var before, after runtime.MemStats
	var a *Archive
	for b.Loop() {
		var err error
		if a, err = Open(context.Background(), bytes.NewReader(out.Bytes()), int64(out.Len()), Options{AllowUnsigned: true}); err != nil {
			b.Fatal(err)
		}
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if n := len(a.Manifest().Entries); n != entries {
		b.Fatal(n)
	}
	runtime.KeepAlive(a)
	a = nil
	runtime.GC()
	runtime.ReadMemStats(&before)
	b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/entries, "kept-B/entry")
}
