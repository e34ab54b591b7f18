package restore

import (
	"fmt"
	"hash/maphash"
	"slices"

	"github.com/oneanalytics/oa-archive/access"
	"github.com/oneanalytics/oa-archive/schema"
)

// poolSize is how many assets, items, or texts of lists, are allocated as one.
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

// assetPool makes assets and room for their entries, many at a time.
type assetPool struct {
	assets  []asset
	entries []entry
}

func (p *assetPool) asset() *asset {
	if len(p.assets) == 0 {
		p.assets = make([]asset, poolSize)
	}
	a := &p.assets[0]
	p.assets = p.assets[1:]
	return a
}

// entry returns room for the one entry that most assets have.
func (p *assetPool) entry() []entry {
	if len(p.entries) == 0 {
		p.entries = make([]entry, poolSize)
	}
	room := p.entries[:0:1]
	p.entries = p.entries[1:]
	return room
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

// sharedRules keeps one copy of equal rules of row security, by what they say: a
// tenant protects many datasets in the same way.
type sharedRules map[string]*[]access.Rule

// one returns the copy of the rules, nil for none.
func (s sharedRules) one(rules []schema.RowRule) *[]access.Rule {
	if len(rules) == 0 {
		return nil
	}
	says := fmt.Sprintf("%q", rules)
	if s[says] == nil {
		own := make([]access.Rule, len(rules))
		for i, r := range rules {
			own[i] = access.Rule(r)
		}
		s[says] = &own
	}
	return s[says]
}
