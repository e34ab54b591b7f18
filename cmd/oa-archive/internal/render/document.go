package render

import (
	"errors"
	"strings"
	"time"

	"github.com/oneanalytics/oa-archive/archive"
	"github.com/oneanalytics/oa-archive/audit"
	"github.com/oneanalytics/oa-archive/manifest"
	"github.com/oneanalytics/oa-archive/sign"
)

// The types below are parts of several verbs' --json output. docs/cli.md
// promises their fields.

// Archive identifies an archive.
type Archive struct {
	ID          string     `json:"id"`
	Format      string     `json:"format"`
	Created     time.Time  `json:"created"` // a claim of the archive's maker
	Generator   string     `json:"generator"`
	Kind        string     `json:"kind"`
	Purpose     string     `json:"purpose"`
	Sequence    uint64     `json:"sequence,omitempty"`
	Tenant      Tenant     `json:"tenant"`
	Residency   *Residency `json:"residency,omitempty"`   // absent when the archive does not state it
	SigningKey  string     `json:"signing_key,omitempty"` // fingerprint; absent when unsigned
	ContentHash string     `json:"content_hash"`
	Entries     int        `json:"entries"`
}

// Tenant identifies a tenant.
type Tenant struct {
	ID           string `json:"id"`
	Name         string `json:"name"`
	Region       string `json:"region,omitempty"`
	Jurisdiction string `json:"jurisdiction,omitempty"`
}

// NewArchive takes an archive's identity from its manifest.
func NewArchive(m *manifest.Manifest) Archive {
	return Archive{
		ID: m.ID, Format: m.Format.String(), Created: m.Created, Generator: m.Generator, Kind: m.Kind, Purpose: m.Purpose,
		Sequence:   m.Sequence,
		Tenant:     Tenant{m.Tenant.ID, m.Tenant.Name, m.Tenant.Region, m.Tenant.Jurisdiction},
		Residency:  NewResidency(m),
		SigningKey: m.SigningKey, ContentHash: m.ContentHash, Entries: len(m.Entries),
	}
}

// Signer says who signed and what the trust policy makes of that.
type Signer struct {
	Trust       string `json:"trust"` // trusted, untrusted or unknown
	Fingerprint string `json:"fingerprint"`
	Principal   string `json:"principal,omitempty"`
	Reason      string `json:"reason,omitempty"` // why untrusted
}

// NewSigner describes a verdict.
func NewSigner(v sign.Verdict) Signer {
	s := Signer{Trust: v.Level.String(), Fingerprint: v.Key.Fingerprint(), Principal: v.Principal}
	if v.Reason != nil {
		s.Reason = v.Reason.Error()
	}
	return s
}

// Finding is one thing that is wrong with an archive.
type Finding struct {
	Code   string `json:"code"`
	Path   string `json:"path,omitempty"`
	Offset *int64 `json:"offset,omitempty"`
	Region string `json:"region,omitempty"` // what offset counts in: file or tar
	Rule   string `json:"rule,omitempty"`   // number in docs/spec; of an audit trail, the rule in docs/documents.md
	Line   int64  `json:"line,omitempty"`   // of an audit trail
	Event  string `json:"event,omitempty"`  // id of the event on it, when it can be read
	After  string `json:"after,omitempty"`  // id of the event before
	Text   string `json:"text"`
}

// NewFindings describes the findings of a report.
func NewFindings(findings []archive.Finding) []Finding {
	out := []Finding{}
	for _, f := range findings {
		one := Finding{Code: string(f.Code), Path: f.Path, Rule: f.Rule, Text: strings.TrimPrefix(f.Error(), "archive: ")}
		if f.Offset >= 0 {
			offset := f.Offset
			one.Offset, one.Region = &offset, string(f.Region)
		}
		if fault := (*audit.Fault)(nil); errors.As(f.Err, &fault) {
			one.Line, one.Event, one.After = fault.Line, fault.Event, fault.After
		}
		out = append(out, one)
	}
	return out
}

// Coverage says what of the tenant is in the archive and what is not.
type Coverage struct {
	Included    map[string]int64 `json:"included"`
	Excluded    []Omission       `json:"excluded"`
	Unsupported []Omission       `json:"unsupported"`
}

// Omission is something that the archive does not hold.
type Omission struct {
	Kind   string `json:"kind"`
	Count  int64  `json:"count,omitempty"` // absent when not known
	Reason string `json:"reason"`
}

// NewCoverage takes the coverage section from a manifest.
func NewCoverage(m *manifest.Manifest) Coverage {
	c := Coverage{Included: m.Coverage.Included, Excluded: []Omission{}, Unsupported: []Omission{}}
	if c.Included == nil {
		c.Included = map[string]int64{}
	}
	for _, o := range m.Coverage.Excluded {
		c.Excluded = append(c.Excluded, Omission{o.Kind, o.Count, o.Reason})
	}
	for _, o := range m.Coverage.Unsupported {
		c.Unsupported = append(c.Unsupported, Omission{o.Kind, o.Count, o.Reason})
	}
	return c
}

// Entry is an entry of an archive.
type Entry struct {
	Path           string `json:"path"`
	Kind           string `json:"kind"`
	Size           int64  `json:"size"`                      // of the content, in bytes
	CompressedSize *int64 `json:"compressed_size,omitempty"` // bytes of the file; a share of its frame for small entries
	SHA256         string `json:"sha256"`
	Offset         int64  `json:"offset"` // of its header in the uncompressed tar
}
