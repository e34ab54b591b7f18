package manifest

import (
	"encoding/json"
	"time"

	"github.com/oneanalytics/oa-archive/layout"
)

// Sizes that the manifest and the container share (docs/spec/container.md).
const (
	// ChunkSize is the number of content bytes that one digest in
	// [Entry.Chunks] covers; the last chunk of an entry may be shorter.
	ChunkSize = 4 << 20
	// MaxSmall is the largest content, in bytes, of a small entry: one that
	// fits 1 MiB of tar with its header. Larger entries have chunk digests.
	MaxSmall = 1<<20 - 512
)

// Values of [Manifest.Kind].
const (
	KindFull        = "full"        // every entry of the state is in the archive
	KindIncremental = "incremental" // reserved: refused by this version
)

// Values of [Manifest.Purpose].
const (
	PurposeManual    = "manual"    // somebody asked for it
	PurposeScheduled = "scheduled" // a schedule asked for it
	PurposeInsurance = "insurance" // made before an import overwrites something
	PurposeDrill     = "drill"     // made to practise a restore
	PurposeMigration = "migration" // made to move the tenant elsewhere
	PurposeRecovered = "recovered" // what was left of a damaged archive; see [Recovered]
)

// A Manifest describes one archive. The zero value is not valid; see
// [Manifest.Check] for what is. A Manifest returned by this module is not
// changed by it afterwards and may be read concurrently.
type Manifest struct {
	Format    Version   // of the archive; zero means that of [Manifest.Versions] to Marshal
	MinReader Version   // the oldest reader that may read it; zero means the same to Marshal
	ID        string    // of the archive: a UUIDv7 in lower case
	Created   time.Time // UTC, whole seconds, between [MinCreated] and [MaxCreated]
	Generator string    // what wrote it, for people: 1 to 200 printable bytes
	Kind      string    // [KindFull]
	Purpose   string    // one of the Purpose constants
	Sequence  uint64    // grows with each archive of one tenant and source; 0 when not counted
	Tenant    Tenant
	// SigningKey is the fingerprint ("SHA256:…") of the key that signs every
	// entry and the manifest; empty in an unsigned archive.
	SigningKey string
	// ContentHash is [ContentHash] of Entries.
	ContentHash string
	Coverage    Coverage
	Entries     []Entry  // in canonical order
	Critical    []string // extensions that a reader must know, sorted
	Extensions  Members  // what a service adds; sorted by name

	// Residency says where the data lies; [Manifest.DataResidency] reads it and
	// [Residency.Marshal] makes it. In formats before 1.2 it is reserved.
	Residency json.RawMessage

	// Reserved members, kept as they are.
	Base, Lineage json.RawMessage
	// Extra holds top-level members that this version does not know.
	Extra Members
}

// Tenant says whose archive it is.
type Tenant struct {
	ID           string // see [CheckTenantID]
	Name         string // for people; up to 1024 bytes
	Region       string // where the data lived, up to 64 bytes, may be empty
	Jurisdiction string // whose law applies, up to 64 bytes, may be empty
	Extra        Members
}

// An Entry is one listed entry. Signatures and the manifest are not listed.
type Entry struct {
	Path   string        // see package layout
	Size   int64         // of the content, in bytes
	SHA256 layout.Digest // of the content
	Offset int64         // of the entry's first header, in the uncompressed tar
	// Chunks are the digests of the content's [ChunkSize] pieces; nil unless
	// Size is greater than [MaxSmall].
	Chunks []layout.Digest
	Rows   *RowStatistics // of rows, where the writer counted them; else nil
	Extra  Members
}

// Coverage says what of the tenant is in the archive and what is not.
type Coverage struct {
	// Included counts by kind. For the kinds that [CoverageKind] returns it is
	// the number of listed entries, and each that occurs is present; a service
	// adds kinds of its own, such as "user".
	Included    map[string]int64
	Excluded    []Omission // left out on request
	Unsupported []Omission // cannot be archived
	Extra       Members
}

// An Omission is something of the tenant that the archive does not hold.
type Omission struct {
	Kind   string // what; see [CheckToken]
	Count  int64  // how many; 0 when not known
	Reason string // for people; 1 to 1024 bytes
	Extra  Members
}

// A Member is one member of a JSON object: a name, and a value as the text
// that stood in the document.
type Member struct {
	Name  string
	Value json.RawMessage
}

// Members are members of a JSON object, in their order in the document.
type Members []Member

// Get returns the value of the member called name, or nil.
func (m Members) Get(name string) json.RawMessage {
	for _, member := range m {
		if member.Name == name {
			return member.Value
		}
	}
	return nil
}

// Limits bound what [Parse] accepts. Zero fields stand for the values of
// [DefaultLimits].
type Limits struct {
	Size    int64 // bytes of the document
	Entries int   // listed entries
}

// DefaultLimits returns 64 MiB and 250,000 entries.
func DefaultLimits() Limits { return Limits{Size: 64 << 20, Entries: 250_000} }

func (l Limits) withDefaults() Limits {
	d := DefaultLimits()
	if l.Size == 0 {
		l.Size = d.Size
	}
	if l.Entries == 0 {
		l.Entries = d.Entries
	}
	return l
}
