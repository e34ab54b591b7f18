package archive

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"

	"github.com/oneanalytics/oa-archive/internal/frame"
	"github.com/oneanalytics/oa-archive/internal/ustar"
	"github.com/oneanalytics/oa-archive/layout"
	"github.com/oneanalytics/oa-archive/sign"
)

// Bounds on what a hostile file can make a salvage keep beside its entries.
const (
	maxVersions  = 4  // different contents of one path
	maxManifests = 8  // members called manifest.json
	maxHints     = 64 // global headers
)

// A witness is a signature that verifies for some archive's id.
type witness struct {
	id  string
	key sign.PublicKey
}

// A remnant is a member that was found whole. What it is worth is judged when
// all has been seen.
type remnant struct {
	path   string
	size   int64
	digest layout.Digest
	time   int64 // that its header states
	by     *witness

	at     int64   // in the file, of the frame with its header
	end    int64   // in the file, of the last frame with its content
	offset int64   // in the frame, of its content when it is small
	chunks []int64 // in the file, of the frames with the content of a large one
	leads  bool    // the file is whole from its beginning to here
}

// torn is an entry whose header was found, but not all of its content.
type torn struct {
	path    string
	size    int64
	at, end int64
}

// A scan goes through the sound frames of a file and keeps what they hold.
type scan struct {
	frames *frameFinder
	limits Limits

	gaps      []Range // what is no sound frame
	last      int64   // end of the last sound frame
	sums      []uint64
	rows      []frame.Row
	whole     bool // no gap so far
	byPath    map[string][]*remnant
	entries   int
	manifests []*remnant
	hints     []ustar.Hint
	leading   *ustar.Hint // the one that the file begins with
	leadTime  int64
	torn      []torn
	orphans   []orphan // in order of the file
	witnesses map[witness]*witness

	large *largeScan
	held  foundFrame // that was read last of those that are read again
}

// largeScan is a large entry whose content is being read.
type largeScan struct {
	r    *remnant
	rest int64 // of its content
	sum  hash.Hash

	after int64 // in the file: the frame after the header's
	gaps  int   // there were before it
}

func newScan(frames *frameFinder, limits Limits) *scan {
	return &scan{frames: frames, limits: limits, whole: true, byPath: make(map[string][]*remnant), witnesses: make(map[witness]*witness)}
}

// run looks at the whole file.
func (s *scan) run(progress func(done, total int64)) error {
	size := s.frames.win.size
	for p := int64(0); p < size || s.large != nil; {
		if p >= size { // the file ends with a sound frame in the middle of an entry
			p = s.tear()
			continue
		}
		found, ok, err := s.frames.next(p)
		if err != nil {
			return err
		}
		if !ok {
			s.gap(p, size)
			p = size
			continue
		}
		s.gap(p, found.at)
		if err := s.frames.count(found); err != nil {
			return err
		}
		if p, err = s.look(found); err != nil {
			return err
		}
		if progress != nil {
			progress(max(p, s.last), size)
		}
	}
	return s.closeTail()
}

func (s *scan) gap(from, to int64) {
	if from < to {
		s.gaps = append(s.gaps, Range{from, to})
		s.whole = false
	}
}

// look takes in a frame and returns where to go on.
func (s *scan) look(found foundFrame) (int64, error) {
	s.note(found)
	if s.large == nil {
		s.orphaned(found)
		return found.end(), s.members(found)
	}
	l := s.large
	padded := ustar.Padded(l.rest)
	if want := min(padded, frame.MaxContent); int64(len(found.data)) != want || !isZero(found.data[min(l.rest, want):]) {
		return s.tear(), nil
	}
	n := min(l.rest, frame.MaxContent)
	l.sum.Write(found.data[:n])
	l.rest -= n
	l.r.chunks = append(l.r.chunks, found.at)
	l.r.end = found.end()
	if l.rest > 0 {
		return found.end(), nil
	}
	l.r.digest = layout.Digest(l.sum.Sum(nil))
	if err := s.keep(l.r); err != nil {
		return 0, err
	}
	if len(s.gaps) == l.gaps {
		s.large = nil
		return found.end(), nil
	}
	// A frame may be missing and one of another entry have taken its place, so
	// look at all of them once more for what they may be themselves.
	p := l.after
	s.rewind(l)
	return p, nil
}

