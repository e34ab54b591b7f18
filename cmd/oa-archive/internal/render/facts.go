package render

import (
	"fmt"
	"slices"
	"strings"

	"github.com/oneanalytics/oa-archive/manifest"
	"github.com/oneanalytics/oa-archive/sign"
)

// separator stands between facts on one line.
const separator = " · "

// facts prints labelled lines, the labels aligned. Rows that are nil are none.
func (p *Printer) facts(rows ...[]Span) {
	rows = slices.DeleteFunc(rows, func(r []Span) bool { return r == nil })
	label := 0
	for _, r := range rows {
		label = max(label, Width(r[0].Text))
	}
	for _, r := range rows {
		first := Styled(Faint, "  "+pad(r[0].Text, label)+"  ")
		if len(r) == 2 {
			p.WrapAfter(first, r[1].Style, r[1].Text)
			continue
		}
		p.Line(append([]Span{first}, r[1:]...)...)
	}
}

func fact(label string, spans ...Span) []Span { return append([]Span{Text(label)}, spans...) }

// tenantSpans writes a tenant: name, id, and where its data lives.
func tenantSpans(t manifest.Tenant) []Span {
	spans := []Span{Styled(Strong, t.Name), Text(" (" + t.ID + ")")}
	if t.Name == "" || t.Name == t.ID {
		spans = []Span{Styled(Strong, t.ID)}
	}
	for _, place := range []string{t.Region, t.Jurisdiction} {
		if place != "" {
			spans = append(spans, Styled(Faint, separator), Text(place))
		}
	}
	return spans
}

// SignerSpans says who signed and whether that counts.
func SignerSpans(signed bool, v sign.Verdict) []Span {
	switch {
	case !signed:
		return []Span{Styled(Bad, "✗ not signed"), Text(": nothing vouches for the content")}
	case v.Level == sign.LevelTrusted:
		return []Span{Styled(Good, "✓ trusted"), Text(": "), Styled(Strong, v.Principal)}
	case v.Level == sign.LevelUntrusted:
		who := ""
		if v.Principal != "" {
			who = " (" + v.Principal + ")"
		}
		return []Span{Styled(Bad, "✗ not trusted"), Text(fmt.Sprintf(": %v%s", v.Reason, who))}
	}
	return []Span{Styled(Warn, "? signer unknown"), Text(": no file says whom to trust")}
}

// join puts the separator between what is not empty.
func join(parts ...string) string {
	var kept []string
	for _, s := range parts {
		if s != "" {
			kept = append(kept, s)
		}
	}
	return strings.Join(kept, separator)
}

// plural is [Plural], but "" for none.
func plural(n int, noun string) string {
	if n == 0 {
		return ""
	}
	return Plural(int64(n), noun)
}

// recoveredFact says that an archive is what was left of another; nil if not.
func recoveredFact(m *manifest.Manifest) []Span {
	about, err := m.Recovered()
	if err != nil || about == nil {
		return nil
	}
	what := "what is missing is not known"
	switch {
	case about.Complete:
		what = "nothing is missing"
	case len(about.Lost) > 0:
		what = "at least " + Plural(int64(len(about.Lost))+about.MoreLost, "entry/entries") + " missing"
	}
	return fact("recovered", Styled(Warn, "from the damaged archive "+about.Archive+": "+what))
}
