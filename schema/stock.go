package schema

import "sync"

// slab is how many values are cut from one piece of memory.
const slab = 64

// A stock cuts lists from slabs, which saves an allocation for most of them,
// and hands the slabs on to the documents to come.
type stock[T any] struct {
	pool  *sync.Pool // of *[slab]T, cleared
	taken []*[slab]T
	left  []T // of the last slab
}

// cut returns n zero values.
func (s *stock[T]) cut(n int) []T {
	if n > slab {
		return make([]T, n)
	}
	if len(s.left) < n {
		next, _ := s.pool.Get().(*[slab]T)
		if next == nil {
			next = new([slab]T)
		}
		s.taken = append(s.taken, next)
		s.left = next[:]
	}
	list := s.left[:n:n]
	s.left = s.left[n:]
	return list
}

// keep returns a copy of list.
func (s *stock[T]) keep(list []T) []T {
	if len(list) == 0 {
		return nil
	}
	kept := s.cut(len(list))
	copy(kept, list)
	return kept
}

// release gives the slabs back. Nothing that was cut from them may be in use.
func (s *stock[T]) release() {
	for i, taken := range s.taken {
		clear(taken[:])
		s.pool.Put(taken)
		s.taken[i] = nil
	}
	s.taken, s.left = s.taken[:0], nil
}

// A room is the memory in which one document is read and walked.
type room struct {
	builder builder
	walker  walker
}

var (
	rooms     = sync.Pool{New: func() any { return newRoom() }}
	nodeSlabs sync.Pool
	listSlabs sync.Pool
	nameSlabs sync.Pool
)

func newRoom() *room {
	r := &room{}
	r.builder.nodes.pool, r.builder.lists.pool, r.builder.texts.pool = &nodeSlabs, &listSlabs, &nameSlabs
	return r
}

// roomFinds is how much of what a walk found fits into a room that is kept.
const roomFinds = 1024

// release empties the room for another document.
func (r *room) release() {
	r.builder.release()
	w := &r.walker
	if cap(w.refs) > roomFinds || cap(w.defs) > roomFinds {
		*w = walker{}
	}
	clear(w.refs)
	clear(w.defs)
	clear(w.first)
	w.refs, w.defs = w.refs[:0], w.defs[:0]
	rooms.Put(r)
}
