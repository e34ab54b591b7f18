package main

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"math"
	"slices"
	"strings"
)

// A panel is one diagram: lines over a logarithmic axis of sizes, against a
// linear one that begins at zero.
type panel struct {
	title string // what the values are, with their unit
	xAxis string
	lines []line
}

// A line is a series of measurements.
type line struct {
	name   string
	colour int  // index of a colour that both backgrounds bear
	dashed bool // one core
	points []coordinate
}

type coordinate struct{ x, y float64 }

// plots makes the plots of the jobs that are series of sizes, by file name.
func plots(r *results) map[string][]byte {
	files := map[string][]byte{}
	for _, p := range []struct{ job, file, xAxis, unit string }{
		{"scale-entries", "performance-entries.svg", "documents", "µs a document"},
		{"scale-bytes", "performance-bytes.svg", "bytes", "ns a byte"},
	} {
		for i := range r.Jobs {
			j := &r.Jobs[i]
			if j.Name != p.job {
				continue
			}
			scale := 1e6
			if p.xAxis == "bytes" {
				scale = 1e9
			}
			cost := series(j, func(v *variantResult) float64 { return spreadOf(v.values(wall)).Median * scale / v.Point.Size })
			memory := series(j, func(v *variantResult) float64 { return spreadOf(v.values(peak)).Max / mib })
			files[p.file] = draw(j.Title, []panel{{"wall time, " + p.unit, p.xAxis, cost}, {"memory, MiB", p.xAxis, memory}})
		}
	}
	return files
}

// series makes a line for each verb and number of cores.
func series(j *jobResult, value func(*variantResult) float64) (lines []line) {
	for i := range j.Variants {
		v := &j.Variants[i]
		if v.Point == nil {
			continue
		}
		name := v.Point.Verb + ", " + coreWord(v.Point.Cores)
		at := -1
		for k := range lines {
			if lines[k].name == name {
				at = k
			}
		}
		if at < 0 {
			colour := 0
			if v.Point.Verb == "verify" {
				colour = 1
			}
			lines = append(lines, line{name: name, colour: colour, dashed: v.Point.Cores == 1})
			at = len(lines) - 1
		}
		lines[at].points = append(lines[at].points, coordinate{v.Point.Size, value(v)})
	}
	return lines
}

// The drawing's measures, in units of the picture.
const (
	panelWidth, panelHeight = 400, 300
	left, right             = 60, 30
	top, bottom             = 64, 46
)

// style gives both backgrounds colours that read well on them.
const style = `text{font:12px system-ui,sans-serif;fill:#1f2328}.t{font-weight:600}.g{stroke:#d1d9e0}.a{stroke:#59636e}
.l{fill:none;stroke-width:2}.d{stroke-dasharray:5 4}.c0{stroke:#0969da}.c1{stroke:#bc4c00}.m0{fill:#0969da}.m1{fill:#bc4c00}
@media(prefers-color-scheme:dark){text{fill:#e6edf3}.g{stroke:#3d444d}.a{stroke:#9198a1}.c0{stroke:#58a6ff}.c1{stroke:#f0883e}.m0{fill:#58a6ff}.m1{fill:#f0883e}}`

// draw draws panels side by side, with a legend above each.
func draw(title string, panels []panel) []byte {
	var b bytes.Buffer
	width := panelWidth * len(panels)
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%[1]d" height="%d" role="img">`+"\n", width, panelHeight, panelHeight)
	fmt.Fprintf(&b, "<title>%s</title>\n<style>%s</style>\n", escaped(title), style)
	for i, p := range panels {
		fmt.Fprintf(&b, `<g transform="translate(%d 0)">`+"\n", i*panelWidth)
		p.draw(&b)
		b.WriteString("</g>\n")
	}
	b.WriteString("</svg>\n")
	return b.Bytes()
}

