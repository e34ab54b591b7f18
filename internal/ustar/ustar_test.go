package ustar

import (
	"archive/tar"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestStandardLibraryReadsAndWritesTheSame(t *testing.T) {
	long := "signatures/workspaces/0b54f1a2-6f5e-4c0e-9a55-1f2f3c4d5e6f/datasets/2a5e562b-ab37-1b9b-1de3-1be4335c8e83/rows.parquet.sig"
	for _, path := range []string{"manifest.json", strings.Repeat("a", 60) + "/" + strings.Repeat("b", 39), strings.Repeat("a", 60) + "/" + strings.Repeat("b", 40), long} {
		h := Header{Type: TypeFile, Path: path, Size: 123, Time: 1767323045}
		got := Append(nil, h)
		var want bytes.Buffer
		w := tar.NewWriter(&want)
		if err := w.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: path, Size: 123, Mode: 0o644, ModTime: time.Unix(h.Time, 0), Format: tar.FormatUSTAR}); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want.Bytes()) {
			t.Errorf("%s:\n%q\nwant\n%q", path, got, want.Bytes())
		}
		if back, _, err := Parse(got); err != nil || back != h {
			t.Errorf("Parse = %+v, %v", back, err)
		}
		for _, likely := range []string{path, path[1:], path + "x", path[:len(path)-1] + "x", strings.Replace(path, "/", "-", 1), "a/" + path} {
			if back, _, err := ParseLikely(got, likely); err != nil || back != h {
				t.Errorf("ParseLikely(%s) = %+v, %v", likely, back, err)
			}
		}
		if n := testing.AllocsPerRun(10, func() { ParseLikely(got, path) }); n != 0 {
			t.Errorf("ParseLikely of what it is: %v allocations", n)
		}
	}
}

func TestExtendedHeader(t *testing.T) {
	const size = 1 << 33
	if Extended(size-1) || !Extended(size) {
		t.Fatal("the limit of the size field is wrong")
	}
	got := AppendFile(nil, "audit/events.ndjson", size, 5)
	if int64(len(got)) != Length(size) {
		t.Errorf("%d bytes of headers, Length says %d", len(got), Length(size))
	}
	h, err := tar.NewReader(bytes.NewReader(got)).Next()
	if err != nil || h.Size != size || h.Name != "audit/events.ndjson" {
		t.Errorf("the standard library reads %+v, %v", h, err)
	}
	x, _, err := Parse(got[:BlockSize])
	if err != nil || x.Type != TypeExtended || x.Path != ExtendedName {
		t.Fatalf("%+v, %v", x, err)
	}
	if n, err := ParseSize(got[BlockSize : BlockSize+x.Size]); err != nil || n != size {
		t.Errorf("ParseSize = %d, %v", n, err)
	}
	for _, bad := range []string{"", "size", "13 size=1000\n", "19 size=08589934592\n", "21 size=+8589934592\n", "20 path=8589934592\n", "20 size=8589934592\n20 size=8589934592\n"} {
		if n, err := ParseSize([]byte(bad)); err == nil {
			t.Errorf("ParseSize(%q) = %d", bad, n)
		}
	}
}

