package manifest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/oneanalytics/oa-archive/layout"
)

const (
	testID = "019a9b3c-0000-7000-8000-000000000001"
	wsA    = "workspaces/0b54f1a2-6f5e-4c0e-9a55-1f2f3c4d5e6f"
	id1    = "2a5e562b-ab37-1b9b-1de3-1be4335c8e83"
)

// sample returns a valid manifest with a large entry and every optional member.
func sample() *Manifest {
	m := &Manifest{
		Format: Version{Major: 1}, MinReader: Version{Major: 1}, ID: testID, Created: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
		Generator: "oa-archive/test", Kind: KindFull, Purpose: PurposeScheduled, Sequence: 7,
		Tenant:     Tenant{ID: "acme", Name: "Ácme \"GmbH\" \\ 😀", Region: "eu-central-1", Jurisdiction: "DE"},
		SigningKey: "SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU",
		Coverage: Coverage{
			Included:    map[string]int64{"workspace": 1, "dataset": 1, "rows": 1, "audit": 1, "user": 3},
			Excluded:    []Omission{{Kind: "rows", Count: 2, Reason: "not asked for"}},
			Unsupported: []Omission{{Kind: "secrets", Reason: "never archived"}},
		},
		Entries: []Entry{
			{Path: wsA + "/metadata.json", Size: 3, SHA256: layout.DigestOf([]byte("abc")), Offset: 1024},
			{Path: wsA + "/datasets/" + id1 + "/model.yaml", Size: 0, SHA256: layout.DigestOf(nil), Offset: 4096},
			{Path: wsA + "/datasets/" + id1 + "/rows.parquet", Size: ChunkSize + 1, SHA256: layout.DigestOf([]byte("x")), Offset: 8192,
				Chunks: []layout.Digest{layout.DigestOf([]byte("1")), layout.DigestOf([]byte("2"))}},
			{Path: "audit/events.ndjson", Size: 1, SHA256: layout.DigestOf([]byte("\n")), Offset: 8192 + 5<<20},
		},
		Extensions: Members{{"com.example", json.RawMessage(`{"z": 1,  "a": [1.50, "\u0041"]}`)}},
		Lineage:    json.RawMessage(`{"archive": "x"}`),
	}
	m.ContentHash = ContentHash(m.Entries)
	return m
}

