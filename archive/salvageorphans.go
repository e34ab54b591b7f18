package archive

import (
	"crypto/sha256"
	"slices"

	"github.com/oneanalytics/oa-archive/internal/frame"
	"github.com/oneanalytics/oa-archive/internal/ustar"
	"github.com/oneanalytics/oa-archive/layout"
	"github.com/oneanalytics/oa-archive/manifest"
)

// maxOrphans bounds the memory for frames that nothing explains: 16 bytes each.
const maxOrphans = 4 << 20

// maxTails is how many lengths of content are tried for a frame that may be
// the last of an entry.
const maxTails = 4

// An orphan is a sound frame that followed no header. It may hold a piece of a
// large entry whose header is lost.
type orphan struct {
	at   int64 // in the file
	size int64 // of its content
}

// orphaned records a frame that was looked at for members.
func (s *scan) orphaned(found foundFrame) {
	n := len(s.orphans)
	if n == maxOrphans || n > 0 && s.orphans[n-1].at >= found.at {
		return
	}
	s.orphans = append(s.orphans, orphan{found.at, int64(len(found.data))})
}

// A piece is a chunk of an entry as the manifest lists it.
type piece struct {
	digest layout.Digest
	size   int64
}

// adopt finds the large entries of a proven manifest whose headers are lost, or
// whose frames could not be put in order, by the digests of their chunks. What
// it finds stands under their paths.
func (s *scan) adopt(m *manifest.Manifest) error {
	var missing []*manifest.Entry
	places := make(map[piece]Range) // empty where it has not been found
	tails := make(map[int64][]int64)
	for i := range m.Entries {
		e := &m.Entries[i]
		if len(e.Chunks) == 0 || s.has(e) {
			continue
		}
		missing = append(missing, e)
		for k := range e.Chunks {
			p := pieceOf(e, k)
			if _, known := places[p]; known {
				continue
			}
			places[p] = Range{}
			if padded := ustar.Padded(p.size); p.size < frame.MaxContent && !slices.Contains(tails[padded], p.size) {
				tails[padded] = append(tails[padded], p.size)
			}
		}
	}
	if len(missing) == 0 {
		return nil
	}
	if err := s.placePieces(places, tails); err != nil {
		return err
	}
	// The manifest may list a frame as part of many entries, so what is read
	// again is no more than what there is.
	budget := s.frames.content
	for _, e := range missing {
		r, ok := assemble(e, places)
		if budget -= e.Size; !ok || budget < 0 {
			continue
		}
		if err := s.content(r, func([]byte) error { return nil }); err == errChanged {
			continue // chunk by chunk as listed, and still not the whole that is listed
		} else if err != nil {
			return err
		}
		s.byPath[e.Path] = append(s.byPath[e.Path], r)
	}
	return nil
}

func (s *scan) has(e *manifest.Entry) bool {
	for _, r := range s.byPath[e.Path] {
		if r.digest == e.SHA256 && r.size == e.Size {
			return true
		}
	}
	return false
}

func pieceOf(e *manifest.Entry, k int) piece {
	return piece{e.Chunks[k], min(e.Size-int64(k)*frame.MaxContent, frame.MaxContent)}
}

// placePieces looks for the pieces among the orphans and notes where they are.
func (s *scan) placePieces(places map[piece]Range, tails map[int64][]int64) error {
	for _, o := range s.orphans {
		whole := o.size == frame.MaxContent
		if !whole && len(tails[o.size]) == 0 {
			continue
		}
		found, ok, err := s.frames.try(o.at)
		if err != nil {
			return err
		}
		if !ok || int64(len(found.data)) != o.size {
			continue // read errors come and go
		}
		if whole {
			settle(places, piece{sha256.Sum256(found.data), o.size}, found)
		}
		tried := 0
		for _, size := range tails[o.size] {
			if !isZero(found.data[size:]) {
				continue
			}
			if tried++; tried > maxTails {
				break
			}
			settle(places, piece{sha256.Sum256(found.data[:size]), size}, found)
		}
	}
	return nil
}

// settle notes the first place of a piece that is wanted.
func settle(places map[piece]Range, p piece, found foundFrame) {
	if old, wanted := places[p]; wanted && old.Len() == 0 {
		places[p] = Range{found.at, found.end()}
	}
}

// assemble makes a remnant of an entry all of whose pieces were found.
func assemble(e *manifest.Entry, places map[piece]Range) (*remnant, bool) {
	r := &remnant{path: e.Path, size: e.Size, digest: e.SHA256}
	for k := range e.Chunks {
		place := places[pieceOf(e, k)]
		if place.Len() == 0 {
			return nil, false
		}
		if k == 0 || place.From < r.at {
			r.at = place.From
		}
		r.end = max(r.end, place.To)
		r.chunks = append(r.chunks, place.From)
	}
	return r, true
}
