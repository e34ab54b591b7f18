package testkit

import (
	"math/bits"

	"github.com/oneanalytics/oa-archive/layout"
)

// An asset is one slot of a workspace in one state of the tenant.
type asset struct {
	kind     layout.Kind
	ws, slot int
	added    bool // it follows the slot, in a state that added it
	revision int  // 0: as in the first state
	id       string
}

// weights are the shares that eight workspaces have of what the eight of them
// own. They are handed out in an order of their own in each eight.
var weights = [8]int{1, 5, 2, 3, 18, 1, 8, 2}

const weightSum = 40

// weightBefore sums the weights of the workspaces before ws.
func (s *Source) weightBefore(ws int) int {
	group := ws / 8
	d := seeded(s.opts.Seed, forWorkspace, group, 0, 0)
	turn := d.below(8)
	sum := group * weightSum
	for i := range ws % 8 {
		sum += weights[(i+turn)%8]
	}
	return sum
}

// count returns how many slots of a kind a workspace has.
func (s *Source) count(kind layout.Kind, ws int) int {
	total, each := 0, 0
	switch kind {
	case layout.Model, layout.Rows:
		total, each = s.opts.Datasets-s.opts.Workspaces, 1
	case layout.Report:
		total = s.opts.Reports
	case layout.Alert:
		total = s.opts.Alerts
	case layout.File:
		total = s.opts.Files
	default:
		return 0
	}
	all := s.weightBefore(s.opts.Workspaces)
	before := mulDiv(total, s.weightBefore(ws), all)
	return each + mulDiv(total, s.weightBefore(ws+1), all) - before
}

// mulDiv returns a*b/c for a result that fits.
func mulDiv(a, b, c int) int {
	hi, lo := bits.Mul64(uint64(a), uint64(b))
	q, _ := bits.Div64(hi, lo, uint64(c))
	return int(q)
}

// kindNumber folds what shares a dataset's identifier into one.
func kindNumber(kind layout.Kind) int {
	if kind == layout.Rows {
		kind = layout.Model
	}
	return int(kind)
}

// mix is the number under which an asset's streams are seeded.
func (a asset) mix() int {
	n := a.slot<<5 | kindNumber(a.kind)<<1
	if a.added {
		n |= 1
	}
	return n
}

func (s *Source) stream(p purpose, a asset) draw { return seeded(s.opts.Seed, p, a.ws, a.mix(), 0) }

// workspaceID returns the identifier of workspace ws.
func (s *Source) workspaceID(ws int) string {
	return identifier(ws, s.opts.Workspaces, false, seeded(s.opts.Seed, forIdentifier, ws, 0, 0))
}

// withID returns the asset with its identifier.
func (s *Source) withID(a asset, count int) asset {
	a.id = identifier(a.slot, count, a.added, s.stream(forIdentifier, a))
	return a
}

// slotBits is the length of the part of an identifier that orders slots.
const slotBits = 48

// identifier builds a UUID of version 4 in the slot-th of count strata of the
// space of identifiers: in its lower half, or in its upper half when it was
// added.
func identifier(slot, count int, added bool, d draw) string {
	width := (uint64(1) << slotBits) / uint64(count)
	at := uint64(slot)*width + d.next()%(width/2)
	if added {
		at += width / 2
	}
	return uuid(at<<16|d.next()>>48, d.next())
}

// slotOf is the inverse of identifier, as far as an identifier is one.
func slotOf(id string, count int) (slot int, added bool) {
	var at uint64
	for i := range 13 {
		c := id[i]
		switch {
		case c >= 'a':
			at = at<<4 | uint64(c-'a'+10)
		case c != '-':
			at = at<<4 | uint64(c-'0')
		}
	}
	width := (uint64(1) << slotBits) / uint64(count)
	return int(at / width), at%width >= width/2
}

// uuid spells 128 bits, but for the six that say version 4.
func uuid(hi, lo uint64) string {
	const hexDigits = "0123456789abcdef"
	hi = hi&^0xf000 | 0x4000
	lo = lo&^(3<<62) | 2<<62
	var b [36]byte
	at := 0
	for i := range 32 {
		if i == 8 || i == 12 || i == 16 || i == 20 {
			b[at] = '-'
			at++
		}
		half := hi
		if i >= 16 {
			half = lo
		}
		b[at] = hexDigits[half>>(60-4*(i%16))&15]
		at++
	}
	return string(b[:])
}

// removable reports whether nothing refers to the asset in a slot, so that a
// second state may lack it. The first dataset of a workspace never is.
func (s *Source) removable(kind layout.Kind, ws, slot int) bool {
	if slot == 0 {
		return false
	}
	d := s.stream(forRemoval, asset{kind: kind, ws: ws, slot: slot})
	return d.below(4) == 0
}

// state says what the source's state made of a slot.
func (s *Source) state(kind layout.Kind, ws, slot int) (present bool, revision int, added bool) {
	if s.mutation == (Mutation{}) {
		return true, 0, false
	}
	d := s.stream(forState, asset{kind: kind, ws: ws, slot: slot})
	d.state ^= scramble(s.mutation.Seed + 1)
	removal, change, addition := d.next()>>32, d.next()>>32, d.next()>>32
	present = !s.removable(kind, ws, slot) || removal >= share(s.mutation.Removed/MaxRemoved)
	if left := 1 - s.mutation.Removed; present && left > 0 && change < share(s.mutation.Changed/left) {
		revision = 1
	}
	return present, revision, addition < share(s.mutation.Added)
}

// assets yields the assets of a kind in a workspace, in the order of their
// identifiers.
func (s *Source) assets(kind layout.Kind, ws int) func(yield func(asset) bool) {
	return func(yield func(asset) bool) {
		count := s.count(kind, ws)
		for slot := range count {
			present, revision, added := s.state(kind, ws, slot)
			if present && !yield(s.withID(asset{kind: kind, ws: ws, slot: slot, revision: revision}, count)) {
				return
			}
			if added && !yield(s.withID(asset{kind: kind, ws: ws, slot: slot, added: true}, count)) {
				return
			}
		}
	}
}

// lasting draws an asset of a workspace that every state has, without its
// revision; ok is false when the workspace has none of the kind.
func (s *Source) lasting(kind layout.Kind, ws, count int, d *draw) (a asset, ok bool) {
	if count == 0 {
		return asset{}, false
	}
	slot := d.below(count)
	for s.removable(kind, ws, slot) {
		slot--
	}
	return s.withID(asset{kind: kind, ws: ws, slot: slot}, count), true
}
