package restore

import (
	"context"
	"fmt"
	"slices"
)

// An interest says into which workspaces of an archive selectors lead. What an
// asset needs lies in its own workspace, so that of all others the metadata is
// enough: it names everybody and everything that documents refer to.
type interest struct {
	selectors []Selector
	anywhere  bool // nothing is selected, or what only documents tell
}

// newInterest returns the interest of a plan's selectors.
func newInterest(texts []string) interest {
	in := interest{anywhere: longWay || len(texts) == 0}
	for _, text := range texts {
		s, err := ParseSelector(text)
		if err != nil {
			return interest{anywhere: true} // it is refused later
		}
		in.anywhere = in.anywhere || s.name != "" && (s.kind == Report || s.kind == Alert)
		in.selectors = append(in.selectors, s)
	}
	return in
}

// in reports whether a selector picks one of the assets.
func (in interest) in(assets []*asset) bool {
	return slices.ContainsFunc(assets, func(a *asset) bool {
		return slices.ContainsFunc(in.selectors, func(s Selector) bool { return s.matches(a) })
	})
}

// looksInto reports whether the documents of the assets, all of one workspace, have
// to be read. If not, it has learned what the metadata says.
func (x *index) looksInto(ctx context.Context, assets []*asset, read readDocument, in interest) (bool, error) {
	workspace := assets[0].workspace
	a := x.workspace(workspace)
	if in.anywhere || a == nil || in.in(assets) {
		return true, nil
	}
	e := a.entries[0]
	doc, err := read(ctx, e)
	if err != nil {
		return false, fmt.Errorf("entry %q: %w", e.path, err)
	}
	recs, err := parseRecords(doc)
	if err != nil {
		return false, fmt.Errorf("entry %q: %w", e.path, err)
	}
	x.nameWorkspace(a, recs)
	if in.in(assets) {
		return true, nil
	}
	x.learnRecords(workspace, recs)
	x.found.flawed[workspace] = true
	for _, a := range assets {
		for i := range a.entries {
			a.entries[i].unchecked = a.entries[i].isDocument()
		}
	}
	return false, nil
}
