package schema

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// TestDocumentationExamples validates the fenced examples of the page about
// documents; the word after the language is the kind.
func TestDocumentationExamples(t *testing.T) {
	page, err := os.ReadFile("../docs/documents.md")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[Kind]bool{}
	for _, m := range regexp.MustCompile("(?ms)^```(json|yaml) ([a-z-]+)\n(.*?)^```$").FindAllSubmatch(page, -1) {
		kind := Kind(m[2])
		seen[kind] = true
		if err := Validate(kind, m[3]); err != nil {
			t.Errorf("the example of the kind %s: %s", kind, allProblems(err))
		}
	}
	for _, kind := range Kinds() {
		if !seen[kind] {
			t.Errorf("docs/documents.md has no example of the kind %s", kind)
		}
	}
}

// TestDocumentedRulesExist holds the page's table of rules to the code.
func TestDocumentedRulesExist(t *testing.T) {
	page, err := os.ReadFile("../docs/documents.md")
	if err != nil {
		t.Fatal(err)
	}
	var code strings.Builder
	for _, file := range []string{"model.go", "define.go", "../audit/chain.go"} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		code.Write(text)
	}
	documented := 0
	for _, row := range regexp.MustCompile("(?m)^\\| (`[a-z-]+`(?:, `[a-z-]+`)*) \\|.*$").FindAllStringSubmatch(string(page), -1) {
		for _, rule := range regexp.MustCompile("`([a-z]+-[a-z]+)`").FindAllStringSubmatch(row[1], -1) {
			documented++
			if !strings.Contains(code.String(), `"`+rule[1]+`"`) {
				t.Errorf("no rule is called %s", rule[1])
			}
		}
	}
	if documented < 9 {
		t.Errorf("only %d rules are documented", documented)
	}
}
