package sqlstore

import (
	"slices"
	"sync"
	"sync/atomic"
)

// A shelf holds the contents of documents that were fetched together. Its
// memory goes to another shelf once all of them have left it; if one never
// does, all of it is left to the garbage collector.
type shelf struct {
	bytes []byte
	users atomic.Int32 // the contents on it, and who puts them there
}

var shelves = sync.Pool{New: func() any { return &shelf{} }}

// newShelf returns a shelf for contents that are said to have size bytes, and
// its first use.
func newShelf(size int64) *shelf {
	s := shelves.Get().(*shelf)
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
		shelves.Put(s)
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
