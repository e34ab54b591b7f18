// Package order checks the paths of a sequence of entries: each is in the
// grammar, each comes after the one before it in canonical order, and none is
// a file where another needs a folder (docs/spec/entries.md, E-1 to E-4).
package order

import (
	"errors"
	"fmt"
	"strings"

	"github.com/oneanalytics/oa-archive/layout"
)

// What can be wrong beside the grammar, whose error is a [*layout.PathError].
var (
	ErrOrder     = errors.New("not in canonical order")
	ErrDuplicate = errors.New("the path occurs twice")
	ErrConflict  = errors.New("the path is a file and a folder")
)

// Rules of docs/spec/entries.md.
const (
	RuleGrammar  = "E-1"
	RuleOrder    = "E-2"
	RuleConflict = "E-4"
)

// Rule returns the number of the rule that an error of [Checker.Next] is about.
func Rule(err error) string {
	switch {
	case errors.Is(err, ErrOrder), errors.Is(err, ErrDuplicate):
		return RuleOrder
	case errors.Is(err, ErrConflict):
		return RuleConflict
	}
	return RuleGrammar
}

// A Checker takes the paths of one archive one after the other. The zero value
// is ready. Its memory does not grow with the number of paths.
type Checker struct {
	last     layout.Name
	lastPath string
	// prefixes are the earlier extension paths that lastPath begins with as
	// a string, shortest first. Paths that share a prefix are neighbours in
	// canonical order, so no other path can be a folder above the next one.
	prefixes []string
}

// Next takes in path and returns its name. After an error the Checker is as
// before the call.
func (c *Checker) Next(path string) (layout.Name, error) {
	name, err := layout.Parse(path)
	if err != nil {
		return layout.Name{}, err
	}
	if name.Kind == layout.Manifest {
		return layout.Name{}, &layout.PathError{Path: path, Rule: "is the manifest's own path, which is not an entry among the others"}
	}
	if c.lastPath != "" {
		switch cmp := layout.Compare(c.last, name); {
		case cmp == 0:
			return layout.Name{}, fmt.Errorf("%w: %+q", ErrDuplicate, path)
		case cmp > 0:
			return layout.Name{}, fmt.Errorf("%w: %+q comes after %+q, but belongs before it", ErrOrder, path, c.lastPath)
		}
	}
	if name.Kind == layout.Extension {
		keep := c.prefixes
		for len(keep) > 0 && !strings.HasPrefix(path, keep[len(keep)-1]) {
			keep = keep[:len(keep)-1]
		}
		for _, file := range keep {
			below := path[len(file):]
			if below[0] == '/' {
				return layout.Name{}, fmt.Errorf("%w: %+q stands below the entry %+q", ErrConflict, path, file)
			}
			// The signatures of both would lie at x.sig and below x.sig/.
			if strings.HasPrefix(below, ".sig/") {
				return layout.Name{}, fmt.Errorf("%w: the signature of %+q would stand below that of %+q", ErrConflict, path, file)
			}
		}
		c.prefixes = append(keep, path)
	}
	c.last, c.lastPath = name, path
	return name, nil
}
