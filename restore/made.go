package restore

import (
	"context"
	"errors"
	"sync/atomic"

	"github.com/oneanalytics/oa-archive/layout"
	"github.com/oneanalytics/oa-archive/tenant"
)

// made is how a plan came about in this process. It spares the second making
// under the lock: a plan follows from the archive, the target and the options,
// so that the same three give it again. What is not certain to be the same has
// the plan made anew; see decision 0035.
type made struct {
	digest  layout.Digest           // of the plan's document
	planner atomic.Pointer[planner] // taken by the first that applies the plan: applying goes on with its state
}

// errDiffers says that something is not as the planner found it.
var errDiffers = errors.New("not the state that was planned for")

// newMade has the planner rest until somebody goes on with it.
func newMade(plan *Plan, p *planner) (*made, error) {
	p.compressor, p.last = nil, lastMetadata{}
	m := &made{}
	m.planner.Store(p)
	var err error
	m.digest, err = plan.Digest()
	return m, err
}

// reading returns what the planner has read of the archive, unless it was
// claimed, or has forgotten most of it: see index.shared.
func (m *made) reading() *reading {
	if m == nil {
		return nil
	}
	p := m.planner.Load()
	if p == nil || !p.src.shared.Load() {
		return nil
	}
	return &reading{manifest: p.manifestDigest, maxDocument: p.maxDocument, index: p.src, selected: p.opts.Select}
}

// claim takes the planner for whoever is about to apply the plan, or nil. Others
// have to make the plan again.
func (m *made) claim() *planner {
	if m == nil || longWay {
		return nil
	}
	return m.planner.Swap(nil)
}

// holds reports whether the plan still has the document that it was made with.
func (m *made) holds(document layout.Digest) bool { return m != nil && m.digest == document }

// goOn returns p if it would make the same plan again of the archive and of
// what v shows, and else nil. It is to read both from now on.
func (p *planner) goOn(ctx context.Context, a source, manifest layout.Digest, v view, info tenant.Info) (*planner, error) {
	if p == nil || manifest.IsZero() || p.manifestDigest != manifest || !p.target.Equal(info) {
		return nil, nil
	}
	p.archive = a
	err := p.revisit(ctx, v)
	if err == nil {
		err = p.askAgain(ctx, v)
	}
	if errors.Is(err, errDiffers) {
		return nil, nil
	}
	return p, err
}

// noting runs do, which may have something to say about the item. The plan has
// said it already.
func (it *item) noting(do func()) {
	if it.verdict == nil {
		it.verdict = &verdict{}
		defer func() { it.verdict = nil }()
	}
	do()
}

// revisit compares what v shows with the target that was planned for, and has
// the planner read its entries from now on.
func (p *planner) revisit(ctx context.Context, v view) error {
	seen := 0
	for e, err := range v.Inventory(ctx) {
		if err != nil {
			return err
		}
		a := p.dst.assets.get(keyOf(e.Name))
		if a == nil || !a.reopen(e) {
			return errDiffers
		}
		seen++
	}
	if seen != p.inventory {
		return errDiffers
	}
	return nil
}

// reopen has the asset's entry opened as e, if it is the same.
func (a *asset) reopen(e tenant.Entry) bool {
	for i := range a.entries {
		if own := &a.entries[i]; own.kind == e.Name.Kind {
			own.open = e.Open
			return own.digest == e.Digest && own.size == e.Size
		}
	}
	return false
}

// askAgain compares what v makes of rows with what the target was planned to
// make of them: the tenant may have been planned for before it was there.
func (p *planner) askAgain(ctx context.Context, v view) error {
	was, had := p.kept, p.keeper != nil
	p.keeper, _ = v.(tenant.RowsKeeper)
	p.kept = nil
	for _, e := range p.rows {
		if has := p.keeper != nil; has != had {
			return errDiffers
		}
		before, asked := was[e.digest]
		if p.keeper == nil || !asked {
			continue
		}
		if again, err := p.keptRows(ctx, e); err != nil {
			return err
		} else if again.refused != nil || before.refused != nil || again.size != before.size || again.digest != before.digest {
			return errDiffers
		}
	}
	return nil
}
