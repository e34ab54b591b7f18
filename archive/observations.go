package archive

import (
	"iter"
	"slices"

	"github.com/oneanalytics/oa-archive/layout"
	"github.com/oneanalytics/oa-archive/manifest"
)

// observed is what was read of one entry. Workers fill in digest, chunks and
// signature; they are complete once all units are done.
type observed struct {
	path    string
	offset  int64 // in the tar, of the first header
	size    int64
	digest  [32]byte
	chunks  []layout.Digest
	damaged bool // part of the content could not be read

	signature *checkedSignature // nil when there is none
}

// checkedSignature is the outcome of one signature.
type checkedSignature struct {
	fingerprint string
	fault       *Finding // nil when it verifies for its archive and path
}

// observations are what was read of all entries, in the order of the file. Of
// an entry that is in everything what a manifest lists at the same index, there
// is nothing to remember: so they take little memory when the manifest that is
// likely to be the right one is known beforehand, and are the same without it.
type observations struct {
	likely  *manifest.Manifest // nil when none is known
	signed  checkedSignature   // that likely's key makes
	list    []*observed        // nil for those that are as in likely
	settled int                // so many have been compared with likely
	free    []*observed        // that were forgotten, to be used again
}

// expect makes m the manifest that is likely to be the right one.
func (s *observations) expect(m *manifest.Manifest) {
	s.likely, s.signed = m, checkedSignature{fingerprint: m.SigningKey}
	s.list = make([]*observed, 0, len(m.Entries))
}

// add begins the next observation. It stays in place until it is settled.
func (s *observations) add(begun observed) *observed {
	var o *observed
	if n := len(s.free); n > 0 {
		o, s.free = s.free[n-1], s.free[:n-1]
	} else {
		o = new(observed)
	}
	*o = begun
	s.list = append(s.list, o)
	return o
}

// nextPath returns the path that the next entry is likely to have.
func (s *observations) nextPath() string {
	if s.likely == nil || len(s.list) >= len(s.likely.Entries) {
		return ""
	}
	return s.likely.Entries[len(s.list)].Path
}

func (s *observations) len() int { return len(s.list) }

// at returns the observation with index i. What it points to is not the
// caller's to change.
func (s *observations) at(i int) observed {
	if s.list[i] != nil {
		return *s.list[i]
	}
	e := &s.likely.Entries[i]
	o := observed{path: e.Path, offset: e.Offset, size: e.Size, digest: e.SHA256, chunks: e.Chunks}
	if s.likely.SigningKey != "" {
		o.signature = &s.signed
	}
	return o
}

func (s *observations) all() iter.Seq[observed] {
	return func(yield func(observed) bool) {
		for i := range s.list {
			if !yield(s.at(i)) {
				return
			}
		}
	}
}

// settle takes in that the first n observations are complete: nobody looks at
// them any more but through at.
func (s *observations) settle(n int) {
	for ; s.likely != nil && s.settled < n; s.settled++ {
		if i := s.settled; i < len(s.likely.Entries) && s.expected(i) {
			s.list[i], s.free = nil, append(s.free, s.list[i])
		}
	}
}

// expected reports whether the observation with index i is what at makes of
// likely.
func (s *observations) expected(i int) bool {
	o, e := s.list[i], &s.likely.Entries[i]
	if s.likely.SigningKey == "" && o.signature != nil || s.likely.SigningKey != "" && (o.signature == nil || *o.signature != s.signed) {
		return false
	}
	return o.path == e.Path && o.offset == e.Offset && o.size == e.Size && !o.damaged && o.digest == e.SHA256 && slices.Equal(o.chunks, e.Chunks)
}