func (p *panel) draw(b *bytes.Buffer) {
	low, high, most := math.Inf(1), math.Inf(-1), 0.0
	for _, l := range p.lines {
		for _, c := range l.points {
			low, high, most = min(low, c.x), max(high, c.x), max(most, c.y)
		}
	}
	if most <= 0 || math.IsInf(low, 0) {
		low, high, most = 1, 10, 1
	}
	if low == high {
		high = low * 10
	}
	step := niceStep(most)
	ceiling := math.Ceil(most/step) * step
	x := func(v float64) float64 {
		return left + (panelWidth-left-right)*math.Log(v/low)/math.Log(high/low)
	}
	y := func(v float64) float64 { return panelHeight - bottom - (panelHeight-top-bottom)*v/ceiling }

	fmt.Fprintf(b, `<text class="t" x="%d" y="16">%s</text>`+"\n", left, escaped(p.title))
	for n := 0; float64(n)*step <= ceiling+step/2; n++ {
		v := float64(n) * step
		class := "g"
		if n == 0 {
			class = "a"
		}
		fmt.Fprintf(b, `<path class="%s" d="M%d %.1fH%d"/><text x="%d" y="%.1f" text-anchor="end">%s</text>`+"\n", class, left, y(v), panelWidth-right, left-8, y(v)+4, axisNumber(v))
	}
	for _, v := range p.sizes() {
		fmt.Fprintf(b, `<path class="a" d="M%.1f %dv5"/><text x="%.1f" y="%d" text-anchor="middle">%s</text>`+"\n", x(v), panelHeight-bottom, x(v), panelHeight-bottom+18, sizeNumber(v))
	}
	fmt.Fprintf(b, `<text x="%d" y="%d" text-anchor="middle">%s</text>`+"\n", (left+panelWidth-right)/2, panelHeight-8, escaped(p.xAxis))
	for i, l := range p.lines {
		l.draw(b, i, x, y)
	}
}

// sizes returns where a panel has points.
func (p *panel) sizes() (sizes []float64) {
	for _, l := range p.lines {
		for _, c := range l.points {
			if !slices.Contains(sizes, c.x) {
				sizes = append(sizes, c.x)
			}
		}
	}
	return sizes
}

// draw draws a line, its points, and its entry in the legend.
func (l *line) draw(b *bytes.Buffer, i int, x, y func(float64) float64) {
	class := fmt.Sprintf("l c%d", l.colour)
	if l.dashed {
		class += " d"
	}
	var path strings.Builder
	for k, c := range l.points {
		fmt.Fprintf(&path, "%c%.1f %.1f", "ML"[min(k, 1)], x(c.x), y(c.y))
		fmt.Fprintf(b, `<circle class="m%d" cx="%.1f" cy="%.1f" r="3"/>`, l.colour, x(c.x), y(c.y))
	}
	fmt.Fprintf(b, `<path class="%s" d="%s"/>`+"\n", class, path.String())
	column, row := left+i%2*170, 32+i/2*16
	fmt.Fprintf(b, `<path class="%s" d="M%d %dh22"/><text x="%d" y="%d">%s</text>`+"\n", class, column, row-4, column+28, row, escaped(l.name))
}

// niceStep returns 1, 2 or 5 times a power of ten, of which four to nine make up most.
func niceStep(most float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(most/4)))
	for _, n := range []float64{1, 2, 5} {
		if most/(n*power) <= 5 {
			return n * power
		}
	}
	return 10 * power
}

func axisNumber(v float64) string {
	if v >= 1000 {
		return grouped(int(v))
	}
	return fmt.Sprintf("%.3g", v)
}

// sizeNumber writes a size with the prefix of its thousands.
func sizeNumber(v float64) string {
	for _, p := range []struct {
		of     float64
		prefix string
	}{{1e9, " GB"}, {1e6, " MB"}} {
		if v >= p.of {
			return fmt.Sprintf("%.3g%s", v/p.of, p.prefix)
		}
	}
	return grouped(int(v))
}

func escaped(text string) string {
	var b bytes.Buffer
	xml.EscapeText(&b, []byte(text)) //nolint:errcheck // a buffer takes everything
	return b.String()
}
