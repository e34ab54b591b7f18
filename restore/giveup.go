package restore

import (
	"context"
	"fmt"
	"iter"

	"github.com/oneanalytics/oa-archive/layout"
)

// keepsAll reports whether what only planning asks for is to stay: another plan
// may be made from it, or metadata is built again.
func (p *planner) keepsAll() bool { return p.buildsAgain || p.src.shared.Load() }

// forgetReferences gives up what documents refer to. Which of them arrive as they
// are is known by now, and the others are read again with their references.
func (p *planner) forgetReferences() {
	if p.keepsAll() {
		return
	}
	for _, a := range p.src.order {
		a.refs = nil
	}
}

// forget gives up what else only planning asks for.
func (p *planner) forget() {
	if p.keepsAll() {
		return
	}
	for _, a := range p.src.order {
		a.rules = nil
	}
	p.src.byID, p.dst.byID = nil, nil
}

// rest has an item that became a step keep only what writing it takes.
func (p *planner) rest(it *item) {
	if p.buildsAgain {
		return // building metadata takes the decisions about all that is in it
	}
	it.verdict = nil
}

// takeItems yields the items, and then the deletions, for steps to be made of
// them. When all that is written is known, the planner gives them up first, so
// that they go as the steps come.
func (p *planner) takeItems() iter.Seq[[]*item] {
	items, deletions := p.items, p.deletions
	if p.knowsAll() {
		p.giveUp()
	}
	return func(yield func([]*item) bool) { _ = yield(items) && yield(deletions) }
}

// knowsAll reports whether every document that is written is the archive's, or
// was built and kept.
func (p *planner) knowsAll() bool {
	if longWay || p.keepsAll() {
		return false
	}
	for _, it := range p.items {
		for i := range it.asset.entries {
			e := &it.asset.entries[i]
			if o := &it.outcomes[i]; o.write && e.isDocument() && !o.isArchived(e) && p.built[it] == nil {
				return false
			}
		}
	}
	return true
}

// giveUp leaves the planner with what it takes to write what the steps say. For a
// large tenant it is two thirds of what planning holds.
func (p *planner) giveUp() {
	p.ready = make(map[string][]byte, len(p.built))
	for ws, doc := range p.built {
		p.ready[ws.outcomes[0].target] = doc
	}
	p.src, p.items, p.deletions, p.seats, p.built = newIndex(), nil, nil, nil, nil
	p.people, p.links, p.landing, p.clone = nil, nil, nil, nil
	p.ids, p.moved, p.detaching, p.missing, p.sentences = nil, nil, nil, nil, nil
}

// noteRows remembers the files of rows that the item has in the target.
func (p *planner) noteRows(it *item) {
	for i, e := range it.asset.entries {
		if e.kind == layout.Rows && it.outcomes[i].target != "" {
			p.rows = append(p.rows, e)
		}
	}
}

// produce returns the document that entry number i of step number n writes.
func (p *planner) produce(ctx context.Context, n, i int, se *StepEntry) (doc []byte, err error) {
	switch {
	case !longWay && se.Result == se.Digest:
		// It arrives as it is, and reading it compares its digest.
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		return p.archive.ReadDocument(ctx, se.Path, p.maxDocument)
	case p.ready != nil:
		doc, err = inflate(p.ready[se.TargetPath])
	default:
		it := p.items[n]
		e := it.asset.entries[i]
		it.noting(func() {
			if it.kind == Workspace {
				doc, err = p.content(ctx, it, e)
			} else {
				doc, err = p.document(ctx, it, e)
			}
		})
	}
	if err != nil {
		return nil, err
	}
	if got := layout.DigestOf(doc).String(); got != se.Result {
		return nil, fmt.Errorf("its SHA-256 is %s, the plan says %s", got, se.Result)
	}
	return doc, nil
}
