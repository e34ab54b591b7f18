// Package ustar encodes and decodes the few tar headers that an archive has
// (docs/spec/container.md, C-2 to C-7): regular files, one global header at
// the beginning, and an extended header before a file of 8 GiB or more.
//
// There is one encoding of each. [Parse] encodes what it read again and
// demands equal bytes, so whatever another tar program might read differently
// is refused.
package ustar

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// BlockSize is the unit of a tar, in bytes.
const BlockSize = 512

// End is the number of zero bytes that end a tar.
const End = 2 * BlockSize

// The types of members.
const (
	TypeFile     = '0'
	TypeGlobal   = 'g'
	TypeExtended = 'x'
)

// Names of the members that only hold PAX records.
const (
	GlobalName   = "pax_global_header"
	ExtendedName = "pax_header"
)

// MaxPath is the length in bytes up to which every path with segments of at
// most 68 bytes fits a header.
const MaxPath = 185

// maxSize is the largest size that the header itself states. Tests lower it to
// exercise extended headers on small files.
var maxSize int64 = 1<<33 - 1

// SetMaxSizeForTest makes files larger than n bytes need an extended header,
// and returns a function that undoes it. It is not safe for concurrent use.
func SetMaxSizeForTest(n int64) (undo func()) {
	old := maxSize
	maxSize = n
	return func() { maxSize = old }
}

// A Header is one header block.
type Header struct {
	Type byte   // TypeFile, TypeGlobal or TypeExtended
	Path string // GlobalName and ExtendedName for these types
	Size int64  // of the content; may be above the header's own field only for TypeFile
	Time int64  // modification time, Unix seconds, 0 to 2^33-1
}

// Extended reports whether a file of size bytes needs an extended header.
func Extended(size int64) bool { return size > maxSize }

// Padded rounds n up to whole blocks.
func Padded(n int64) int64 { return (n + BlockSize - 1) / BlockSize * BlockSize }

// Length returns the bytes of all headers that stand before the content of a
// file of size bytes.
func Length(size int64) int64 {
	if Extended(size) {
		return 3 * BlockSize // extended header, its records, header
	}
	return BlockSize
}

// Append appends the header block of h.
func Append(dst []byte, h Header) []byte {
	b := encode(h)
	return append(dst, b[:]...)
}

// encode is Append without memory of its own: every header that is read is
// encoded again.
func encode(h Header) (b [BlockSize]byte) {
	prefix, name := split(h.Path)
	size := h.Size
	if size > maxSize {
		size = 0 // stated by the extended header
	}
	copy(b[0:100], name)
	copy(b[100:108], "0000644\x00")
	copy(b[108:116], "0000000\x00")
	copy(b[116:124], "0000000\x00")
	octal(b[124:136], size, 11)
	octal(b[136:148], h.Time, 11)
	b[156] = h.Type
	copy(b[257:265], "ustar\x0000")
	copy(b[329:337], "0000000\x00")
	copy(b[337:345], "0000000\x00")
	copy(b[345:500], prefix)
	addChecksum(b[:])
	return b
}

// addChecksum fills in the checksum of the header in b.
func addChecksum(b []byte) {
	copy(b[148:156], "        ")
	octal(b[148:155], int64(checksum(b)), 6)
}

// AppendFile appends all headers of a file: the extended header, if it needs
// one, and the header.
func AppendFile(dst []byte, path string, size, time int64) []byte {
	if Extended(size) {
		records := AppendRecord(nil, "size", strconv.FormatInt(size, 10))
		dst = Append(dst, Header{Type: TypeExtended, Path: ExtendedName, Size: int64(len(records)), Time: time})
		dst = Pad(append(dst, records...))
	}
	return Append(dst, Header{Type: TypeFile, Path: path, Size: size, Time: time})
}

// Pad appends zeros up to a whole number of blocks.
func Pad(dst []byte) []byte {
	return append(dst, make([]byte, Padded(int64(len(dst)))-int64(len(dst)))...)
}

// AppendRecord appends one PAX record: length, space, keyword, '=', value,
// line feed, where the length counts itself.
func AppendRecord(dst []byte, keyword, value string) []byte {
	n := len(keyword) + len(value) + 3
	total := n + len(strconv.Itoa(n))
	if t := n + len(strconv.Itoa(total)); t != total {
		total = t
	}
	return fmt.Appendf(dst, "%d %s=%s\n", total, keyword, value)
}

// octal writes n in at least so many digits, and a NUL after them, as far as
// the field has room.
func octal(field []byte, n int64, digits int) {
	var number [24]byte
	text := strconv.AppendInt(number[:0], n, 8)
	for len(text) < digits && len(field) > 0 {
		field[0], field, digits = '0', field[1:], digits-1
	}
	if n := copy(field, text); n < len(field) {
		field[n] = 0
	}
}

// checksum adds up the bytes of a header whose checksum field holds spaces.
func checksum(b []byte) (sum int) {
	for _, c := range b {
		sum += int(c)
	}
	return sum
}

