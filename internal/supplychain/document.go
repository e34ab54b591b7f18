package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"strings"
)

const self = "github.com/oneanalytics/oa-archive"

// page returns docs/licences.md.
func page(all []module) []byte {
	var b bytes.Buffer
	b.WriteString(`# Licences

What is linked into the command, with the licence of each. oa-archive itself is
under the [Apache License 2.0](../LICENSE). This page is made by ` + "`go run\n./internal/supplychain licences`" + ` from the files that the modules bring along, and
` + "`make lint`" + ` compares it. Files named beside the first hold notices, or licences of
parts. The Go standard library, which is linked too, is under BSD-3-Clause.

| module | version | licence | files |
|---|---|---|---|
`)
	for _, m := range all {
		if m.Path != self {
			fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", m.Path, m.Version, m.Licence, strings.Join(m.Files, ", "))
		}
	}
	return b.Bytes()
}

// The parts of a CycloneDX document that are used here
// (https://cyclonedx.org/docs/1.6/json/).
type (
	component struct {
		Type     string     `json:"type"`
		Ref      string     `json:"bom-ref"`
		Name     string     `json:"name"`
		Version  string     `json:"version,omitempty"`
		Scope    string     `json:"scope,omitempty"`
		Licences []licensed `json:"licenses"`
		Purl     string     `json:"purl"`
	}
	licensed struct {
		License struct {
			ID string `json:"id"`
		} `json:"license"`
	}
	dependency struct {
		Ref       string   `json:"ref"`
		DependsOn []string `json:"dependsOn"`
	}
	document struct {
		Format       string       `json:"bomFormat"`
		SpecVersion  string       `json:"specVersion"`
		SerialNumber string       `json:"serialNumber"`
		Version      int          `json:"version"`
		Metadata     metadata     `json:"metadata"`
		Components   []component  `json:"components"`
		Dependencies []dependency `json:"dependencies"`
	}
	metadata struct {
		Component component `json:"component"`
	}
)

func componentOf(m module) component {
	c := component{Type: "library", Ref: m.Path, Name: m.Path, Version: m.Version, Scope: "required", Purl: "pkg:golang/" + m.Path}
	if m.Version != "" {
		c.Purl += "@" + strings.ReplaceAll(m.Version, "+", "%2B")
	}
	var l licensed
	l.License.ID = m.Licence
	c.Licences = []licensed{l}
	return c
}

// bill returns the bill of materials. Its serial number follows from its content.
func bill(all []module) ([]byte, error) {
	d := document{Format: "CycloneDX", SpecVersion: "1.6", Version: 1, Components: []component{}}
	for _, m := range all {
		if m.Path == self {
			m.Licence = "Apache-2.0"
			d.Metadata.Component = componentOf(m)
			d.Metadata.Component.Type, d.Metadata.Component.Scope = "application", ""
		} else {
			d.Components = append(d.Components, componentOf(m))
		}
		d.Dependencies = append(d.Dependencies, dependency{m.Path, append([]string{}, m.Needs...)})
	}
	text, err := json.Marshal(d)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(text)
	sum[6], sum[8] = sum[6]&0x0f|0x80, sum[8]&0x3f|0x80 // UUIDv8, RFC 9562
	d.SerialNumber = fmt.Sprintf("urn:uuid:%x-%x-%x-%x-%x", sum[:4], sum[4:6], sum[6:8], sum[8:10], sum[10:16])
	text, err = json.MarshalIndent(d, "", "  ")
	return append(text, '\n'), err
}
