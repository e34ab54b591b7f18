package vectorgen

import (
	"bytes"
	"encoding/binary"
	"slices"
	"strings"

	"github.com/klauspost/compress/zstd"

	"github.com/oneanalytics/oa-archive/internal/frame"
	"github.com/oneanalytics/oa-archive/internal/ustar"
)

func stored(content []byte) []byte { return frame.AppendStored(nil, content) }

// replaceHint changes one value of the global header.
func replaceHint(old, new string) func(*ustar.Hint) {
	return func(h *ustar.Hint) {
		for _, value := range []*string{&h.Created, &h.Format, &h.ID, &h.Tenant} {
			if *value == old {
				*value = new
			}
		}
	}
}

// skippable is a skippable frame with the given magic number.
func skippable(magic uint32, content string) []byte {
	b := binary.LittleEndian.AppendUint32(nil, magic)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(content)))
	return append(b, content...)
}

// fileVectors are about the file as a whole and the frames at its end.
func fileVectors() []Vector {
	file := func(change func([]byte) []byte) func() []byte { return with(func(c *Case) { c.Bytes = change }) }
	return []Vector{
		{Name: "file-empty", Rule: "C-1", Code: "not-archive", Text: "No bytes.", Build: func() []byte { return nil }},
		{Name: "file-other", Rule: "C-1", Code: "not-archive", Text: "A ZIP file's first bytes.", Build: func() []byte { return []byte("PK\x03\x04\x14\x00\x08\x00\x08\x00") }},
		{Name: "file-gzip-tar", Rule: "C-1", Code: "not-archive", Text: "A gzip header before the frames.", Build: file(func(b []byte) []byte { return append([]byte("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03"), b...) })},
		{Name: "file-truncated-in-frame", Rule: "C-1", Code: "truncated", Text: "Ends within the first frame.", Build: file(func(b []byte) []byte { return b[:200] })},
		{Name: "file-truncated-before-tables", Rule: "C-1", Code: "truncated", Text: "Ends after the last data frame.", Build: with(func(c *Case) {
			c.TailBytes = func(_, _ []byte) ([]byte, []byte) { return nil, nil }
		})},
		{Name: "file-truncated-table", Rule: "C-1", Code: "truncated", Text: "The last byte is missing.", Build: file(func(b []byte) []byte { return b[:len(b)-1] })},
		{Name: "file-trailing-byte", Rule: "C-1", Code: "trailing-bytes", Text: "A zero byte follows the seek table.", Build: file(func(b []byte) []byte { return append(b, 0) })},
		{Name: "file-twice", Rule: "C-1", Code: "trailing-bytes", Text: "The whole file twice.", Build: file(func(b []byte) []byte { return slices.Concat(b, b) })},
		{Name: "file-skippable-frame", Rule: "C-1", Code: "unexpected-frame", Text: "A skippable frame between data frames.", Build: with(func(c *Case) {
			c.Frames = func(f [][]byte) [][]byte { return slices.Insert(f, 1, skippable(0x184D2A50, "hidden")) }
		})},
		{Name: "fixity-wrong-sum", Rule: "C-15", Code: "frame-changed", Text: "The sum of one frame is wrong.", Build: with(func(c *Case) {
			c.Fixity = func(s []uint64) []uint64 { s[1] ^= 1; return s }
		})},
		{Name: "fixity-too-short", Rule: "C-15", Code: "bad-fixity-frame", Text: "One sum too few.", Build: with(func(c *Case) {
			c.Fixity = func(s []uint64) []uint64 { return s[1:] }
		})},
		{Name: "table-checksum-flag", Rule: "C-17", Code: "bad-seek-table", Text: "The descriptor says that rows have checksums.", Build: file(func(b []byte) []byte { b[len(b)-5] = 0x80; return b })},
		{Name: "table-missing", Rule: "C-1", Code: "truncated", Text: "No seek table.", Build: with(func(c *Case) {
			c.TailBytes = func(fixity, _ []byte) ([]byte, []byte) { return fixity, nil }
		})},
		{Name: "table-hides-frame", Rule: "C-18", Code: "bad-seek-table", Text: "One row stands for the first two frames.", Build: with(func(c *Case) {
			c.Rows = func(r []frame.Row) []frame.Row {
				r[1] = frame.Row{Compressed: r[0].Compressed + r[1].Compressed, Content: r[0].Content + r[1].Content}
				return r[1:]
			}
		})},
		{Name: "table-wrong-content", Rule: "C-18", Code: "bad-seek-table", Text: "A row states another content size than its frame.", Build: with(func(c *Case) {
			c.Rows = func(r []frame.Row) []frame.Row { r[0].Content += 512; return r }
		})},
		{Name: "table-wrong-compressed", Rule: "C-18", Code: "bad-seek-table", Text: "Two rows whose sizes are wrong, but add up.", Build: with(func(c *Case) {
			c.Rows = func(r []frame.Row) []frame.Row { r[0].Compressed--; r[1].Compressed++; return r }
		})},
		{Name: "table-without-fixity", Rule: "C-18", Code: "bad-seek-table", Text: "The fixity frame has no row.", Build: with(func(c *Case) {
			c.Rows = func(r []frame.Row) []frame.Row { return r[:len(r)-1] }
		})},
	}
}

