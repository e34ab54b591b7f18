package residency

import (
	"errors"
	"strings"
	"testing"
)

// FuzzParse holds that a policy is read or refused with a place, and that one
// that is read decides about every destination.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		sample, "", "format: '1.0'\nrules: [{name: r, allow: anywhere}]", "format: '1.0'\nrules: [{name: r, allow: nowhere, deny: [{at: ['-']}]}]",
		`{"format": "1.0", "places": [{"name": "p", "country": "DE", "jurisdictions": ["EU"], "at": ["s3://b/**", "/x/*"]}], "rules": [{"name": "r", "allow": [{"places": ["p"]}]}]}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, doc []byte) {
		p, err := Parse(doc)
		if err != nil {
			if e := (*SyntaxError)(nil); !errors.As(err, &e) {
				t.Fatalf("%T %v", err, err)
			}
			return
		}
		if len(p.Rules) == 0 {
			t.Fatal("a policy without rules")
		}
		for _, destination := range []string{"s3://b/x", "/x/y", "-", "postgres://h/d", "s3://b/x?a=b"} {
			decision, err := p.Check(Data{Tenant: "acme"}, destination)
			if refused := (*RefusedError)(nil); err != nil && !errors.As(err, &refused) || err == nil && decision.Rule == "" {
				t.Fatalf("%s: %+v, %v", destination, decision, err)
			}
		}
	})
}

// FuzzDestination holds that what is read has no segment that programs read
// differently, that writing it hides passwords, and that a place of exactly its
// address has it.
func FuzzDestination(f *testing.F) {
	for _, seed := range []string{
		"-", "/srv/eu/x", "x", "dir:x", "sqlite:/x", "s3://b/x?endpoint=https://e&region=r", "postgres://u:p@h:1/d?sslmode=off", "file:///x", "azblob://c/x",
		"s3://b/a%2Fb", "s3://b/%2e%2e/x", "S3://b/x", "s3://[::1]:9000/x", "postgres://h/d?host=e", "gs://b", "s3://b/*",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, err := ParseDestination(s)
		if err != nil {
			return
		}
		for _, segment := range d.path {
			if segment == "" || segment == "." || segment == ".." {
				t.Fatalf("%q has the segment %q", s, segment)
			}
		}
		if d.host == "" || len(d.params) > 0 || strings.ContainsAny(d.String(), "*?%#@ ") || strings.HasSuffix(d.String(), "/") {
			return
		}
		a, err := ParseAddress(d.String())
		if err != nil || !a.Has(d) {
			t.Fatalf("%q: %q does not have it: %v", s, d, err)
		}
	})
}
