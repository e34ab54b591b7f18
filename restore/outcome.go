package restore

import "github.com/oneanalytics/oa-archive/layout"

// outcome is what becomes of one entry of an item. There are many until the plan
// is assembled, so it tells what a StepEntry does by pointing at digests that are
// there anyway.
type outcome struct {
	target  string         // path in the target; "" when the entry is not imported
	current *layout.Digest // in the target now; nil when it is not there
	result  *layout.Digest // in the target after the import; nil for blocked items
	size    int64          // of the result, in bytes
	write   bool           // see StepEntry
	delete  bool
}

// layOut gives every item room for the outcomes of its entries. In one piece: the
// many texts of documents that come and go while these are filled in would leave
// holes between them.
func (p *planner) layOut() {
	n := 0
	for _, it := range p.items {
		n += len(it.asset.entries)
	}
	all := make([]outcome, n)
	for _, it := range p.items {
		n := len(it.asset.entries)
		it.outcomes, all = all[:n:n], all[n:]
	}
}

// goesTo says where e lands in the target.
func (o *outcome) goesTo(target layout.Name, e *entry) {
	o.target = e.path
	if target != e.name() {
		o.target = target.String()
	}
}

// becomes says that doc is what e becomes.
func (o *outcome) becomes(doc []byte, e *entry) {
	o.result, o.size = &e.digest, int64(len(doc))
	if d := layout.DigestOf(doc); d != e.digest {
		o.result = &d
	}
}

// changes reports whether the import would leave another state than there is.
func (o *outcome) changes() bool { return o.target != "" && !sameDigest(o.result, o.current) }

// isArchived reports whether the result is the archive's entry e as it is.
func (o *outcome) isArchived(e *entry) bool { return sameDigest(o.result, &e.digest) }

// sameDigest compares what may be nothing.
func sameDigest(a, b *layout.Digest) bool {
	return a == b || a != nil && b != nil && *a == *b
}

// stepEntry tells the outcome of e in full.
func (o *outcome) stepEntry(e *entry) StepEntry {
	se := StepEntry{
		Path: e.path, Digest: e.digest.String(), Size: e.size,
		TargetPath: o.target, ResultSize: o.size, Write: o.write, Delete: o.delete,
	}
	text := func(d *layout.Digest) string {
		switch {
		case d == nil:
			return ""
		case *d == e.digest:
			return se.Digest // one copy of what is often the same
		}
		return d.String()
	}
	se.Current, se.Result = text(o.current), text(o.result)
	return se
}

// entryPool makes room for the entries of steps, many at a time.
type entryPool []StepEntry

// of returns the step entries of an item.
func (pool *entryPool) of(it *item) []StepEntry {
	n := len(it.outcomes)
	if n > len(*pool) {
		*pool = make([]StepEntry, max(n, poolSize))
	}
	own := (*pool)[:n:n]
	*pool = (*pool)[n:]
	for i := range it.outcomes {
		own[i] = it.outcomes[i].stepEntry(&it.asset.entries[i])
	}
	return own
}
