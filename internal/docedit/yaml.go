package docedit

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

// parseYAML returns the root of the document in text, nil if there is none.
func parseYAML(text string) (root *yaml.Node, err error) {
	defer func() {
		if p := recover(); p != nil {
			root, err = nil, fmt.Errorf("parse YAML: %v", p)
		}
	}()
	loader, err := yaml.NewLoader(bytes.NewReader([]byte(text)))
	if err != nil {
		return nil, fmt.Errorf("parse YAML: %w", err)
	}
	var doc, next yaml.Node
	if err := loader.Load(&doc); err == io.EOF {
		return nil, nil
	} else if err != nil {
		return nil, fmt.Errorf("parse YAML: %w", err)
	}
	if err := loader.Load(&next); err == nil {
		return nil, errors.New("parse YAML: more than one document")
	} else if err != io.EOF {
		return nil, fmt.Errorf("parse YAML: %w", err)
	}
	eachNode(&doc, func(n *yaml.Node) {
		if err == nil && (n.Kind == yaml.AliasNode || n.Anchor != "" || n.Style&yaml.TaggedStyle != 0) {
			err = fmt.Errorf("parse YAML: line %d: anchors, aliases and tags are not supported", n.Line)
		}
	})
	return &doc, err
}

// differs is the error of compareYAML for trees that are not alike at a line.
type differs int

func (line differs) Error() string {
	return fmt.Sprintf("line %d: the edit would change more than the value", int(line))
}

// compareYAML demands that two trees have the same shape and types. It leaves
// pairs of scalars to the caller, who also learns whether they stand in a flow
// collection.
func compareYAML(a, b *yaml.Node, flow bool, scalar func(a, b *yaml.Node, flow bool) error) error {
	if a == nil && b == nil {
		return nil
	}
	if a == nil || b == nil {
		return differs(1)
	}
	if a.Kind != b.Kind || a.Tag != b.Tag || len(a.Content) != len(b.Content) {
		return differs(a.Line)
	}
	if a.Kind == yaml.ScalarNode {
		return scalar(a, b, flow)
	}
	flow = flow || a.Style&yaml.FlowStyle != 0
	for i := range a.Content {
		if err := compareYAML(a.Content[i], b.Content[i], flow, scalar); err != nil {
			return err
		}
	}
	return nil
}

// comments returns the lines of all comments, sorted: an edit may change the
// node that the parser attaches one to.
func comments(root *yaml.Node) []string {
	var lines []string
	eachNode(root, func(n *yaml.Node) {
		for _, comment := range []string{n.HeadComment, n.LineComment, n.FootComment} {
			if comment != "" {
				lines = append(lines, strings.Split(comment, "\n")...)
			}
		}
	})
	slices.Sort(lines)
	return slices.DeleteFunc(lines, func(s string) bool { return s == "" })
}

// eachNode calls yield with n and every node below it.
func eachNode(n *yaml.Node, yield func(*yaml.Node)) {
	if n == nil {
		return
	}
	yield(n)
	for _, c := range n.Content {
		eachNode(c, yield)
	}
}
