package frame

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/klauspost/compress/zstd"
)

func random(n int) []byte {
	b := make([]byte, n)
	rand.NewChaCha8([32]byte{1}).Read(b)
	return b
}

func codecs(t testing.TB) (*Encoder, *Decoder) {
	t.Helper()
	e, err := NewEncoder(2)
	if err != nil {
		t.Fatal(err)
	}
	d, err := NewDecoder(2)
	if err != nil {
		t.Fatal(err)
	}
	return e, d
}

func contents() map[string][]byte {
	mixed := append(random(1<<20), bytes.Repeat([]byte("mixed"), 1<<18)...)
	return map[string][]byte{
		"one block": bytes.Repeat([]byte("a"), 512), "text": bytes.Repeat([]byte("some text, "), 100_000)[:1<<20],
		"zeros": make([]byte, MaxContent), "random": random(MaxContent), "short random": random(1024), "mixed": mixed[:2<<20],
		"size boundary below": bytes.Repeat([]byte("ab"), 65536/2)[:65536], "size boundary": random(65536 + 512), "larger than any frame but the manifest's": bytes.Repeat([]byte("m,\n"), 3<<20)[:9<<20],
	}
}

func TestEncodeCheckDecode(t *testing.T) {
	e, d := codecs(t)
	for name, content := range contents() {
		f := e.Encode(nil, content)
		if n, err := Check(f, MaxManifest); err != nil || n != int64(len(content)) {
			t.Errorf("%s: Check = %d, %v", name, n, err)
		}
		out, err := d.Decode(nil, f, int64(len(content)))
		if err != nil || !bytes.Equal(out, content) {
			t.Errorf("%s: does not come back: %v", name, err)
		}
		if again := e.Encode([]byte("x"), content); !bytes.Equal(again[1:], f) {
			t.Errorf("%s: a second time it is encoded differently", name)
		}
		stored := AppendStored(nil, content)
		if out, err := d.Decode(nil, stored, int64(len(content))); err != nil || !bytes.Equal(out, content) {
			t.Errorf("%s: stored, it does not come back: %v", name, err)
		}
		if _, err := Check(stored, MaxManifest); err != nil {
			t.Errorf("%s: stored: %v", name, err)
		}
	}
	if f := e.Encode(nil, random(MaxContent)); !bytes.Equal(f, AppendStored(nil, random(MaxContent))) {
		t.Error("random content is not stored")
	}
}

func TestZstdReadsFrames(t *testing.T) {
	if _, err := exec.LookPath("zstd"); err != nil {
		t.Fatal("this test needs the command zstd: install package zstd")
	}
	e, _ := codecs(t)
	for name, content := range contents() {
		for _, f := range [][]byte{e.Encode(nil, content), AppendStored(nil, content)} {
			cmd := exec.Command("zstd", "-dcq")
			cmd.Stdin = bytes.NewReader(f)
			if out, err := cmd.Output(); err != nil || !bytes.Equal(out, content) {
				t.Errorf("%s: zstd: %v", name, err)
			}
		}
	}
}

func TestCheckRefuses(t *testing.T) {
	content := bytes.Repeat([]byte("some text, "), 10_000)[:100*512]
	e, _ := codecs(t)
	good := e.Encode(nil, content)
	other := func(opts ...zstd.EOption) []byte {
		w, err := zstd.NewWriter(nil, opts...)
		if err != nil {
			t.Fatal(err)
		}
		return w.EncodeAll(content, nil)
	}
	change := func(i int, c byte) []byte { b := bytes.Clone(good); b[i] = c; return b }
	for _, c := range []struct {
		name  string
		frame []byte
		want  error
	}{
		{"empty", nil, ErrTruncated},
		{"cut", good[:len(good)-1], ErrTruncated},
		{"cut in the header", good[:6], ErrTruncated},
		{"byte after it", append(bytes.Clone(good), 0), ErrDamaged},
		{"two frames", append(bytes.Clone(good), good...), ErrDamaged},
		{"other magic", change(0, 0x29), ErrNotCanonical},
		{"no checksum", other(zstd.WithEncoderCRC(false), zstd.WithSingleSegment(true)), ErrNotCanonical},
		{"window descriptor", other(zstd.WithSingleSegment(false)), ErrNotCanonical},
		{"no content size", append([]byte{0x28, 0xb5, 0x2f, 0xfd, 0x04, 0x58}, good[7:]...), ErrNotCanonical},
		{"unused bit", change(4, good[4]|0x10), ErrNotCanonical},
		{"reserved bit", change(4, good[4]|0x08), ErrNotCanonical},
		{"dictionary id", change(4, good[4]|0x01), ErrNotCanonical},
		{"long spelling of the content size", append([]byte{0x28, 0xb5, 0x2f, 0xfd, 0xa4, 0, 200, 0, 0}, good[7:]...), ErrNotCanonical},
		{"reserved block type", []byte{0x28, 0xb5, 0x2f, 0xfd, 0x64, 0, 1, 7, 0, 0, 0, 0, 0, 0}, ErrDamaged},
		{"claims more than its blocks can hold", []byte{0x28, 0xb5, 0x2f, 0xfd, 0xa4, 0, 0, 0x40, 0, 1, 0, 0, 0, 0, 0, 0}, ErrDamaged},
		{"endless empty blocks", append([]byte{0x28, 0xb5, 0x2f, 0xfd, 0x64, 0, 1}, make([]byte, 3000)...), ErrNotCanonical},
		{"larger than allowed", []byte{0x28, 0xb5, 0x2f, 0xfd, 0xa4, 0, 0, 0x40, 1, 1, 0, 0, 0, 0, 0, 0}, ErrTooLarge},
	} {
		if _, err := Check(c.frame, MaxContent); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
	}
}

