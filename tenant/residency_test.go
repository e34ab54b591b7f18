package tenant

import (
	"strings"
	"testing"
)

func TestResidencyCheck(t *testing.T) {
	exception := func(e Exception) *Residency { return &Residency{Country: "DE", Exceptions: []Exception{e}} }
	for _, c := range []struct {
		residency *Residency
		want      string // part of the error; empty when there is none
	}{
		{&Residency{Country: "DE"}, ""},
		{exception(Exception{SubProcessor: "Mail Inc.", Country: "US", LegalBasis: "SCC", Purpose: "e-mail"}), ""},
		{&Residency{}, `country "": want two capital letters`},
		{&Residency{Country: "de"}, `country "de"`},
		{&Residency{Country: "DE", Exceptions: make([]Exception, 1001)}, "1001 exceptions"},
		{exception(Exception{SubProcessor: "a", Country: "USA", LegalBasis: "b"}), `exception 1: country "USA"`},
		{exception(Exception{Country: "US", LegalBasis: "b"}), "sub_processor is empty"},
		{exception(Exception{SubProcessor: "a", Country: "US"}), "legal_basis is empty"},
		{exception(Exception{SubProcessor: "a\x1b[2J", Country: "US", LegalBasis: "b"}), "sub_processor holds a control character"},
		{exception(Exception{SubProcessor: "a", Country: "US", LegalBasis: "b", Purpose: strings.Repeat("x", 1025)}), "purpose is longer than 1024"},
	} {
		err := Info{ID: "acme", Residency: c.residency}.Check()
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%+v: %v, want %q", c.residency, err, c.want)
		}
	}
	if err := (&Residency{Country: "DE"}).CheckStored(); err == nil || !strings.Contains(err.Error(), "[] says that there are none") {
		t.Errorf("a register that is missing: %v", err)
	}
}

func TestInfoEqual(t *testing.T) {
	made := func(change func(*Info)) Info {
		info := Info{ID: "acme", Name: "Acme", Region: "eu-west-1", Jurisdiction: "EU", Residency: &Residency{
			Country: "DE", Exceptions: []Exception{{SubProcessor: "Mailwright", Country: "US", LegalBasis: "SCC"}},
		}}
		change(&info)
		return info
	}
	same := made(func(*Info) {})
	if !same.Equal(made(func(*Info) {})) || !(Info{}).Equal(Info{}) {
		t.Error("descriptions that say the same are not equal")
	}
	for name, change := range map[string]func(*Info){
		"id":           func(i *Info) { i.ID = "other" },
		"name":         func(i *Info) { i.Name = "" },
		"jurisdiction": func(i *Info) { i.Jurisdiction = "US" },
		"residency":    func(i *Info) { i.Residency = nil },
		"country":      func(i *Info) { i.Residency.Country = "FR" },
		"exception":    func(i *Info) { i.Residency.Exceptions[0].Country = "GB" },
		"exceptions":   func(i *Info) { i.Residency.Exceptions = nil },
	} {
		other := made(change)
		if same.Equal(other) || other.Equal(same) {
			t.Errorf("%s does not count", name)
		}
	}
}
