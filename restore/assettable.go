package restore

import (
	"cmp"
	"hash/maphash"
	"slices"
)

// assetTable finds assets by their keys. It holds hashes of the keys, which
// stand in the assets themselves: a large tenant has a hundred thousand, and a
// map of whole keys takes several times as much.
type assetTable struct {
	seed  maphash.Seed
	first map[uint64]*asset // the last one added of those with this hash; see asset.next
}

func newAssetTable() assetTable {
	return assetTable{maphash.MakeSeed(), map[uint64]*asset{}}
}

// get returns the asset with the key, or nil.
func (t *assetTable) get(k key) *asset {
	for a := t.first[maphash.Comparable(t.seed, k)]; a != nil; a = a.next {
		if a.key == k {
			return a
		}
	}
	return nil
}

// put adds an asset whose key the table does not have.
func (t *assetTable) put(a *asset) {
	hash := maphash.Comparable(t.seed, a.key)
	a.next = t.first[hash]
	t.first[hash] = a
}

// byID are assets in the order of their ids, so that those which share one
// stand together.
type byID []*asset

func newByID(all []*asset) byID {
	sorted := slices.Clone(all)
	slices.SortStableFunc(sorted, func(a, b *asset) int { return cmp.Compare(a.id, b.id) })
	return sorted
}

// with returns the assets with the id, workspaces too.
func (all byID) with(id string) []*asset {
	start, _ := slices.BinarySearchFunc(all, id, func(a *asset, id string) int { return cmp.Compare(a.id, id) })
	end := start
	for end < len(all) && all[end].id == id {
		end++
	}
	return all[start:end]
}
