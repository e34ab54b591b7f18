package order

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/oneanalytics/oa-archive/layout"
	"pgregory.net/rapid"
)

func TestNext(t *testing.T) {
	const ws = "workspaces/0b54f1a2-6f5e-4c0e-9a55-1f2f3c4d5e6f/metadata.json"
	for _, c := range []struct {
		paths string
		want  error
		rule  string
	}{
		{ws + " audit/events.ndjson extensions/v/a extensions/v/a-b extensions/v/b", nil, ""},
		{"audit/events.ndjson " + ws, ErrOrder, "E-2"},
		{ws + " " + ws, ErrDuplicate, "E-2"},
		{"extensions/v/a extensions/v/a/b", ErrConflict, "E-4"},
		{"extensions/v/a extensions/v/a-x extensions/v/a.x extensions/v/a/b", ErrConflict, "E-4"},
		{"extensions/v/a extensions/v/a-x extensions/v/a-x/y", ErrConflict, "E-4"},
		{"extensions/v/a extensions/v/aa/b extensions/v/ab", nil, ""},
		{"extensions/v/a/b extensions/v/a/c", nil, ""},
		{"extensions/v/a extensions/v/a.sig", nil, ""},
		{"extensions/v/a extensions/v/a.sig/b", ErrConflict, "E-4"},
		{"extensions/v/a extensions/v/a-b extensions/v/a.sig/b/c", ErrConflict, "E-4"},
	} {
		var checker Checker
		var err error
		paths := strings.Fields(c.paths)
		for i, path := range paths {
			if _, err = checker.Next(path); err != nil && i != len(paths)-1 {
				t.Errorf("%s: refused early: %v", c.paths, err)
			}
		}
		if !errors.Is(err, c.want) || err != nil && Rule(err) != c.rule {
			t.Errorf("%s: %v, want %v", c.paths, err, c.want)
		}
	}
	for _, path := range []string{"manifest.json", "x", ""} {
		var pathError *layout.PathError
		if _, err := new(Checker).Next(path); !errors.As(err, &pathError) || Rule(err) != RuleGrammar {
			t.Errorf("Next(%q): %v", path, err)
		}
	}
}

// TestConflictsAreFound compares the checker with a set of all paths.
func TestConflictsAreFound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		segment := rapid.SampledFrom([]string{"a", "b", "a-", "a.b", "aa", "a0"})
		paths := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) string {
			return "extensions/v/" + strings.Join(rapid.SliceOfN(segment, 1, 4).Draw(t, "segments"), "/")
		}), 1, 12).Draw(t, "paths")
		slices.Sort(paths)
		paths = slices.Compact(paths)
		conflict := ""
		for _, path := range paths {
			for i := range len(path) {
				if path[i] == '/' && slices.Contains(paths, path[:i]) && conflict == "" {
					conflict = path
				}
			}
		}
		var checker Checker
		for _, path := range paths {
			if _, err := checker.Next(path); err != nil {
				if path != conflict {
					t.Fatalf("refused %q of %q, want %q: %v", path, paths, conflict, err)
				}
				return
			}
		}
		if conflict != "" {
			t.Fatalf("did not notice %q in %q", conflict, paths)
		}
	})
}
