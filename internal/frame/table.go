package frame

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// FooterSize is the number of bytes at the end of a file that say how long the
// seek table before them is.
const FooterSize = 9

const (
	skippableHeader = 8
	rowSize         = 8
	sumSize         = 8
)

// A Row of the seek table is one frame.
type Row struct {
	Compressed uint32 // bytes in the file
	Content    uint32 // bytes that it decompresses to; 0 for the fixity frame
}

// Errors about the two frames at the end.
var (
	ErrFixity = errors.New("not a fixity frame as archives have them")
	ErrTable  = errors.New("not a seek table as archives have them")
)

// FixityLength returns the length of the fixity frame of n data frames.
func FixityLength(n int) int64 { return skippableHeader + sumSize*int64(n) }

// TableLength returns the length of a seek table with n rows.
func TableLength(n int) int64 { return skippableHeader + rowSize*int64(n) + FooterSize }

// AppendFixity appends the fixity frame.
func AppendFixity(dst []byte, sums []uint64) []byte {
	dst = binary.LittleEndian.AppendUint32(dst, MagicFixity)
	dst = binary.LittleEndian.AppendUint32(dst, uint32(sumSize*len(sums)))
	for _, sum := range sums {
		dst = binary.LittleEndian.AppendUint64(dst, sum)
	}
	return dst
}

// ParseFixity reads the fixity frame of n data frames. Errors wrap [ErrFixity].
func ParseFixity(b []byte, n int) ([]uint64, error) {
	switch {
	case int64(len(b)) != FixityLength(n):
		return nil, fmt.Errorf("%w: %d bytes, want %d for %d frames", ErrFixity, len(b), FixityLength(n), n)
	case binary.LittleEndian.Uint32(b) != MagicFixity:
		return nil, fmt.Errorf("%w: magic number %#08x", ErrFixity, binary.LittleEndian.Uint32(b))
	case int64(binary.LittleEndian.Uint32(b[4:])) != sumSize*int64(n):
		return nil, fmt.Errorf("%w: it states %d bytes, want %d", ErrFixity, binary.LittleEndian.Uint32(b[4:]), sumSize*n)
	}
	sums := make([]uint64, n)
	for i := range sums {
		sums[i] = binary.LittleEndian.Uint64(b[skippableHeader+sumSize*i:])
	}
	return sums, nil
}

// AppendTable appends the seek table. rows holds all frames of the file, the
// fixity frame last.
func AppendTable(dst []byte, rows []Row) []byte {
	dst = binary.LittleEndian.AppendUint32(dst, MagicTable)
	dst = binary.LittleEndian.AppendUint32(dst, uint32(rowSize*len(rows)+FooterSize))
	for _, row := range rows {
		dst = binary.LittleEndian.AppendUint32(dst, row.Compressed)
		dst = binary.LittleEndian.AppendUint32(dst, row.Content)
	}
	dst = binary.LittleEndian.AppendUint32(dst, uint32(len(rows)))
	dst = append(dst, 0) // descriptor: no checksums
	return binary.LittleEndian.AppendUint32(dst, magicFooter)
}

// ParseFooter reads the last bytes of a file and returns the number of rows of
// the seek table that they end. Errors wrap [ErrTable].
func ParseFooter(b []byte) (rows int, err error) {
	if len(b) < FooterSize {
		return 0, fmt.Errorf("%w: %d bytes", ErrTable, len(b))
	}
	b = b[len(b)-FooterSize:]
	n := binary.LittleEndian.Uint32(b)
	switch {
	case binary.LittleEndian.Uint32(b[5:]) != magicFooter:
		return 0, fmt.Errorf("%w: the file does not end with one", ErrTable)
	case b[4] != 0:
		return 0, fmt.Errorf("%w: descriptor %#02x, want 0", ErrTable, b[4])
	case n > 1<<28:
		return 0, fmt.Errorf("%w: %d rows", ErrTable, n)
	}
	return int(n), nil
}

// ParseTable reads a whole seek table. Errors wrap [ErrTable].
func ParseTable(b []byte) ([]Row, error) {
	n, err := ParseFooter(b)
	if err != nil {
		return nil, err
	}
	switch {
	case int64(len(b)) != TableLength(n):
		return nil, fmt.Errorf("%w: %d bytes, want %d for %d rows", ErrTable, len(b), TableLength(n), n)
	case binary.LittleEndian.Uint32(b) != MagicTable:
		return nil, fmt.Errorf("%w: magic number %#08x", ErrTable, binary.LittleEndian.Uint32(b))
	case int64(binary.LittleEndian.Uint32(b[4:])) != TableLength(n)-skippableHeader:
		return nil, fmt.Errorf("%w: it states %d bytes, want %d", ErrTable, binary.LittleEndian.Uint32(b[4:]), TableLength(n)-skippableHeader)
	}
	rows := make([]Row, n)
	for i := range rows {
		at := b[skippableHeader+rowSize*i:]
		rows[i] = Row{Compressed: binary.LittleEndian.Uint32(at), Content: binary.LittleEndian.Uint32(at[4:])}
	}
	return rows, nil
}
