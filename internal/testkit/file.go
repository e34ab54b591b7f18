package testkit

import (
	"crypto/sha256"
	"strconv"

	"github.com/oneanalytics/oa-archive/layout"
)

// A fileKind is a kind of uploaded file. What is not text only begins like a
// file of its kind; the rest is noise, as incompressible as the real thing.
type fileKind struct {
	suffix, media, magic string
	share                int // of 100
}

var fileKinds = [...]fileKind{
	{".csv", "text/csv", "", 50},
	{".xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "PK\x03\x04\x14\x00\x06\x00\x08\x00", 18},
	{".png", "image/png", "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", 14},
	{".jpg", "image/jpeg", "\xff\xd8\xff\xe0\x00\x10JFIF\x00", 8},
	{".pdf", "application/pdf", "%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", 10},
}

type fileTraits struct {
	kind *fileKind
	size int
}

func (s *Source) fileTraits(a asset) fileTraits {
	d := s.stream(forShape, a)
	at := d.below(100)
	f := fileTraits{kind: &fileKinds[0]}
	for i := range fileKinds {
		if at < fileKinds[i].share {
			f.kind = &fileKinds[i]
			break
		}
		at -= fileKinds[i].share
	}
	f.size = fileSizes.value(&d)
	if a.revision > 0 {
		f.size += d.below(1000)
	}
	return f
}

// fileBlock is how much of a file is made at once. A multiple of 8.
const fileBlock = 64 << 10

// fileBlocks returns the content of a file block by block.
func (s *Source) fileBlocks(a asset) func() []byte {
	f := s.fileTraits(a)
	made := 0
	var block []byte
	return func() []byte {
		size := min(f.size-made, fileBlock)
		d := seeded(s.opts.Seed, forContent, a.ws, a.mix(), made/fileBlock<<1|a.revision)
		if cap(block) < size {
			block = make([]byte, 0, size+256)
		}
		block = block[:0]
		if f.kind.magic == "" {
			block = appendRows(block, &d, size, made == 0)
		} else {
			block = appendNoise(block, &d, size)
			if made == 0 {
				copy(block, f.kind.magic)
			}
		}
		made += size
		return block
	}
}

func (s *Source) fileDigest(a asset) layout.Digest {
	h := sha256.New()
	fill := s.fileBlocks(a)
	for block := fill(); len(block) > 0; block = fill() {
		h.Write(block)
	}
	return layout.Digest(h.Sum(nil))
}

func appendNoise(b []byte, d *draw, size int) []byte {
	for len(b) < size {
		x := d.next()
		b = append(b, byte(x), byte(x>>8), byte(x>>16), byte(x>>24), byte(x>>32), byte(x>>40), byte(x>>48), byte(x>>56))
	}
	return b[:size]
}

// appendRows appends whole rows of a table with exactly size bytes: the note
// in the last one is as long as it takes.
func appendRows(b []byte, d *draw, size int, first bool) []byte {
	const head, longest = "date;region;city;amount;quantity;note\n", 160
	v := words()
	if first && size > len(head) {
		b = append(b, head...)
	}
	for size-len(b) > 2*longest {
		b = appendDate(b, d.below(today))
		b = append(b, ';')
		b = append(b, d.pick(v.regions)...)
		b = append(b, ';')
		b = append(b, d.pick(v.cities)...)
		b = append(b, ';')
		b = appendDecimal(b, d.below(2_000_000))
		b = append(b, ';')
		b = strconv.AppendInt(b, int64(d.below(400)), 10)
		b = append(b, ';')
		if d.below(4) == 0 {
			b = append(b, d.pick(v.tags)...)
		}
		b = append(b, '\n')
	}
	const filler = "checked and closed by the district office; "
	start := len(b)
	for len(b) < size-1 {
		b = append(b, filler[(len(b)-start)%len(filler)])
	}
	if size > 0 {
		b = append(b, '\n')
	}
	return b
}
