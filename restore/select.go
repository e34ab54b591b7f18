package restore

import (
	"fmt"
	"slices"
	"strings"

	"github.com/oneanalytics/oa-archive/layout"
)

// Selector picks assets of an archive. Its forms are:
//
//	2a5e562b-ab37-1b9b-1de3-1be4335c8e83   the asset with this id; a workspace with all that is in it
//	2a5e562b                               any id that begins so, from 8 characters on
//	report                                 every asset of a kind
//	report:Sales*                          the assets of a kind whose name matches
//	workspace:Sales                        a workspace, by name or id, with all that is in it
//	workspaces/*/reports/*.json            the assets with an entry whose path matches
//
// In patterns, '*' stands for any text and '?' for one character; in paths
// neither stands for a slash, but '**' does.
type Selector struct {
	text   string
	kind   Kind   // "" in selectors by id and by path
	id     string // an id, or its beginning
	name   string // pattern for names
	path   string // pattern for paths
	inside bool   // a workspace selects what is in it
}

// minPrefix is the length of the shortest beginning of an id.
const minPrefix = 8

// ParseSelector reads a selector; see [Selector]. The error is a
// [*SelectorError].
func ParseSelector(text string) (Selector, error) {
	s := Selector{text: text}
	kind, name, named := strings.Cut(text, ":")
	switch {
	case text == "":
		return s, &SelectorError{Selector: text, Rule: "is empty"}
	case named && slices.Contains(Kinds(), Kind(kind)):
		if name == "" {
			return s, &SelectorError{Selector: text, Rule: "has no name after the colon"}
		}
		s.kind, s.name, s.inside = Kind(kind), name, Kind(kind) == Workspace
	case named:
		return s, &SelectorError{Selector: text, Rule: fmt.Sprintf("%q is not a kind of asset", kind), Near: near(kind, kindNames())}
	case slices.Contains(Kinds(), Kind(text)):
		s.kind = Kind(text)
	case strings.Contains(text, "/"):
		s.path = text
	case isIDPrefix(text):
		s.id, s.inside = text, true
	default:
		return s, &SelectorError{
			Selector: text,
			Rule:     fmt.Sprintf("is neither an id (or %d characters of one), a kind, kind:name nor a path", minPrefix),
			Near:     near(text, kindNames()),
		}
	}
	return s, nil
}

// String returns the selector as it was given.
func (s Selector) String() string { return s.text }

func kindNames() []string {
	var names []string
	for _, k := range Kinds() {
		names = append(names, string(k))
	}
	return names
}

// isIDPrefix reports whether s is a UUID or at least minPrefix characters of
// the beginning of one.
func isIDPrefix(s string) bool {
	const any = "00000000-0000-0000-0000-000000000000"
	return len(s) >= minPrefix && len(s) <= len(any) && layout.IsUUID(s+any[len(s):])
}

// matches reports whether the selector picks the asset itself.
func (s Selector) matches(a *asset) bool {
	switch {
	case s.path != "":
		return slices.ContainsFunc(a.entries, func(e entry) bool { return globPath(s.path, e.path) })
	case s.id != "":
		return strings.HasPrefix(a.id, s.id)
	case s.name == "":
		return a.kind == s.kind
	}
	return a.kind == s.kind && (a.id == s.name || glob(s.name, a.name))
}

// picks says by an asset's seat whether it is picked.
type picks []bool

// selection picks the assets that the selectors name, all of them when there
// are none.
func (x *index) selection(texts []string) (picks, error) {
	picked := make(picks, len(x.order))
	if len(texts) == 0 {
		for i := range picked {
			picked[i] = true
		}
		return picked, nil
	}
	for _, text := range texts {
		s, err := ParseSelector(text)
		if err != nil {
			return nil, err
		}
		if !x.pick(s, picked) {
			return nil, &SelectorError{Selector: text, Rule: "matches nothing in the archive", Near: x.resembling(s)}
		}
	}
	return picked, nil
}

func (x *index) pick(s Selector, picked picks) (any bool) {
	workspaces := map[string]bool{}
	for _, a := range x.order {
		if s.matches(a) {
			any = true
			picked[a.seat] = true
			if s.inside && a.kind == Workspace {
				workspaces[a.id] = true
			}
		}
	}
	if len(workspaces) == 0 {
		return any
	}
	for _, a := range x.order {
		if workspaces[a.workspace] {
			picked[a.seat] = true
		}
	}
	return any
}

// resembling lists what a selector that matches nothing may have meant.
func (x *index) resembling(s Selector) []string {
	var names []string
	for _, a := range x.order {
		switch {
		case s.path != "":
			for _, e := range a.entries {
				names = append(names, e.path)
			}
		case s.id != "":
			names = append(names, a.id)
		case a.kind == s.kind && a.name != "":
			names = append(names, string(a.kind)+":"+a.name)
		}
	}
	return near(s.text, names)
}

// near returns up to five of the names that resemble text, nearest first.
func near(text string, names []string) []string {
	const shown = 5
	type scored struct {
		name  string
		score int
	}
	var all []scored
	text = strings.ToLower(text)
	for _, name := range names {
		lower := strings.ToLower(name)
		score := distance(text, lower)
		if strings.Contains(lower, strings.Trim(text, "*")) {
			score = 0
		}
		if score <= max(2, len(text)/3) {
			all = append(all, scored{name, score})
		}
	}
	slices.SortStableFunc(all, func(a, b scored) int { return a.score - b.score })
	var found []string
	for _, s := range all {
		if len(found) < shown && !slices.Contains(found, s.name) {
			found = append(found, s.name)
		}
	}
	return found
}

// distance is the Levenshtein distance in bytes, of the first 100 of them.
func distance(a, b string) int {
	a, b = a[:min(len(a), 100)], b[:min(len(b), 100)]
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
