package main

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const page = "../../docs/performance.md"

// TestDocumentIsGenerated holds the page and its plots against the result file,
// so that no figure on it was written by hand.
func TestDocumentIsGenerated(t *testing.T) {
	r, err := loadResults(strings.TrimSuffix(page, ".md") + ".json")
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Jobs) == 0 {
		t.Fatal("nothing was measured: run make performance")
	}
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	want, err := fill(string(text), r)
	if err != nil {
		t.Fatal(err)
	}
	if want != string(text) {
		t.Error("docs/performance.md is not what its result file gives: run scripts/bench -document docs/performance.md")
	}
	drawn := plots(r)
	if len(drawn) != 2 {
		t.Errorf("%d plots", len(drawn))
	}
	for name, svg := range drawn {
		if have, err := os.ReadFile(filepath.Join(filepath.Dir(page), name)); err != nil || !bytes.Equal(have, svg) {
			t.Errorf("%s is not what the result file gives (%v): run scripts/bench -document docs/performance.md", name, err)
		}
		if !strings.Contains(string(text), "]("+name+")") {
			t.Errorf("the page does not show %s", name)
		}
	}
}

var codeSpan = regexp.MustCompile("^`[^`]+`$")

// tables returns the rows of the tables of a page, headings first.
func tables(t *testing.T, text string) (all [][][]string) {
	t.Helper()
	var table [][]string
	for line := range strings.Lines(text + "\n") {
		line = strings.TrimSpace(line)
		if !strings.HasPrefix(line, "|") {
			if table != nil {
				all = append(all, table)
			}
			table = nil
			continue
		}
		line = strings.ReplaceAll(strings.Trim(line, "|"), `\|`, "\x00")
		var row []string
		for _, c := range strings.Split(line, "|") {
			row = append(row, strings.TrimSpace(strings.ReplaceAll(c, "\x00", "|")))
		}
		if len(table) > 0 && len(row) != len(table[0]) {
			t.Errorf("%d cells below %d headings: %s", len(row), len(table[0]), line)
		}
		table = append(table, row)
	}
	return all
}

// TestRowsNameTheirCommand checks that each row of the page ends with a command,
// and that scripts/bench knows the jobs that it is to run.
func TestRowsNameTheirCommand(t *testing.T) {
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, j := range allJobs(scales["full"]) {
		names = append(names, j.name)
	}
	all := tables(t, string(text))
	if len(all) < 3 {
		t.Errorf("%d tables", len(all))
	}
	for _, table := range all {
		head := table[0]
		if head[len(head)-1] != "command" {
			t.Errorf("a table without commands: %q", head)
		}
		for _, row := range table[2:] {
			command := row[len(row)-1]
			if !codeSpan.MatchString(command) {
				t.Errorf("a row without its command: %q", row)
			}
			if name, ok := strings.CutPrefix(strings.Trim(command, "`"), "scripts/bench "); ok && !slices.Contains(names, name) {
				t.Errorf("no job %q", name)
			}
		}
	}
}

// TestUnmetAimsAreExplained demands a word about each job that misses an aim.
func TestUnmetAimsAreExplained(t *testing.T) {
	r, err := loadResults(strings.TrimSuffix(page, ".md") + ".json")
	if err != nil {
		t.Fatal(err)
	}
	_, section, found := strings.Cut(readFile(t, page), "## What stands in the way\n")
	section, _, _ = strings.Cut(section, "\n## ")
	if !found {
		t.Fatal("the page does not say what stands in the way")
	}
	for _, j := range r.Jobs {
		for _, a := range j.Aims {
			if !a.Met && !strings.Contains(section, "`"+j.Name+"`") {
				t.Errorf("%s misses an aim (%s) and the page does not say why", j.Name, a.Text)
			}
		}
	}
}

