package docedit

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"
)

// rewriteYAML returns doc with its identifiers replaced, proven, and how many
// there were. What is spelled out is spliced; a scalar that still reads wrong
// after that, because of its escapes, is written anew.
func (m idMap) rewriteYAML(doc string) (string, int, error) {
	old, err := parseYAML(doc)
	if err != nil {
		return "", 0, err
	}
	found, err := inScalars(doc, m.find(doc))
	if err != nil {
		return "", 0, err
	}
	for attempt := 1; ; attempt++ {
		out, root := doc, old
		if len(found) > 0 {
			out = found.apply(doc)
			if root, err = parseYAML(out); err != nil {
				return "", 0, err
			}
		}
		wrong, n, err := m.prove(old, root)
		if err != nil || len(wrong) == 0 {
			return out, n, err
		}
		if attempt == 2 {
			return "", 0, &RewriteError{wrong[0].node.Line, ruleSpelling}
		}
		if found, err = respell(doc, found, wrong); err != nil {
			return "", 0, err
		}
	}
}

// inScalars leaves out what stands in comments. It asks the parser: in a copy
// of doc every spelling becomes a different one that occurs nowhere, and those
// that come back in a scalar stood in one.
func inScalars(doc string, found splices) (splices, error) {
	if len(found) == 0 {
		return nil, nil
	}
	sum := sha256.Sum256([]byte(doc))
	mark := fmt.Sprintf("%x-%x-%x-%x-", sum[:4], sum[4:6], sum[6:8], sum[8:10])
	probes := slices.Clone(found)
	for i := range probes {
		probes[i].text = fmt.Sprintf("%s%012x", mark, i)
	}
	root, err := parseYAML(probes.apply(doc))
	if err != nil {
		return nil, err
	}
	seen := make([]bool, len(found))
	eachNode(root, func(n *yaml.Node) {
		for _, part := range strings.Split(n.Value, mark)[1:] {
			if len(part) < 12 {
				continue
			}
			if i, err := strconv.ParseUint(part[:12], 16, 64); err == nil && i < uint64(len(seen)) {
				seen[i] = true
			}
		}
	})
	var inside splices
	for i, sp := range found {
		if seen[i] {
			inside = append(inside, sp)
		}
	}
	return inside, nil
}

// A misread is a scalar that splicing did not give the value it should have.
type misread struct {
	node *yaml.Node // of the document before the edit
	flow bool
	want string
}

// prove compares root, the tree after an edit, with old, the tree before it. It
// returns the scalars with the wrong value and the number of identifiers in
// all scalars of old.
func (m idMap) prove(old, root *yaml.Node) (wrong []misread, n int, err error) {
	err = compareYAML(old, root, false, func(a, b *yaml.Node, flow bool) error {
		found, want, err := m.rewriteText(a.Value)
		if err != nil {
			return &RewriteError{a.Line, err.Rule}
		}
		n += len(found)
		if b.Value != want {
			wrong = append(wrong, misread{a, flow, want})
		}
		return nil
	})
	if line, ok := err.(differs); ok {
		err = &RewriteError{int(line), ruleSpelling}
	}
	if err == nil && !slices.Equal(comments(old), comments(root)) {
		err = &RewriteError{1, ruleSpelling}
	}
	if err == nil && n > 0 && len(wrong) == 0 {
		err = checkKeys(root)
	}
	return wrong, n, err
}

// respell returns found with the misread scalars written anew as a whole.
func respell(doc string, found splices, wrong []misread) (splices, error) {
	text := newYAMLText(doc)
	all := make(splices, 0, len(wrong)+len(found))
	for _, w := range wrong {
		n := *w.node
		sp, err := text.replace(&n, w.flow, w.want)
		if err != nil {
			return nil, &RewriteError{n.Line, ruleSpelling}
		}
		if w.want == w.node.Value {
			sp.text = doc[sp.start:sp.end]
		}
		all = append(all, sp)
	}
	all = append(all, found...)
	slices.SortStableFunc(all, func(a, b splice) int { return cmp.Compare(a.start, b.start) })
	end := 0
	kept := all[:0]
	for _, sp := range all {
		if sp.start >= end {
			kept, end = append(kept, sp), sp.end
		}
	}
	return kept, nil
}

// checkKeys refuses mappings below n that have a key twice.
func checkKeys(n *yaml.Node) error {
	if n.Kind == yaml.MappingNode {
		type key struct{ tag, value string }
		seen := make(map[key]bool, len(n.Content)/2)
		for i := 0; i < len(n.Content); i += 2 {
			if k := n.Content[i]; k.Kind == yaml.ScalarNode {
				if seen[key{k.Tag, k.Value}] {
					return &RewriteError{k.Line, ruleSameKey}
				}
				seen[key{k.Tag, k.Value}] = true
			}
		}
	}
	for _, c := range n.Content {
		if err := checkKeys(c); err != nil {
			return err
		}
	}
	return nil
}
