package manifest

import (
	"bytes"
	"errors"
	"reflect"
	"strings"
	"testing"
)

// residing returns a residency with every member.
func residing() *Residency {
	return &Residency{
		Country: "DE", Region: "eu-central-1", Jurisdiction: "DE",
		Exceptions: []ResidencyException{
			{SubProcessor: "Mail \"Express\" Inc.", Country: "US", LegalBasis: "SCC 2021/914, module 2", Purpose: "delivery of alerts"},
			{SubProcessor: "Støtte AS", Country: "NO", LegalBasis: "EEA"},
		},
	}
}

func TestResidencyRoundTrip(t *testing.T) {
	value, err := residing().Marshal()
	if err != nil {
		t.Fatal(err)
	}
	m := sample()
	m.Format, m.MinReader, m.Residency = Version{}, Version{}, value
	text, err := m.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(text, []byte(`"format": "1.2",`+"\n  "+`"min_reader": "1.0"`)) {
		t.Errorf("residency is written as\n%s", text)
	}
	back, err := Parse(text, Limits{})
	if err != nil {
		t.Fatal(err)
	}
	got, err := back.DataResidency()
	if err != nil || !reflect.DeepEqual(got, residing()) {
		t.Errorf("%+v, %v, want %+v", got, err, residing())
	}
	if got, err := sample().DataResidency(); got != nil || err != nil {
		t.Errorf("nothing is stated, but read as %v, %v", got, err)
	}
}

func TestResidencyKeepsUnknownMembers(t *testing.T) {
	const text = `{"country": "DE", "exceptions": [{"sub_processor": "a", "country": "US", "legal_basis": "b", "since": "2024"}], "replicas": [1.50]}`
	r, err := ParseResidency([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if again, err := r.Marshal(); err != nil || string(again) != text {
		t.Errorf("%s became %s, %v", text, again, err)
	}
}

// TestResidencyWasReserved: before format 1.2 it may be anything, and is kept.
func TestResidencyWasReserved(t *testing.T) {
	m := sample()
	m.Residency = []byte(`["wherever"]`)
	text, err := m.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	back, err := Parse(text, Limits{})
	if err != nil || string(back.Residency) != `["wherever"]` {
		t.Fatalf("%s, %v", back.Residency, err)
	}
	if r, err := back.DataResidency(); r != nil || err != nil {
		t.Errorf("a reserved member is read as %v, %v", r, err)
	}
}

func TestResidencyOfRecovered(t *testing.T) {
	m := Manifest{Purpose: PurposeRecovered, Residency: []byte(`{}`)}
	if format, reader := m.Versions(); format != residencyVersion || reader != recoveredVersion {
		t.Errorf("%v, %v", format, reader)
	}
}

func TestResidencyRefuses(t *testing.T) {
	exception := func(text string) string { return `{"country": "DE", "exceptions": [` + text + `]}` }
	for _, c := range []struct{ value, want string }{
		{`7`, "residency: not an object"},
		{`{"country": "DE"}`, "exceptions: is missing"},
		{`{"exceptions": []}`, "country: is missing"},
		{`{"country": "de", "exceptions": []}`, `country: "de" is not a country`},
		{`{"country": "DEU", "exceptions": []}`, "two capital letters"},
		{`{"country": 49, "exceptions": []}`, "country: not a string"},
		{`{"country": "DE", "exceptions": [], "Region": "x"}`, `the member "Region" differs from "region" only in case`},
		{`{"country": "DE", "region": "", "exceptions": []}`, "region: is empty"},
		{`{"country": "DE", "region": "` + strings.Repeat("r", 65) + `", "exceptions": []}`, "at most 64"},
		{`{"country": "DE", "jurisdiction": "E\u0007U", "exceptions": []}`, "control character"},
		{`{"country": "DE", "region": "eu-west-1", "exceptions": []}`, `residency.region: is "eu-west-1", but the tenant's is "eu-central-1"`},
		{`{"country": "DE", "jurisdiction": "EU", "exceptions": []}`, `but the tenant's is "DE"`},
		{`{"country": "DE", "exceptions": null}`, "exceptions: not a list"},
		{exception(`1`), "exceptions: not an object"},
		{exception(`{"country": "US", "legal_basis": "x"}`), "sub_processor: is missing"},
		{exception(`{"sub_processor": "", "country": "US", "legal_basis": "x"}`), "exceptions[0]: sub_processor: is empty"},
		{exception(`{"sub_processor": "a", "legal_basis": "x"}`), "country: is missing"},
		{exception(`{"sub_processor": "a", "country": "USA", "legal_basis": "x"}`), "exceptions[0]: country"},
		{exception(`{"sub_processor": "a", "country": "US"}`), "legal_basis: is missing"},
		{exception(`{"sub_processor": "a", "country": "US", "legal_basis": "` + strings.Repeat("x", 1025) + `"}`), "at most 1024"},
		{exception(`{"sub_processor": "a", "country": "US", "legal_basis": "x", "purpose": ""}`), "purpose: is empty"},
		{exception(strings.Repeat(`{"sub_processor": "a", "country": "US", "legal_basis": "x"},`, MaxExceptions) + `{"sub_processor": "a", "country": "US", "legal_basis": "x"}`), "more than 1000"},
	} {
		m := sample()
		m.Format, m.Residency = Version{}, []byte(c.value)
		_, err := m.Marshal()
		var e *Error
		if !errors.As(err, &e) || e.Rule != "M-22" || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%.80s: %v, want %q", c.value, err, c.want)
		}
	}
}
