package sign

import "encoding/binary"

// appendString appends s as an SSH string (RFC 4251, section 5): its length as
// a big-endian uint32, then its bytes.
func appendString[T string | []byte](dst []byte, s T) []byte {
	dst = binary.BigEndian.AppendUint32(dst, uint32(len(s)))
	return append(dst, s...)
}

// cutString splits an SSH string off the front of in. It allocates nothing, so a
// length field that lies costs nothing either.
func cutString(in []byte) (s, rest []byte, ok bool) {
	n, in, ok := cutUint32(in)
	if !ok || uint64(n) > uint64(len(in)) {
		return nil, nil, false
	}
	return in[:n], in[n:], true
}

func cutUint32(in []byte) (n uint32, rest []byte, ok bool) {
	if len(in) < 4 {
		return 0, nil, false
	}
	return binary.BigEndian.Uint32(in), in[4:], true
}
