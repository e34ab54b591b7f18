package restore

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"

	"github.com/oneanalytics/oa-archive/access"
	"github.com/oneanalytics/oa-archive/layout"
	"github.com/oneanalytics/oa-archive/schema"
)

// undoAccess compares who has what now with who will have it after an undo.
type undoAccess struct {
	*undoer
	ctx     context.Context
	touched map[layout.Name]UndoEntry
	people  [2]*access.Directory // now, and then
	changes []access.Change
}

// The two states that an undo lies between.
const (
	nowState = iota
	thenState
)

// compareAccess lists who gains or loses what by the undo. Nothing is blocked for
// it: the import that is undone took it away, or gave it.
func (u *undoer) compareAccess(ctx context.Context) ([]access.Change, error) {
	c := &undoAccess{undoer: u, ctx: ctx, touched: map[layout.Name]UndoEntry{}, people: [2]*access.Directory{(&access.Directory{}).Clone(), (&access.Directory{}).Clone()}}
	workspaces := map[string]bool{} // with documents that say something about access
	for _, s := range u.steps {
		for _, e := range s.Entries {
			n := nameOfPath(e.Path)
			if _, isDocument := schema.KindOf(n.Kind); isDocument && (e.Write || e.Delete) {
				c.touched[n] = e
				workspaces[n.Workspace] = true
			}
		}
	}
	if len(workspaces) == 0 {
		return nil, nil
	}
	all := map[string]bool{}
	for n := range c.touched {
		all[n.Workspace] = true
	}
	for _, a := range u.dst.order {
		if a.kind == Workspace {
			all[a.id] = true
		}
	}
	for _, ws := range sortedKeys(all) {
		if err := c.learn(ws); err != nil {
			return nil, err
		}
	}
	if !reflect.DeepEqual(c.people[nowState], c.people[thenState]) {
		workspaces = all // teams and roles may give something anywhere
	}
	c.changes = access.Tenant(c.people[nowState], c.people[thenState], nil)
	now, then := access.Side{Directory: c.people[nowState]}.Indexed(), access.Side{Directory: c.people[thenState]}.Indexed()
	for _, ws := range sortedKeys(workspaces) {
		before, err := c.workspace(ws, nowState)
		if err != nil {
			return nil, err
		}
		after, err := c.workspace(ws, thenState)
		if err != nil {
			return nil, err
		}
		c.changes = append(c.changes, access.Compare(now.In(before), then.In(after), access.Options{From: u.insured.Manifest().Created})...)
	}
	return c.changes, nil
}

// document returns a document in one of the states, nil when it is not there.
func (c *undoAccess) document(n layout.Name, state int) ([]byte, error) {
	if e, ok := c.touched[n]; ok && state == thenState {
		if e.Delete {
			return nil, nil
		}
		return c.insured.ReadDocument(c.ctx, n.String(), 0)
	}
	if !c.dst.has(n) {
		return nil, nil
	}
	return readEntry(c.ctx, c.dst.entry(n))
}

// learn adds the people that a workspace declares to both directories. What
// cannot be read now need not be in order: the undo may be what repairs it.
func (c *undoAccess) learn(ws string) error {
	for state, directory := range c.people {
		doc, err := c.document(layout.Name{Kind: layout.Metadata, Workspace: ws}, state)
		if err != nil {
			return err
		}
		if doc == nil {
			continue
		}
		if err := directory.Learn(doc); err != nil {
			c.warnings = addOnce(c.warnings, fmt.Sprintf("workspace %s: its metadata cannot be read, so changes of access are not all listed", ws))
		}
	}
	return nil
}

// workspace reads what a workspace says about access in one of the states; nil
// when it is not there, or cannot be read.
func (c *undoAccess) workspace(ws string, state int) (*access.Workspace, error) {
	doc, err := c.document(layout.Name{Kind: layout.Metadata, Workspace: ws}, state)
	if err != nil || doc == nil {
		return nil, err
	}
	w, err := access.ReadWorkspace(doc)
	if err != nil {
		return nil, nil
	}
	granted := map[access.Key]bool{}
	for _, g := range w.Grants {
		granted[g.Resource] = true
	}
	names := c.dst.namesIn(ws)
	for n := range c.touched {
		if n.Workspace == ws && !c.dst.has(n) {
			names = append(names, n)
		}
	}
	slices.SortFunc(names, layout.Compare)
	for _, n := range names {
		k := access.Key{Kind: string(keyOf(n).kind), ID: n.Asset}
		_, isTouched := c.touched[n]
		switch n.Kind {
		case layout.Model: // its rules count also where only roles or teams change
		case layout.Report, layout.Alert:
			if !isTouched && !granted[k] {
				continue
			}
		default:
			continue
		}
		if err := c.asset(w, k, n, state); err != nil {
			return nil, err
		}
	}
	return w, nil
}

// asset adds what an asset's own document says about access.
func (c *undoAccess) asset(w *access.Workspace, k access.Key, n layout.Name, state int) error {
	doc, err := c.document(n, state)
	if err != nil {
		return err
	}
	if doc == nil {
		delete(w.Assets, k) // a record alone is no asset
		return nil
	}
	a, said := w.Assets[k], factsOf(n.Kind, doc)
	if n.Kind == layout.Model {
		a.Rules = said.rules
	} else {
		var named struct{ Name string }
		_ = json.Unmarshal(doc, &named) // a name is only for the sentence
		a.Name, a.Owner = cmp.Or(a.Name, named.Name), said.owner
	}
	w.Assets[k] = a
	return nil
}
