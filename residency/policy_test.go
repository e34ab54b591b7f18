package residency

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const sample = `format: "1.0"
places:
- name: frankfurt
  country: DE
  jurisdictions: [EU, DE]
  region: eu-central-1
  at:
  - s3://acme-eu/**
  - s3://minio/eu/**?endpoint=https://minio.eu.example
  - azblob://eu/**?storage_account=acme
  - postgres://db.eu.acme.example/*
  - postgres://*.eu.acme.example:6432/acme
  - /srv/eu/**
  - dir:/srv/tenants/**
- name: zurich
  country: CH
  jurisdictions: [CH]
  at: [s3://acme-ch/**, /srv/ch/**]
- name: virginia
  country: US
  jurisdictions: [US]
  at: [s3://acme-us/**]
rules:
- name: no tests abroad
  when: {tenants: [test-*]}
  allow: anywhere
  deny:
  - countries: [CH]
  - at: ["s3://secret/**"]
- name: eu-stays
  when: {jurisdictions: [EU, NO]}
  allow:
  - jurisdictions: [EU]
  - places: [zurich]
    at: ["s3://acme-ch/vault/**"]
- name: germans in germany
  when: {countries: [DE], tenants: [bank, bank-?]}
  allow: [{countries: [DE], regions: [eu-central-1]}]
- name: held
  when: {tenants: [held]}
  allow: nowhere
`

