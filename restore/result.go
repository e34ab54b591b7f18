package restore

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"github.com/oneanalytics/oa-archive/layout"
	"github.com/oneanalytics/oa-archive/schema"
	"github.com/oneanalytics/oa-archive/sign"
)

// ApplyOptions of [Apply] and [Undo]. The zero value works, without insurance.
type ApplyOptions struct {
	// ImportID is the id under which the target records the import, a UUID.
	// Empty means a new UUIDv7.
	ImportID string

	// Now is the time of the record. Zero means time.Now().
	Now time.Time

	// Insurance, when set, has what the import replaces and deletes written to
	// an archive before anything is changed. An import that cannot be insured
	// does not happen. One that is only going to create entries is insured too:
	// its archive holds what undo has to know.
	Insurance *Insurance

	// Authorizer, when set, is asked for everything that the plan needs, under
	// the target's lock and before the first byte is written. Nil means that
	// everything is allowed: whoever can open the store owns it.
	Authorizer Authorizer

	// Progress, when set, is called after each entry with what was written
	// so far and what will be written in all.
	Progress func(done, total int64)
}

// ResultFormat is the version of the result documents that this package
// writes.
const ResultFormat = "1.0"

// ResultNamespace is the SSHSIG namespace of signatures over result documents.
const ResultNamespace = "oa-archive.result.v1"

// Result says what an import did. It is a document with the schema
// schema.KindImportResult; members are only ever added.
type Result struct {
	Format         string        `json:"format"`                    // "1.0"
	ImportID       string        `json:"import_id"`                 // as recorded by the target; empty when nothing was written
	Undoes         string        `json:"undoes,omitempty"`          // id of the import that this one has undone
	Plan           string        `json:"plan"`                      // id of the plan
	Archive        ArchiveRef    `json:"archive"`                   // that was imported, or out of which it was undone
	Target         string        `json:"target"`                    // id of the tenant
	At             time.Time     `json:"at"`                        // of the record
	AlreadyApplied bool          `json:"already_applied,omitempty"` // the target's journal holds this very plan: nothing was written now
	Entries        int           `json:"entries"`                   // written, and read back
	Bytes          int64         `json:"bytes"`                     // written
	Deleted        int           `json:"deleted,omitempty"`         // entries that were deleted
	Fingerprint    string        `json:"fingerprint"`               // of the target afterwards
	Summary        Summary       `json:"summary"`                   // of the plan
	Asleep         []Asleep      `json:"asleep,omitempty"`          // what arrived switched off, and how it is switched on; empty when nothing was written
	Insurance      *InsuranceRef `json:"insurance,omitempty"`       // absent when there is none
	Proof          *Proof        `json:"proof,omitempty"`           // absent when the plan had been applied before
}

// Marshal returns the result as a document: indented JSON that ends with a
// line feed.
func (r *Result) Marshal() ([]byte, error) { return marshalDocument("result", r) }

// ParseResult reads what [Result.Marshal] wrote. A document that breaks the
// schema is a [*schema.ValidationError]. Members that a later version of this
// package writes are left out.
func ParseResult(doc []byte) (*Result, error) {
	if err := schema.Validate(schema.KindImportResult, doc); err != nil {
		return nil, fmt.Errorf("restore: read result: %w", err)
	}
	var r Result
	if err := json.NewDecoder(bytes.NewReader(doc)).Decode(&r); err != nil {
		return nil, fmt.Errorf("restore: read result: %w", err)
	}
	return &r, nil
}

// SignResult returns the armored signature of a result's document in the
// namespace [ResultNamespace]. Stock ssh-keygen verifies it:
//
//	ssh-keygen -Y verify -f allowed_signers -I PRINCIPAL -n oa-archive.result.v1 -s RESULT.sig < RESULT
func SignResult(s *sign.Signer, doc []byte) ([]byte, error) {
	signature, err := s.Sign(ResultNamespace, sign.Digest(layout.DigestOf(doc)))
	if err != nil {
		return nil, fmt.Errorf("restore: sign the result: %w", err)
	}
	return signature, nil
}
