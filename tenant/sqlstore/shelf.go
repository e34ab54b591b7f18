package sqlstore

import (
	"slices"
	"sync/atomic"
)

// A shelf holds the contents of documents that were fetched together. Once all
// of them have left it, its memory serves the next fetch; if one never does, all
// of it is left to the garbage collector.
type shelf struct {
	bytes []byte
	users atomic.Int32 // the contents on it, and who puts them there
	spare *spareShelf  // where it goes when it is empty
}

// A spareShelf is an empty shelf that waits to be used again, if there is one.
type spareShelf struct{ atomic.Pointer[shelf] }

// take returns a shelf for contents that are said to have size bytes, and its
// first use.
func (p *spareShelf) take(size int64) *shelf {
	s := p.Swap(nil)
	if s == nil {
		s = &shelf{spare: p}
	}
	s.bytes = slices.Grow(s.bytes[:0], int(max(0, min(size, aheadBytes))))
	s.users.Store(1)
	return s
}

// put copies a content onto the shelf.
func (s *shelf) put(content []byte) piece {
	start := len(s.bytes)
	s.bytes = append(s.bytes, content...)
	s.users.Add(1)
	return piece{s.bytes[start:len(s.bytes):len(s.bytes)], s}
}

// leave ends one use of the shelf.
func (s *shelf) leave() {
	if s.users.Add(-1) == 0 {
		s.spare.Store(s)
	}
}

// A piece is a content on a shelf, until it leaves it.
type piece struct {
	bytes []byte
	shelf *shelf // nil when there is none
}

func (p piece) leave() {
	if p.shelf != nil {
		p.shelf.leave()
	}
}
