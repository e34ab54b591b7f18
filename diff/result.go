package diff

import "github.com/oneanalytics/oa-archive/tenant"

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
}

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
}

// Entry is one entry of a compared asset. What is absent on one side has an
// empty digest there.
type Entry struct {
	Path      string `json:"path"`
	OldSize   int64  `json:"old_size"`
	NewSize   int64  `json:"new_size"`
	OldDigest string `json:"old_digest,omitempty"` // 64 lower-case hexadecimal digits
	NewDigest string `json:"new_digest,omitempty"`
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
