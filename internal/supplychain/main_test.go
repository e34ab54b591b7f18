package main

import (
	"bytes"
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"
)

func TestMain(m *testing.M) {
	if err := os.Chdir("../.."); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

// TestPageIsCurrent holds docs/licences.md against what is linked.
func TestPageIsCurrent(t *testing.T) {
	all, err := modules(buildTags)
	if err != nil {
		t.Fatal(err)
	}
	committed, err := os.ReadFile("docs/licences.md")
	if err != nil {
		t.Fatal(err)
	}
	if got := page(all); !bytes.Equal(got, committed) {
		t.Error("docs/licences.md is not what is linked: run go run ./internal/supplychain licences >docs/licences.md")
	}
	for _, m := range all {
		if m.Path != self && (m.Version == "" || m.Licence == "" || len(m.Files) == 0) {
			t.Errorf("%+v", m)
		}
	}
}

// TestBill checks the form of the bill of materials, and that it is complete: every
// module is a component, and what it needs is in the list.
func TestBill(t *testing.T) {
	all, err := modules(buildTags)
	if err != nil {
		t.Fatal(err)
	}
	text, err := bill(all)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := bill(all); err != nil || !bytes.Equal(text, again) {
		t.Error("it differs from one run to the next")
	}
	var d document
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&d); err != nil {
		t.Fatal(err)
	}
	if d.Format != "CycloneDX" || d.SpecVersion != "1.6" || d.Version != 1 || d.Metadata.Component.Name != self ||
		!regexp.MustCompile(`^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`).MatchString(d.SerialNumber) {
		t.Errorf("head %+v", d.Metadata)
	}
	refs := map[string]bool{self: true}
	for _, c := range d.Components {
		if refs[c.Ref] || c.Type != "library" || len(c.Licences) != 1 || c.Licences[0].License.ID == "" ||
			!regexp.MustCompile(`^pkg:golang/[\w./~-]+@v[\w.%-]+$`).MatchString(c.Purl) {
			t.Errorf("component %+v", c)
		}
		refs[c.Ref] = true
	}
	if len(refs) != len(all) || len(d.Dependencies) != len(all) || len(all) < 20 {
		t.Errorf("%d components, %d lists of needs, %d modules", len(refs), len(d.Dependencies), len(all))
	}
	for _, dep := range d.Dependencies {
		for _, need := range append(dep.DependsOn, dep.Ref) {
			if !refs[need] {
				t.Errorf("%s needs %s, which is not in the list", dep.Ref, need)
			}
		}
	}
}

func TestIdentify(t *testing.T) {
	own, err := os.ReadFile("LICENSE")
	if err != nil {
		t.Fatal(err)
	}
	for want, text := range map[string]string{
		"Apache-2.0": string(own), "": "All rights reserved.", "MIT": "Permission is\n hereby granted, free of charge, to any person",
		"BSD-2-Clause": "Redistribution and use in source and binary forms, with or without", "Unlicense": "This is free and unencumbered software released into the public domain.",
		"BSD-3-Clause": "Redistribution and use in source and binary forms … may be used to endorse or promote products",
	} {
		if got := identify(text); got != want {
			t.Errorf("%.40q is %q, want %q", text, got, want)
		}
	}
	if _, _, err := licence(t.TempDir()); err == nil || !strings.Contains(err.Error(), "no file with a licence") {
		t.Error(err)
	}
}
