package render

import (
	"fmt"

	"github.com/oneanalytics/oa-archive/layout"
	"github.com/oneanalytics/oa-archive/manifest"
)

// Created prints what create has written.
func (p *Printer) Created(file string, size int64, m *manifest.Manifest) {
	p.Line(Styled(Strong, file))
	signature := Styled(Bad, "none")
	if m.SigningKey != "" {
		signature = Text(m.SigningKey)
	}
	p.facts(
		fact("tenant", tenantSpans(m.Tenant)...),
		fact("holds", Text(holds(m))),
		fact("size", Text(fmt.Sprintf("%s for %s of content", Bytes(size), Bytes(contentSize(m))))),
		fact("archive", Text(m.ID)),
		fact("content", Text(m.ContentHash)),
		fact("signed by", signature),
	)
	p.leftOut(m)
}

// holds counts an archive's entries by kind.
func holds(m *manifest.Manifest) string {
	counts := map[layout.Kind]int{}
	for _, e := range m.Entries {
		if n, err := layout.Parse(e.Path); err == nil {
			counts[n.Kind]++
		}
	}
	text := ""
	for _, k := range []struct {
		kind layout.Kind
		noun string
	}{
		{layout.Metadata, "workspace"}, {layout.Model, "dataset"}, {layout.Rows, "with rows/with rows"}, {layout.Report, "report"},
		{layout.Alert, "alert"}, {layout.File, "file"}, {layout.Extension, "extension"},
	} {
		n := counts[k.kind]
		switch {
		case n == 0:
		case k.kind == layout.Rows:
			text += " (" + Plural(int64(n), k.noun) + ")"
		case text == "":
			text = Plural(int64(n), k.noun)
		default:
			text += ", " + Plural(int64(n), k.noun)
		}
	}
	if counts[layout.Audit] > 0 {
		text += ", audit trail"
	}
	if text == "" {
		return "nothing: the tenant is blank"
	}
	return text
}

func contentSize(m *manifest.Manifest) int64 {
	var n int64
	for _, e := range m.Entries {
		n += e.Size
	}
	return n
}

// leftOut prints what an archive does not hold.
func (p *Printer) leftOut(m *manifest.Manifest) {
	sections := []struct {
		title     string
		omissions []manifest.Omission
	}{{"Left out", m.Coverage.Excluded}, {"Cannot be archived", m.Coverage.Unsupported}}
	for _, s := range sections {
		if len(s.omissions) == 0 {
			continue
		}
		p.Blank()
		p.Line(Styled(Strong, s.title))
		label := 0
		for _, o := range s.omissions {
			label = max(label, Width(Escape(omitted(o))))
		}
		for _, o := range s.omissions {
			p.WrapAfter(Text("  "+pad(Escape(omitted(o)), label)+"  "), Faint, o.Reason)
		}
	}
}

func omitted(o manifest.Omission) string {
	if o.Count > 0 {
		return o.Kind + " (" + Count(o.Count) + ")"
	}
	return o.Kind
}

func firstOf(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}
