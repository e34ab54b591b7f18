package vectorgen

import (
	"fmt"
	"strings"

	"github.com/oneanalytics/oa-archive/manifest"
)

// A Vector is a file and what every reader must make of it.
type Vector struct {
	Name          string
	Rule          string // of docs/spec that it shows
	Code          string // of the finding; empty when it is accepted
	AllowUnsigned bool   // the reader is told to accept unsigned archives
	Text          string // what is special about it
	Build         func() []byte
}

// Sidecar returns the text that lies beside the vector.
func (v Vector) Sidecar() string {
	var b strings.Builder
	expect := "accept"
	if v.Code != "" {
		expect = "refuse"
	}
	fmt.Fprintf(&b, "rule: %s\nexpect: %s\n", v.Rule, expect)
	if v.Code != "" {
		fmt.Fprintf(&b, "code: %s\n", v.Code)
	}
	if v.AllowUnsigned {
		b.WriteString("options: allow-unsigned\n")
	}
	fmt.Fprintf(&b, "\n%s\n", v.Text)
	return b.String()
}

// ParseSidecar reads the text that Sidecar writes; Build stays nil.
func ParseSidecar(name, text string) (Vector, error) {
	v := Vector{Name: name}
	head, rest, ok := strings.Cut(text, "\n\n")
	if !ok {
		return v, fmt.Errorf("vector %s: no empty line after the header", name)
	}
	v.Text = strings.TrimSpace(rest)
	expect := ""
	for line := range strings.SplitSeq(head, "\n") {
		key, value, _ := strings.Cut(line, ": ")
		switch key {
		case "rule":
			v.Rule = value
		case "expect":
			expect = value
		case "code":
			v.Code = value
		case "options":
			v.AllowUnsigned = value == "allow-unsigned"
		default:
			return v, fmt.Errorf("vector %s: unknown line %q", name, line)
		}
	}
	if expect != "accept" && expect != "refuse" || (expect == "refuse") != (v.Code != "") {
		return v, fmt.Errorf("vector %s: expect %q with code %q", name, expect, v.Code)
	}
	return v, nil
}

// Paths of the files in the vectors.
const (
	metadata = "workspaces/0b54f1a2-6f5e-4c0e-9a55-1f2f3c4d5e6f/metadata.json"
	model    = "workspaces/0b54f1a2-6f5e-4c0e-9a55-1f2f3c4d5e6f/datasets/2a5e562b-ab37-1b9b-1de3-1be4335c8e83/model.yaml"
	rows     = "workspaces/0b54f1a2-6f5e-4c0e-9a55-1f2f3c4d5e6f/datasets/2a5e562b-ab37-1b9b-1de3-1be4335c8e83/rows.parquet"
	report   = "workspaces/0b54f1a2-6f5e-4c0e-9a55-1f2f3c4d5e6f/reports/3a5e562b-ab37-1b9b-1de3-1be4335c8e83.json"
	audit    = "audit/events.ndjson"
)

// base is a right archive of three small entries.
func base() Case {
	return Case{
		ID: ID, Created: Created, Tenant: manifest.Tenant{ID: "acme", Name: "Acme"}, Signer: Key(1),
		Files: []Member{
			{Path: metadata, Content: []byte("{\"workspace\":{\"id\":\"0b54f1a2-6f5e-4c0e-9a55-1f2f3c4d5e6f\",\"name\":\"Sales\"}}\n")},
			{Path: report, Content: []byte("{\"id\":\"3a5e562b-ab37-1b9b-1de3-1be4335c8e83\",\"name\":\"Revenue\",\"pages\":[]}\n")},
			{Path: audit, Content: []byte("{}\n")},
		},
	}
}

// large is a right archive with one entry of 9 MiB and a bit.
func large() Case {
	c := base()
	content := make([]byte, 9<<20+77)
	for i := range content {
		content[i] = byte(i >> 16)
	}
	c.Files = []Member{c.Files[0], {Path: rows, Content: content}}
	return c
}

// with builds the base case after a change.
func with(change func(*Case)) func() []byte { return of(base, change) }

