package archive_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/oneanalytics/oa-archive/manifest"
)

// shownByTests names, for each rule that no vector can show, a test that
// does. Every rule of the specification is in this table or in a vector.
var shownByTests = map[string]string{
	"C-19": "TestLimits",
	"E-3":  "TestParseRefuses",
	"M-18": "TestUnknownMembersSurvive",
	"T-1":  "TestTrust",
	"T-2":  "TestTrust",
	"T-4":  "TestTrust",
	"T-5":  "TestNotOlderThan",
	"T-6":  "TestTrust",
	"T-7":  "TestTrust",
}

var ruleNumber = regexp.MustCompile(`\*\*([CEMSTV]-\d+)\*\*`)

// specPages returns the text of each page.
func specPages(t *testing.T) map[string]string {
	t.Helper()
	names, err := filepath.Glob("../docs/spec/*.md")
	if err != nil || len(names) != 8 {
		t.Fatalf("%d pages, %v", len(names), err)
	}
	pages := make(map[string]string)
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		pages[filepath.Base(name)] = string(text)
	}
	return pages
}

// rulesOf returns the rules that the pages define.
func rulesOf(t *testing.T) map[string]bool {
	rules := make(map[string]bool)
	for name, text := range specPages(t) {
		if name == "README.md" {
			continue
		}
		for _, m := range ruleNumber.FindAllStringSubmatch(text, -1) {
			if rules[m[1]] {
				t.Errorf("%s: rule %s is defined twice", name, m[1])
			}
			rules[m[1]] = true
		}
	}
	return rules
}

func TestEveryRuleIsShown(t *testing.T) {
	rules := rulesOf(t)
	shown := make(map[string]bool)
	for name, v := range vectors(t) {
		if !rules[v.Rule] {
			t.Errorf("vector %s shows rule %s, which no page defines", name, v.Rule)
		}
		shown[v.Rule] = true
	}
	tests := testNames(t)
	for rule, test := range shownByTests {
		if !rules[rule] || shown[rule] {
			t.Errorf("rule %s does not belong in the table", rule)
		}
		if !tests[test] {
			t.Errorf("rule %s: there is no %s", rule, test)
		}
		shown[rule] = true
	}
	for rule := range rules {
		if !shown[rule] {
			t.Errorf("rule %s has neither a vector nor a test", rule)
		}
	}
}

// testNames returns the names of the tests of the packages that the format is
// made of.
func testNames(t *testing.T) map[string]bool {
	names := make(map[string]bool)
	for _, dir := range []string{".", "../manifest", "../internal/order"} {
		files, _ := filepath.Glob(filepath.Join(dir, "*_test.go"))
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range regexp.MustCompile(`(?m)^func (Test\w+)\(`).FindAllSubmatch(text, -1) {
				names[string(m[1])] = true
			}
		}
	}
	return names
}

// TestEveryMustHasANumber looks at the pages paragraph by paragraph.
func TestEveryMustHasANumber(t *testing.T) {
	for name, text := range specPages(t) {
		if name == "README.md" || name == "security.md" {
			continue
		}
		for paragraph := range strings.SplitSeq(text, "\n\n") {
			lines := []string{paragraph}
			if strings.HasPrefix(paragraph, "|") {
				lines = strings.Split(paragraph, "\n")
			}
			for _, line := range lines {
				if strings.Contains(line, "MUST") && !ruleNumber.MatchString(line) {
					t.Errorf("%s: a MUST without a number: %.80s", name, line)
				}
			}
		}
	}
}

// TestFindingsNameRules holds the numbers in the code against the pages.
func TestFindingsNameRules(t *testing.T) {
	rules := rulesOf(t)
	for _, pattern := range []string{"*.go", "../manifest/*.go", "../internal/order/*.go"} {
		files, _ := filepath.Glob(pattern)
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range regexp.MustCompile(`"([CEMSTV]-\d+)"`).FindAllSubmatch(text, -1) {
				if !rules[string(m[1])] {
					t.Errorf("%s names rule %s, which no page defines", file, m[1])
				}
			}
		}
	}
}

func TestExampleManifestIsValid(t *testing.T) {
	_, rest, ok := strings.Cut(specPages(t)["manifest.md"], "```json\n")
	example, _, ok2 := strings.Cut(rest, "```")
	if !ok || !ok2 {
		t.Fatal("no example")
	}
	m, err := manifest.Parse([]byte(example), manifest.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if text, err := m.Marshal(); err != nil || string(text) != example {
		t.Errorf("the example is not in the form that writers write: %v\n%s", err, text)
	}
}

// TestIndexCoversAllRules holds the ranges in the index.
func TestIndexCoversAllRules(t *testing.T) {
	counts := make(map[string]int)
	for rule := range rulesOf(t) {
		letter, _, _ := strings.Cut(rule, "-")
		counts[letter]++
	}
	index := specPages(t)["README.md"]
	for _, m := range regexp.MustCompile(`([CEMSTV])-1 to [CEMSTV]-(\d+)`).FindAllStringSubmatch(index, -1) {
		want := counts[m[1]]
		if got := m[2]; got != strconv.Itoa(want) {
			t.Errorf("the index says %s-1 to %s-%s, but there are %d", m[1], m[1], got, want)
		}
	}
}
