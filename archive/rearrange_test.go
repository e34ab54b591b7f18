package archive_test

import (
	"bytes"
	"encoding/binary"
	"slices"
	"strings"

	"github.com/oneanalytics/oa-archive/internal/frame"
	"github.com/oneanalytics/oa-archive/internal/ustar"
	"github.com/oneanalytics/oa-archive/internal/vectorgen"
)

// What rearrange does, by the first byte of four; see there.
const (
	exchangeMembers = iota
	repeatMember
	removeMember
	changeHeader
	changeContent
	changePadding
	changeManifest // the signer joins in
	growEnd
	moveCut
	joinCuts
	storeFrame
	exchangeFrames
	repeatFrame
	changeSum
	changeRow
	insertSkippable
	changeFile
	rearrangements
)

// signedAnew reports whether the signer has a part in the rearrangement.
func signedAnew(ops []byte) bool {
	for op := range slices.Chunk(ops, 4) {
		if len(op) == 4 && op[0]%rearrangements == changeManifest {
			return true
		}
	}
	return false
}

// rearrange takes the right archive apart and puts it together again: each four
// bytes of ops change one part, sums and tables are made for the outcome. It
// returns nil for what cannot be put together.
func rearrange(ops []byte) (b []byte) {
	defer func() {
		if recover() != nil { // the generator takes mistakes for bugs in tests
			b = nil
		}
	}()
	c := vectorgen.Base()
	for op := range slices.Chunk(ops, 4) {
		if len(op) == 4 {
			apply(&c, int(op[0])%rearrangements, int(op[1]), int(op[2]), op[3])
		}
	}
	return c.Build()
}

// then runs f after before, which may be nil.
func then[T any](before, f func(T) T) func(T) T {
	if before == nil {
		return f
	}
	return func(v T) T { return f(before(v)) }
}

func apply(c *vectorgen.Case, kind, x, y int, z byte) {
	switch kind {
	case exchangeMembers, repeatMember, removeMember, changeHeader, changeContent, changePadding:
		c.Members = then(c.Members, func(m []vectorgen.Member) []vectorgen.Member { return changeMembers(m, kind, x, y, z) })
	case changeManifest:
		c.Text = then(c.Text, func(s string) string { return editText(s, x, y, z) })
	case growEnd:
		c.End = then(c.End, func(end []byte) []byte { return make([]byte, ustar.BlockSize*(x%4)) })
	case moveCut, joinCuts:
		c.Cuts = then(c.Cuts, func(cuts []int64) []int64 {
			i := x % (len(cuts) - 1)
			if kind == joinCuts {
				cuts[i] += cuts[i+1]
				return slices.Delete(cuts, i+1, i+2)
			}
			cuts[i] += int64(int8(z)) * 128
			cuts[i+1] -= int64(int8(z)) * 128
			return cuts
		})
	case storeFrame:
		encode := c.Encode
		c.Encode = func(i int, content []byte) []byte {
			if i == x%3 {
				return frame.AppendStored(nil, content)
			}
			if encode != nil {
				return encode(i, content)
			}
			return nil
		}
	case exchangeFrames, repeatFrame, insertSkippable:
		c.Frames = then(c.Frames, func(f [][]byte) [][]byte {
			i, j := x%len(f), y%len(f)
			switch kind {
			case exchangeFrames:
				f[i], f[j] = f[j], f[i]
			case repeatFrame:
				f = slices.Insert(f, i, f[j])
			default:
				skip := binary.LittleEndian.AppendUint32(nil, 0x184D2A50|uint32(z%16))
				skip = binary.LittleEndian.AppendUint32(skip, uint32(y))
				f = slices.Insert(f, i, append(skip, make([]byte, y)...))
			}
			return f
		})
	case changeSum:
		c.Fixity = then(c.Fixity, func(s []uint64) []uint64 { s[x%len(s)] ^= uint64(z) << (y % 57); return s })
	case changeRow:
		c.Rows = then(c.Rows, func(r []frame.Row) []frame.Row {
			i, j := x%len(r), y%len(r)
			r[i].Compressed += uint32(z)
			r[j].Compressed -= uint32(z)
			if z == 0 {
				r[i].Content++
			}
			return r
		})
	case changeFile:
		c.Bytes = then(c.Bytes, func(b []byte) []byte {
			i := (x<<8 | y) % len(b)
			if z == 0 {
				return slices.Delete(b, i, min(len(b), i+1+y))
			}
			b[i] ^= z
			return b
		})
	}
}

func changeMembers(m []vectorgen.Member, kind, x, y int, z byte) []vectorgen.Member {
	i, j := x%len(m), y%len(m)
	switch kind {
	case exchangeMembers:
		m[i], m[j] = m[j], m[i]
	case repeatMember:
		m = slices.Insert(m, i, m[j].Clone())
	case removeMember:
		m = slices.Delete(m, i, i+1)
	case changeHeader: // the checksum is right again
		h := m[i].Header[:ustar.BlockSize]
		h[(y*2+int(z)%2)%ustar.BlockSize] = z
		copy(h[148:156], "        ")
		sum := 0
		for _, b := range h {
			sum += int(b)
		}
		copy(h[148:], []byte{'0', '0' + byte(sum>>12&7), '0' + byte(sum>>9&7), '0' + byte(sum>>6&7), '0' + byte(sum>>3&7), '0' + byte(sum&7), 0, ' '})
		h[148] = '0' + byte(sum>>15&7)
	case changeContent:
		if len(m[i].Content) > 0 {
			m[i].Content[y%len(m[i].Content)] ^= z
		}
	case changePadding:
		if len(m[i].Padding) > 0 {
			m[i].Padding[y%len(m[i].Padding)] ^= z
		}
	}
	return m
}

// editText changes a line of the manifest before it is signed.
func editText(s string, x, y int, z byte) string {
	lines := strings.SplitAfter(s, "\n")
	i, j := x%len(lines), y%len(lines)
	switch z % 5 {
	case 0:
		lines[i], lines[j] = lines[j], lines[i]
	case 1:
		lines = slices.Insert(lines, i, lines[j])
	case 2:
		lines = slices.Delete(lines, i, i+1)
	case 3:
		b := []byte(lines[i])
		if len(b) > 0 {
			b[y%len(b)] ^= 1 << (z / 5 % 8)
		}
		lines[i] = string(b)
	case 4:
		lines[i] = string(bytes.ToUpper([]byte(lines[i])))
	}
	return strings.Join(lines, "")
}
