package schema

import "sync"

// slab is how many values are cut from one piece of memory.
const slab = 64

// spareSlabs bounds how many slabs of one type wait in a [Parser]: of nodes, they
// are some 4 MiB.
const spareSlabs = 512

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

func (s *slabs[T]) give(all []*[slab]T) {
	for _, one := range all {
		clear(one[:])
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.free = append(s.free, all[:min(len(all), spareSlabs-len(s.free))]...)
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

// release gives the slabs back. Nothing that was cut from them may be in use.
func (s *stock[T]) release() {
	s.from.give(s.taken)
	clear(s.taken)
	s.taken, s.left = s.taken[:0], nil
}
