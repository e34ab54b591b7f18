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
func checkDefinitions(defs []found[Definition], add func(int, Problem)) {
	type key struct {
		space RefKind
		id    string
	}
	first := make(map[key]int, len(defs))
	for i, f := range defs {
		d := f.value
		k := key{d.Kind.namespace(), d.ID}
		at, twice := first[k]
		if !twice {
			first[k] = i
			continue
		}
		prior := defs[at].value
		add(f.order, Problem{Pointer: d.Pointer, Line: d.Line, Rule: "duplicate-id", Text: fmt.Sprintf("the id %s is taken by the %s at %s; choose another", show(d.ID), prior.Kind, printable(prior.Pointer))})
	}
}