func of(start func() Case, change func(*Case)) func() []byte {
	return func() []byte {
		c := start()
		if change != nil {
			change(&c)
		}
		return c.Build()
	}
}

// Index of the members of the base case.
const (
	mGlobal = iota
	mMetadata
	mMetadataSig
	mReport
	mReportSig
	mAudit
	mAuditSig
	mManifest
	mManifestSig
)

// members is with for a change of the list of members.
func members(change func([]Member) []Member) func() []byte {
	return with(func(c *Case) { c.Members = change })
}

// text is with for a change of the manifest's text before it is signed.
func text(old, new string) func() []byte {
	return with(func(c *Case) { c.Text = replacer(old, new) })
}

// replacer replaces the first old, which must be there.
func replacer(old, new string) func(string) string {
	return func(s string) string {
		if !strings.Contains(s, old) {
			panic(fmt.Sprintf("vectorgen: %q is not in the manifest", old))
		}
		return strings.Replace(s, old, new, 1)
	}
}

// Vectors returns all vectors, sorted by rule.
func Vectors() []Vector {
	var all []Vector
	all = append(all, accepted()...)
	all = append(all, limitVectors()...)
	all = append(all, beyondVectors()...)
	all = append(all, fileVectors()...)
	all = append(all, tarVectors()...)
	all = append(all, frameVectors()...)
	all = append(all, entryVectors()...)
	all = append(all, manifestVectors()...)
	all = append(all, residencyVectors()...)
	return append(all, signatureVectors()...)
}

// accepted are right archives.
func accepted() []Vector {
	unsigned := func(c *Case) { c.Signer = nil }
	return []Vector{
		{Name: "ok-signed", Rule: "S-2", Text: "Three small entries, signed.", Build: with(nil)},
		{Name: "ok-unsigned", Rule: "T-3", AllowUnsigned: true, Text: "Three small entries, unsigned, and the reader is told to accept that.", Build: with(unsigned)},
		{Name: "ok-empty", Rule: "C-8", Text: "No entries at all.", Build: with(func(c *Case) { c.Files = nil })},
		{Name: "ok-large", Rule: "C-12", Text: "An entry of 9 MiB and 77 bytes: its header has a frame of its own, its content three.", Build: of(large, nil)},
		{Name: "ok-stored", Rule: "C-9", Text: "Frames of raw blocks only.", Build: with(func(c *Case) {
			c.Encode = func(_ int, content []byte) []byte { return stored(content) }
		})},
		{Name: "ok-long-paths", Rule: "C-4", Text: "Paths of 100 and 101 bytes and of the greatest length, which the header splits.", Build: with(func(c *Case) {
			long := "extensions/v/" + strings.Repeat(strings.Repeat("a", 51)+"/", 3) + "b"
			c.Files = []Member{{Path: "extensions/v/" + strings.Repeat("a", 50) + "/" + strings.Repeat("b", 36)}, {Path: "extensions/v/" + strings.Repeat("a", 50) + "/" + strings.Repeat("b", 37)}, {Path: long}}
		})},
		{Name: "ok-rows", Rule: "M-20", Text: "Statistics of rows, one number of nulls not known.", Build: with(func(c *Case) {
			c.Files = []Member{c.Files[0], {Path: rows, Content: []byte("PAR1")}}
			c.Text = replacer(`"size": 4,`, `"size": 4, "rows": {"count": 2, "schema": "id int64 not null, \"unit price\" decimal(12,2)", "nulls": [0, null], "more": 1},`)
		})},
		{Name: "ok-recovered", Rule: "M-21", Text: "A recovered archive, of format 1.1, that lists what it lost.", Build: of(recovered, nil)},
		{Name: "ok-later-minor", Rule: "V-5", Text: "Format 1.3 that a reader of 1.0 may read, with members that 1.0 does not know.", Build: with(func(c *Case) {
			c.Hint = replaceHint("1.0", "1.3")
			c.Text = func(s string) string {
				s = replacer(`"format": "1.0"`, `"format": "1.3"`)(s)
				s = replacer(`"kind": "full"`, `"kind": "full", "mood": {"good": true}`)(s)
				return replacer(`"size": 3,`, `"size": 3, "colour": "blue",`)(s)
			}
		})},
	}
}
