package restore

import (
	"hash/maphash"
	"slices"
)

// poolSize is how many items, or texts of lists, are allocated as one.
const poolSize = 512

// itemPool makes items, many at a time: what plans a large tenant allocates and
// drops much between two of them, and would leave holes.
type itemPool struct {
	items    []item
	verdicts []verdict
}

// item returns the item of an asset, like newItem.
func (p *itemPool) item(a *asset, why string) *item {
	if len(p.items) == 0 {
		p.items, p.verdicts = make([]item, poolSize), make([]verdict, poolSize)
	}
	it := &p.items[0]
	it.asset, it.verdict = a, &p.verdicts[0]
	it.why = why
	p.items, p.verdicts = p.items[1:], p.verdicts[1:]
	return it
}

// sharedLists keeps one copy of equal lists, many of them in one piece: the reports
// on a dataset all need the same.
type sharedLists struct {
	seed  maphash.Seed
	lists map[uint64][]string // by hash
	free  []string
}

func newSharedLists() *sharedLists {
	return &sharedLists{seed: maphash.MakeSeed(), lists: map[uint64][]string{}}
}

// one returns the copy that equals the list, which stays the caller's.
func (s *sharedLists) one(list []string) []string {
	if len(list) == 0 {
		return nil
	}
	var h maphash.Hash
	h.SetSeed(s.seed)
	for _, text := range list {
		maphash.WriteComparable(&h, text)
	}
	hash := h.Sum64()
	if same, ok := s.lists[hash]; ok && slices.Equal(same, list) {
		return same
	}
	if len(list) > len(s.free) {
		s.free = make([]string, max(poolSize, len(list)))
	}
	own := s.free[:len(list):len(list)]
	copy(own, list)
	s.free = s.free[len(list):]
	s.lists[hash] = own
	return own
}
