package schema

import "fmt"

// namespace returns what an identifier of the kind must be unique among.
func (k RefKind) namespace() RefKind {
	switch {
	case k == RefDimension:
		return RefMeasure
	case k.IsUUID():
		return RefDataset
	}
	return k
}

// checkDefinitions reports identifiers that are given twice. Assets share one
// namespace, because a fork rewrites a UUID wherever it occurs; dimensions
// and measures share one, because queries name both alike.
func (w *walker) checkDefinitions(add func(int, Problem)) {
	if w.first == nil {
		w.first = map[identity]int{}
	}
	clear(w.first)
	for i, f := range w.defs {
		d := f.value
		k := identity{d.Kind.namespace(), d.ID}
		at, twice := w.first[k]
		if !twice {
			w.first[k] = i
			continue
		}
		prior := w.defs[at].value
		add(f.order, Problem{Pointer: d.Pointer, Line: d.Line, Rule: "duplicate-id", Text: fmt.Sprintf("the id %s is taken by the %s at %s; choose another", show(d.ID), prior.Kind, printable(prior.Pointer))})
	}
}
