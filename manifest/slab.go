package manifest

import "strings"

// A slab keeps many short texts in few pieces of memory, without the room that
// each would have around it alone. A piece lives as long as any of its texts.
// The zero value is ready; it must not be copied.
type slab struct {
	piece strings.Builder
	size  int // of the piece
}

// Pieces are small at first: most manifests are.
const (
	leastPiece = 1 << 10 // bytes
	mostPiece  = 64 << 10
)

// add returns a copy of text.
func (s *slab) add(text []byte) string {
	if s.piece.Cap()-s.piece.Len() < len(text) {
		s.size = min(max(2*s.size, leastPiece), mostPiece)
		s.piece = strings.Builder{}
		s.piece.Grow(max(s.size, len(text)))
	}
	from := s.piece.Len()
	s.piece.Write(text) // within its capacity: what it returned before stays in place
	return s.piece.String()[from:]
}
