package restore

import (
	"context"
	"slices"

	"github.com/oneanalytics/oa-archive/layout"
	"github.com/oneanalytics/oa-archive/schema"
)

// checkReferences looks at every workspace of the target as the import would
// leave it, and blocks what would not hold together: a visual whose measure
// the imported model does not have, but also a report of the target that uses
// what an overwrite takes away.
func (p *planner) checkReferences(ctx context.Context) error {
	for _, ws := range p.items {
		if ws.kind != Workspace || !p.writesInto(ws.workspace) {
			continue
		}
		if err := p.checkWorkspace(ctx, ws); err != nil {
			return err
		}
	}
	return nil
}

// writesInto reports whether the import writes into the workspace, and none of
// its steps is blocked: then what it would leave is not known anyway.
func (p *planner) writesInto(workspace string) bool {
	writes := false
	for _, it := range p.itemsOf(workspace) {
		if it.decision == Blocked {
			return false
		}
		writes = writes || slices.ContainsFunc(it.outcomes, func(o outcome) bool { return o.write })
	}
	return writes || len(p.deletedIn(workspace)) > 0
}

func (p *planner) checkWorkspace(ctx context.Context, ws *item) error {
	written := map[layout.Name]*item{}
	sources := map[layout.Name]entry{}
	for _, it := range p.itemsOf(ws.workspace) {
		for i, e := range it.asset.entries {
			if it.outcomes[i].write {
				target, _ := p.targetName(it, e)
				written[target], sources[target] = it, e
			}
		}
	}
	deleted := p.deletedIn(ws.workspace)
	names := slices.DeleteFunc(p.dst.namesIn(ws.targetID), func(n layout.Name) bool { return deleted[n] != nil })
	for name := range written {
		if !p.dst.has(name) {
			names = append(names, name)
		}
	}
	slices.SortFunc(names, layout.Compare)
	if sound, err := p.leavesAsArchived(ws, names, written); err != nil || sound {
		return err
	}

	after, err := problemsIn(names, func(name layout.Name) ([]byte, error) {
		if it := written[name]; it != nil {
			return p.content(ctx, it, sources[name])
		}
		return p.readTarget(ctx, p.dst.entry(name))
	})
	if err != nil || len(after) == 0 {
		return err
	}
	before, err := problemsIn(p.dst.namesIn(ws.targetID), func(name layout.Name) ([]byte, error) {
		return p.readTarget(ctx, p.dst.entry(name))
	})
	if err != nil {
		return err
	}
	for _, problem := range after {
		problem.Line = 0
		if !slices.Contains(before, problem) {
			if !p.blameDeletion(problem, ws.workspace) {
				p.blame(problem, ws, written)
			}
		}
	}
	return nil
}

// problemsIn checks a workspace whose documents read returns.
func problemsIn(names []layout.Name, read func(layout.Name) ([]byte, error)) ([]schema.Problem, error) {
	var failed error
	found := schema.CheckWorkspace(func(yield func(layout.Name, []byte) bool) {
		for _, name := range names {
			var doc []byte
			if _, ok := schema.KindOf(name.Kind); ok {
				if doc, failed = read(name); failed != nil {
					return
				}
			}
			if !yield(name, doc) {
				return
			}
		}
	})
	if failed != nil {
		return nil, failed
	}
	found = slices.DeleteFunc(found, func(q schema.Problem) bool { return q.Warning })
	for i := range found {
		found[i].Line = 0
	}
	return found, nil
}

// blame blocks the step that a problem comes from.
func (p *planner) blame(problem schema.Problem, ws *item, written map[layout.Name]*item) {
	name, err := layout.Parse(problem.Path)
	if it := written[name]; err == nil && it != nil {
		it.block("%s: %s", problem.Pointer, problem.Text)
		it.turnBlocked()
		return
	}
	culprit := ws
	for _, it := range p.itemsOf(ws.workspace) {
		if it.kind == Dataset && it.decision == Overwrite {
			culprit = it
			break
		}
	}
	culprit.block("it would break %s of the target: %s: %s", problem.Path, problem.Pointer, problem.Text)
	culprit.turnBlocked()
}

// turnBlocked blocks a step that was settled already.
func (it *item) turnBlocked() {
	it.decision, it.reason = Blocked, "it cannot be imported as asked"
	for i := range it.outcomes {
		o := &it.outcomes[i]
		o.write, o.delete, o.result, o.size = false, false, nil, 0
	}
}

// namesIn returns the names of one workspace in canonical order.
func (x *index) namesIn(workspace string) []layout.Name {
	var names []layout.Name
	for _, a := range x.assetsOf(workspace) {
		for _, e := range a.entries {
			names = append(names, e.name())
		}
	}
	slices.SortFunc(names, layout.Compare)
	return names
}

// entry returns the entry called name.
func (x *index) entry(name layout.Name) entry {
	if e, ok := x.assets.get(keyOf(name)).entryOf(name.Kind); ok {
		return e
	}
	return entry{path: name.String(), kind: name.Kind}
}

// content returns the document that an item writes from the archive's entry.
func (p *planner) content(ctx context.Context, it *item, e entry) ([]byte, error) {
	if it.kind != Workspace {
		if p.arrivesAsIs(it, e) {
			return p.readSource(ctx, e)
		}
		return p.document(ctx, it, e)
	}
	if doc, err := p.rebuilt(it); doc != nil || err != nil {
		return doc, err
	}
	m, err := p.metadataOf(ctx, it)
	if err != nil {
		return nil, err
	}
	return m.build()
}