// split divides a path over 100 bytes at the last slash that leaves at most
// 155 bytes before it.
func split(path string) (prefix, name string) {
	if len(path) <= 100 {
		return "", path
	}
	i := strings.LastIndexByte(path[:min(len(path), 156)], '/')
	if i <= 0 {
		return "", path
	}
	return path[:i], path[i+1:]
}

// Errors of [Parse].
var (
	// ErrZeroBlock reports a block of zeros, which ends a tar.
	ErrZeroBlock = errors.New("a zero block")
	// ErrNotCanonical reports a header that Append would not have written.
	ErrNotCanonical = errors.New("not a header as archives have them")
	// ErrSplit is wrapped besides when the path is divided elsewhere than it
	// must be.
	ErrSplit = errors.New("its path is divided between prefix and name in another way")
)

// Parse reads a header block. A file whose size stands in an extended header
// has Size 0 here. When the error wraps [ErrNotCanonical], lax holds what a
// generous program would read, for reports only, and ok says whether there is
// such a thing.
func Parse(block []byte) (h Header, lax bool, err error) { return ParseLikely(block, "") }

// ParseLikely is [Parse] of a header that is likely to be path's. Then h.Path is
// path itself, and no memory is taken.
func ParseLikely(block []byte, path string) (h Header, lax bool, err error) {
	if len(block) != BlockSize {
		return h, false, fmt.Errorf("%w: %d bytes", ErrNotCanonical, len(block))
	}
	if block[0] == 0 && bytes.Count(block, []byte{0}) == BlockSize {
		return h, false, ErrZeroBlock
	}
	h = Header{Type: block[156], Path: pathOf(block, path)}
	var sizeOK, timeOK bool
	h.Size, sizeOK = parseOctal(block[124:136])
	h.Time, timeOK = parseOctal(block[136:148])
	want := encode(h)
	if sizeOK && timeOK && bytes.Equal(block, want[:]) && (h.Type == TypeFile || h.Type == TypeGlobal || h.Type == TypeExtended) {
		return h, true, nil
	}
	if sizeOK && timeOK && sameButSplit(block, want[:]) {
		return h, true, fmt.Errorf("%w: %w", ErrNotCanonical, ErrSplit)
	}
	return h, sizeOK && checksumOK(block), fmt.Errorf("%w: %s", ErrNotCanonical, difference(block, h, sizeOK && timeOK))
}

// sameButSplit reports whether got has the fields of want, but for how the path
// is divided and for what follows from that: the checksum.
func sameButSplit(got, want []byte) bool {
	prefix, name := textField(got[345:500]), textField(got[0:100])
	same := bytes.Clone(want)
	for _, field := range [][]byte{same[0:100], same[345:500]} {
		clear(field)
	}
	copy(same[0:100], name)
	copy(same[345:500], prefix)
	addChecksum(same)
	return len(prefix) > 0 && bytes.Equal(got, same)
}

// pathOf returns the path in a header: likely itself, if it is equal.
func pathOf(block []byte, likely string) string {
	prefix, name := textField(block[345:500]), textField(block[0:100])
	n := len(prefix)
	switch {
	case n == 0 && string(name) == likely:
		return likely
	case n == 0:
		return string(name)
	case len(likely) == n+1+len(name) && likely[:n] == string(prefix) && likely[n] == '/' && likely[n+1:] == string(name):
		return likely
	}
	return string(prefix) + "/" + string(name)
}

// textField returns the text of a field, which a NUL ends if there is room.
func textField(b []byte) []byte {
	if i := bytes.IndexByte(b, 0); i >= 0 {
		return b[:i]
	}
	return b
}

func parseOctal(b []byte) (int64, bool) {
	n, err := strconv.ParseUint(string(bytes.Trim(b, " \x00")), 8, 62)
	return int64(n), err == nil
}

func checksumOK(block []byte) bool {
	want, ok := parseOctal(block[148:156])
	copied := bytes.Clone(block)
	copy(copied[148:156], "        ")
	return ok && int64(checksum(copied)) == want
}

// difference names the first field that is not as it should be.
func difference(block []byte, h Header, numbers bool) string {
	switch {
	case !checksumOK(block):
		return "its checksum is wrong"
	case h.Type != TypeFile && h.Type != TypeGlobal && h.Type != TypeExtended:
		return fmt.Sprintf("type %q, where only regular files belong", h.Type)
	case !numbers:
		return "its size or time is not an octal number"
	}
	want := encode(h)
	for _, f := range []struct {
		name     string
		from, to int
	}{
		{"name", 0, 100}, {"mode", 100, 108}, {"owner", 108, 116}, {"group", 116, 124}, {"size", 124, 136}, {"time", 136, 148},
		{"link name", 157, 257}, {"magic", 257, 265}, {"owner's name", 265, 297}, {"group's name", 297, 329}, {"device", 329, 345}, {"prefix", 345, 512},
	} {
		if !bytes.Equal(block[f.from:f.to], want[f.from:f.to]) {
			return fmt.Sprintf("its %s is %.60q", f.name, bytes.TrimRight(block[f.from:f.to], "\x00"))
		}
	}
	return "its checksum is spelled differently"
}
