package restore

import (
	"slices"
	"strings"
)

// oneCopy keeps one copy of texts and lists that steps repeat: of a plan that was
// read, every text is its own at first. It forgets them all when they become too
// many, so that what is unique costs no more than that.
type oneCopy struct {
	texts map[string]string
	lists map[string][]string
}

const (
	maxOneCopy = 1 << 14 // texts, and lists
	maxOneText = 512     // bytes of a text, or of a list in all
)

func newOneCopy() *oneCopy {
	return &oneCopy{texts: map[string]string{}, lists: map[string][]string{}}
}

// share has the steps share what is equal, and puts their entries and
// permissions into arrays without room to spare.
func (o *oneCopy) share(steps []Step) {
	entries, needs := 0, 0
	for i := range steps {
		entries += len(steps[i].Entries)
		needs += len(steps[i].Needs)
	}
	allEntries, allNeeds := make([]StepEntry, 0, entries), make([]Permission, 0, needs)
	for i := range steps {
		s := &steps[i]
		s.Entries, allEntries = moved(s.Entries, allEntries)
		s.Needs, allNeeds = moved(s.Needs, allNeeds)
		o.step(s)
	}
}

// moved moves a list to the end of all; an empty one stays what it is.
func moved[E any](list, all []E) (there, more []E) {
	if len(list) == 0 {
		return list, all
	}
	from := len(all)
	all = append(all, list...)
	return all[from:len(all):len(all)], all
}

func (o *oneCopy) step(s *Step) {
	s.Kind, s.Decision = Kind(o.text(string(s.Kind))), Decision(o.text(string(s.Decision)))
	s.Reason, s.Why = o.text(s.Reason), o.text(s.Why)
	s.Workspace = o.text(s.Workspace)
	s.TargetWorkspace = o.text(s.TargetWorkspace)
	for i := range s.Entries {
		e := &s.Entries[i]
		e.TargetPath = firstEqual(e.TargetPath, e.Path)
		e.Current = firstEqual(e.Current, e.Digest)
		e.Result = firstEqual(e.Result, e.Digest, e.Current)
	}
	if len(s.Entries) > 0 {
		s.ID = within(s.ID, s.Entries[0].Path)
		s.TargetID = within(s.TargetID, s.Entries[0].TargetPath)
	}
	s.ID = firstEqual(s.ID, s.Workspace)
	s.TargetID = firstEqual(s.TargetID, s.ID, s.TargetWorkspace)
	s.NewName = firstEqual(s.NewName, s.Name)
	s.DependsOn, s.Changes, s.Blocked, s.Access = o.list(s.DependsOn), o.list(s.Changes), o.list(s.Blocked), o.list(s.Access)
	for i := range s.Needs {
		n := &s.Needs[i]
		n.Action, n.Resource.Kind = o.text(n.Action), o.text(n.Resource.Kind)
		if n.Resource.ID = firstEqual(n.Resource.ID, s.ID, s.TargetID); n.Resource.ID != s.ID && n.Resource.ID != s.TargetID {
			n.Resource.ID = o.text(n.Resource.ID)
		}
	}
}

// firstEqual returns the first of those that equals the text, or the text.
func firstEqual(text string, those ...string) string {
	for _, other := range those {
		if text == other {
			return other
		}
	}
	return text
}

// within returns the text as a part of the longer one, if it stands there.
func within(text, longer string) string {
	if at := strings.Index(longer, text); at >= 0 {
		return longer[at : at+len(text)]
	}
	return text
}

func (o *oneCopy) text(s string) string {
	if s == "" || len(s) > maxOneText {
		return s
	}
	if one, ok := o.texts[s]; ok {
		return one
	}
	if len(o.texts) == maxOneCopy {
		clear(o.texts)
	}
	o.texts[s] = s
	return s
}

func (o *oneCopy) list(list []string) []string {
	size := 0
	for i, s := range list {
		list[i] = o.text(s)
		size += len(s) + 1
	}
	if len(list) == 0 {
		return list
	}
	if size > maxOneText {
		return slices.Clip(slices.Clone(list))
	}
	name := strings.Join(list, "\n")
	if one, ok := o.lists[name]; ok && slices.Equal(one, list) {
		return one
	}
	if len(o.lists) == maxOneCopy {
		clear(o.lists)
	}
	one := slices.Clip(slices.Clone(list))
	o.lists[name] = one
	return one
}
