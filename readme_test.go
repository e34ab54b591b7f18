package oaarchive_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestReadmeCodeIsTheExample holds the README's Go code against the example
// that the tests run.
func TestReadmeCodeIsTheExample(t *testing.T) {
	code := regexp.MustCompile("(?s)```go\n(.*?)```").FindStringSubmatch(read(t, "README.md"))
	if code == nil {
		t.Fatal("README.md has no Go code")
	}
	indented := "\t" + strings.TrimSpace(strings.ReplaceAll(code[1], "\n", "\n\t"))
	if !strings.Contains(read(t, "example_test.go"), indented) {
		t.Error("the Go code of README.md does not stand in example_test.go")
	}
}

// TestDocumentationLinksLead checks that every relative link of the pages
// leads to something.
func TestDocumentationLinksLead(t *testing.T) {
	pages := []string{"README.md", "CONTRIBUTING.md"}
	for _, pattern := range []string{"docs/*.md", "docs/*/*.md", "examples/*/*.md"} {
		more, err := filepath.Glob(pattern)
		if err != nil || len(more) == 0 {
			t.Fatalf("%s: %d pages, %v", pattern, len(more), err)
		}
		pages = append(pages, more...)
	}
	links := regexp.MustCompile(`\]\(([^)#:]+)(#[^)]*)?\)`)
	for _, page := range pages {
		for _, link := range links.FindAllStringSubmatch(read(t, page), -1) {
			if _, err := os.Stat(filepath.Join(filepath.Dir(page), link[1])); err != nil {
				t.Errorf("%s links to %s, which is not there", page, link[1])
			}
		}
	}
}
