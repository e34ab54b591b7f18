package oaarchive_test

import (
	"io/fs"
	"os"
	"path"
	"regexp"
	"strings"
	"testing"
)

var fuzzTarget = regexp.MustCompile(`(?m)^func (Fuzz\w+)\(`)

// TestEveryFuzzTargetIsListed holds the list in docs/assurance.md against the
// code, and demands that each target begins with seeds.
func TestEveryFuzzTargetIsListed(t *testing.T) {
	text, err := os.ReadFile("docs/assurance.md")
	if err != nil {
		t.Fatal(err)
	}
	listed := map[string]bool{}
	for _, m := range regexp.MustCompile("`([\\w./-]+/Fuzz\\w+)`").FindAllStringSubmatch(string(text), -1) {
		listed[m[1]] = true
	}
	err = fs.WalkDir(os.DirFS("."), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(name, "_test.go") {
			return err
		}
		source, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		for _, m := range fuzzTarget.FindAllStringSubmatchIndex(string(source), -1) {
			target := path.Dir(name) + "/" + string(source[m[2]:m[3]])
			if !listed[target] {
				t.Errorf("%s is not in docs/assurance.md", target)
			}
			body, _, _ := strings.Cut(string(source[m[0]:]), "\n}\n")
			if !strings.Contains(body, "f.Add(") && !strings.Contains(body, "seed") {
				t.Errorf("%s has no seeds", target)
			}
			delete(listed, target)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for target := range listed {
		t.Errorf("docs/assurance.md lists %s, which there is not", target)
	}
}
