package parquetio

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"runtime"
	"runtime/metrics"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/compress"
)

// small returns small files of every type and layout.
func small(t testing.TB) map[string][]byte {
	s, rows := sample(t)
	files := make(map[string][]byte)
	for i, c := range s {
		var few [][]any
		for _, row := range rows[:12] {
			few = append(few, []any{row[i]})
		}
		files[c.String()] = writeWith(t, Schema{c}, few, parquet.WithCreatedBy(CreatedBy), parquet.WithDictionaryDefault(false), parquet.WithCompression(compress.Codecs.Zstd))
	}
	files["ours"] = writeWith(t, s[:6], cut(rows[:10], 6), encodings(s[:6])...)
	for _, codec := range []compress.Compression{compress.Codecs.Uncompressed, compress.Codecs.Snappy, compress.Codecs.Gzip, compress.Codecs.Brotli, compress.Codecs.Lz4Raw} {
		files["dictionary "+codec.String()] = writeWith(t, s[15:17], slice(rows[:30], 15, 17), parquet.WithCompression(codec),
			parquet.WithDataPageVersion(parquet.DataPageV2), parquet.WithPageIndexEnabled(true))
	}
	files["delta"] = writeWith(t, s[15:17], slice(rows[:30], 15, 17), parquet.WithDictionaryDefault(false), parquet.WithEncoding(parquet.Encodings.DeltaByteArray))
	files["list"] = writeWith(t, s[20:22], slice(rows[:30], 20, 22), parquet.WithDictionaryDefault(false), parquet.WithDataPageVersion(parquet.DataPageV2))
	return files
}

func cut(rows [][]any, n int) [][]any { return slice(rows, 0, n) }

func slice(rows [][]any, from, to int) (out [][]any) {
	for _, row := range rows {
		out = append(out, row[from:to])
	}
	return out
}

// tight are limits under which nothing may take much memory.
var tight = Limits{Memory: 4 << 20, Footer: 1 << 20, Nodes: 1 << 14, Page: 1 << 20, PageValues: 1 << 20}

// allocated returns how many bytes the process has allocated so far.
func allocated() uint64 {
	sample := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

// most is what reading a small file under tight limits may allocate, counted
// without what is freed meanwhile: decoders, batches, and the rows as Go values.
const most = 48 << 20

var errManyRows = errors.New("more rows than the test lists")

// try reads b, and fails the test if that panics, allocates much, or fails with
// an error of no known kind.
func try(t testing.TB, name string, b []byte) {
	t.Helper()
	before := allocated()
	err := func() error {
		f, err := openBytes(b, Options{Limits: tight, BatchRows: 100})
		if err != nil {
			return err
		}
		for g := range min(len(f.RowGroups()), 100) {
			for k := range f.Schema() {
				_ = f.Statistics(g, k)
			}
		}
		if f.Rows() > 10_000 { // a page can repeat a value for the price of a byte
			return errManyRows
		}
		_, err = readAll(b, Options{Limits: tight, BatchRows: 100})
		return err
	}()
	if n := allocated() - before; n > most {
		t.Fatalf("%s: %d bytes allocated", name, n)
	}
	var damage *DamageError
	var limit *LimitError
	var unsupported *UnsupportedError
	switch {
	case err == nil, errors.Is(err, errManyRows), errors.Is(err, ErrNotParquet), errors.As(err, &damage), errors.As(err, &limit),
		errors.As(err, &unsupported), strings.HasPrefix(err.Error(), "parquetio: "):
	default:
		t.Fatalf("%s: %T %v", name, err, err)
	}
}

// Every byte of small files, changed in several ways, and every length.
func TestMutants(t *testing.T) {
	step := 1
	if testing.Short() {
		step = 7
	}
	for name, b := range small(t) {
		m := bytes.Clone(b)
		for i := 0; i < len(b); i += step {
			for _, v := range []byte{0, 0xff, b[i] ^ 1, b[i] ^ 0x80, b[i] + 1} {
				m[i] = v
				try(t, fmt.Sprintf("%s: byte %d is %#x", name, i, v), m)
			}
			m[i] = b[i]
			try(t, fmt.Sprintf("%s: %d bytes", name, i), b[:i])
		}
	}
}

func FuzzRead(f *testing.F) {
	for _, b := range small(f) {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) { try(t, "fuzzed", b) })
}

