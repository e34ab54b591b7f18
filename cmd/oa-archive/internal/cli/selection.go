package cli

import (
	"fmt"
	"path"
	"strings"

	"github.com/oneanalytics/oa-archive/layout"
	"github.com/oneanalytics/oa-archive/manifest"
)

// matchEntries returns the entries that any of the patterns matches, all of
// them when there is no pattern. A pattern is
//
//   - a path, or a glob over paths in which * stands for any characters but a
//     slash, ** for any at all, ? for one and […] for one of a set;
//   - the id of an asset or a workspace, or its first eight digits or more:
//     every entry of it.
//
// A pattern that matches nothing is an error.
func matchEntries(m *manifest.Manifest, patterns []string) ([]manifest.Entry, error) {
	if len(patterns) == 0 {
		return m.Entries, nil
	}
	entry := func(i int) *manifest.Entry {
		if i == len(m.Entries) {
			return &virtualManifest
		}
		return &m.Entries[i]
	}
	chosen := make([]bool, len(m.Entries)+1)
	for _, pattern := range patterns {
		match, err := compilePattern(pattern)
		if err != nil {
			return nil, err
		}
		found := false
		for i := range chosen {
			if match(entry(i).Path) {
				chosen[i], found = true, true
			}
		}
		if !found {
			return nil, &failure{
				exit: exitFailed, code: "no-such-entry", err: fmt.Errorf("nothing in the archive matches %q", pattern),
				hint: "`oa-archive ls FILE` lists the entries; quote globs so that the shell leaves them alone",
			}
		}
	}
	var out []manifest.Entry
	for i := range chosen {
		if chosen[i] {
			out = append(out, *entry(i))
		}
	}
	return out, nil
}

// virtualManifest stands for manifest.json, which no manifest lists.
var virtualManifest = manifest.Entry{Path: layout.ManifestPath, Size: -1}

// minIDPrefix is how much of an id names it.
const minIDPrefix = 8

func compilePattern(pattern string) (func(string) bool, error) {
	if isIDPrefix(pattern) {
		return func(p string) bool {
			n, err := layout.Parse(p)
			return err == nil && (strings.HasPrefix(n.Workspace, pattern) || strings.HasPrefix(n.Asset, pattern))
		}, nil
	}
	if _, err := path.Match(pattern, ""); err != nil {
		return nil, usagef("quote [ and ] if they are meant as such", "pattern %q: %w", pattern, err)
	}
	segments := strings.Split(pattern, "/")
	return func(p string) bool { return matchSegments(segments, strings.Split(p, "/")) }, nil
}

// isIDPrefix reports whether s is the beginning of a UUID, at least eight
// digits of it.
func isIDPrefix(s string) bool {
	const shape = "00000000-0000-0000-0000-000000000000"
	return len(s) >= minIDPrefix && len(s) <= len(shape) && layout.IsUUID(s+shape[len(s):])
}

// matchSegments matches a path segment by segment; ** matches any number of
// them. Paths have at most ten segments, so the recursion is small.
func matchSegments(pattern, segments []string) bool {
	for len(pattern) > 0 {
		if pattern[0] == "**" {
			for i := range len(segments) + 1 {
				if matchSegments(pattern[1:], segments[i:]) {
					return true
				}
			}
			return false
		}
		if len(segments) == 0 {
			return false
		}
		if ok, err := path.Match(pattern[0], segments[0]); err != nil || !ok {
			return false
		}
		pattern, segments = pattern[1:], segments[1:]
	}
	return len(segments) == 0
}
