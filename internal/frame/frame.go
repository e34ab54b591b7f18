package frame

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// Sizes of frames, in bytes of content.
const (
	Target      = 1 << 20             // small members share frames up to this
	MaxContent  = 4 << 20             // of every frame but the manifest's
	MaxManifest = 120<<20 + 512       // of the manifest's frame, header included
	MaxSmall    = Target - headerSize // largest content of a small entry

	headerSize = 512 // of a tar header
	maxBlock   = 128 << 10
)

// Magic numbers (RFC 8878, section 3.1; the zstd seekable format).
const (
	Magic       = 0xFD2FB528 // a frame with content
	MagicFixity = 0x184D2A5D // the skippable frame that holds the sums
	MagicTable  = 0x184D2A5E // the skippable frame that holds the seek table
	magicFooter = 0x8F92EAB1
)

// Errors about one frame.
var (
	// ErrNotCanonical reports a frame that is valid zstd, perhaps, but not of
	// the one form that archives have.
	ErrNotCanonical = errors.New("not a frame as archives have them")
	// ErrTruncated reports a frame that goes on after the end of the bytes.
	ErrTruncated = errors.New("the frame ends early")
	// ErrTooLarge reports a frame with more content than allowed.
	ErrTooLarge = errors.New("the frame is too large")
	// ErrBlocks is wrapped besides when a frame's blocks do not go with the
	// content size that it states.
	ErrBlocks = errors.New("its blocks do not go with its content size")
	// ErrDamaged reports a frame that does not decompress to its content.
	ErrDamaged = errors.New("the frame is damaged")
)

// Bound returns the greatest length of a frame with n bytes of content.
func Bound(n int64) int64 { return n + n/256 + 64 }

// A walker finds the end of a frame by its block headers.
type walker struct {
	limit   int64 // of content
	content int64 // that the header states; -1 before it is read
	pos     int64 // of the next block header
	least   int64 // content of raw and RLE blocks so far
	most    int64 // content that the blocks so far can hold
	last    bool  // the last block has been seen
	blocks  int64 // headers read
}

// step looks at the frame's first bytes and returns how many of them it needs
// to go on, or done when b[:need] is the whole frame.
func (w *walker) step(b []byte) (need int64, done bool, err error) {
	if w.content < 0 {
		if need, err := w.header(b); need > 0 || err != nil {
			return need, false, err
		}
	}
	for !w.last {
		if int64(len(b)) < w.pos+3 {
			return w.pos + 3, false, nil
		}
		if err := w.block(b[w.pos:]); err != nil {
			return 0, false, err
		}
	}
	if w.most < w.content {
		return 0, false, fmt.Errorf("%w: %w: they hold at most %d of %d bytes", ErrDamaged, ErrBlocks, w.most, w.content)
	}
	return w.pos + 4, int64(len(b)) >= w.pos+4, nil
}

// header reads the frame header: magic number, descriptor, content size.
func (w *walker) header(b []byte) (need int64, err error) {
	if len(b) < 5 {
		return 5, nil
	}
	if binary.LittleEndian.Uint32(b) != Magic {
		return 0, fmt.Errorf("%w: magic number %#08x", ErrNotCanonical, binary.LittleEndian.Uint32(b))
	}
	switch b[4] {
	case 0x64: // single segment, checksum, content size in 2 bytes
		if len(b) < 7 {
			return 7, nil
		}
		w.content, w.pos = int64(binary.LittleEndian.Uint16(b[5:]))+256, 7
	case 0xA4: // the same with 4 bytes
		if len(b) < 9 {
			return 9, nil
		}
		w.content, w.pos = int64(binary.LittleEndian.Uint32(b[5:])), 9
		if w.content < 65536+256 {
			return 0, fmt.Errorf("%w: a content size of %d takes 2 bytes", ErrNotCanonical, w.content)
		}
	default:
		return 0, fmt.Errorf("%w: descriptor %#02x, want 0x64 or 0xa4 (single segment, checksum, content size of 2 or 4 bytes)", ErrNotCanonical, b[4])
	}
	if w.content > w.limit {
		return 0, fmt.Errorf("%w: %d bytes of content, at most %d are allowed", ErrTooLarge, w.content, w.limit)
	}
	return 0, nil
}

// block reads one block header and moves on to the next.
func (w *walker) block(b []byte) error {
	h := uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16
	size := int64(h >> 3)
	if size > min(maxBlock, w.content) {
		return fmt.Errorf("%w: %w: one has %d bytes", ErrDamaged, ErrBlocks, size)
	}
	w.blocks++
	w.last = h&1 != 0
	w.pos += 3
	switch h >> 1 & 3 {
	case 0: // raw
		w.least, w.most, w.pos = w.least+size, w.most+size, w.pos+size
	case 1: // run-length
		w.least, w.most, w.pos = w.least+size, w.most+size, w.pos+1
	case 2: // compressed
		w.most, w.pos = w.most+maxBlock, w.pos+size
	default:
		return fmt.Errorf("%w: %w: one has the reserved type", ErrDamaged, ErrBlocks)
	}
	if w.least > w.content {
		return fmt.Errorf("%w: %w: they hold more than %d bytes", ErrDamaged, ErrBlocks, w.content)
	}
	if w.pos+4 > Bound(w.content) {
		return fmt.Errorf("%w: %w: more than %d bytes for %d bytes of content", ErrNotCanonical, ErrBlocks, Bound(w.content), w.content)
	}
	return nil
}

// Check reports whether b is exactly one frame of at most limit bytes of
// content, and returns how many it states. When the header could be read,
// content is right even with an error; else it is -1. Nothing is decompressed.
func Check(b []byte, limit int64) (content int64, err error) {
	w := walker{limit: limit, content: -1}
	need, done, err := w.step(b)
	switch {
	case err != nil:
		return w.content, err
	case !done:
		return w.content, fmt.Errorf("%w: %d bytes, at least %d are needed", ErrTruncated, len(b), need)
	case need != int64(len(b)):
		return w.content, fmt.Errorf("%w: %d bytes follow its end", ErrDamaged, int64(len(b))-need)
	}
	return w.content, nil
}
