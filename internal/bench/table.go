package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// columns are the headings of the table of a job.
func (j *jobResult) columns() []string {
	columns := []string{"", "wall time"}
	if !j.isSeries() {
		columns = append(columns, "ratio")
	}
	columns = append(columns, "processor time", "memory")
	if j.hasSizes() {
		columns = append(columns, "output")
	}
	if j.hasReads() {
		columns = append(columns, "reads")
	}
	return append(columns, "command")
}

// isSeries reports whether the variants are one program at several sizes, where
// ratios would say nothing.
func (j *jobResult) isSeries() bool { return j.Variants[0].Point != nil }

func (j *jobResult) hasSizes() bool {
	for _, v := range j.Variants {
		if v.Size > 0 {
			return true
		}
	}
	return false
}

func (j *jobResult) hasReads() bool {
	for _, v := range j.Variants {
		if v.Traced != nil {
			return true
		}
	}
	return false
}

// rows returns the cells of each variant. The ratio is of the first variant's wall time
// to this one's in the same
// round.
func (j *jobResult) rows(code func(string) string) (rows [][]string) {
	first := &j.Variants[0]
	for i := range j.Variants {
		v := &j.Variants[i]
		row := []string{v.Name, spreadOf(v.values(wall)).middle(seconds)}
		switch {
		case j.isSeries():
		case i == 0:
			row = append(row, "1")
		default:
			row = append(row, spreadOf(ratios(first.values(wall), v.values(wall))).middle(factor))
		}
		row = append(row, v.processor(), bytesText(spreadOf(v.values(peak)).Max))
		if j.hasSizes() {
			text := ""
			if v.Size > 0 {
				text = bytesText(float64(v.Size))
			}
			row = append(row, text)
		}
		if j.hasReads() {
			text := ""
			if v.Traced != nil {
				text = fmt.Sprintf("%d, %s", v.Traced.Reads, bytesText(float64(v.Traced.Bytes)))
			}
			row = append(row, text)
		}
		rows = append(rows, append(row, code(v.Command)))
	}
	return rows
}

// processor writes the median of the processor time, and that of the server.
func (v *variantResult) processor() string {
	var own, server []float64
	for _, r := range v.Runs {
		own, server = append(own, r.CPU), append(server, r.Server)
	}
	text := seconds(spreadOf(own).Median)
	if s := spreadOf(server).Median; s > 0 {
		text += " + " + seconds(s)
	}
	return text
}

// verdict says whether an aim was met.
func (a *aimResult) verdict() string {
	if a.Met {
		return "met"
	}
	return "not met"
}

// got writes what was measured for an aim.
func (a *aimResult) got() string {
	text := a.Got.middle(func(v float64) string { return inUnit(v, a.Unit) })
	// Once is enough for the sign.
	return strings.NewReplacer(" ×–", "–", " ×)", ")").Replace(text)
}

// printJob prints the table of a job for a terminal.
func printJob(w io.Writer, j *jobResult) error {
	fmt.Fprintf(w, "\n%s: %s\n", j.Title, j.Corpus)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	columns := j.columns()
	fmt.Fprintln(t, strings.Join(columns, "\t"))
	for _, row := range j.rows(func(command string) string { return command }) {
		fmt.Fprintln(t, strings.Join(row, "\t"))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	for _, a := range j.Aims {
		fmt.Fprintf(w, "  %-8s%s: %s\n", a.verdict(), a.Text, a.got())
	}
	_, err := fmt.Fprintln(w)
	return err
}
