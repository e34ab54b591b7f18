package render

import (
	"cmp"

	"github.com/oneanalytics/oa-archive/manifest"
)

// Residency says where the data of an archive lay, and who elsewhere handles it.
type Residency struct {
	Country      string      `json:"country"`
	Region       string      `json:"region,omitempty"`
	Jurisdiction string      `json:"jurisdiction,omitempty"`
	Exceptions   []Exception `json:"exceptions"`
}

// Exception is one line of the register of exceptions.
type Exception struct {
	SubProcessor string `json:"sub_processor"`
	Country      string `json:"country"`
	LegalBasis   string `json:"legal_basis"`
	Purpose      string `json:"purpose,omitempty"`
}

// NewResidency takes it from a manifest; nil when nothing is stated.
func NewResidency(m *manifest.Manifest) *Residency {
	r, err := m.DataResidency()
	if err != nil || r == nil {
		return nil
	}
	out := &Residency{
		Country: r.Country, Region: cmp.Or(r.Region, m.Tenant.Region), Jurisdiction: cmp.Or(r.Jurisdiction, m.Tenant.Jurisdiction), Exceptions: []Exception{},
	}
	for _, e := range r.Exceptions {
		out.Exceptions = append(out.Exceptions, Exception{e.SubProcessor, e.Country, e.LegalBasis, e.Purpose})
	}
	return out
}

// residencyFact says where the data lay; nil when nothing is stated.
func residencyFact(m *manifest.Manifest) []Span {
	r := NewResidency(m)
	if r == nil {
		return nil
	}
	exceptions := "no exceptions"
	if n := len(r.Exceptions); n > 0 {
		exceptions = Plural(int64(n), "exception")
	}
	where := r.Country
	if r.Region != "" {
		where += ", " + r.Region
	}
	law := ""
	if r.Jurisdiction != "" {
		law = "law of " + r.Jurisdiction
	}
	return fact("data in", Text(join(where, law, exceptions)))
}

// exceptions prints the register.
func (p *Printer) exceptions(m *manifest.Manifest) {
	r := NewResidency(m)
	if r == nil || len(r.Exceptions) == 0 {
		return
	}
	p.Blank()
	p.Line(Styled(Strong, "Handled elsewhere"))
	t := &Table{Indent: 2, Columns: []Column{{Shrink: 16}, {}, {Shrink: 16}, {Shrink: 16}}}
	for _, e := range r.Exceptions {
		t.Add(C(e.SubProcessor), C(e.Country), C(e.LegalBasis), S(Faint, e.Purpose))
	}
	p.Table(t)
}