// note records a frame for the comparison with the tables at the end.
func (s *scan) note(found foundFrame) {
	if found.at < s.last {
		return
	}
	s.last = found.end()
	s.sums = append(s.sums, found.sum)
	s.rows = append(s.rows, frame.Row{Compressed: uint32(found.length), Content: uint32(len(found.data))})
}

// tear gives up the large entry that is being read, and returns where to look
// for other things: after its header.
func (s *scan) tear() int64 {
	l := s.large
	if len(s.torn) < s.limits.Entries {
		s.torn = append(s.torn, torn{l.r.path, l.r.size, l.r.at, l.r.end})
	}
	s.rewind(l)
	return l.after
}

func (s *scan) rewind(l *largeScan) {
	s.gaps = s.gaps[:l.gaps]
	s.whole = false
	s.large = nil
}

// members takes in a frame that begins with a header.
func (s *scan) members(found foundFrame) error {
	b := found.data
	size := int64(-1) // that an extended header stated
	for at := int64(0); at+ustar.BlockSize <= int64(len(b)); {
		h, _, err := ustar.Parse(b[at : at+ustar.BlockSize])
		if err != nil {
			return nil // the end, or what is no member
		}
		at += ustar.BlockSize
		if size >= 0 {
			h.Size, size = size, -1
		}
		if h.Type == ustar.TypeFile && h.Size > frame.MaxSmall && h.Path != layout.ManifestPath {
			if at == int64(len(b)) {
				s.startLarge(found, h)
			}
			return nil
		}
		if h.Size > int64(len(b))-at {
			return nil
		}
		content := b[at : at+h.Size]
		from := at
		if at += ustar.Padded(h.Size); at > int64(len(b)) {
			return nil
		}
		switch h.Type {
		case ustar.TypeExtended:
			if size, err = ustar.ParseSize(content); err != nil {
				return nil
			}
		case ustar.TypeGlobal:
			s.global(found, from == ustar.BlockSize, content, h.Time)
		default:
			if err := s.member(found, h, from, content); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *scan) global(found foundFrame, first bool, content []byte, time int64) {
	hint, err := ustar.ParseGlobal(content)
	if err != nil || len(s.hints) == maxHints {
		return
	}
	s.hints = append(s.hints, hint)
	if first && found.at == 0 {
		s.leading, s.leadTime = &s.hints[len(s.hints)-1], time
	}
}

// member takes in a small member.
func (s *scan) member(found foundFrame, h ustar.Header, from int64, content []byte) error {
	if target, ok := layout.SignedPath(h.Path); ok {
		s.signature(target, content)
		return nil
	}
	r := &remnant{path: h.Path, size: h.Size, digest: sha256.Sum256(content), time: h.Time, at: found.at, end: found.end(), offset: from, leads: s.whole}
	if h.Path == layout.ManifestPath {
		if h.Size <= s.limits.Manifest && len(s.manifests) < maxManifests {
			s.manifests = append(s.manifests, r)
		}
		return nil
	}
	return s.keep(r)
}

func (s *scan) startLarge(found foundFrame, h ustar.Header) {
	if !isEntry(h.Path) {
		return
	}
	r := &remnant{path: h.Path, size: h.Size, time: h.Time, at: found.at, end: found.end(), leads: s.whole}
	s.large = &largeScan{r: r, rest: h.Size, sum: sha256.New(), after: found.end(), gaps: len(s.gaps)}
}

func isEntry(path string) bool {
	name, err := layout.Parse(path)
	return err == nil && name.Kind != layout.Manifest
}

// keep adds an entry, unless the same has been found before.
func (s *scan) keep(r *remnant) error {
	if !isEntry(r.path) {
		return nil
	}
	versions := s.byPath[r.path]
	for _, v := range versions {
		if v.digest == r.digest && v.size == r.size {
			return nil
		}
	}
	if len(versions) == maxVersions {
		return nil
	}
	if s.entries++; s.entries > 2*s.limits.Entries {
		return fmt.Errorf("%w: more than %d entries", ErrLimit, 2*s.limits.Entries)
	}
	s.byPath[r.path] = append(versions, r)
	return nil
}

// signature looks for what a signature verifies for. It proves its entry
// wherever it stands.
func (s *scan) signature(path string, text []byte) {
	if len(text) > maxSignature {
		return
	}
	of := s.byPath[path]
	if path == layout.ManifestPath {
		of = s.manifests
	}
	if len(of) == 0 {
		return
	}
	sig, err := sign.ParseSignature(text)
	if err != nil {
		return
	}
	id, named, ok := cutNamespace(sig.Namespace)
	if !ok || named != path {
		return
	}
	for _, r := range of {
		if r.by == nil && sig.Verify(sig.Namespace, sign.Digest(r.digest)) == nil {
			r.by = s.witness(witness{id, sig.Key})
			return
		}
	}
}

// witness returns the one copy of w.
func (s *scan) witness(w witness) *witness {
	if known, ok := s.witnesses[w]; ok {
		return known
	}
	s.witnesses[w] = &w
	return &w
}

// closeTail takes the fixity frame and the seek table from the last gap, where
// they are sound. Of frames that differ from their sums, but hold what they
// held, it makes gaps instead.
func (s *scan) closeTail() error {
	n, size, t := len(s.rows), s.frames.win.size, s.frames.table
	if len(s.gaps) == 0 || t == nil || s.gaps[len(s.gaps)-1].To != size || s.gaps[len(s.gaps)-1].From > t.at[t.frames()] {
		return nil
	}
	last := &s.gaps[len(s.gaps)-1]
	if last.To = t.at[t.frames()]; last.Len() == 0 {
		s.gaps = s.gaps[:len(s.gaps)-1]
	}
	if n != t.frames() || len(s.gaps) > 0 {
		return nil
	}
	for i, sum := range s.sums {
		if sum != t.sums[i] || s.rows[i] != (frame.Row{Compressed: uint32(t.at[i+1] - t.at[i]), Content: uint32(t.start[i+1] - t.start[i])}) {
			s.gap(t.at[i], t.at[i+1])
		}
	}
	return nil
}

// content hands the content of a remnant to use, piece by piece, from the file
// again, and checks that it still is what it was.
func (s *scan) content(r *remnant, use func([]byte) error) error {
	sum := sha256.New()
	take := func(at, from, n int64) error {
		found, ok, err := s.again(at)
		if err != nil {
			return err
		}
		if !ok || from+n > int64(len(found.data)) {
			return errChanged
		}
		piece := found.data[from : from+n]
		sum.Write(piece)
		return use(piece)
	}
	rest := r.size
	for _, at := range r.chunks {
		n := min(rest, frame.MaxContent)
		if err := take(at, 0, n); err != nil {
			return err
		}
		rest -= n
	}
	if r.chunks == nil {
		if err := take(r.at, r.offset, r.size); err != nil {
			return err
		}
	}
	if layout.Digest(sum.Sum(nil)) != r.digest {
		return errChanged
	}
	return nil
}

var errChanged = errors.New("the file was changed while it was being read")

// again reads a frame again, unless it is the one that was read last.
func (s *scan) again(at int64) (found foundFrame, ok bool, err error) {
	if s.held.data != nil && s.held.at == at {
		return s.held, true, nil
	}
	s.held = foundFrame{}
	found, ok, err = s.frames.try(at)
	if ok {
		s.held = found
	}
	return found, ok, err
}
