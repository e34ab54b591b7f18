package render

import (
	"fmt"
	"strings"

	"github.com/oneanalytics/oa-archive/manifest"
	"github.com/oneanalytics/oa-archive/sign"
)

// separator stands between facts on one line.
const separator = " · "

// facts prints labelled lines, the labels aligned.
func (p *Printer) facts(rows ...[]Span) {
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
