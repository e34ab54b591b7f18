package frame

import (
	"encoding/binary"
	"fmt"

	"github.com/cespare/xxhash/v2"
	"github.com/klauspost/compress/zstd"
)

// An Encoder compresses frames. It is safe for concurrent use.
type Encoder struct{ deep, fast *zstd.Encoder }

// NewEncoder returns an Encoder for up to n goroutines at once; more wait.
func NewEncoder(n int) (*Encoder, error) {
	deep, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(n), zstd.WithEncoderLevel(zstd.SpeedDefault),
		zstd.WithWindowSize(MaxContent), zstd.WithSingleSegment(true), zstd.WithEncoderCRC(true))
	if err != nil {
		return nil, err
	}
	fast, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(n), zstd.WithEncoderLevel(zstd.SpeedFastest),
		zstd.WithWindowSize(sampleSize), zstd.WithLowerEncoderMem(true))
	if err != nil {
		return nil, err
	}
	return &Encoder{deep: deep, fast: fast}, nil
}

// Sampling: of a frame that is large enough, sampleParts parts of 1/256 of its
// content each are compressed first. If that does not save 1/32, the content is
// compressed already, and is stored.
const (
	sampleFrom  = 512 << 10
	sampleParts = 8
	sampleSize  = 128 << 10
)

// Encode appends the frame that holds content. What it writes depends on
// content alone. content must not be empty.
func (e *Encoder) Encode(dst, content []byte) []byte {
	if len(content) >= sampleFrom && len(content) <= MaxContent && e.incompressible(content) {
		return AppendStored(dst, content)
	}
	start := len(dst)
	dst = e.deep.EncodeAll(content, dst)
	if len(dst)-start > int(Bound(int64(len(content)))) {
		return AppendStored(dst[:start], content)
	}
	return dst
}

func (e *Encoder) incompressible(content []byte) bool {
	part := len(content) / 256
	sample := make([]byte, 0, sampleParts*part)
	for i := range sampleParts {
		at := i * (len(content) - part) / (sampleParts - 1)
		sample = append(sample, content[at:at+part]...)
	}
	return len(e.fast.EncodeAll(sample, make([]byte, 0, sampleSize+1024))) > len(sample)-len(sample)/32
}

// AppendStored appends a frame that holds content uncompressed.
func AppendStored(dst, content []byte) []byte {
	dst = binary.LittleEndian.AppendUint32(dst, Magic)
	if len(content) < 65536+256 {
		dst = binary.LittleEndian.AppendUint16(append(dst, 0x64), uint16(len(content)-256))
	} else {
		dst = binary.LittleEndian.AppendUint32(append(dst, 0xA4), uint32(len(content)))
	}
	for rest := content; ; {
		n := min(len(rest), maxBlock)
		header := uint32(n) << 3
		if n == len(rest) {
			header |= 1
		}
		dst = append(dst, byte(header), byte(header>>8), byte(header>>16))
		dst = append(dst, rest[:n]...)
		if rest = rest[n:]; len(rest) == 0 {
			break
		}
	}
	return binary.LittleEndian.AppendUint32(dst, uint32(xxhash.Sum64(content)))
}

// Sum returns the sum of a frame's bytes that the fixity frame holds: XXH64
// with seed 0.
func Sum(frame []byte) uint64 { return xxhash.Sum64(frame) }

// A Decoder decompresses frames. It is safe for concurrent use.
type Decoder struct{ zstd *zstd.Decoder }

// NewDecoder returns a Decoder for up to n goroutines at once; more wait.
func NewDecoder(n int) (*Decoder, error) {
	d, err := newZstdDecoder(n)
	if err != nil {
		return nil, err
	}
	return &Decoder{zstd: d}, nil
}

func newZstdDecoder(n int) (*zstd.Decoder, error) {
	return zstd.NewReader(nil, zstd.WithDecoderConcurrency(n), zstd.WithDecoderMaxMemory(MaxManifest),
		zstd.WithDecoderMaxWindow(MaxManifest), zstd.WithDecodeAllCapLimit(true))
}

// decodeAll decompresses frame into dst. A zstd.Decoder keeps hold of what it
// has read and written last. That of a large frame is much, and an archive has
// only one: it gets a decoder of its own, which goes away with it.
func (d *Decoder) decodeAll(dst, frame []byte) ([]byte, error) {
	if cap(dst) <= MaxContent {
		return d.zstd.DecodeAll(frame, dst)
	}
	own, err := newZstdDecoder(1)
	if err != nil {
		return nil, err
	}
	defer own.Close()
	return own.DecodeAll(frame, dst)
}

// Decode decompresses one frame that [Check] has accepted, into dst when its
// capacity suffices: out then has all of it. content is what Check returned.
// Errors wrap [ErrDamaged].
func (d *Decoder) Decode(dst, frame []byte, content int64) (out []byte, err error) {
	defer func() {
		if r := recover(); r != nil {
			out, err = nil, fmt.Errorf("%w: the decompressor gave up: %v", ErrDamaged, r)
		}
	}()
	if int64(cap(dst)) < content {
		dst = make([]byte, 0, content)
	}
	// The limit is on capacity: no byte over content is written.
	out, err = d.decodeAll(dst[:0:content], frame)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	if int64(len(out)) != content {
		return nil, fmt.Errorf("%w: it decompresses to %d bytes and states %d", ErrDamaged, len(out), content)
	}
	if len(out) > 0 && &out[0] == &dst[:1][0] {
		out = dst[:len(out)]
	}
	return out, nil
}