func FuzzParse(f *testing.F) {
	for _, text := range []string{"id int64 not null, \"a b\" list<decimal(3,1) not null>", "timestamp(us, utc)", "list<"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := ParseSchema(text)
		if err != nil {
			return
		}
		again, err := ParseSchema(s.String())
		if err != nil || !again.Equal(s) || again.String() != s.String() {
			t.Errorf("%q: %q, %v", text, s, err)
		}
	})
}

// footerFile returns a file that is nothing but a footer.
func footerFile(footer []byte) []byte {
	b := append([]byte(magic), footer...)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(footer)))
	return append(b, magic...)
}

func TestFootersThatClaimTooMuch(t *testing.T) {
	element := func(children ...byte) []byte { return append(append([]byte{0x48, 1, 'x'}, children...), 0) } // name, then num_children
	many := func(n int, each []byte) []byte {
		return append(binary.AppendUvarint([]byte{0xfc}, uint64(n)), bytes.Repeat(each, n)...)
	}
	schemaOf := func(list []byte) []byte { return append([]byte{0x15, 2, 0x19}, list...) } // version 1, then the schema
	limits := tight
	limits.Nodes = 50_000
	for _, c := range []struct {
		name   string
		footer []byte
		want   string
	}{
		{"nothing", nil, "damaged footer: unexpected EOF"},
		{"no schema", []byte{0x15, 2, 0}, "no schema"},
		{"unfinished", schemaOf(many(1, element(0x15, 0xfe, 0xff, 0xff, 0xff, 0x0f))), "unexpected EOF"},
		{"many children", append(schemaOf(many(1, element(0x15, 0xfe, 0xff, 0xff, 0xff, 0x0f))), 0), "claims 2147483647 children"},
		{"negative children", schemaOf(many(1, element(0x15, 1))), "where a count must stand"},
		{"a long list", schemaOf([]byte{0xfc, 0xff, 0xff, 0xff, 0xff, 0x0f}), "unexpected EOF"},
		{"many columns", append(schemaOf(append(many(1, element(0x15, 0x90, 0x4e)), bytes.Repeat(element(), 0)...)), 0), "claims 5000 children"},
		{"deep", append(schemaOf(many(40, element(0x15, 2))), 0), "Depth 17 exceeds the limit of 16"},
		{"many row groups", append([]byte{0x15, 2, 0x39}, many(40000, []byte{0})...), "RowGroups 32769 exceeds the limit of 32768"},
		{"many values", append([]byte{0x15, 2, 0x49}, many(60000, []byte{0})...), "Nodes"},
		{"nested values", append([]byte{0x15, 2, 0xfc}, bytes.Repeat([]byte{0x1c}, 5000)...), "Nodes"},
		{"logical type", append(schemaOf(many(1, []byte{0x48, 1, 'x', 0x6c, 0x0c, 35 << 1, 0, 0, 0})), 0), `column "x": logical type 35 is not supported`},
		{"second schema", append(append(schemaOf(many(1, element())), []byte{0x09, 4}...), many(1, element())...), "malformed"},
	} {
		_, err := openBytes(footerFile(c.footer), Options{Limits: limits})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
}

func TestLimitsOfOpen(t *testing.T) {
	s, rows := sample(t)
	b := writeWith(t, s, rows)
	for _, c := range []struct {
		limits Limits
		want   string
	}{
		{Limits{Footer: 100}, "Footer"}, {Limits{Nodes: 100}, "Nodes"}, {Limits{Columns: 5}, "Columns"}, {Limits{RowGroups: 2}, "RowGroups"},
		{Limits{Depth: 1}, "Depth"}, {Limits{Memory: 1000}, "Memory"}, {Limits{Page: 10}, "Page"}, {Limits{PageHeader: 10}, "PageHeader"},
		{Limits{PageValues: 10}, "PageValues"},
	} {
		_, err := readAll(b, Options{Limits: c.limits})
		var limit *LimitError
		if !errors.As(err, &limit) || limit.Limit != c.want {
			t.Errorf("%+v: %v", c.limits, err)
		}
	}
	for _, limits := range []Limits{{Footer: -1}, {Columns: -1}, {Page: 1 << 40}} {
		if _, err := openBytes(b, Options{Limits: limits}); err == nil {
			t.Errorf("%+v passes", limits)
		}
	}
}

// A page that states a small size and inflates to a large one is stopped.
func TestBombs(t *testing.T) {
	huge := make([]byte, 256<<20)
	for _, codec := range []compress.Compression{compress.Codecs.Zstd, compress.Codecs.Gzip, compress.Codecs.Brotli, compress.Codecs.Snappy, compress.Codecs.Lz4Raw} {
		c, err := compress.GetCodec(codec)
		if err != nil {
			t.Fatal(err)
		}
		bomb := bytes.Clone(c.Encode(make([]byte, c.CompressBound(int64(len(huge)))), huge))
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		err = guard(func() error { return decompress(codec, make([]byte, 1000), bomb, &allowance{max: 32 << 20}) })
		runtime.ReadMemStats(&after)
		if err == nil {
			t.Errorf("%s: no error", codec)
		}
		if held := after.TotalAlloc - before.TotalAlloc; held > 48<<20 {
			t.Errorf("%s: %d bytes allocated for a page of 1000", codec, held)
		}
	}
}

func TestZstdFrames(t *testing.T) {
	c, err := compress.GetCodec(compress.Codecs.Zstd)
	if err != nil {
		t.Fatal(err)
	}
	content := bytes.Repeat([]byte("content "), 1<<19)
	frame := bytes.Clone(c.Encode(nil, content))
	var streamed bytes.Buffer
	w := c.(compress.StreamingCodec).NewWriter(&streamed)
	if _, err := w.Write(content); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	window := bytes.Clone(streamed.Bytes())
	if window[4]&0xe0 != 0 {
		t.Fatal("the streamed frame states its size; the test needs one that does not")
	}
	window[5] = 0xff // a window of terabytes
	for name, c := range map[string]struct {
		b    []byte
		want string
	}{
		"whole":      {frame, ""},
		"streamed":   {streamed.Bytes(), ""},
		"two frames": {append(bytes.Clone(frame), frame...), errZstd.Error()},
		"window":     {window, "Memory"},
		"cut":        {frame[:len(frame)-1], errZstd.Error()},
		"header":     {frame[:5], errZstd.Error()},
		"no magic":   {content, errZstd.Error()},
	} {
		dst := make([]byte, len(content))
		err := guard(func() error { return decompress(compress.Codecs.Zstd, dst, c.b, &allowance{max: 32 << 20}) })
		switch {
		case c.want == "" && (err != nil || !bytes.Equal(dst, content)):
			t.Errorf("%s: %v", name, err)
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

// What reading holds is counted, and all of it is given back.
func TestMemoryIsGivenBack(t *testing.T) {
	s, rows := sample(t)
	f, err := openBytes(writeWith(t, s, rows), Options{BatchRows: 32})
	if err != nil {
		t.Fatal(err)
	}
	for _, stop := range []int{1, 3, 1000} {
		mem := &allowance{max: 64 << 20}
		batches := 0
		for g := range f.RowGroups() {
			if !f.readGroup(context.Background(), g, mem, func(_ arrow.RecordBatch, err error) bool {
				if err != nil {
					t.Fatal(err)
				}
				batches++
				return batches < stop
			}) {
				break
			}
		}
		if mem.used.Load() != 0 || mem.peak.Load() == 0 {
			t.Errorf("after %d batches %d bytes are held of %d at most", batches, mem.used.Load(), mem.peak.Load())
		}
	}
}

// A source that fails is not a damaged file.
type failingReader struct {
	io.ReaderAt
	after int
}

var errDisk = errors.New("the disk is gone")

func (r *failingReader) ReadAt(b []byte, at int64) (int, error) {
	if r.after--; r.after < 0 {
		return 0, errDisk
	}
	return r.ReaderAt.ReadAt(b, at)
}

func TestReadErrorsAreNotDamage(t *testing.T) {
	s, rows := sample(t)
	b := writeWith(t, s, rows)
	for after := range 20 {
		f, err := Open(&failingReader{bytes.NewReader(b), after}, int64(len(b)), Options{})
		if err == nil {
			for _, e := range f.Batches(context.Background()) {
				err = e
			}
		}
		var damage *DamageError
		if !errors.Is(err, errDisk) || errors.As(err, &damage) {
			t.Fatalf("after %d reads: %v", after, err)
		}
	}
}

func TestEncryptedAndOtherFiles(t *testing.T) {
	s, rows := sample(t)
	b := writeWith(t, s, rows)
	b = append(b[:len(b)-4], "PARE"...)
	var unsupported *UnsupportedError
	if _, err := openBytes(b, Options{}); !errors.As(err, &unsupported) {
		t.Error(err)
	}
	for _, b := range [][]byte{nil, []byte("PAR1"), bytes.Repeat([]byte("PAR0"), 10), b[4:]} {
		if _, err := openBytes(b, Options{}); err == nil {
			t.Errorf("%q opens", b[:min(len(b), 8)])
		}
	}
}
