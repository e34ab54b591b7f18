package restore

import (
	"context"
	"fmt"
	"slices"
)

// leaveSame finds the items that were not selected themselves and are no
// conflict after all, because the target has them in the state that an
// overwrite would give them. They stay as they are: a copy of a report does
// not need a copy of a dataset that nobody changed.
//
// An asset imported earlier may refer to a copy that the same import made. So
// the state that counts depends on which others are copied: all candidates
// begin as copies, and each one that turns out to be the same is looked at
// again from those that refer to it.
func (p *planner) leaveSame(ctx context.Context) error {
	referring := map[key][]*item{}
	var queue []*item
	for _, it := range p.items {
		if !it.unlessSame {
			continue
		}
		queue = append(queue, it)
		for _, r := range it.refs {
			if kind, ok := kindOfRef(r.to.kind()); ok {
				k := key{kind, it.workspace, p.src.ids[r.id]}
				referring[k] = append(referring[k], it)
			}
		}
	}
	// Those with the archive's very bytes are the same whoever is copied.
	for _, it := range queue {
		if p.rawSame(it) {
			same, err := p.rawSameRecord(ctx, it)
			if err != nil {
				return err
			}
			if same {
				p.leave(it)
			}
		}
	}
	for len(queue) > 0 {
		it := queue[0]
		queue = queue[1:]
		if !it.unlessSame {
			continue
		}
		same, err := p.wouldBeSame(ctx, it)
		if err != nil {
			return fmt.Errorf("%s: %w", it.label(), err)
		}
		if same {
			p.leave(it)
			queue = append(queue, referring[it.key]...)
		}
	}
	p.last = lastMetadata{}
	return nil
}

// leave decides that an item stays as the target has it.
func (p *planner) leave(it *item) {
	it.unlessSame = false
	it.policy, it.reason = Unchanged, "the target has the same, and it was not selected itself"
	it.targetID, it.copy = it.id, nil
	delete(p.ids, it.id)
}

func (p *planner) rawSame(it *item) bool {
	there := p.there(it)
	return there != nil && sameContent(it.asset, there)
}

func (p *planner) rawSameRecord(ctx context.Context, it *item) (bool, error) {
	m, err := p.metadataOf(ctx, p.itemOf(key{Workspace, it.workspace, it.workspace}))
	if err != nil {
		return false, err
	}
	return m.rawSameRecord(it), nil
}

// wouldBeSame reports whether overwriting the item would change nothing.
func (p *planner) wouldBeSame(ctx context.Context, it *item) (bool, error) {
	was, verdict := *it, *it.verdict
	said := it.said()
	// What is found out now is not kept.
	it.remarks, it.outcomes = &said, slices.Clone(it.outcomes)
	copied, isCopied := p.ids[it.id]
	delete(p.ids, it.id)
	defer func() {
		*it, *it.verdict = was, verdict
		if isCopied {
			p.ids[it.id] = copied
		}
	}()
	it.policy, it.targetID, it.copy = Overwrite, it.id, nil
	if err := p.results(ctx, it); err != nil || !it.same() || len(it.said().blocked) > 0 {
		return false, err
	}
	m, err := p.metadataOf(ctx, p.itemOf(key{Workspace, it.workspace, it.workspace}))
	if err != nil {
		return false, err
	}
	if err := m.readapt(it); err != nil {
		return false, err
	}
	return m.sameRecord(it), nil
}
