package archive

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Errors that callers test with [errors.Is]. Those of package manifest
// (ErrNewerFormat, ErrUnknownCritical, ErrIncremental) and the reasons of
// package sign (ErrExpired, ErrRevoked, …) are wrapped as well.
var (
	// ErrNotArchive: the input does not look like an archive at all.
	ErrNotArchive = errors.New("not an oa-archive file")
	// ErrUnsigned: the archive was written without signatures, and
	// [Options.AllowUnsigned] is not set.
	ErrUnsigned = errors.New("the archive is not signed")
	// ErrUntrusted: the signatures are right, but [Options.Policy] does not
	// trust the signer and [Options.RequireTrust] is set.
	ErrUntrusted = errors.New("the signer is not trusted")
	// ErrTooOld: the archive is older than [Options.NotOlderThan]. The error
	// is an [*AgeError].
	ErrTooOld = errors.New("the archive is older than asked for")
	// ErrNoTrust: trust is required, but nobody said whom to trust.
	ErrNoTrust = errors.New("archive: no trust given: RequireTrust needs Policy.Allowed (an allowed_signers file)")
	// ErrNoEntry: the archive has no entry of that path.
	ErrNoEntry = errors.New("no such entry")
	// ErrLimit: something is larger than [Limits] allow.
	ErrLimit = errors.New("over the limit")
	// ErrAborted: the [Writer] was aborted.
	ErrAborted = errors.New("archive: the writer was aborted")
)

// A Code names a kind of finding. Codes are stable: scripts may depend on
// them, and releases only add to them.
type Code string

// Findings about the file and its frames.
const (
	CodeNotArchive    Code = "not-archive"         // not a file of this format
	CodeTruncated     Code = "truncated"           // ends early
	CodeTrailing      Code = "trailing-bytes"      // goes on after the seek table
	CodeFrameHeader   Code = "frame-not-canonical" // a frame with settings that no archive has
	CodeFrameDamaged  Code = "frame-damaged"       // a frame that does not decompress
	CodeFrameSum      Code = "frame-changed"       // a frame unlike its sum in the fixity frame
	CodeFrameTooLarge Code = "frame-too-large"     // more content than any frame holds
	CodeFrameOrder    Code = "unexpected-frame"    // a frame of a kind that has no place there
	CodeFrameCut      Code = "frame-cut"           // frames cut elsewhere than the rule says
	CodeFixity        Code = "bad-fixity-frame"
	CodeSeekTable     Code = "bad-seek-table"
)

// Findings about the tar.
const (
	CodeHeader       Code = "bad-header"        // a header that no archive has
	CodePadding      Code = "bad-padding"       // padding that is not zero
	CodeEnd          Code = "bad-end"           // not exactly two zero blocks at the end
	CodeGlobalHeader Code = "bad-global-header" // missing or malformed
	CodeHint         Code = "hint-mismatch"     // the global header contradicts the manifest
	CodeLimit        Code = "over-limit"        // more than the reader's limits allow
)

// Findings about entries.
const (
	CodePath         Code = "bad-path"
	CodeOrder        Code = "out-of-order"
	CodeDuplicate    Code = "duplicate-entry"
	CodePathConflict Code = "path-conflict"       // a file where another path needs a folder
	CodeMissing      Code = "missing-entry"       // listed, but absent
	CodeUnlisted     Code = "unlisted-entry"      // present, but not listed
	CodeRenamed      Code = "renamed-entry"       // present under another path than listed
	CodeUnreadable   Code = "unreadable-entry"    // listed, but in a damaged part
	CodeSize         Code = "size-mismatch"       // size unlike the manifest's
	CodeDigest       Code = "content-changed"     // digest unlike the manifest's
	CodeSwapped      Code = "swapped-content"     // holds the content of another entry
	CodeChunks       Code = "chunk-list-mismatch" // chunk digests unlike the manifest's
	CodeOffset       Code = "offset-mismatch"     // place unlike the manifest's
	CodeContentHash  Code = "content-hash-mismatch"
)

