package render

import (
	"errors"
	"fmt"

	"github.com/oneanalytics/oa-archive/archive"
)

// Verified prints the outcome of a verification. result is its one word.
func (p *Printer) Verified(name string, r *archive.Report, result string) {
	style, verdict := Bad, result
	switch {
	case result == "trusted":
		style, verdict = Good, "verified"
	case r.OK():
		style, verdict = Warn, "intact"
	case r.Findings[0].Code == archive.CodeNotArchive:
		verdict = "not an archive"
	}
	p.Line(Styled(Strong, name), Text(": "), Styled(style, verdict))
	if m := r.Manifest; m != nil {
		signature := fact("signature", SignerSpans(r.Signed, r.Verdict)...)
		if !r.OK() {
			signature = fact("signature", append([]Span{Text("of the manifest only: ")}, SignerSpans(r.Signed, r.Verdict)...)...)
		}
		p.facts(
			signature,
			fact("key", Text(firstOf(m.SigningKey, "none"))),
			fact("tenant", tenantSpans(m.Tenant)...),
			fact("made", Text(Time(m.Created)+separator+m.Purpose)),
			recoveredFact(m),
			fact("archive", Text(m.ID)),
			fact("content", Text(m.ContentHash)),
			fact("checked", Text(fmt.Sprintf("%s, %s of content, %s of file",
				Plural(int64(r.Entries), "entry/entries"), Bytes(r.Bytes), Bytes(r.FileSize)))),
		)
	}
	p.findings(r)
}

// findings lists all findings, those of one kind in a row together.
func (p *Printer) findings(r *archive.Report) {
	if len(r.Findings) == 0 {
		return
	}
	p.Blank()
	p.Line(Styled(Strong, Plural(int64(len(r.Findings)+r.Dropped), "finding")))
	var last string
	for _, f := range r.Findings {
		words := findingWords(f)
		if kind := string(f.Code) + " " + words; kind != last {
			last = kind
			p.WrapAfter(Styled(Bad, "  ✗ "), Plain, fmt.Sprintf("%s (%s, rule %s)", words, f.Code, firstOf(f.Rule, "none")))
		}
		if place := findingPlace(f); place != "" {
			p.Line(Text("      "), Styled(Faint, place))
		}
	}
	if r.Dropped > 0 {
		p.Line(Text(fmt.Sprintf("  … and %s more", Count(int64(r.Dropped)))))
	}
	if r.Incomplete {
		p.Line(Styled(Faint, "  reading could not go on after one of these: there may be more"))
	}
}

// findingWords is what is wrong, without the place.
func findingWords(f archive.Finding) string {
	var format *archive.FormatError
	var signature *archive.SignatureError
	switch {
	case errors.As(f.Err, &format) && format.Err != nil:
		return format.Err.Error()
	case errors.As(f.Err, &signature) && signature.Err != nil:
		return signature.Err.Error()
	}
	return f.Error()
}

func findingPlace(f archive.Finding) string {
	if f.Offset < 0 {
		return f.Path
	}
	return commas(f.Path, fmt.Sprintf("byte %d of the %s", f.Offset, firstOf(string(f.Region), "file")))
}