func TestDecodeContainsDamage(t *testing.T) {
	e, d := codecs(t)
	content := contents()["text"][:64<<10]
	good := e.Encode(nil, content)
	r := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		b := bytes.Clone(good)
		b[7+r.IntN(len(b)-7)] ^= 1 << r.IntN(8)
		if n, err := Check(b, MaxContent); err == nil {
			if out, err := d.Decode(nil, b, n); err == nil && !bytes.Equal(out, content) {
				t.Fatal("a changed frame decodes to other content")
			} else if err != nil && !errors.Is(err, ErrDamaged) {
				t.Fatal(err)
			}
		}
	}
}

func TestSplitter(t *testing.T) {
	e, _ := codecs(t)
	var file []byte
	var frames [][]byte
	for _, name := range []string{"text", "random", "one block", "mixed"} {
		f := e.Encode(nil, contents()[name])
		frames = append(frames, f)
		file = append(file, f...)
	}
	fixity := AppendFixity(nil, []uint64{1, 2})
	file = append(file, fixity...)
	for name, r := range map[string]io.Reader{
		"whole": bytes.NewReader(file), "halves": iotest.HalfReader(bytes.NewReader(file)), "early EOF": iotest.DataErrReader(bytes.NewReader(file)),
	} {
		s := NewSplitter(r)
		for i, want := range frames {
			if magic, err := s.Peek(); err != nil || magic != Magic {
				t.Fatalf("%s: Peek = %#x, %v", name, magic, err)
			}
			got, _, err := s.Next(nil, MaxContent)
			if err != nil || !bytes.Equal(got, want) {
				t.Fatalf("%s: frame %d: %v", name, i, err)
			}
		}
		if got, err := s.Skippable(100); err != nil || !bytes.Equal(got, fixity) {
			t.Errorf("%s: skippable frame: %v", name, err)
		}
		if _, err := s.Peek(); err != io.EOF || s.Offset() != int64(len(file)) {
			t.Errorf("%s: at the end: %v, offset %d", name, err, s.Offset())
		}
	}
	if _, err := NewSplitter(strings.NewReader("abc")).Peek(); !errors.Is(err, ErrTruncated) {
		t.Errorf("three bytes: %v", err)
	}
	if _, _, err := NewSplitter(bytes.NewReader(file[:100])).Next(nil, MaxContent); !errors.Is(err, ErrTruncated) {
		t.Errorf("cut: %v", err)
	}
	if _, err := NewSplitter(bytes.NewReader(fixity)).Skippable(int64(len(fixity) - 1)); !errors.Is(err, ErrTooLarge) {
		t.Errorf("limit of a skippable frame: %v", err)
	}
	broken := errors.New("broken pipe")
	if _, _, err := NewSplitter(io.MultiReader(bytes.NewReader(file[:100]), iotest.ErrReader(broken))).Next(nil, MaxContent); !errors.Is(err, broken) {
		t.Errorf("reader's error: %v", err)
	}
}