// Findings about the manifest.
const (
	CodeNoManifest Code = "missing-manifest"
	CodeManifest   Code = "bad-manifest"
	CodeVersion    Code = "newer-format"
	CodeCritical   Code = "unknown-critical"
	CodeTooOld     Code = "too-old"
)

// Findings about signatures.
const (
	CodeUnsigned       Code = "unsigned"                   // not signed, on purpose
	CodeStripped       Code = "signatures-stripped"        // names a key, but has no signature at all
	CodeNoSignature    Code = "missing-signature"          // of one entry
	CodeExtraSignature Code = "unexpected-signature"       // in an archive that names no key
	CodeOrphan         Code = "orphaned-signature"         // not after the entry that it names
	CodeSignatureForm  Code = "malformed-signature"        // not an SSH signature as we write it
	CodeOtherArchive   Code = "signature-of-other-archive" // taken from another archive
	CodeOtherEntry     Code = "signature-of-other-entry"   // taken from another entry
	CodeNamespace      Code = "signature-of-other-use"     // not for an archive at all
	CodeOtherKey       Code = "signature-by-other-key"     // not the key that the manifest names
	CodeBadSignature   Code = "bad-signature"              // does not verify
	CodeUntrusted      Code = "untrusted-signer"           // see [Options.RequireTrust]
)

// A Region says what an offset counts in.
type Region string

// The regions.
const (
	InFile Region = "file" // bytes of the archive file
	InTar  Region = "tar"  // bytes of the tar that the file decompresses to
)

// A FormatError says how an archive is damaged or breaks the format.
type FormatError struct {
	Code   Code
	Path   string // of the entry; empty when it is about the file as a whole
	Offset int64  // -1 when there is no one place
	Region Region // what Offset counts in
	Rule   string // number of the rule in docs/spec, such as "C-7"
	Err    error  // in words
}

// Error names the entry (quoted), the place, the words, the rule and the code.
func (e *FormatError) Error() string {
	return "archive: " + place(e.Path, e.Offset, e.Region) + describe(e.Err) + " (" + e.Rule + ", " + string(e.Code) + ")"
}

// Unwrap returns the cause.
func (e *FormatError) Unwrap() error { return e.Err }

// A SignatureError says which signature is wrong, missing or not trusted.
type SignatureError struct {
	Code        Code
	Path        string // of the entry whose signature it is; empty when it is about all
	Fingerprint string // of the key that made it, when known
	Offset      int64  // in the tar, of the entry; -1 when there is no one place
	Rule        string // number of the rule in docs/spec, such as "S-4"
	Err         error  // in words
}

// Error names the entry (quoted), the place, the words, the rule and the code.
func (e *SignatureError) Error() string {
	return "archive: " + place(e.Path, e.Offset, InTar) + describe(e.Err) + " (" + e.Rule + ", " + string(e.Code) + ")"
}

// Unwrap returns the cause.
func (e *SignatureError) Unwrap() error { return e.Err }

// An AgeError refuses an archive that is older than [Options.NotOlderThan].
// It unwraps to [ErrTooOld].
type AgeError struct{ Created, NotOlderThan string } // RFC 3339

// Error names both times.
func (e *AgeError) Error() string {
	return fmt.Sprintf("the archive was created at %s, before %s: ask for a newer one", e.Created, e.NotOlderThan)
}

// Unwrap returns [ErrTooOld].
func (e *AgeError) Unwrap() error { return ErrTooOld }

func place(path string, offset int64, region Region) string {
	var b strings.Builder
	if path != "" {
		b.WriteString("entry " + strconv.QuoteToASCII(path) + ": ")
	}
	if offset >= 0 {
		fmt.Fprintf(&b, "byte %d of the %s: ", offset, region)
	}
	return b.String()
}

// describe drops the package prefix of a cause, which Error has written.
func describe(err error) string {
	if err == nil {
		return "refused"
	}
	return strings.TrimPrefix(strings.TrimPrefix(err.Error(), "archive: "), "sign: ")
}