func TestRoundTrip(t *testing.T) {
	want, err := sample().Marshal()
	if err != nil {
		t.Fatal(err)
	}
	m, err := Parse(want, Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(m, sample()) {
		t.Errorf("parsed %+v\nwant %+v", m, sample())
	}
	if got, err := m.Marshal(); err != nil || !bytes.Equal(got, want) {
		t.Errorf("marshalled again: %v\n%s\nwant\n%s", err, got, want)
	}
	var generic map[string]any
	if err := json.Unmarshal(want, &generic); err != nil || generic["tenant"].(map[string]any)["name"] != sample().Tenant.Name {
		t.Errorf("the standard library reads %v, %v", generic["tenant"], err)
	}
	for i := range m.Entries {
		if n := bytes.Count(want, []byte(`    {"path": "`+m.Entries[i].Path+`", "size": `)); n != 1 {
			t.Errorf("entry %s is on %d lines of its own", m.Entries[i].Path, n)
		}
	}
}

func TestZeroVersionsAreCurrent(t *testing.T) {
	m := sample()
	m.Format, m.MinReader = Version{}, Version{}
	got, err := m.Marshal()
	if err != nil || !bytes.Contains(got, []byte(`"format": "1.0",`+"\n  "+`"min_reader": "1.0"`)) {
		t.Errorf("%v: %s", err, got)
	}
	if !m.Format.IsZero() {
		t.Error("Marshal changed the manifest")
	}
}

func TestUnknownMembersSurvive(t *testing.T) {
	text, _ := sample().Marshal()
	s := string(text)
	s = strings.Replace(s, `"purpose"`, `"x-top": {"b" : [1.50,  true], "a":"\u00e9"}, "purpose"`, 1)
	s = strings.Replace(s, `"region"`, `"x-tenant":  -0.0, "region"`, 1)
	s = strings.Replace(s, `"offset": 1024`, `"offset": 1024, "x-entry": [ ]`, 1)
	s = strings.Replace(s, `"reason": "not`, `"x-omission": null, "reason": "not`, 1)
	s = strings.Replace(s, `"excluded"`, `"x-coverage": "😀", "excluded"`, 1)
	m, err := Parse([]byte(s), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	again, err := m.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"x-top": {"b" : [1.50,  true], "a":"\u00e9"}`, `"x-tenant": -0.0`, `"x-entry": [ ]`, `"x-omission": null`, `"x-coverage": "😀"`,
		`"com.example": {"z": 1,  "a": [1.50, "\u0041"]}`} {
		if !bytes.Contains(again, []byte(want)) {
			t.Errorf("lost %s in\n%s", want, again)
		}
	}
	if got := m.Extra.Get("x-top"); string(got) != `{"b" : [1.50,  true], "a":"\u00e9"}` || m.Extra.Get("none") != nil {
		t.Errorf("Get = %s", got)
	}
}

// refusals lists one change of the sample's text for each rule.
var refusals = []struct{ rule, old, new, want string }{
	{"M-1", `"kind": "full"`, `"kind": "full", "kind": "full"`, "second member"},
	{"M-1", `"kind": "full"`, `"kind": "full", "Kind": "full"`, "differs only in case"},
	{"M-1", `"size": 3`, `"size": 3, "ſize": 4`, "differs only in case"},
	{"M-1", `"sequence": 7`, `"sequence": 99999999999999999999`, "64 bits"},
	{"M-1", "\n}\n", "\n}\n{}", "goes on after"},
	{"M-14", `"size": 3, `, ``, `entries[0]: entry "` + wsA + `/metadata.json": "size" is missing`},
	{"M-2", `"generator": "oa-archive/test",`, ``, "generator: is missing"},
	{"M-2", `"sequence": 7`, `"Sequence": 7`, "only in case"},
	{"M-2", `"region"`, `"Region"`, "only in case"},
	{"M-14", `"size": 3, "sha256"`, `"Size": 3, "sha256"`, "only in case"},
	{"M-2", `"tenant": {`, `"tenant": 1, "x": {`, "tenant: not an object"},
	{"V-1", `{` + "\n  " + `"format": "1.0"`, `{ "a": 1, "format": "1.0"`, "first members"},
	{"V-1", `"format": "1.0"`, `"format": "1.00"`, "major.minor"},
	{"V-1", `"format": "1.0"`, `"format": 1.0`, "first members"},
	{"V-1", `"min_reader": "1.0"`, `"min_reader": "one"`, "major.minor"},
	{"V-3", `"min_reader": "1.0"`, `"min_reader": "0.9"`, "does not go with"},
	{"M-3", testID, strings.ToUpper(testID), "UUIDv7"},
	{"M-3", testID, "019a9b3c-0000-4000-8000-000000000001", "UUIDv7"},
	{"M-3", testID, "019a9b3c-0000-7000-c000-000000000001", "UUIDv7"},
	{"M-4", "2026-01-02T03:04:05Z", "2026-01-02T03:04:05+00:00", "time of the form"},
	{"M-4", "2026-01-02T03:04:05Z", "2026-01-02T03:04:05.5Z", "time of the form"},
	{"M-4", "2026-01-02T03:04:05Z", "2026-02-30T03:04:05Z", "time of the form"},
	{"M-4", "2026-01-02T03:04:05Z", "1969-12-31T23:59:59Z", "not between"},
	{"M-4", "2026-01-02T03:04:05Z", "2242-03-16T12:56:32Z", "not between"},
	{"M-5", `"oa-archive/test"`, `""`, "is empty"},
	{"M-5", `"oa-archive/test"`, `"a\u001bb"`, "control character U+001B"},
	{"M-6", `"full"`, `"incremental"`, "incremental archives are not supported"},
	{"M-6", `"full"`, `"partial"`, "not a kind of archive"},
	{"M-7", `"scheduled"`, `"sometimes"`, "is not one of"},
	{"M-8", `"sequence": 7`, `"sequence": -7`, "whole number"},
	{"M-8", `"sequence": 7`, `"sequence": 7.0`, "whole number"},
	{"M-8", `"sequence": 7`, `"sequence": 0`, "leave the member out"},
	{"M-9", `"id": "acme"`, `"id": "-acme"`, "beginning with a letter"},
	{"M-9", `"id": "acme"`, `"id": ""`, "beginning with a letter"},
	{"M-9", `"region": "eu-central-1"`, `"region": ""`, "leave the member out"},
	{"M-9", `"jurisdiction": "DE"`, `"jurisdiction": 5`, "not a string"},
	{"M-10", "SHA256:47", "SHA256:4", "fingerprint"},
	{"M-10", "hSuFU", "hSuFV", "fingerprint"},
	{"M-10", "SHA256:47", "MD5:47", "fingerprint"},
	{"M-11", `"h1:`, `"h2:`, "but the listed entries have h1:"},
	{"M-12", `"dataset": 1`, `"dataset": 2`, "but 1 are listed"},
	{"M-12", `"dataset": 1, `, ``, `says 0 of kind "dataset"`},
	{"M-12", `"user": 3`, `"users": -3`, "whole number"},
	{"M-12", `"user": 3`, `"report": 3`, "but 0 are listed"},
	{"M-12", `"user": 3`, `"Us ers": 3`, "beginning with a letter"},
	{"M-12", `"count": 2`, `"count": -2`, "whole number"},
	{"M-12", `"reason": "never archived"`, `"reason": ""`, "is empty"},
	{"M-13", `"path": "audit/events.ndjson"`, `"path": "audit/events.json"`, "grammar"},
	{"M-13", `"path": "audit/events.ndjson"`, `"path": "` + wsA + `/metadata.json"`, "belongs before"},
	{"M-13", `"path": "audit/events.ndjson"`, `"path": "manifest.json"`, "manifest's own path"},
	{"M-14", `"sha256": "ba`, `"sha256": "BA`, "lower-case"},
	{"M-14", `"size": 3`, `"size": -3`, "whole number"},
	{"M-14", `"size": 3`, `"size": 3e0`, "whole number"},
	{"M-14", `"offset": 4096`, `"offset": 4097`, "not possible"},
	{"M-14", `"offset": 4096`, `"offset": 1024`, "not possible"},
	{"M-15", `, "chunks": [`, `, "other": [`, "0 chunk digests, want 2"},
	{"M-15", `"offset": 1024`, `"offset": 1024, "chunks": ["ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"]`, "1 chunk digests, want 0"},
	{"M-14", `"offset": 1024`, `"offset": 1024, "chunks": []`, "leave the member out"},
	{"M-16", `"critical": []`, `"critical": [5]`, "not the name of an extension"},
	{"M-16", `"critical": []`, `"critical": {}`, "not a list"},
	{"V-4", `"critical": []`, `"critical": ["com.example.future"]`, `"com.example.future"`},
	{"M-17", `"com.example"`, `"Com Example"`, "beginning with a letter"},
	{"M-2", `"extensions": {`, `"extensions": [], "x": {`, "extensions: not an object"},
}

func TestParseRefuses(t *testing.T) {
	valid, err := sample().Marshal()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range refusals {
		doc := strings.Replace(string(valid), c.old, c.new, 1)
		if doc == string(valid) {
			t.Errorf("%s: %q is not in the sample", c.rule, c.old)
			continue
		}
		_, err := Parse([]byte(doc), Limits{})
		var e *Error
		if !errors.As(err, &e) || e.Rule != c.rule || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s → %s: %v, want rule %s and %q", c.old, c.new, err, c.rule, c.want)
		}
	}
	for _, doc := range []string{"", "[]", `"x"`, "null", "{}"} {
		if _, err := Parse([]byte(doc), Limits{}); err == nil {
			t.Errorf("accepted %q", doc)
		}
	}
}

func TestVersionGateComesFirst(t *testing.T) {
	for _, c := range []struct{ doc, format, want string }{
		{`{"format":"2.0","min_reader":"2.0","id":5`, "2.0", "the archive has format 2.0; this reader reads formats 1.x"},
		{"\n{ \"format\" : \"2.7\" ,\"min_reader\":\"2.0\", \"format\":1}", "2.7", "2.7"},
		{`{"format":"0.9","min_reader":"0.9"}`, "0.9", "0.9"},
		{`{"format":"1.4","min_reader":"1.3"}`, "1.4", "asks for a reader of format 1.3 or later; this one reads up to 1.2"},
	} {
		_, err := Parse([]byte(c.doc), Limits{})
		var newer *VersionError
		if !errors.As(err, &newer) || !errors.Is(err, ErrNewerFormat) || newer.Format.String() != c.format || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", c.doc, err)
		}
	}
	text, _ := sample().Marshal()
	minor := strings.Replace(string(text), `"format": "1.0"`, `"format": "1.9"`, 1)
	minor = strings.Replace(minor, `"scheduled"`, `"rehearsal"`, 1)
	m, err := Parse([]byte(minor), Limits{})
	if err != nil || m.Format.String() != "1.9" || m.Purpose != "rehearsal" {
		t.Errorf("a later minor version: %v", err)
	}
}

func TestTypedErrors(t *testing.T) {
	text, _ := sample().Marshal()
	for _, c := range []struct {
		old, new string
		want     error
	}{
		{`"critical": []`, `"critical": ["a"]`, ErrUnknownCritical},
		{`"full"`, `"incremental"`, ErrIncremental},
	} {
		if _, err := Parse([]byte(strings.Replace(string(text), c.old, c.new, 1)), Limits{}); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", c.new, err)
		}
	}
	if _, err := Parse(text, Limits{Size: 100}); !errors.Is(err, ErrLimit) {
		t.Errorf("size: %v", err)
	}
	if _, err := Parse(text, Limits{Entries: 3}); !errors.Is(err, ErrLimit) {
		t.Errorf("entries: %v", err)
	}
	m := sample()
	m.Critical = []string{"a"}
	if err := m.Check(); !errors.Is(err, ErrUnknownCritical) {
		t.Errorf("Check: %v", err)
	}
	m = sample()
	m.Created = m.Created.Add(1)
	if err := m.Check(); err == nil {
		t.Error("Check accepts fractions of a second")
	}
	m = sample()
	m.Extra = Members{{"x", json.RawMessage(`1, "id": 2`)}}
	if _, err := m.Marshal(); err == nil {
		t.Error("Marshal lets raw text add members")
	}
	m = sample()
	m.Extensions = append(m.Extensions, Member{"b", json.RawMessage(`{`)})
	if _, err := m.Marshal(); err == nil {
		t.Error("Marshal accepts a broken extension")
	}
}

func TestPathsAreQuotedInErrors(t *testing.T) {
	text, _ := sample().Marshal()
	_, err := Parse([]byte(strings.Replace(string(text), "audit/events.ndjson", `audit\u001b[31m\u202e`, 1)), Limits{})
	if err == nil || strings.ContainsAny(err.Error(), "\x1b\u202e") {
		t.Errorf("error %q", err)
	}
}

func FuzzParse(f *testing.F) {
	text, err := sample().Marshal()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add([]byte(`{"format":"2.0","min_reader":"2.0"}`))
	for _, c := range refusals {
		f.Add([]byte(strings.Replace(string(text), c.old, c.new, 1)))
	}
	f.Fuzz(func(t *testing.T, doc []byte) {
		m, err := Parse(doc, Limits{})
		if err != nil {
			return
		}
		again, err := m.Marshal()
		if err != nil {
			t.Fatalf("accepted, but does not marshal: %v\n%s", err, doc)
		}
		m2, err := Parse(again, Limits{})
		if err != nil {
			t.Fatalf("marshalled, but does not parse: %v\n%s", err, again)
		}
		if third, err := m2.Marshal(); err != nil || !bytes.Equal(third, again) {
			t.Fatalf("not stable: %v\n%s\n%s", err, again, third)
		}
	})
}

func manyEntries(n int) *Manifest {
	m := sample()
	m.Entries = nil
	for i := range n {
		m.Entries = append(m.Entries, Entry{
			Path: fmt.Sprintf("%s/reports/%08x-ab37-1b9b-1de3-1be4335c8e83.json", wsA, i),
			Size: int64(i % 5000), SHA256: layout.DigestOf([]byte{byte(i)}), Offset: int64(i) * 8192,
		})
	}
	m.Coverage.Included = Counts(m.Entries)
	m.ContentHash = ContentHash(m.Entries)
	return m
}

func BenchmarkParse100000(b *testing.B) {
	text, err := manyEntries(100_000).Marshal()
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Parse(text, Limits{}); err != nil {
			b.Fatal(err)
		}
	}
}
