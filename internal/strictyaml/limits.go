package strictyaml

import (
	"bytes"
	"errors"
)

// Limits bound what a document may cost. A zero field means the default.
type Limits struct {
	Size  int // bytes of the document
	Nodes int // scalars, sequences and mappings together
	Keys  int // keys of one mapping
	Depth int // nesting of collections

	// Indicators bounds the characters that can begin or end a node (line
	// breaks, commas, brackets, colons, dashes and question marks), wherever
	// they stand, texts and comments included. It is counted before anything
	// is parsed, so it bounds the memory that a refused document costs.
	Indicators int
}

// DefaultLimits returns the limits that zero fields stand for: 4 MiB, 100,000
// nodes, 10,000 keys in one mapping, 64 levels and 1,000,000 indicators.
func DefaultLimits() Limits {
	return Limits{Size: 4 << 20, Nodes: 100_000, Keys: 10_000, Depth: 64, Indicators: 1_000_000}
}

// withDefaults fills the zero fields and refuses negative ones.
func (l Limits) withDefaults() (Limits, error) {
	def := DefaultLimits()
	for _, f := range []struct {
		field *int
		value int
	}{
		{&l.Size, def.Size},
		{&l.Nodes, def.Nodes},
		{&l.Keys, def.Keys},
		{&l.Depth, def.Depth},
		{&l.Indicators, def.Indicators},
	} {
		if *f.field < 0 {
			return l, errors.New("yaml: a limit is negative")
		}
		if *f.field == 0 {
			*f.field = f.value
		}
	}
	return l, nil
}

// indicators counts the characters that [Limits.Indicators] bounds.
func indicators(data []byte) int {
	n := 0
	for _, c := range []byte("\n,[]{}:-?") {
		n += bytes.Count(data, []byte{c})
	}
	return n
}
