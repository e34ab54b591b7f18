package archive

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"runtime"
	"time"

	"github.com/oneanalytics/oa-archive/manifest"
	"github.com/oneanalytics/oa-archive/sign"
)

// A Header describes an entry: what [Writer.Create] takes and what
// [Reader.NextUnverified] returns.
type Header struct {
	Path string // see package layout
	Size int64  // of the content in bytes; -1 for [Writer.Create] when not known beforehand
}

// WriterOptions describe the archive to write. Tenant.ID and one of Signer and
// Unsigned are required; everything else has a default.
type WriterOptions struct {
	// ID is the archive's id, a UUIDv7 in lower case; empty makes a new one.
	ID string
	// Created is stated as the time of the archive, in whole seconds (what is
	// below a second is cut off); zero means now.
	Created time.Time
	Tenant  manifest.Tenant
	// Signer signs every entry and the manifest. It is called from several
	// goroutines at once.
	Signer *sign.Signer
	// Unsigned makes an archive without signatures, which readers refuse
	// unless told otherwise. It is an error together with Signer.
	Unsigned  bool
	Generator string // for people; empty means "oa-archive"
	Purpose   string // one of the manifest's purposes; empty means "manual"
	Sequence  uint64 // see [manifest.Manifest.Sequence]
	// Extensions are written to the manifest in order of their names.
	Extensions manifest.Members
	// Residency is written to the manifest, if set.
	Residency *manifest.Residency
	// Lineage is written to the manifest as it is, if set.
	Lineage json.RawMessage
	// Workers is the number of frames that are signed and compressed at once;
	// 0 means one per processor, up to 16. The output does not depend on it.
	Workers int
	// TempDir is where the content of an entry of unknown size waits, encrypted,
	// when it is large; empty means [os.TempDir].
	TempDir string
	Limits  Limits

	// reserved is the residency of an archive of an older format, in which it
	// has no form; it is handed on as it is.
	reserved json.RawMessage
}

// Options say how an archive is read and what it must satisfy. The zero value
// reads any signed archive that is intact, whoever signed it.
type Options struct {
	// Policy judges the signer. The verdict is always reported; it only leads
	// to a refusal when RequireTrust is set.
	Policy sign.Policy
	// RequireTrust refuses an archive whose signer Policy does not trust. It is
	// an error when Policy.Allowed is nil.
	RequireTrust bool
	// AllowUnsigned accepts an archive that was written without signatures.
	// It never accepts one whose signatures were removed. With RequireTrust it
	// is an error.
	AllowUnsigned bool
	// NotOlderThan refuses archives that state an earlier time of creation.
	// Zero means no such check.
	NotOlderThan time.Time
	Limits       Limits
	// Workers is the number of frames that are decoded at once; 0 means one
	// per processor, up to 16.
	Workers int
	// Content, when set, is asked by [Verify] and [VerifyStream], entry by entry
	// in the order of the file, where to write the content while it is read;
	// nil: nowhere. It is for checks that know what an entry means. What is
	// written has not been verified yet, path and size included, parts that
	// cannot be read are left out, and reading may begin anew: a check keeps
	// what it finds to itself until the report accepts the archive. The pieces
	// are not the writer's to keep. An error of a write ends the verification.
	Content func(path string, size int64) io.Writer
	// Progress, when set, is called now and then, from one goroutine at a
	// time, with the bytes of the file read so far and in total; total is -1
	// when not known.
	Progress func(done, total int64)
}

// Limits bound what is read and written. Zero fields stand for the values of
// [DefaultLimits].
type Limits struct {
	Entries  int   // entries of an archive, signatures and the manifest not counted
	Manifest int64 // bytes of the manifest, at most [MaxManifest]
	Document int64 // bytes that [Archive.ReadDocument] returns when asked without a limit
	Tar      int64 // bytes of the uncompressed tar
	Findings int   // findings of a [Report]; further ones are only counted
}

// MaxManifest is the largest manifest of any archive, in bytes, so that the
// stock zstd command can read its frame (docs/spec/container.md, C-16).
const MaxManifest = 120 << 20

// DefaultLimits returns 250,000 entries, 64 MiB of manifest, 64 MiB of
// document, 4 TiB of tar and 1,000 findings.
func DefaultLimits() Limits {
	return Limits{Entries: 250_000, Manifest: 64 << 20, Document: 64 << 20, Tar: 4 << 40, Findings: 1_000}
}

// checked fills in the defaults.
func (l Limits) checked() (Limits, error) {
	d := DefaultLimits()
	if l.Entries < 0 || l.Manifest < 0 || l.Document < 0 || l.Tar < 0 || l.Findings < 0 {
		return l, errors.New("limits must not be negative")
	}
	if l.Manifest > MaxManifest {
		return l, fmt.Errorf("the limit for manifests is %d bytes, above the format's %d", l.Manifest, MaxManifest)
	}
	if l.Entries == 0 {
		l.Entries = d.Entries
	}
	if l.Manifest == 0 {
		l.Manifest = d.Manifest
	}
	if l.Document == 0 {
		l.Document = d.Document
	}
	if l.Tar == 0 {
		l.Tar = d.Tar
	}
	if l.Findings == 0 {
		l.Findings = d.Findings
	}
	return l, nil
}

func (l Limits) manifest() manifest.Limits {
	return manifest.Limits{Size: l.Manifest, Entries: l.Entries}
}

// checked refuses options that contradict themselves and fills in the rest.
func (o Options) checked() (Options, error) {
	var err error
	if o.Limits, err = o.Limits.checked(); err != nil {
		return o, fmt.Errorf("archive: %w", err)
	}
	if o.Workers, err = workers(o.Workers); err != nil {
		return o, err
	}
	switch {
	case o.RequireTrust && o.Policy.Allowed == nil:
		return o, ErrNoTrust
	case o.RequireTrust && o.AllowUnsigned:
		return o, errors.New("archive: RequireTrust and AllowUnsigned contradict each other")
	}
	return o, nil
}

const maxDefaultWorkers = 16

func workers(n int) (int, error) {
	switch {
	case n < 0 || n > 1024:
		return 0, fmt.Errorf("archive: %d workers, want 0 to 1024", n)
	case n == 0:
		return min(runtime.GOMAXPROCS(0), maxDefaultWorkers), nil
	}
	return n, nil
}
