package restore

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/oneanalytics/oa-archive/archive"
	"github.com/oneanalytics/oa-archive/layout"
	"github.com/oneanalytics/oa-archive/schema"
)

// insuranceVendor is the vendor of the extensions that this package writes.
// They describe an archive and belong to no tenant: imports leave them out.
const insuranceVendor = "dev.oa-archive"

// The extensions of an insurance archive.
const (
	InsuranceRecordPath = "extensions/" + insuranceVendor + "/insurance.json" // an [InsuranceRecord]
	InsurancePlanPath   = "extensions/" + insuranceVendor + "/plan.json"      // the [Plan] or [UndoPlan] that was carried out
)

// InsuranceRecordFormat is the version of the records that this package writes
// and reads.
const InsuranceRecordFormat = "1.0"

// InsuranceRecord says what an import did to the entries of its target. It is
// a document with the schema schema.KindInsurance, and lies in the insurance
// archive of the import.
type InsuranceRecord struct {
	Format  string        `json:"format"` // "1.0"
	Import  string        `json:"import"` // id of the import
	Tenant  string        `json:"tenant"` // id of the target
	At      string        `json:"at"`     // RFC 3339, UTC
	Plan    string        `json:"plan"`   // digest of the plan's document, which lies beside this one
	Before  string        `json:"before"` // content hash of the target before the import
	After   string        `json:"after"`  // and after it
	Entries []EntryChange `json:"entries"`

	// Workspaces holds, for each workspace that the import changed, the content
	// hash of its entries after the import: nothing in a workspace that still
	// has it can have come to depend on the import.
	Workspaces map[string]string `json:"workspaces,omitempty"`
}

// EntryChange is what an import did to one entry of the target. Digests are
// SHA-256 in 64 lower-case hexadecimal digits.
type EntryChange struct {
	Path       string `json:"path"`
	Name       string `json:"name,omitempty"`        // of the asset that the entry belongs to
	Before     string `json:"before,omitempty"`      // digest; absent when the import created the entry
	BeforeSize int64  `json:"before_size,omitempty"` // in bytes
	After      string `json:"after,omitempty"`       // digest; absent when the import deleted the entry
	AfterSize  int64  `json:"after_size,omitempty"`  // in bytes
}

// Marshal returns the record as a document: indented JSON that ends with a
// line feed.
func (r *InsuranceRecord) Marshal() ([]byte, error) { return r.listing().text() }

func (r *InsuranceRecord) listing() listing {
	frame := *r
	frame.Entries = []EntryChange{}
	return listingOf("insurance record", &frame, "entries", r.Entries)
}

// ParseInsuranceRecord reads what [InsuranceRecord.Marshal] wrote. A document
// that breaks the schema is a [*schema.ValidationError].
func ParseInsuranceRecord(doc []byte) (*InsuranceRecord, error) {
	if err := schema.Validate(schema.KindInsurance, doc); err != nil {
		return nil, fmt.Errorf("restore: read insurance record: %w", err)
	}
	var r InsuranceRecord
	dec := json.NewDecoder(bytes.NewReader(doc))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&r); err != nil {
		return nil, fmt.Errorf("restore: read insurance record: %w", err)
	}
	if r.Format != InsuranceRecordFormat {
		return nil, fmt.Errorf("restore: read insurance record: it has format %q, this version reads %q", r.Format, InsuranceRecordFormat)
	}
	return &r, r.check()
}

// check refuses entries that no import has changed.
func (r *InsuranceRecord) check() error {
	seen := map[string]bool{}
	for _, c := range r.Entries {
		name, err := layout.Parse(c.Path)
		switch {
		case err != nil:
			return fmt.Errorf("restore: insurance record: %w", err)
		case name.Kind == layout.Manifest || isInsurance(name) || seen[c.Path] || c.Before == c.After:
			return fmt.Errorf("restore: insurance record: %q is not an entry that an import changes, or stands there twice", c.Path)
		}
		seen[c.Path] = true
	}
	return nil
}

// ErrNoInsurance: the archive is not the insurance of an import.
var ErrNoInsurance = errors.New("the archive is not the insurance of an import")

// maxInsuranceRecord bounds the record: some hundred bytes for each entry.
const maxInsuranceRecord = 1 << 30

// ReadInsuranceRecord reads the record out of an insurance archive. The error
// wraps [ErrNoInsurance] when the archive has none.
func ReadInsuranceRecord(ctx context.Context, a *archive.Archive) (*InsuranceRecord, error) {
	doc, err := a.ReadDocument(ctx, InsuranceRecordPath, maxInsuranceRecord)
	if errors.Is(err, archive.ErrNoEntry) {
		return nil, fmt.Errorf("restore: archive %s: %w", a.Manifest().ID, ErrNoInsurance)
	}
	if err != nil {
		return nil, fmt.Errorf("restore: read insurance record: %w", err)
	}
	return ParseInsuranceRecord(doc)
}

// isInsurance reports whether an entry is one that describes an insurance
// archive.
func isInsurance(n layout.Name) bool {
	return n.Kind == layout.Extension && n.Vendor == insuranceVendor
}

// marshalDocument writes indented JSON that ends with a line feed. The same
// value always gives the same bytes.
func marshalDocument(what string, v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		return nil, fmt.Errorf("restore: marshal %s: %w", what, err)
	}
	return b.Bytes(), nil
}