func policy(t testing.TB, doc string) *Policy {
	t.Helper()
	p, err := Parse([]byte(doc))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestCheck(t *testing.T) {
	p := policy(t, sample)
	eu, test := Data{Tenant: "acme", Jurisdiction: "EU"}, Data{Tenant: "test-1"}
	for _, c := range []struct {
		data        Data
		destination string
		rule        string
		why         string // part of the refusal; empty when it is permitted
	}{
		{eu, "s3://acme-eu/daily/acme.oa-archive", "eu-stays", ""},
		{eu, "s3://acme-eu/daily/acme.oa-archive?region=eu-central-1&use_path_style=true", "eu-stays", ""},
		{eu, "s3://acme-eu/daily/acme.oa-archive?endpoint=https://evil.example", "eu-stays", "no place of the policy declares where it is"},
		{eu, "s3://acme-eu/daily/acme.oa-archive?prefix=us/", "eu-stays", "no place"},
		{eu, "S3://acme-us/x", "eu-stays", "does not allow place virginia (US, US)"},
		{eu, "s3://minio/eu/x?endpoint=https://minio.eu.example", "eu-stays", ""},
		{eu, "s3://minio/eu/x", "eu-stays", "no place"},
		{eu, "s3://minio/us/x?endpoint=https://minio.eu.example", "eu-stays", "no place"},
		{eu, "s3://minio/eu/x?endpoint=https://minio.eu.example&endpoint=https://evil.example", "eu-stays", "no place"},
		{eu, "azblob://eu/x?storage_account=acme", "eu-stays", ""},
		{eu, "azblob://eu/x?storage_account=other", "eu-stays", "no place"},
		{eu, "azblob://eu/x", "eu-stays", "no place"},
		{eu, "s3://acme-us/x", "eu-stays", "does not allow place virginia (US, US)"},
		{eu, "s3://acme-ch/x", "eu-stays", "does not allow place zurich (CH, CH)"},
		{eu, "s3://acme-ch/vault/x", "eu-stays", ""},
		{eu, "gs://acme-eu/x", "eu-stays", "no place"},
		{eu, "/srv/eu/x", "eu-stays", ""},
		{eu, "file:///srv/eu/x", "eu-stays", ""},
		{eu, "dir:/srv/eu/acme", "eu-stays", ""},
		{eu, "sqlite:/srv/eu/acme.db", "eu-stays", ""},
		{eu, "sqlite:/srv/tenants/acme.db", "eu-stays", "no place"},
		{eu, "dir:/srv/tenants/acme", "eu-stays", ""},
		{eu, "/srv/europe/x", "eu-stays", "no place"},
		{eu, "/srv/eu/../us/x", "", "file does not exist"}, // unless /srv/eu is there
		{eu, "-", "eu-stays", "no place"},
		{eu, "postgres://me:secret@db.eu.acme.example/acme", "eu-stays", ""},
		{eu, "postgresql://DB.EU.acme.example:5433/acme?sslmode=require", "eu-stays", ""},
		{eu, "postgres://a.eu.acme.example:6432/acme", "eu-stays", ""},
		{eu, "postgres://a.eu.acme.example/acme", "eu-stays", "no place"},
		{eu, "postgres://evil.x.eu.acme.example:6432/acme", "eu-stays", "no place"},
		{eu, "postgres://db.eu.acme.example/acme?host=evil.example", "", "parameter host leads elsewhere"},
		{eu, "postgres://db.eu.acme.example,evil.example/acme", "", "several hosts"},
		{eu, "s3://acme-eu/../acme-us/x", "", `segment ".."`},
		{eu, "s3://acme-eu/a%2F..%2Fb", "", `segment ".."`},
		{eu, "s3://acme-eu//x", "", `segment ""`},
		{eu, "s3://acme-eu/x#y", "", "fragment"},
		{eu, "s3://acme-eu@acme-us/x", "", "names a user"},
		{eu, "s3:///x", "", "names no host"},
		{eu, "file://other/srv/eu/x", "", "names no host"},
		{eu, "dir:", "", "path is missing"},
		{Data{Tenant: "acme", Jurisdiction: "no"}, "/srv/eu/x", "eu-stays", ""},
		{test, "s3://acme-us/x", "no tests abroad", ""},
		{test, "-", "no tests abroad", "does not declare where this one is"},
		{test, "s3://acme-ch/x", "no tests abroad", "denies place zurich"},
		{test, "s3://secret/x?anything=1", "no tests abroad", "the rule denies"},
		{Data{Tenant: "acme"}, "/srv/eu/x", "eu-stays", "depends on the jurisdiction of the data, and nothing states it"},
		{Data{Tenant: "acme", Jurisdiction: "US"}, "/srv/eu/x", "", "no rule is for it"},
		{Data{Tenant: "bank", Jurisdiction: "x", Country: "DE"}, "s3://acme-eu/x", "germans in germany", ""},
		{Data{Tenant: "bank-1", Jurisdiction: "x", Country: "DE"}, "s3://acme-ch/x", "germans in germany", "does not allow place zurich"},
		{Data{Tenant: "bank-12", Jurisdiction: "x", Country: "DE"}, "s3://acme-eu/x", "", "no rule"},
		{Data{Tenant: "bank", Jurisdiction: "x"}, "s3://acme-eu/x", "germans in germany", "depends on the country"},
		{Data{Tenant: "held", Jurisdiction: "x", Country: "DE"}, "s3://acme-eu/x", "held", "nowhere"},
	} {
		decision, err := p.Check(c.data, c.destination)
		var refused *RefusedError
		switch {
		case c.why == "" && (err != nil || decision.Rule != c.rule):
			t.Errorf("%+v to %s: %+v, %v; want rule %s", c.data, c.destination, decision, err, c.rule)
		case c.why != "" && (!errors.As(err, &refused) || refused.Rule != c.rule || !strings.Contains(refused.Why, c.why)):
			t.Errorf("%+v to %s: %+v, %v; want rule %q, %q", c.data, c.destination, decision, err, c.rule, c.why)
		}
		if err != nil && strings.Contains(err.Error(), "secret@") {
			t.Errorf("%v repeats a password", err)
		}
	}
}

func TestRefusalNamesRuleAndDestination(t *testing.T) {
	_, err := policy(t, sample).Check(Data{Tenant: "acme", Jurisdiction: "EU"}, "postgres://me:pw@db.us.example/acme")
	want := "the residency rule eu-stays keeps data of tenant acme out of postgres://db.us.example/acme: the rule does not allow it; no place of the policy declares where it is"
	if err == nil || err.Error() != want {
		t.Errorf("%v\nwant %s", err, want)
	}
	_, err = policy(t, sample).Check(Data{Tenant: "acme"}, "postgres://me:p%zzw@db.us.example/acme?password=pw")
	if err == nil || strings.Contains(err.Error(), "zzw") || strings.Contains(err.Error(), "pw") {
		t.Errorf("a destination that cannot be read: %v", err)
	}
}

// TestLinksAreFollowed: what counts is where the system will write.
func TestLinksAreFollowed(t *testing.T) {
	base, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, folder := range []string{"eu/deep", "us"} {
		if err := os.MkdirAll(filepath.Join(base, folder), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for link, target := range map[string]string{
		"eu/out": "../us", "us/in": filepath.Join(base, "eu"), "eu/dangling": "../us/not-there", "eu/loop": "loop", "us/deep": "../eu/deep",
	} {
		if err := os.Symlink(filepath.FromSlash(target), filepath.Join(base, link)); err != nil {
			t.Fatal(err)
		}
	}
	p := policy(t, `{"format": "1.0", "places": [{"name": "eu", "country": "DE", "jurisdictions": ["EU"], "at": ["`+filepath.ToSlash(base)+`/eu/**"]}],
		"rules": [{"name": "r", "allow": [{"places": ["eu"]}]}]}`)
	t.Chdir(filepath.Join(base, "us"))
	for path, allowed := range map[string]bool{
		base + "/eu/x":              true,
		base + "/eu/new/folder/x":   true,
		base + "/eu/out/x":          false,
		base + "/eu/dangling":       false,
		base + "/eu/dangling/x":     false,
		base + "/us/in/x":           true,
		base + "/us/deep/../x":      true, // the parent of eu/deep
		base + "/eu/../us/x":        false,
		base + "/eu/not-there/../x": false,
		base + "/eu/loop/x":         false,
		"in/x":                      true,
		"../eu/./x":                 true,
		"x":                         false,
		"dir:in/x":                  true,
		"sqlite:x":                  false,
	} {
		if _, err := p.Check(Data{Tenant: "acme"}, path); (err == nil) != allowed {
			t.Errorf("%s: %v, want allowed %v", path, err, allowed)
		}
	}
}

func TestPostgresURL(t *testing.T) {
	for _, c := range []struct {
		host string
		want string
	}{
		{"db.eu.example", "postgres://db.eu.example:5432/a%20b"}, {"", "postgres://localhost:5432/a%20b"}, {"/run/postgresql", "postgres://localhost:5432/a%20b"}, {"::1", "postgres://[::1]:5432/a%20b"},
	} {
		got := PostgresURL(c.host, 5432, "a b")
		if got != c.want {
			t.Errorf("%s, want %s", got, c.want)
		}
		if d, err := ParseDestination(got); err != nil || d.port != "5432" || d.path[0] != "a b" {
			t.Errorf("%s is read as %+v, %v", got, d, err)
		}
	}
}