func TestGlobalHeader(t *testing.T) {
	hint := Hint{Created: "2026-01-02T03:04:05Z", Format: "1.0", ID: "019a9b3c-0000-7000-8000-000000000001", Tenant: "acme"}
	got := AppendGlobal(nil, hint, 5)
	r := tar.NewReader(bytes.NewReader(append(bytes.Clone(got), make([]byte, End)...)))
	h, err := r.Next()
	if err != nil || h.Typeflag != tar.TypeXGlobalHeader || h.PAXRecords["OAARCHIVE.id"] != hint.ID || h.PAXRecords["OAARCHIVE.tenant"] != "acme" {
		t.Fatalf("the standard library reads %+v, %v", h, err)
	}
	if _, err := r.Next(); err != io.EOF {
		t.Errorf("then %v", err)
	}
	x, _, err := Parse(got[:BlockSize])
	if err != nil || x.Type != TypeGlobal {
		t.Fatal(err)
	}
	content := got[BlockSize : BlockSize+x.Size]
	if back, err := ParseGlobal(content); err != nil || back != hint {
		t.Errorf("ParseGlobal = %+v, %v", back, err)
	}
	for _, bad := range [][]byte{nil, content[1:], content[:len(content)-1], append(bytes.Clone(content), content...),
		bytes.Replace(content, []byte("format"), []byte("Format"), 1), append(bytes.Clone(content), "9 a=bcd\n\n"...), []byte("5 a=\n"), []byte("9 a=\x00bcd\n"), []byte("99999999 a=b")} {
		if back, err := ParseGlobal(bad); err == nil {
			t.Errorf("ParseGlobal(%q) = %+v", bad, back)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	good := Append(nil, Header{Type: TypeFile, Path: "manifest.json", Size: 5, Time: 7})
	for _, c := range []struct {
		name   string
		change func(b []byte)
		want   string
	}{
		{"mode", func(b []byte) { b[106] = '0' }, "its mode"},
		{"owner", func(b []byte) { b[114] = '1' }, "its owner"},
		{"group", func(b []byte) { b[122] = '1' }, "its group"},
		{"owner's name", func(b []byte) { b[265] = 'r' }, "its owner's name"},
		{"group's name", func(b []byte) { b[297] = 'r' }, "its group's name"},
		{"gnu magic", func(b []byte) { copy(b[257:265], "ustar  \x00") }, "its magic"},
		{"device", func(b []byte) { b[336] = '0' }, "its device"},
		{"link name", func(b []byte) { b[157] = 'x' }, "its link name"},
		{"symbolic link", func(b []byte) { b[156] = '2' }, `type '2'`},
		{"directory", func(b []byte) { b[156] = '5' }, `type '5'`},
		{"old file type", func(b []byte) { b[156] = 0 }, `type '\x00'`},
		{"sparse", func(b []byte) { b[156] = 'S' }, `type 'S'`},
		{"base-256 size", func(b []byte) { b[124] = 0x80 }, "not an octal number"},
		{"size with a space", func(b []byte) { copy(b[124:136], "         05 ") }, "its size"},
		{"name after NUL", func(b []byte) { b[20] = 'x' }, "its name"},
		{"needless prefix", func(b []byte) { copy(b[0:100], "b\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"); b[345] = 'a' }, "another way"},
		{"padding", func(b []byte) { b[511] = 1 }, "its prefix"},
	} {
		b := bytes.Clone(good)
		c.change(b)
		addChecksum(b) // so that only the named field is wrong
		if _, lax, err := Parse(b); !errors.Is(err, ErrNotCanonical) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		} else if !lax && c.name != "base-256 size" {
			t.Errorf("%s: a generous program reads this, but lax is false", c.name)
		}
	}
	bad := bytes.Clone(good)
	bad[0] ^= 1
	if _, lax, err := Parse(bad); err == nil || lax || !strings.Contains(err.Error(), "checksum is wrong") {
		t.Errorf("wrong checksum: %v, %v", lax, err)
	}
	spelled := bytes.Clone(good)
	copy(spelled[148:156], strings.Replace(string(good[148:156]), "\x00 ", " \x00", 1))
	if _, _, err := Parse(spelled); err == nil || !strings.Contains(err.Error(), "spelled") {
		t.Errorf("other spelling of the checksum: %v", err)
	}
	if _, _, err := Parse(make([]byte, BlockSize)); !errors.Is(err, ErrZeroBlock) {
		t.Errorf("zero block: %v", err)
	}
	if _, _, err := Parse(good[:100]); err == nil {
		t.Error("accepts a part of a block")
	}
}

func TestOctalFields(t *testing.T) {
	for _, n := range []int64{0, 7, 8, 1767323045, 1<<33 - 1, 1 << 33, 1<<36 - 1, 1 << 36, 1<<62 - 1} {
		want := make([]byte, 12)
		copy(want, fmt.Sprintf("%011o\x00", n))
		got := bytes.Repeat([]byte{'x'}, 12)
		if octal(got, n, 11); !bytes.Equal(got, want) {
			t.Errorf("%d is written as %q, want %q", n, got, want)
		}
	}
}

// TestEveryBitOfAHeaderCounts flips each bit.
func TestEveryBitOfAHeaderCounts(t *testing.T) {
	good := Append(nil, Header{Type: TypeFile, Path: "audit/events.ndjson", Size: 5, Time: 7})
	for i := range 8 * len(good) {
		b := bytes.Clone(good)
		b[i/8] ^= 1 << (i % 8)
		if h, _, err := Parse(b); err == nil {
			t.Errorf("bit %d flipped: %+v", i, h)
		}
	}
}

func TestPathsAlwaysFit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		segments := rapid.SliceOfN(rapid.StringMatching(`[a-z]{1,64}`), 1, 10).Draw(t, "segments")
		path := strings.Join(segments, "/")
		if len(path) > 170 {
			return
		}
		path = "signatures/" + path + ".sig"
		h := Header{Type: TypeFile, Path: path, Size: 1, Time: 2}
		if back, _, err := Parse(Append(nil, h)); err != nil || back != h {
			t.Fatalf("%q: %+v, %v", path, back, err)
		}
	})
}

func FuzzParse(f *testing.F) {
	f.Add(Append(nil, Header{Type: TypeFile, Path: "manifest.json", Size: 5, Time: 7}))
	f.Add(AppendFile(nil, "audit/events.ndjson", 1<<34, 7))
	f.Add(AppendGlobal(nil, Hint{"2026-01-02T03:04:05Z", "1.0", "x", "y"}, 3))
	f.Add(make([]byte, BlockSize))
	f.Fuzz(func(t *testing.T, b []byte) {
		if h, _, err := Parse(b[:min(len(b), BlockSize)]); err == nil && !bytes.Equal(Append(nil, h), b[:BlockSize]) {
			t.Errorf("accepted %q, which Append does not write", b[:BlockSize])
		}
		if hint, err := ParseGlobal(b); err == nil {
			again := AppendGlobal(nil, hint, 0)[BlockSize:]
			if !bytes.Equal(again[:len(b)], b) {
				t.Errorf("accepted records %q, which AppendGlobal does not write", b)
			}
		}
		if size, err := ParseSize(b); err == nil && !bytes.Equal(AppendRecord(nil, "size", string(b[8:len(b)-1])), b) && size < 1 {
			t.Errorf("accepted size record %q", b)
		}
	})
}
