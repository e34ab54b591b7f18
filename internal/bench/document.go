package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// The page has places for what is generated:
//
//	<!-- bench: NAME -->
//	…
//	<!-- bench: end -->
const (
	placeBegin = "<!-- bench: "
	placeEnd   = "<!-- bench: end -->"
)

// writeDocument writes the generated parts of a page and the plots beside it
// anew, from a result file (empty: the one beside the page with the same name).
func writeDocument(page, resultFile string) error {
	if resultFile == "" {
		resultFile = strings.TrimSuffix(page, filepath.Ext(page)) + ".json"
	}
	r, err := loadResults(resultFile)
	if err != nil {
		return err
	}
	old, err := os.ReadFile(page)
	if err != nil {
		return err
	}
	text, err := fill(string(old), r)
	if err != nil {
		return fmt.Errorf("%s: %w", page, err)
	}
	for name, svg := range plots(r) {
		if err := os.WriteFile(filepath.Join(filepath.Dir(page), name), svg, 0o644); err != nil {
			return err
		}
	}
	return os.WriteFile(page, []byte(text), 0o644)
}

// fill replaces what stands in the places of a page.
func fill(page string, r *results) (string, error) {
	parts := map[string]func(*results) string{"aims": aimsTable, "jobs": jobSections, "memory": memoryTable, "machine": machineText}
	var out strings.Builder
	for {
		before, rest, found := strings.Cut(page, placeBegin)
		out.WriteString(before)
		if !found {
			return out.String(), nil
		}
		name, rest, found := strings.Cut(rest, " -->\n")
		make, known := parts[name]
		if !found || !known {
			return "", fmt.Errorf("no such place: %q", name)
		}
		_, after, found := strings.Cut(rest, placeEnd)
		if !found {
			return "", fmt.Errorf("the place %q has no end", name)
		}
		fmt.Fprintf(&out, "%s%s -->\n\n%s\n%s", placeBegin, name, strings.TrimSpace(make(r)), "\n"+placeEnd)
		page = after
	}
}

// cell writes text as a cell of a table.
func cell(text string) string { return strings.ReplaceAll(text, "|", `\|`) }

// code writes a command as a cell of a table.
func code(text string) string { return "`" + cell(text) + "`" }

func tableRow(out *strings.Builder, cells []string) {
	fmt.Fprintf(out, "| %s |\n", strings.Join(cells, " | "))
}

// head writes the heading of a table.
func head(out *strings.Builder, columns []string) {
	tableRow(out, columns)
	rules := make([]string, len(columns))
	for i := range rules {
		rules[i] = "---"
	}
	tableRow(out, rules)
}

// aimsTable lists every aim with what was measured.
func aimsTable(r *results) string {
	var out strings.Builder
	head(&out, []string{"job", "aim", "measured", "", "command"})
	for _, j := range r.Jobs {
		for i, a := range j.Aims {
			title := j.Title
			if i > 0 {
				title = ""
			}
			verdict := a.verdict()
			if !a.Met {
				verdict = "**" + verdict + "**"
			}
			tableRow(&out, []string{title, cell(a.Text), cell(a.got()), verdict, code("scripts/bench " + j.Name)})
		}
	}
	return out.String()
}

// jobSections writes a section with a table for each job.
func jobSections(r *results) string {
	var out strings.Builder
	for _, j := range r.Jobs {
		fmt.Fprintf(&out, "### %s\n\n%s. Job `%s`, %s", j.Title, strings.ToUpper(j.Corpus[:1])+j.Corpus[1:]+weight(j.Bytes), j.Name, rounds(len(j.Variants[0].Runs)))
		if j.Scale != "full" {
			fmt.Fprintf(&out, ", **scale `%s`**", j.Scale)
		}
		out.WriteString(".\n\n")
		head(&out, j.columns())
		for _, row := range j.rows(code) {
			for i := range row[:len(row)-1] {
				row[i] = cell(row[i])
			}
			tableRow(&out, row)
		}
		out.WriteString("\n")
		if j.Notes != "" {
			out.WriteString(strings.TrimSpace(j.Notes) + "\n\n")
		}
	}
	return out.String()
}

// weight writes the bytes of a corpus, where they were counted.
func weight(bytes int64) string {
	if bytes == 0 {
		return ""
	}
	return fmt.Sprintf(", %s MB", grouped(int(bytes/1e6)))
}

func rounds(n int) string {
	if n == 1 {
		return "one round"
	}
	return fmt.Sprintf("%d rounds", n)
}

// memoryTable lists the most memory that oa-archive took in each job.
func memoryTable(r *results) string {
	var out strings.Builder
	head(&out, []string{"job", "memory", "corpus", "command"})
	for _, j := range r.Jobs {
		v := &j.Variants[0]
		if v.Point != nil {
			continue // in the plots
		}
		tableRow(&out, []string{j.Title, bytesText(spreadOf(v.values(peak)).Max), cell(j.Corpus), code(v.Command)})
	}
	return out.String()
}

// machineText says where and when the figures were measured, and with what.
func machineText(r *results) string {
	if len(r.Jobs) == 0 {
		return "Nothing has been measured."
	}
	last := slices.MaxFunc(r.Jobs, func(a, b jobResult) int { return a.Time.Compare(b.Time) })
	var out bytes.Buffer
	m := last.Machine
	fmt.Fprintf(&out, "%d cores of %s, %s of memory, Linux %s, %s.", m.Cores, m.Processor, bytesText(float64(m.Memory)), m.Kernel, m.Go)
	var tools []string
	for name, version := range last.Tools {
		tools = append(tools, name+" "+version)
	}
	slices.Sort(tools)
	if len(tools) > 0 {
		fmt.Fprintf(&out, " Peers: %s.", strings.Join(tools, ", "))
	}
	var commits []string
	load := 0.0
	for _, j := range r.Jobs {
		if at := fmt.Sprintf("commit %s on %s", j.Commit, j.Time.Format("2006-01-02")); !slices.Contains(commits, at) {
			commits = append(commits, at)
		}
		load = max(load, j.Machine.Load)
	}
	fmt.Fprintf(&out, "\nMeasured at %s; the load when a job began was at most %.1f, its own preparations included.", strings.Join(commits, ", "), load)
	return out.String()
}
