package parquetio

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/apache/arrow-go/v18/parquet/compress"
)

// codecs lists the compressions that are read.
var codecs = map[compress.Compression]bool{
	compress.Codecs.Uncompressed: true,
	compress.Codecs.Snappy:       true,
	compress.Codecs.Gzip:         true,
	compress.Codecs.Brotli:       true,
	compress.Codecs.Zstd:         true,
	compress.Codecs.Lz4Raw:       true,
}

var errInflated = errors.New("the page does not decompress to the size that its header states")

// brotliWindow is the most that a brotli stream makes its decoder hold.
const brotliWindow = 16 << 20

// decompress fills dst with what src decompresses to, which must be exactly its
// length. Whatever src holds, no more than that is written anywhere.
func decompress(codec compress.Compression, dst, src []byte, mem *allowance) error {
	if len(dst) == 0 {
		return nil
	}
	c, err := compress.GetCodec(codec)
	if err != nil {
		return err
	}
	switch codec {
	case compress.Codecs.Snappy:
		if n, k := binary.Uvarint(src); k <= 0 || n != uint64(len(dst)) {
			return errInflated
		}
	case compress.Codecs.Zstd:
		frame, err := parseZstd(src)
		if err != nil {
			return err
		}
		if frame.content != int64(len(dst)) {
			if frame.content >= 0 {
				return errInflated
			}
			mem.reserve(frame.window)
			defer mem.release(frame.window)
			return inflate(c, dst, src)
		}
	case compress.Codecs.Brotli:
		mem.reserve(brotliWindow)
		defer mem.release(brotliWindow)
		return inflate(c, dst, src)
	case compress.Codecs.Gzip:
		return inflate(c, dst, src)
	}
	out, err := compress.Decode(c, dst, src)
	if err != nil {
		return err
	}
	if len(out) != len(dst) || &out[0] != &dst[0] {
		return errInflated
	}
	return nil
}

// inflate decompresses through the codec's stream, which stops when dst is full.
func inflate(c compress.Codec, dst, src []byte) (err error) {
	s, ok := c.(compress.StreamingCodec)
	if !ok {
		return errors.New("the codec has no stream")
	}
	r := s.NewReader(bytes.NewReader(src))
	defer func() { err = errors.Join(err, r.Close()) }()
	if _, err := io.ReadFull(r, dst); err != nil {
		return fmt.Errorf("decompress: %w", err)
	}
	var more [1]byte
	if n, err := r.Read(more[:]); n != 0 || err != io.EOF {
		return errInflated
	}
	return nil
}

type zstdFrame struct {
	content int64 // -1: not stated
	window  int64
}

// zstdMagic begins a frame. See RFC 8878, section 3.1.1.
const zstdMagic = 0xFD2FB528

var errZstd = errors.New("not one frame of zstd")

// parseZstd reads the header of the one frame that b must be, and walks over
// its blocks to see that nothing follows.
func parseZstd(b []byte) (f zstdFrame, err error) {
	if len(b) < 6 || binary.LittleEndian.Uint32(b) != zstdMagic {
		return f, errZstd
	}
	descriptor := b[4]
	pos := 5
	single := descriptor&0x20 != 0
	if !single {
		exponent, mantissa := b[pos]>>3, int64(b[pos]&7)
		f.window = 1 << (10 + exponent)
		f.window += f.window / 8 * mantissa
		pos++
	}
	pos += []int{0, 1, 2, 4}[descriptor&3]
	size := []int{0, 2, 4, 8}[descriptor>>6]
	if single && size == 0 {
		size = 1
	}
	if pos+size > len(b) {
		return f, errZstd
	}
	var field [8]byte
	copy(field[:], b[pos:pos+size])
	f.content = int64(binary.LittleEndian.Uint64(field[:]))
	switch {
	case size == 0:
		f.content = -1
	case size == 2:
		f.content += 256
	}
	if size > 0 && f.content < 0 {
		return f, errZstd
	}
	pos += size
	for last := false; !last; {
		if pos+3 > len(b) {
			return f, errZstd
		}
		header := int(b[pos]) | int(b[pos+1])<<8 | int(b[pos+2])<<16
		last = header&1 != 0
		length := header >> 3
		if header>>1&3 == 1 { // a run of one byte
			length = 1
		}
		if pos += 3 + length; pos > len(b) {
			return f, errZstd
		}
	}
	if descriptor&4 != 0 {
		pos += 4
	}
	if pos != len(b) {
		return f, errZstd
	}
	return f, nil
}
