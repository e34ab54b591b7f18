package diff

import (
	"context"
	"errors"
	"fmt"

	"github.com/oneanalytics/oa-archive/layout"
	"github.com/oneanalytics/oa-archive/tenant"
)

// defaultMaxDocument is what Options.MaxDocument means when it is zero.
const defaultMaxDocument = 64 << 20

// Compare compares the state of old with that of new. Entries whose digest
// the source does not know beforehand are read. Neither source is closed.
//
// Memory grows with the number of entries, not with their size; documents are
// read one pair at a time beside the pair of metadata of their workspace, and
// only those of assets that are listed. Documents of more than 16 MiB are not
// looked into.
func Compare(ctx context.Context, old, new tenant.Source, opts Options) (*Result, error) {
	if opts.MaxDocument < 0 {
		return nil, fmt.Errorf("diff: the largest document is %d bytes, want 0 or more", opts.MaxDocument)
	}
	if opts.MaxDocument == 0 {
		opts.MaxDocument = defaultMaxDocument
	}
	if opts.Fields == 0 {
		opts.Fields = DefaultFields
	}
	if opts.MaxValue == 0 {
		opts.MaxValue = DefaultMaxValue
	}
	c := &comparison{ctx: ctx, opts: opts, result: &Result{Changes: []Change{}}}
	for _, s := range []struct {
		side *side
		src  tenant.Source
		name string
	}{{&c.old, old, "first"}, {&c.new, new, "second"}} {
		if err := s.side.open(ctx, s.src, opts); err != nil {
			return nil, fmt.Errorf("diff: %s state: %w", s.name, err)
		}
		defer s.side.stop()
	}
	if err := c.run(); err != nil {
		return nil, fmt.Errorf("diff: %w", err)
	}
	c.result.Old, c.result.New = c.old.summary(), c.new.summary()
	return c.result, nil
}

// comparison walks both states in canonical order.
type comparison struct {
	ctx      context.Context
	opts     Options
	old, new side
	result   *Result
}

func (c *comparison) run() error {
	for c.old.ok || c.new.ok {
		k := c.next()
		before, err := c.old.take(c.ctx, k)
		if err != nil {
			return fmt.Errorf("first state: %w", err)
		}
		after, err := c.new.take(c.ctx, k)
		if err != nil {
			return fmt.Errorf("second state: %w", err)
		}
		if err := c.compare(k, before, after); err != nil {
			return err
		}
	}
	return nil
}

// next returns the asset that comes first on either side.
func (c *comparison) next() asset {
	switch {
	case !c.old.ok:
		return assetOf(c.new.entry.Name)
	case !c.new.ok || layout.Compare(c.old.entry.Name, c.new.entry.Name) <= 0:
		return assetOf(c.old.entry.Name)
	}
	return assetOf(c.new.entry.Name)
}

// compare files what became of one asset.
func (c *comparison) compare(k asset, before, after []tenant.Entry) error {
	change := Change{Kind: k.kind, Workspace: k.workspace, ID: k.id}
	switch {
	case len(before) == 0:
		change.Status = Added
		c.result.Counts.Added++
	case len(after) == 0:
		change.Status = Removed
		c.result.Counts.Removed++
	default:
		change.Record = c.old.records[k].differs(c.new.records[k])
		change.Status = Unchanged
		if change.Record || differ(before, after) {
			change.Status = Changed
		}
	}
	switch change.Status {
	case Changed:
		c.result.Counts.Changed++
	case Unchanged:
		c.result.Counts.Unchanged++
		if !c.opts.Unchanged {
			return nil
		}
	}
	change.Entries = pair(before, after, change.Status == Changed)
	if change.Status == Changed {
		if err := c.look(k, &change, before, after); err != nil {
			return err
		}
	}
	was, err := c.old.nameOf(c.ctx, k, before)
	if err != nil {
		return fmt.Errorf("first state: %w", err)
	}
	is, err := c.new.nameOf(c.ctx, k, after)
	if err != nil {
		return fmt.Errorf("second state: %w", err)
	}
	if change.Name = is; change.Status == Removed {
		change.Name = was
	}
	if was != change.Name && len(before) > 0 {
		change.OldName = was
	}
	c.result.Changes = append(c.result.Changes, change)
	return nil
}

// differ reports whether two versions of an asset differ in any entry.
func differ(before, after []tenant.Entry) bool { return len(pair(before, after, true)) > 0 }

// pair puts the entries of both versions side by side, in canonical order;
// with changed set, only those that differ.
func pair(before, after []tenant.Entry, changed bool) []Entry {
	pairs := []Entry{}
	add := func(e Entry) {
		if !changed || e.OldDigest != e.NewDigest {
			pairs = append(pairs, e)
		}
	}
	for len(before) > 0 || len(after) > 0 {
		order := 0
		switch {
		case len(before) == 0:
			order = 1
		case len(after) == 0:
			order = -1
		default:
			order = layout.Compare(before[0].Name, after[0].Name)
		}
		var e Entry
		if order <= 0 {
			e.Path, e.OldSize, e.OldDigest = before[0].Name.String(), before[0].Size, before[0].Digest.String()
			before = before[1:]
		}
		if order >= 0 {
			e.Path, e.NewSize, e.NewDigest = after[0].Name.String(), after[0].Size, after[0].Digest.String()
			after = after[1:]
		}
		add(e)
	}
	return pairs
}

// errOrder refuses a source that breaks its promise.
var errOrder = errors.New("the source does not list its entries in canonical order")
