package restore

import (
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/oneanalytics/oa-archive/layout"
	"github.com/oneanalytics/oa-archive/manifest"
)

// state is what a tenant holds: every entry's path and digest, sorted by paths.
type state []held

// held is an entry that a tenant holds, or is to hold.
type held struct {
	path    string
	digest  layout.Digest
	written bool // by the import at hand
}

// newState puts entries, which come in any order, into the order of states.
func newState(entries []held) state {
	slices.SortFunc(entries, func(a, b held) int { return strings.Compare(a.path, b.path) })
	return entries
}

func stateOf(digests map[string]layout.Digest) state {
	all := make([]held, 0, len(digests))
	for path, digest := range digests {
		all = append(all, held{path: path, digest: digest})
	}
	return newState(all)
}

// find returns the entry at the path, or nil.
func (s state) find(path string) *held {
	i, ok := s.search(path)
	if !ok {
		return nil
	}
	return &s[i]
}

// search returns where the path stands.
func (s state) search(path string) (int, bool) {
	return slices.BinarySearchFunc(s, path, func(h held, path string) int { return strings.Compare(h.path, path) })
}

// after returns the state that the changes lead to. It takes s for it.
func (s state) after(changes iter.Seq[EntryChange]) (state, error) {
	var added []held
	for c := range changes {
		own := s.find(c.Path)
		if c.After == "" {
			if own != nil {
				own.digest = layout.Digest{}
			}
			continue
		}
		digest, err := layout.ParseDigest(c.After)
		switch {
		case err != nil:
			return nil, fmt.Errorf("entry %q: %w", c.Path, err)
		case own != nil:
			own.digest, own.written = digest, true
		default:
			added = append(added, held{c.Path, digest, true})
		}
	}
	s = append(s, added...)
	return newState(slices.DeleteFunc(s, func(h held) bool { return h.digest.IsZero() })), nil
}

// hash returns the content hash of the state.
func (s state) hash() string {
	return manifest.HashSorted(func(yield func(string, layout.Digest) bool) {
		for i := range s {
			if !yield(s[i].path, s[i].digest) {
				return
			}
		}
	})
}