func TestTables(t *testing.T) {
	sums := []uint64{1, 1 << 63, 3}
	fixity := AppendFixity(nil, sums)
	if got, err := ParseFixity(fixity, 3); err != nil || !slices.Equal(got, sums) {
		t.Errorf("ParseFixity = %v, %v", got, err)
	}
	rows := []Row{{5, 512}, {1 << 20, MaxContent}, {uint32(len(fixity)), 0}}
	table := AppendTable(nil, rows)
	if got, err := ParseTable(table); err != nil || !slices.Equal(got, rows) || int64(len(table)) != TableLength(3) {
		t.Errorf("ParseTable = %v, %v", got, err)
	}
	if _, err := ParseFixity(fixity, 2); !errors.Is(err, ErrFixity) {
		t.Errorf("number of sums: %v", err)
	}
	for i := range 8 * 8 {
		b := bytes.Clone(fixity)
		b[i/8] ^= 1 << (i % 8)
		if _, err := ParseFixity(b, 3); !errors.Is(err, ErrFixity) {
			t.Errorf("fixity header bit %d: %v", i, err)
		}
	}
	for i := range 8 * len(table) {
		b := bytes.Clone(table)
		b[i/8] ^= 1 << (i % 8)
		if got, err := ParseTable(b); err == nil && slices.Equal(got, rows) {
			t.Errorf("table bit %d does not matter", i)
		}
	}
	for n := range table {
		if _, err := ParseTable(table[:n]); err == nil {
			t.Errorf("accepts the first %d bytes of a table", n)
		}
	}
}

func TestCutter(t *testing.T) {
	var got []int64
	c := Cutter{Emit: func(n int64) { got = append(got, n) }}
	if !c.Small(1024) || c.Small(Target-1024) || !c.Small(512) {
		t.Error("Small does not say rightly what begins a frame")
	}
	c.Large(512, MaxContent)
	c.Large(512, MaxContent+512)
	c.Small(Target)
	c.Small(Target)
	c.Alone(10 << 20)
	c.Alone(1024)
	want := []int64{Target, 512, 512, MaxContent, 512, MaxContent, 512, Target, Target, 10 << 20, 1024}
	if !slices.Equal(got, want) {
		t.Errorf("frames %v, want %v", got, want)
	}
}

func FuzzCheck(f *testing.F) {
	e, d := codecs(f)
	f.Add(e.Encode(nil, bytes.Repeat([]byte("abc "), 512)))
	f.Add(AppendStored(nil, make([]byte, 1024)))
	f.Add([]byte{0x28, 0xb5, 0x2f, 0xfd, 0x64, 0, 1, 7, 0, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		n, err := Check(b, MaxContent)
		got, content, splitErr := NewSplitter(bytes.NewReader(b)).Next(nil, MaxContent)
		if err == nil && (splitErr != nil || content != n || !bytes.Equal(got, b)) {
			t.Fatalf("Check accepts %d bytes, Splitter says %d, %v", n, content, splitErr)
		}
		if splitErr == nil {
			if _, err := Check(got, MaxContent); err != nil {
				t.Fatalf("Splitter accepts, Check says %v", err)
			}
			if out, err := d.Decode(nil, got, content); err == nil && int64(len(out)) != content {
				t.Fatal("wrong length")
			}
		}
	})
}

func FuzzTables(f *testing.F) {
	f.Add(AppendTable(nil, []Row{{5, 512}, {16, 0}}))
	f.Add(AppendFixity(nil, []uint64{1, 2}))
	f.Fuzz(func(t *testing.T, b []byte) {
		if rows, err := ParseTable(b); err == nil && !bytes.Equal(AppendTable(nil, rows), b) {
			t.Fatal("accepted a table that AppendTable does not write")
		}
		n := max(0, (len(b)-8)/8)
		if sums, err := ParseFixity(b, n); err == nil && !bytes.Equal(AppendFixity(nil, sums), b) {
			t.Fatal("accepted a fixity frame that AppendFixity does not write")
		}
	})
}

// TestDecoderKeepsNoLargeFrame: what was decoded is the caller's alone, and goes
// when the caller lets go of it.
func TestDecoderKeepsNoLargeFrame(t *testing.T) {
	const size = 24 << 20
	live := func() int64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	d, err := NewDecoder(2)
	if err != nil {
		t.Fatal(err)
	}
	before := live()
	func() {
		content := bytes.Repeat([]byte("manifest "), size/9)
		b := AppendStored(nil, content)
		got, err := d.Decode(nil, b, int64(len(content)))
		if err != nil || !bytes.Equal(got, content) {
			t.Fatalf("%d bytes, %v", len(got), err)
		}
	}()
	if kept := live() - before; kept > size/8 {
		t.Errorf("%d bytes are kept of a frame of %d", kept, size)
	}
	runtime.KeepAlive(d)
}
