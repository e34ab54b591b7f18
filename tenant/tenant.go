package tenant

import (
	"context"
	"errors"
	"io"
	"iter"
	"time"

	"github.com/oneanalytics/oa-archive/layout"
)

// Info identifies a tenant.
type Info struct {
	ID           string `json:"id"`                     // 1–64 of A-Z a-z 0-9 . _ -, starting with a letter or digit
	Name         string `json:"name"`                   // for people
	Region       string `json:"region,omitempty"`       // where its data lives, for example "eu-central-1"
	Jurisdiction string `json:"jurisdiction,omitempty"` // whose law applies, for example "DE"
	// Residency says more about where the data lies; nil when the store does
	// not know. It is not changed once it is set.
	Residency *Residency `json:"residency,omitempty"`
}

// Errors that implementations return, wrapped, for callers to test.
var (
	ErrNoTenant = errors.New("no such tenant")
	ErrExists   = errors.New("the tenant exists already")
	ErrNoEntry  = errors.New("no such entry")
	ErrLocked   = errors.New("another import holds the tenant's lock")
	ErrChanged  = errors.New("the content changed while it was read")
)

// Entry is one document, rows file or uploaded file of a tenant.
type Entry struct {
	Name   layout.Name
	Size   int64         // in bytes; -1 when not known before reading
	Digest layout.Digest // of the content; zero when not known before reading
	// Open returns the content, which the caller closes. A source whose
	// content changes between listing and reading returns [ErrChanged] from
	// Open or Read rather than a mixture.
	Open func(context.Context) (io.ReadCloser, error)
}

// Selection narrows what a [Source] yields. The zero value selects every
// document and uploaded file, but neither rows nor the audit trail.
type Selection struct {
	Workspaces []string        // ids; empty means all
	Rows       bool            // rows of all datasets
	RowsOf     map[string]bool // rows of these datasets (ids), when Rows is false
	Audit      bool            // the audit trail
}

// Source is one tenant's state at one moment: everything it yields belongs to
// the same snapshot. A Source is not safe for concurrent use, but the
// contents that its entries open may be read concurrently.
type Source interface {
	// Tenant describes the tenant.
	Tenant(ctx context.Context) (Info, error)
	// Entries yields the selected entries in canonical order (layout.Compare).
	// It stops after the first error. Selecting a workspace that does not
	// exist is an error wrapping [ErrNoEntry].
	Entries(ctx context.Context, sel Selection) iter.Seq2[Entry, error]
	// Close ends the snapshot: Entries and Open fail from then on, and
	// contents still open become invalid.
	Close() error
}

// Omission is something of the tenant that an archive does not hold.
type Omission struct {
	Kind   string // what, in the vocabulary of the manifest's coverage section
	Count  int64  // how many; 0 when not known
	Reason string // for people
}

// OmissionLister is an optional power of a [Source]: it says what the source
// has but cannot yield, so that the archive can say so too.
type OmissionLister interface {
	Omissions(ctx context.Context, sel Selection) ([]Omission, error)
}

// Target is one tenant that can be changed. It may be blank: a tenant
// without entries.
type Target interface {
	// Tenant describes the tenant.
	Tenant(ctx context.Context) (Info, error)
	// Inventory yields every entry with its digest and size, in canonical
	// order, rows and audit trail included. Entries may be opened after the
	// listing; content that an import has changed since is [ErrChanged].
	Inventory(ctx context.Context) iter.Seq2[Entry, error]
	// Begin starts the one transaction in which an import happens. It takes
	// the tenant's import lock, or returns an error wrapping [ErrLocked]
	// when another import holds it and ctx ends first. Apart from that wait,
	// ctx does not bound the transaction, which ends with Commit or Rollback.
	Begin(ctx context.Context) (Tx, error)
}

// Tx is an import in progress: its changes become visible together at
// [Tx.Commit], or not at all. It is not safe for concurrent use. After an
// error the only sensible call is Rollback.
type Tx interface {
	// Inventory is [Target.Inventory] as the transaction sees it, changes
	// included: preconditions are checked again under the lock.
	Inventory(ctx context.Context) iter.Seq2[Entry, error]
	// Put stores content as the entry at name, replacing what is there. size
	// is in bytes, or -1 when not known; content that is shorter or longer is
	// an error. A name that [EntryPath] refuses is one too.
	Put(ctx context.Context, name layout.Name, size int64, content io.Reader) error
	// Delete removes the entry at name; an error wraps [ErrNoEntry] when
	// there is none.
	Delete(ctx context.Context, name layout.Name) error
	// Commit records the import and makes the changes durable and visible.
	// It refuses a record that [ImportRecord.Check] refuses and an id that the
	// tenant's journal has already. After any other error the import may have
	// happened: the [Journal] says.
	Commit(ctx context.Context, rec ImportRecord) error
	// Rollback gives up the changes. After Commit it does nothing.
	Rollback() error
}

// ImportRecord is what a target remembers of an import.
type ImportRecord struct {
	ID          string    // of the import, a UUID
	Archive     string    // id of the archive; empty for a change that no archive brought
	ContentHash string    // of the archive
	Plan        string    // digest of the plan that was applied
	At          time.Time // UTC
	Summary     string    // one line for people
	// Insurance is where the archive of what the import replaced was written: the
	// path of a file, or whatever else the one who imported calls that place.
	// Empty when no such archive was made.
	Insurance string
	// InsuranceManifest is the SHA-256 of that archive's manifest, so that no
	// other can stand in for it; 64 lower-case hexadecimal digits.
	InsuranceManifest string
	// Undoes is the id of the import that this one has undone; empty for all
	// others.
	Undoes string
}

// Journal is an optional power of a [Target]: the imports that were
// committed, oldest first. A lost answer to a commit is settled by reading it.
type Journal interface {
	Imports(ctx context.Context) ([]ImportRecord, error)
}

// Aborter is an optional power of a Target whose imports stage what they write
// where a process that dies leaves it.
type Aborter interface {
	// Abort removes what an import that died has staged, and says what that
	// was. An import that was committed is finished instead. While an import is
	// under way the error wraps [ErrLocked], at once.
	Abort(ctx context.Context) (Abandoned, error)
}

// Abandoned is what [Aborter.Abort] found.
type Abandoned struct {
	// Finished is the id of an import that had been committed, and of which the
	// rest was done now or when the target was opened; empty when there is none.
	Finished string
	Files    int   // that were staged and are removed
	Bytes    int64 // of these
}
