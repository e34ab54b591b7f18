package manifest

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// A Version of the format. Readers accept any minor version of a major
// version that they know, as long as MinReader allows it.
type Version struct{ Major, Minor int }

// Current is the latest version that this package reads.
var Current = Version{Major: 1, Minor: 2}

// recoveredVersion is the first whose readers know what a recovered archive is.
var recoveredVersion = Version{Major: 1, Minor: 1}

// VersionFor returns the version that an archive of a purpose is written in,
// and the oldest reader that may read it: the earliest that has all it needs.
// Readers of 1.0 would take what was recovered for a whole tenant (M-21).
func VersionFor(purpose string) Version {
	if purpose == PurposeRecovered {
		return recoveredVersion
	}
	return Version{Major: 1}
}

// Versions returns the versions that an archive with this manifest is written
// in: [VersionFor] its purpose, and a format of 1.2 when residency is stated.
// Older readers keep what they do not know of that, and miss nothing else.
func (m *Manifest) Versions() (format, minReader Version) {
	format = VersionFor(m.Purpose)
	minReader = format
	if m.Residency != nil {
		format = residencyVersion
	}
	return format, minReader
}

// ParseVersion reads "major.minor": two decimal numbers of one to four digits
// without leading zeros.
func ParseVersion(s string) (Version, error) {
	major, minor, ok := strings.Cut(s, ".")
	v := Version{Major: versionNumber(major), Minor: versionNumber(minor)}
	if !ok || v.Major < 0 || v.Minor < 0 {
		return Version{}, fmt.Errorf("version %+.40q is not of the form major.minor", s)
	}
	return v, nil
}

// versionNumber returns -1 unless s is canonical.
func versionNumber(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil || len(s) > 4 || n < 0 || strconv.Itoa(n) != s {
		return -1
	}
	return n
}

// String returns "major.minor".
func (v Version) String() string { return fmt.Sprintf("%d.%d", v.Major, v.Minor) }

// IsZero reports whether the version is not set.
func (v Version) IsZero() bool { return v == Version{} }

// Less reports whether v is older than o.
func (v Version) Less(o Version) bool {
	return v.Major < o.Major || v.Major == o.Major && v.Minor < o.Minor
}

// Errors that callers test with [errors.Is].
var (
	// ErrNewerFormat is wrapped by [*VersionError].
	ErrNewerFormat = errors.New("the archive needs a newer reader")
	// ErrUnknownCritical is wrapped when "critical" lists an extension that
	// this version does not know.
	ErrUnknownCritical = errors.New("critical extension not known")
	// ErrIncremental is wrapped when kind is "incremental".
	ErrIncremental = errors.New("incremental archives are not supported by this version")
)

// A VersionError refuses an archive of a version that this package cannot
// read. It unwraps to [ErrNewerFormat].
type VersionError struct {
	Format    Version // of the archive
	MinReader Version // that the archive asks for; zero when not known
	Reader    Version // of this package
}

// Error names both versions and says what to do.
func (e *VersionError) Error() string {
	if e.Format.Major == e.Reader.Major {
		return fmt.Sprintf("the archive has format %s and asks for a reader of format %s or later; this one reads up to %s: use a newer version",
			e.Format, e.MinReader, e.Reader)
	}
	return fmt.Sprintf("the archive has format %s; this reader reads formats %d.x: use a version for it", e.Format, e.Reader.Major)
}

// Unwrap returns [ErrNewerFormat].
func (e *VersionError) Unwrap() error { return ErrNewerFormat }

// CheckVersion returns a [*VersionError] unless this package may read an
// archive of the given format and min_reader.
func CheckVersion(format, minReader Version) error {
	if format.Major != Current.Major || Current.Less(minReader) {
		return &VersionError{Format: format, MinReader: minReader, Reader: Current}
	}
	return nil
}