// encoded replaces the encoding of one frame.
func encoded(index int, encode func([]byte) []byte) func() []byte {
	return with(func(c *Case) {
		c.Encode = func(i int, content []byte) []byte {
			if i == index {
				return encode(content)
			}
			return nil
		}
	})
}

func compress(opts ...zstd.EOption) func([]byte) []byte {
	return func(content []byte) []byte { return must(zstd.NewWriter(nil, opts...)).EncodeAll(content, nil) }
}

// frameVectors are about the form of frames and where they are cut.
func frameVectors() []Vector {
	cuts := func(change func([]int64) []int64) func() []byte { return with(func(c *Case) { c.Cuts = change }) }
	largeCuts := func(change func([]int64) []int64) func() []byte { return of(large, func(c *Case) { c.Cuts = change }) }
	descriptor := func(bits byte) func([]byte) []byte {
		return func(content []byte) []byte { b := stored(content); b[4] |= bits; return b }
	}
	return []Vector{
		{Name: "frame-no-checksum", Rule: "C-9", Code: "frame-not-canonical", Text: "A frame without checksum.", Build: encoded(0, compress(zstd.WithEncoderCRC(false), zstd.WithSingleSegment(true)))},
		{Name: "frame-window", Rule: "C-9", Code: "frame-not-canonical", Text: "A frame with a window descriptor.", Build: encoded(0, compress(zstd.WithSingleSegment(false)))},
		{Name: "frame-unused-bit", Rule: "C-9", Code: "frame-not-canonical", Text: "The bit of the descriptor that decoders ignore is set.", Build: encoded(0, descriptor(0x10))},
		{Name: "frame-dictionary", Rule: "C-9", Code: "frame-not-canonical", Text: "A frame that asks for a dictionary.", Build: encoded(0, func(content []byte) []byte {
			b := stored(content)
			b[4] |= 1
			return slices.Insert(b, 5, 7)
		})},
		{Name: "frame-long-size", Rule: "C-9", Code: "frame-not-canonical", Text: "The content size takes four bytes where two suffice.", Build: encoded(0, func(content []byte) []byte {
			b := stored(content)
			size := binary.LittleEndian.AppendUint32(nil, uint32(len(content)))
			return slices.Concat(b[:4], []byte{0xA4}, size, b[7:])
		})},
		{Name: "frame-empty-blocks", Rule: "C-10", Code: "frame-not-canonical", Text: "Hundreds of empty blocks make the frame longer than its content allows.", Build: encoded(0, func(content []byte) []byte {
			b := stored(content)
			return slices.Concat(b[:7], make([]byte, 3*400), b[7:])
		})},
		{Name: "frame-claims-much", Rule: "C-10", Code: "frame-damaged", Text: "Sixteen bytes that state 4 MiB of content, which their one block cannot hold.", Build: encoded(1, func([]byte) []byte {
			return []byte{0x28, 0xb5, 0x2f, 0xfd, 0xa4, 0, 0, 0x40, 0, 1, 0, 0, 0, 0, 0, 0}
		})},
		{Name: "frame-too-large", Rule: "C-11", Code: "frame-too-large", Text: "Two frames of 4.5 MiB.", Build: largeCuts(func(c []int64) []int64 {
			return []int64{c[0], c[1], 9 << 19, 9 << 19, 512, c[5], c[6], c[7]}
		})},
		{Name: "cut-early", Rule: "C-12", Code: "frame-cut", Text: "A frame for each small entry.", Build: cuts(func(c []int64) []int64 { return append([]int64{1024, c[0] - 1024}, c[1:]...) })},
		{Name: "cut-within-header", Rule: "C-12", Code: "frame-cut", Text: "A frame ends within a header.", Build: cuts(func(c []int64) []int64 { return append([]int64{1024 + 300, c[0] - 1024 - 300}, c[1:]...) })},
		{Name: "cut-header-with-content", Rule: "C-12", Code: "frame-cut", Text: "A large entry's header lies with its first chunk.", Build: largeCuts(func(c []int64) []int64 {
			return []int64{c[0], c[1] + 2<<20, 2 << 20, c[3], c[4], c[5], c[6], c[7]}
		})},
		{Name: "cut-small-chunks", Rule: "C-12", Code: "frame-cut", Text: "A chunk in two frames.", Build: largeCuts(func(c []int64) []int64 {
			return []int64{c[0], c[1], 2 << 20, 2 << 20, c[3], c[4], c[5], c[6], c[7]}
		})},
		{Name: "cut-manifest-with-entries", Rule: "C-12", Code: "frame-cut", Text: "The manifest shares the entries' frame.", Build: cuts(func(c []int64) []int64 { return []int64{c[0] + c[1], c[2]} })},
		{Name: "cut-end-apart", Rule: "C-12", Code: "frame-cut", Text: "The zero blocks have a frame of their own.", Build: cuts(func(c []int64) []int64 { return []int64{c[0], c[1], c[2] - 1024, 1024} })},
		{Name: "frame-checksum", Rule: "C-14", Code: "frame-damaged", Text: "A frame's checksum is wrong; its sum in the fixity frame is right.", Build: encoded(0, func(content []byte) []byte { b := stored(content); b[len(b)-1] ^= 1; return b })},
		{Name: "frame-manifest-too-large", Rule: "C-16", Code: "frame-too-large", Text: "A frame that states more content than any manifest has.", Build: encoded(1, func([]byte) []byte {
			return []byte{0x28, 0xb5, 0x2f, 0xfd, 0xa4, 0, 4, 0x80, 7, 1, 0, 0, 0, 0, 0, 0}
		})},
	}
}

