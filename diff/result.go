package diff

import (
	"context"
	"io"

	"github.com/oneanalytics/oa-archive/tenant"
)

// Status says what became of an asset between the first state and the second.
type Status string

// The statuses.
const (
	Added     Status = "added"     // only in the second
	Removed   Status = "removed"   // only in the first
	Changed   Status = "changed"   // in both, with different content
	Unchanged Status = "unchanged" // in both, byte for byte
)

// Options narrow a comparison. The zero value compares all documents and
// uploaded files.
type Options struct {
	Selection   tenant.Selection // applied to both states
	Unchanged   bool             // list unchanged assets too; they are always counted
	MaxDocument int64            // in bytes; zero means 64 MiB. Larger documents are compared, but not named

	// Fields is how many changed fields of an asset are listed; zero means
	// DefaultFields, less than zero none: then documents are not looked into.
	Fields int
	// MaxValue is the largest value of a field, in bytes of JSON, that is listed;
	// zero means DefaultMaxValue, less than zero any.
	MaxValue int
	// Rows, when set, describes rows, so that their number and columns can be
	// compared. Package rowcheck has what it takes.
	Rows RowsReader
}

// Defaults of [Options].
const (
	DefaultFields   = 1000
	DefaultMaxValue = 2048
)

// A RowsReader describes a rows file of size bytes, -1 when not known. content
// is an [io.ReaderAt] too where the source can give one. Rows that cannot be
// understood give nil; the error is one of reading.
type RowsReader func(ctx context.Context, content io.Reader, size int64) (*Rows, error)

// Side describes one of the two states.
type Side struct {
	Tenant      tenant.Info `json:"tenant"`
	ContentHash string      `json:"content_hash"` // of what was selected, "h1:…"
	Entries     int         `json:"entries"`
	Bytes       int64       `json:"bytes"`
}

// Change is one asset that was compared.
type Change struct {
	Status    Status  `json:"status"`
	Kind      string  `json:"kind"`                // workspace, dataset, report, alert, file, audit, extension
	Workspace string  `json:"workspace,omitempty"` // id
	ID        string  `json:"id,omitempty"`        // of the asset; the path of an extension
	Name      string  `json:"name,omitempty"`      // in the second state, or in the first when it was removed
	OldName   string  `json:"old_name,omitempty"`  // in the first state, when it differs
	Entries   []Entry `json:"entries"`             // that differ; all of them for added, removed and unchanged assets
	Record    bool    `json:"record,omitempty"`    // the asset's record in the workspace's metadata differs

	Fields     []FieldChange `json:"fields,omitempty"`      // of a changed asset, in document order
	MoreFields int           `json:"more_fields,omitempty"` // how many there are beyond Options.Fields
}

// Entry is one entry of a compared asset. What is absent on one side has an
// empty digest there.
type Entry struct {
	Path      string `json:"path"`
	OldSize   int64  `json:"old_size"`
	NewSize   int64  `json:"new_size"`
	OldDigest string `json:"old_digest,omitempty"` // 64 lower-case hexadecimal digits
	NewDigest string `json:"new_digest,omitempty"`
	Note      string `json:"note,omitempty"` // why no fields are listed; one of the Note constants
}

// Counts is how many assets have each status.
type Counts struct {
	Added     int `json:"added"`
	Removed   int `json:"removed"`
	Changed   int `json:"changed"`
	Unchanged int `json:"unchanged"`
}

// Result is the outcome of a comparison. Its JSON is stable: members are only
// ever added.
type Result struct {
	Old     Side     `json:"old"`
	New     Side     `json:"new"`
	Counts  Counts   `json:"counts"`
	Changes []Change `json:"changes"` // in canonical order
}

// Same reports whether both states have the same content.
func (r *Result) Same() bool { return r.Old.ContentHash == r.New.ContentHash }
