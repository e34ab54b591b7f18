package page

import (
	"fmt"
	"html/template"
	"regexp"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/oneanalytics/oa-archive/internal/legible"
)

// How many characters of a name, a sentence and a command are shown.
const (
	maxName     = 160
	maxSentence = 600
	maxCommand  = 8000
)

// cut shortens s to n characters and returns how many it took off.
func cut(s string, n int) (string, int) {
	if len(s) <= n {
		return s, 0
	}
	seen := 0
	for i := range s {
		if seen == n {
			return s[:i], utf8.RuneCountInString(s[i:])
		}
		seen++
	}
	return s, 0
}

// legibly writes s for HTML: escaped, cut, and with what is spelled out marked.
// The result has at most about six bytes for each of the n characters.
func legibly(s string, n int) string {
	head, more := cut(s, n)
	var b strings.Builder
	left := utf8.RuneCountInString(head)
	for run, spelled := range legible.Runs(head) {
		if b.Len() > 6*n {
			break
		}
		if spelled {
			left--
			b.WriteString(`<span class="esc">` + run + `</span>`)
			continue
		}
		left -= utf8.RuneCountInString(run)
		b.WriteString(template.HTMLEscapeString(run))
	}
	if more += left; more > 0 {
		fmt.Fprintf(&b, `<span class="cut">… and %s</span>`, legible.Plural(int64(more), "more character"))
	}
	return b.String()
}

// name writes a name apart from the direction of what stands around it.
func name(s string) template.HTML {
	return template.HTML("<bdi>" + legibly(s, maxName) + "</bdi>")
}

var uuid = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b`)
})

// sentence writes a sentence of the plan, in which ids are shortened to their
// first eight digits and keep the rest in a tooltip.
func sentence(s string) template.HTML {
	return template.HTML("<bdi>" + uuid().ReplaceAllStringFunc(legibly(s, maxSentence), func(id string) string {
		return `<code class="id" title="` + id + `">` + id[:8] + `</code>`
	}) + "</bdi>")
}

// plain writes s for where markup cannot stand, such as attributes and titles.
// What uses it escapes it for its place.
func plain(s string) string {
	s, more := cut(s, maxName)
	s = legible.Escape(s, false)
	if more > 0 {
		s += "…"
	}
	return s
}

// paragraphs cuts the text of an error into lines.
func paragraphs(s string, most int) (lines []string, more int) {
	for line := range strings.SplitSeq(strings.TrimRight(s, "\n"), "\n") {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	if len(lines) > most {
		return lines[:most], len(lines) - most
	}
	return lines, 0
}