func TestFill(t *testing.T) {
	const empty = "before\n<!-- bench: aims -->\nold\n<!-- bench: end -->\nafter\n"
	got, err := fill(empty, example())
	want := "before\n<!-- bench: aims -->\n\n" +
		"| job | aim | measured |  | command |\n| --- | --- | --- | --- | --- |\n" +
		"| Pipes | fast | 1.25 × (0.50–2.00) | met | `scripts/bench pipe` |\n" +
		"|  | small | 95.0 MiB (90.0 MiB–100 MiB) | **not met** | `scripts/bench pipe` |\n" +
		"|  | few reads | 6 reads | met | `scripts/bench pipe` |\n" +
		"\n<!-- bench: end -->\nafter\n"
	if err != nil || got != want {
		t.Errorf("%s\n%v", got, err)
	}
	if again, err := fill(got, example()); err != nil || again != got {
		t.Errorf("filled twice:\n%s\n%v", again, err)
	}
	for _, wrong := range []string{"<!-- bench: aims -->\n", "<!-- bench: nothing -->\n<!-- bench: end -->\n", "<!-- bench: aims"} {
		if got, err := fill(wrong, example()); err == nil {
			t.Errorf("%q: %q", wrong, got)
		}
	}
}

func TestJobSections(t *testing.T) {
	want := "### Pipes\n\nAn archive. Job `pipe`, 2 rounds.\n\n" +
		"|  | wall time | ratio | processor time | memory | output | reads | command |\n| --- | --- | --- | --- | --- | --- | --- | --- |\n" +
		"| oa-archive | 1.50 s (1.00 s–2.00 s) | 1 | 2.00 s + 500 ms | 100 MiB | 2.00 MiB | 6, 1.00 MiB | `oa-archive verify - \\| cat` |\n" +
		"| peer | 1.50 s (1.00 s–2.00 s) | 1.25 (0.50–2.00) | 1.00 s | 30.0 MiB |  |  | `peer` |\n\n"
	if got := jobSections(example()); got != want {
		t.Error(got)
	}
}

func TestPlotsAreWellFormed(t *testing.T) {
	j := jobResult{Name: "scale-entries", Title: "Growth <&>"}
	for _, n := range []float64{200, 2000, 20000} {
		for _, cores := range []int{1, 2} {
			for _, verb := range []string{"create", "verify"} {
				j.Variants = append(j.Variants, variantResult{Point: &point{Verb: verb, Cores: cores, Size: n}, Runs: []run{{Wall: n / 1000, Peak: int64(n) * 4000}}})
			}
		}
	}
	svg := plots(&results{Jobs: []jobResult{j}})["performance-entries.svg"]
	decoder, lines := xml.NewDecoder(bytes.NewReader(svg)), 0
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("%v\n%s", err, svg)
		}
		if start, ok := token.(xml.StartElement); ok && start.Name.Local == "circle" {
			lines++
		}
	}
	if lines != 24 {
		t.Errorf("%d points", lines)
	}
	for _, want := range []string{"wall time, µs a document", "memory, MiB", ">20,000<", ">create, one core<", "verify, two cores", "prefers-color-scheme:dark"} {
		if !strings.Contains(string(svg), want) {
			t.Errorf("the plot does not say %q", want)
		}
	}
	if strings.Contains(string(svg), "NaN") || strings.Contains(string(svg), "Inf") {
		t.Errorf("a place that is none:\n%s", svg)
	}
}

func TestAxes(t *testing.T) {
	for most, want := range map[float64]float64{4.7: 1, 9: 2, 100: 20, 0.3: 0.1, 240: 50} {
		if got := niceStep(most); got < want*0.999 || got > want*1.001 {
			t.Errorf("up to %v: steps of %v", most, got)
		}
	}
	for v, want := range map[float64]string{200: "200", 20_000: "20,000", 2e7: "20 MB", 2.03e9: "2.03 GB"} {
		if got := sizeNumber(v); got != want {
			t.Errorf("%v: %s", v, got)
		}
	}
}
