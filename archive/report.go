package archive

import (
	"github.com/oneanalytics/oa-archive/manifest"
	"github.com/oneanalytics/oa-archive/sign"
)

// A Report is what [Verify] and [VerifyStream] found.
type Report struct {
	// Findings lists everything that is wrong, in order of place; empty when
	// the archive is accepted. At most [Limits.Findings] are kept.
	Findings []Finding
	// Dropped counts the findings beyond the limit.
	Dropped int
	// Incomplete says that reading could not go on after one of the findings,
	// so that there may be more.
	Incomplete bool
	Entries    int          // entries read, signatures and the manifest not counted
	Bytes      int64        // of their content
	FileSize   int64        // bytes read of the file
	Verdict    sign.Verdict // on the signer; its zero value when there is none
	Signed     bool         // the manifest names a signing key
	// Manifest is nil when it could not be read. When [Report.OK] is false, it
	// is a claim like everything else.
	Manifest *manifest.Manifest
}

// OK reports whether the archive is accepted.
func (r *Report) OK() bool { return len(r.Findings) == 0 }

// Err returns nil when the archive is accepted, else the error of the first
// finding: a [*FormatError] or a [*SignatureError].
func (r *Report) Err() error {
	if len(r.Findings) == 0 {
		return nil
	}
	return r.Findings[0].Err
}

// A Finding is one thing that is wrong with an archive.
type Finding struct {
	Code   Code   // what kind
	Path   string // of the entry, may hold any bytes; empty when about the file as a whole
	Offset int64  // -1 when there is no one place
	Region Region // what Offset counts in
	Rule   string // number of the rule in docs/spec
	Err    error  // a [*FormatError] or a [*SignatureError] with the same fields
}

// Error returns the text of Err.
func (f Finding) Error() string { return f.Err.Error() }