// header changes the header of one member, and corrects its checksum.
func header(index int, change func(b []byte)) func() []byte {
	return members(func(m []Member) []Member {
		b := m[index].Header[len(m[index].Header)-ustar.BlockSize:]
		if index == mGlobal {
			b = m[index].Header[:ustar.BlockSize]
		}
		change(b)
		fixChecksum(b)
		return m
	})
}

func fixChecksum(b []byte) {
	copy(b[148:156], "        ")
	sum := 0
	for _, c := range b {
		sum += int(c)
	}
	digits := []byte("000000\x00 ")
	for i := 5; i >= 0; i-- {
		digits[i] = byte('0' + sum&7)
		sum >>= 3
	}
	copy(b[148:156], digits)
}

// extended is an extended header with the given records.
func extended(records string) []byte {
	h := ustar.Append(nil, ustar.Header{Type: ustar.TypeExtended, Path: ustar.ExtendedName, Size: int64(len(records)), Time: Created.Unix()})
	return ustar.Pad(append(h, records...))
}

// tarVectors are about headers, padding, the end, and what follows what.
func tarVectors() []Vector {
	before := func(index int, b []byte) func() []byte {
		return members(func(m []Member) []Member { m[index].Header = slices.Concat(b, m[index].Header); return m })
	}
	hint := func(old, new string) func() []byte { return with(func(c *Case) { c.Hint = replaceHint(old, new) }) }
	return []Vector{
		{Name: "global-missing", Rule: "C-2", Code: "bad-global-header", Text: "The tar begins with an entry.", Build: members(func(m []Member) []Member { return m[1:] })},
		{Name: "global-twice", Rule: "C-2", Code: "bad-global-header", Text: "A second global header, before an entry.", Build: members(func(m []Member) []Member { return slices.Insert(m, mReport, m[mGlobal]) })},
		{Name: "global-other-record", Rule: "C-2", Code: "bad-global-header", Text: "The global header sets the path of all members, to programs that obey it.", Build: members(func(m []Member) []Member {
			records := string(ustar.AppendRecord(bytes.TrimRight(m[mGlobal].Header[512:], "\x00"), "path", "x"))
			h := ustar.Append(nil, ustar.Header{Type: ustar.TypeGlobal, Path: ustar.GlobalName, Size: int64(len(records)), Time: Created.Unix()})
			m[mGlobal].Header = ustar.Pad(append(h, records...))
			return m
		})},
		{Name: "global-bad-id", Rule: "C-2", Code: "bad-global-header", Text: "The id in the global header is no UUIDv7.", Build: hint(ID, "019a9b3c-0000-4000-8000-000000000001")},
		{Name: "global-other-time", Rule: "C-2", Code: "bad-global-header", Text: "The global header states another time than its own header has.", Build: hint("2026-01-02T03:04:05Z", "2026-01-02T03:04:06Z")},
		{Name: "header-mode", Rule: "C-3", Code: "bad-header", Text: "Mode 0755.", Build: header(mReport, func(b []byte) { copy(b[100:], "0000755") })},
		{Name: "header-owner", Rule: "C-3", Code: "bad-header", Text: "Owner 1000.", Build: header(mReport, func(b []byte) { copy(b[108:], "0001750") })},
		{Name: "header-owner-name", Rule: "C-3", Code: "bad-header", Text: "Owner root by name.", Build: header(mReport, func(b []byte) { copy(b[265:], "root") })},
		{Name: "header-gnu", Rule: "C-3", Code: "bad-header", Text: "GNU's magic.", Build: header(mReport, func(b []byte) { copy(b[257:], "ustar  \x00") })},
		{Name: "header-base256", Rule: "C-3", Code: "bad-header", Text: "The size in base 256.", Build: header(mReport, func(b []byte) {
			size := ustarSize(b)
			copy(b[124:136], []byte{0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, byte(size >> 8), byte(size)})
		})},
		{Name: "header-symlink", Rule: "C-3", Code: "bad-header", Text: "A symbolic link.", Build: header(mReport, func(b []byte) { b[156] = '2'; copy(b[157:], "/etc/passwd") })},
		{Name: "header-hard-link", Rule: "C-3", Code: "bad-header", Text: "A hard link.", Build: header(mReport, func(b []byte) { b[156] = '1'; copy(b[157:], metadata) })},
		{Name: "header-directory", Rule: "C-3", Code: "bad-header", Text: "A directory with content.", Build: header(mReport, func(b []byte) { b[156] = '5' })},
		{Name: "header-old-type", Rule: "C-3", Code: "bad-header", Text: "The file type of tar programs before POSIX.", Build: header(mReport, func(b []byte) { b[156] = 0 })},
		{Name: "header-gnu-long-name", Rule: "C-3", Code: "bad-header", Text: "A GNU long name before an entry.", Build: before(mReport, func() []byte {
			h := ustar.Append(nil, ustar.Header{Type: ustar.TypeFile, Path: "././@LongLink", Size: 5, Time: Created.Unix()})
			h[156] = 'L'
			fixChecksum(h)
			return ustar.Pad(append(h, "other"...))
		}())},
		{Name: "header-checksum", Rule: "C-3", Code: "bad-header", Text: "A wrong checksum, which some programs skip over.", Build: members(func(m []Member) []Member { m[mReport].Header[150] ^= 1; return m })},
		{Name: "header-name-after-nul", Rule: "C-3", Code: "bad-header", Text: "Bytes after the end of the name.", Build: header(mAudit, func(b []byte) { copy(b[40:], "hidden") })},
		{Name: "header-other-split", Rule: "C-4", Code: "bad-header", Text: "A short path divided between prefix and name.", Build: header(mAudit, func(b []byte) { copy(b[0:100], "events.ndjson"+strings.Repeat("\x00", 10)); copy(b[345:], "audit") })},
		{Name: "extended-needless", Rule: "C-5", Code: "bad-header", Text: "An extended header for a size that fits the header.", Build: before(mReport, extended("11 size=76\n"))},
		{Name: "extended-path", Rule: "C-5", Code: "bad-header", Text: "An extended header that renames the entry.", Build: before(mReport, extended("12 path=abc\n"))},
		{Name: "extended-alone", Rule: "C-5", Code: "bad-header", Text: "An extended header before a global one.", Build: before(mReport, slices.Concat(extended("20 size=8589934592\n"), ustar.AppendGlobal(nil, ustar.Hint{Created: "x", Format: "x", ID: "x", Tenant: "x"}, Created.Unix())))},
		{Name: "extended-both-sizes", Rule: "C-5", Code: "bad-header", Text: "The size stands in the extended header and in the header.", Build: before(mReport, extended("20 size=8589934592\n"))},
		{Name: "padding-entry", Rule: "C-6", Code: "bad-padding", Text: "The padding after an entry holds a byte.", Build: members(func(m []Member) []Member { m[mReport].Padding[100] = 'x'; return m })},
		{Name: "padding-manifest", Rule: "C-6", Code: "bad-padding", Text: "The padding after the manifest holds a byte.", Build: members(func(m []Member) []Member { m[mManifest].Padding[0] = ' '; return m })},
		{Name: "end-one-block", Rule: "C-7", Code: "bad-end", Text: "One zero block.", Build: with(func(c *Case) { c.End = func(b []byte) []byte { return b[:512] } })},
		{Name: "end-three-blocks", Rule: "C-7", Code: "bad-end", Text: "Three zero blocks.", Build: with(func(c *Case) { c.End = func(b []byte) []byte { return append(b, make([]byte, 512)...) } })},
		{Name: "end-missing", Rule: "C-7", Code: "bad-end", Text: "No zero blocks.", Build: with(func(c *Case) {
			c.End = func([]byte) []byte { return nil }
		})},
		{Name: "end-early", Rule: "C-7", Code: "bad-end", Text: "Two zero blocks between entries: most programs see nothing of what follows.", Build: before(mAudit, make([]byte, 1024))},
		{Name: "end-then-more", Rule: "C-7", Code: "bad-end", Text: "A file after the end.", Build: with(func(c *Case) {
			c.End = func(b []byte) []byte { return append(b, File(audit, []byte("x"), Created).Bytes()...) }
		})},
		{Name: "sequence-no-manifest", Rule: "C-8", Code: "missing-manifest", Text: "No manifest.", Build: members(func(m []Member) []Member { return m[:mManifest] })},
		{Name: "sequence-two-manifests", Rule: "C-8", Code: "duplicate-entry", Text: "Two manifests.", Build: members(func(m []Member) []Member { return slices.Insert(m, mManifest, m[mManifest]) })},
		{Name: "sequence-entry-after-manifest", Rule: "C-8", Code: "out-of-order", Text: "An entry after the manifest.", Build: members(func(m []Member) []Member {
			return append(m, File("extensions/v/a", []byte("x"), Created))
		})},
		{Name: "header-time", Rule: "C-13", Code: "bad-header", Text: "An entry with a time of its own.", Build: header(mReport, func(b []byte) { b[146]++ })},
		{Name: "hint-tenant", Rule: "M-19", Code: "hint-mismatch", Text: "The global header names another tenant than the manifest.", Build: hint("acme", "evil")},
		{Name: "hint-id", Rule: "M-19", Code: "hint-mismatch", Text: "The global header names another archive than the manifest and the signatures.", Build: hint(ID, OtherID)},
		{Name: "hint-later-format", Rule: "V-6", Code: "newer-format", Text: "The global header says format 2.0: a reader says so and looks no further.", Build: hint("1.0", "2.0")},
	}
}

func ustarSize(b []byte) int64 {
	h, _, err := ustar.Parse(b)
	if err != nil {
		panic(err)
	}
	return h.Size
}
