package schema

import "sync"

// slab is how many values are cut from one piece of memory.
const slab = 64

// How many slabs of one type wait in a [Parser] at most: of nodes, they are some
// 4 MiB, and half of one where documents are parsed now and then.
const (
	spareSlabs = 512
	fewSlabs   = 64
)

// slabs are those that no document uses. They are safe for concurrent use.
type slabs[T any] struct {
	mu   sync.Mutex
	free []*[slab]T // cleared
}

func (s *slabs[T]) take() *[slab]T {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := len(s.free); n > 0 {
		one := s.free[n-1]
		s.free = s.free[:n-1]
		return one
	}
	return new([slab]T)
}

// give takes slabs back, until there are as many as most.
func (s *slabs[T]) give(all []*[slab]T, most int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, one := range all[:min(len(all), most-len(s.free))] {
		clear(one[:])
		s.free = append(s.free, one)
	}
}

// A stock cuts lists from slabs, which saves an allocation for most of them.
type stock[T any] struct {
	from  *slabs[T]
	taken []*[slab]T
	left  []T // of the last slab
}

// cut returns n zero values.
func (s *stock[T]) cut(n int) []T {
	if n > slab {
		return make([]T, n)
	}
	if len(s.left) < n {
		next := s.from.take()
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

// release gives the slabs back, as many as may wait. Nothing that was cut from
// them may be in use.
func (s *stock[T]) release(most int) {
	s.from.give(s.taken, most)
	if cap(s.taken) > most {
		s.taken = nil
	}
	clear(s.taken)
	s.taken, s.left = s.taken[:0], nil
}
