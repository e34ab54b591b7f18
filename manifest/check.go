package manifest

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/oneanalytics/oa-archive/internal/order"
	"github.com/oneanalytics/oa-archive/internal/strictjson"
	"github.com/oneanalytics/oa-archive/layout"
)

// The times that an archive can state: those that fit the 11 octal digits of
// a tar header.
var (
	MinCreated = time.Unix(0, 0).UTC()
	MaxCreated = time.Unix(1<<33-1, 0).UTC()
)

func checkTime(t time.Time) error {
	if t.Before(MinCreated) || t.After(MaxCreated) {
		return fmt.Errorf("%s is not between %s and %s", FormatTime(t), FormatTime(MinCreated), FormatTime(MaxCreated))
	}
	return nil
}

// Check reports the first rule that m breaks, as an [*Error] or, about
// versions, a [*VersionError]. It covers every M rule that can be told from
// the manifest alone: form and range of each member, canonical order of
// entries, chunk lists, content hash, and counts in the coverage section.
func (m *Manifest) Check() error {
	if err := m.checkVersions(); err != nil {
		return err
	}
	if len(m.Critical) > 0 {
		return refuse("V-4", "critical", "%w: %+.80q: use a version that knows it", ErrUnknownCritical, m.Critical[0])
	}
	if err := CheckID(m.ID); err != nil {
		return refuse("M-3", "id", "%w", err)
	}
	if m.Created.Nanosecond() != 0 {
		return refuse("M-4", "created", "has fractions of a second")
	}
	if err := checkTime(m.Created); err != nil {
		return refuse("M-4", "created", "%w", err)
	}
	if err := checkText(m.Generator, 1, 200); err != nil {
		return refuse("M-5", "generator", "%w", err)
	}
	if err := m.checkKinds(); err != nil {
		return err
	}
	if m.Sequence > math.MaxInt64 {
		return refuse("M-8", "sequence", "is larger than 2^63-1")
	}
	if err := m.Tenant.check(); err != nil {
		return refuse("M-9", "tenant", "%w", err)
	}
	if m.SigningKey != "" && !isFingerprint(m.SigningKey) {
		return refuse("M-10", "signing_key", "%+.80q is not a key's fingerprint", m.SigningKey)
	}
	counts, err := m.checkEntries()
	if err != nil {
		return err
	}
	if err := m.checkCoverage(counts); err != nil {
		return err
	}
	if want := ContentHash(m.Entries); m.ContentHash != want {
		return refuse("M-11", "content_hash", "is %+.80q, but the listed entries have %s", m.ContentHash, want)
	}
	if err := m.checkExtensions(); err != nil {
		return err
	}
	if err := m.checkResidency(); err != nil {
		return err
	}
	return m.checkRecovered()
}

func (m *Manifest) checkVersions() error {
	if err := CheckVersion(m.Format, m.MinReader); err != nil {
		return err
	}
	if m.Format.Less(m.MinReader) || m.Format.Major != m.MinReader.Major {
		return refuse("V-3", "min_reader", "%s does not go with format %s", m.MinReader, m.Format)
	}
	return nil
}

func (m *Manifest) checkKinds() error {
	switch m.Kind {
	case KindFull:
	case KindIncremental:
		return refuse("M-6", "kind", "%w", ErrIncremental)
	default:
		return refuse("M-6", "kind", "%+.80q is not a kind of archive", m.Kind)
	}
	purposes := []string{PurposeManual, PurposeScheduled, PurposeInsurance, PurposeDrill, PurposeMigration}
	if !m.Format.Less(recoveredVersion) {
		purposes = append(purposes, PurposeRecovered)
	}
	// A later minor version may know more purposes; they change nothing else.
	if !slices.Contains(purposes, m.Purpose) && (!Current.Less(m.Format) || CheckToken(m.Purpose) != nil) {
		return refuse("M-7", "purpose", "%+.80q is not one of %v", m.Purpose, purposes)
	}
	return nil
}

// CheckID reports whether id is a UUIDv7 in lower case (RFC 9562, section 5.7).
func CheckID(id string) error {
	if !layout.IsUUID(id) || id[14] != '7' || id[19] != '8' && id[19] != '9' && id[19] != 'a' && id[19] != 'b' {
		return fmt.Errorf("%+.80q is not a UUIDv7 in lower case", id)
	}
	return nil
}

// CheckTenantID reports whether id is 1 to 64 of A-Z a-z 0-9 . _ -, the first
// of them a letter or digit.
func CheckTenantID(id string) error {
	if len(id) >= 1 && len(id) <= 64 {
		ok := true
		for i := range len(id) {
			c := id[i]
			alphanumeric := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
			ok = ok && (alphanumeric || i > 0 && (c == '.' || c == '_' || c == '-'))
		}
		if ok {
			return nil
		}
	}
	return fmt.Errorf("the id %+.80q is not 1 to 64 of A-Z a-z 0-9 . _ -, beginning with a letter or digit", id)
}

// CheckToken reports whether s is the name of a kind or an extension: 1 to 64
// of a-z 0-9 . _ -, the first of them a letter or digit.
func CheckToken(s string) error {
	ok := len(s) >= 1 && len(s) <= 64
	for i := 0; ok && i < len(s); i++ {
		c := s[i]
		ok = c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || i > 0 && (c == '.' || c == '_' || c == '-')
	}
	if !ok {
		return fmt.Errorf("%+.80q is not 1 to 64 of a-z 0-9 . _ -, beginning with a letter or digit", s)
	}
	return nil
}

// checkText refuses what could not be one line of a display.
func checkText(s string, least, most int) error {
	switch {
	case len(s) < least:
		return errors.New("is empty")
	case len(s) > most:
		return fmt.Errorf("has %d bytes, at most %d are allowed", len(s), most)
	case !utf8.ValidString(s):
		return errors.New("is not valid UTF-8")
	}
	for _, r := range s {
		if unicode.IsControl(r) {
			return fmt.Errorf("holds the control character U+%04X", r)
		}
	}
	return nil
}

func (t *Tenant) check() error {
	if err := CheckTenantID(t.ID); err != nil {
		return err
	}
	if err := checkText(t.Name, 0, 1024); err != nil {
		return fmt.Errorf("name: %w", err)
	}
	if err := checkText(t.Region, 0, 64); err != nil {
		return fmt.Errorf("region: %w", err)
	}
	if err := checkText(t.Jurisdiction, 0, 64); err != nil {
		return fmt.Errorf("jurisdiction: %w", err)
	}
	return nil
}

// isFingerprint reports whether s is "SHA256:" and 43 characters of base64
// that stand for 32 bytes.
func isFingerprint(s string) bool {
	return len(s) == 50 && s[:7] == "SHA256:" && decodesTo32(s[7:]+"=")
}

// checkEntries covers M-13 to M-15 and M-20. It returns what [Counts] does,
// since it looks at the paths anyway.
func (m *Manifest) checkEntries() (map[string]int64, error) {
	var paths order.Checker
	kinds := make(map[layout.Kind]int64)
	end := int64(0)
	for i := range m.Entries {
		e := &m.Entries[i]
		at := func(rule string, err error) (map[string]int64, error) {
			return nil, &Error{Rule: rule, Member: fmt.Sprintf("entries[%d]", i), Path: e.Path, Err: err}
		}
		name, err := paths.Next(e.Path)
		if err != nil {
			return at("M-13", err)
		}
		kinds[name.Kind]++
		if e.Size < 0 || e.Offset < end || e.Offset%512 != 0 || e.Size > math.MaxInt64-e.Offset-8192 {
			return at("M-14", fmt.Errorf("size %d at offset %d is not possible after what comes before", e.Size, e.Offset))
		}
		end = e.Offset + 512 + e.Size
		if want := chunkCount(e.Size); len(e.Chunks) != want {
			return at("M-15", fmt.Errorf("%d chunk digests, want %d for %d bytes", len(e.Chunks), want, e.Size))
		}
		if err := e.checkRows(); err != nil {
			return at("M-20", fmt.Errorf("rows: %w", err))
		}
	}
	counts := make(map[string]int64, len(kinds))
	for kind, n := range kinds {
		counts[CoverageKind(kind)] += n
	}
	return counts, nil
}

// chunkCount returns the number of chunk digests of an entry of size bytes.
func chunkCount(size int64) int {
	if size <= MaxSmall {
		return 0
	}
	return int((size-1)/ChunkSize) + 1
}

// CoverageKind returns the kind by which the coverage section counts entries
// of kind k: what a person calls the asset that the entry stands for (spec
// M-12).
func CoverageKind(k layout.Kind) string {
	switch k {
	case layout.Metadata:
		return "workspace"
	case layout.Model:
		return "dataset"
	}
	return k.String()
}

// countedKinds are the kinds of coverage that entries are counted by.
var countedKinds = func() map[string]bool {
	kinds := make(map[string]bool)
	for k := layout.Metadata; k < layout.Manifest; k++ {
		kinds[CoverageKind(k)] = true
	}
	return kinds
}()

// Counts returns how many of the listed entries there are of each
// [CoverageKind].
func Counts(entries []Entry) map[string]int64 {
	counts := make(map[string]int64)
	for i := range entries {
		if name, err := layout.Parse(entries[i].Path); err == nil {
			counts[CoverageKind(name.Kind)]++
		}
	}
	return counts
}

func (m *Manifest) checkCoverage(counts map[string]int64) error {
	c := &m.Coverage
	for kind, n := range counts {
		if got, ok := c.Included[kind]; !ok || got != n {
			return refuse("M-12", "coverage.included", "says %d of kind %q, but %d are listed", got, kind, n)
		}
	}
	for kind, n := range c.Included {
		if err := CheckToken(kind); err != nil {
			return refuse("M-12", "coverage.included", "%w", err)
		}
		if n < 0 || countedKinds[kind] && counts[kind] != n {
			return refuse("M-12", "coverage.included", "says %d of kind %q, but %d are listed", n, kind, counts[kind])
		}
	}
	for _, o := range slices.Concat(c.Excluded, c.Unsupported) {
		if err := CheckToken(o.Kind); err != nil {
			return refuse("M-12", "coverage", "kind: %w", err)
		}
		if o.Count < 0 {
			return refuse("M-12", "coverage", "%q: the count %d is negative", o.Kind, o.Count)
		}
		if err := checkText(o.Reason, 1, 1024); err != nil {
			return refuse("M-12", "coverage", "%q: reason: %w", o.Kind, err)
		}
	}
	return nil
}

func (m *Manifest) checkExtensions() error {
	seen := make(map[string]bool)
	for _, member := range m.Extensions {
		if err := CheckToken(member.Name); err != nil {
			return refuse("M-17", "extensions", "%w", err)
		}
		if seen[member.Name] {
			return refuse("M-17", "extensions", "%q occurs twice", member.Name)
		}
		seen[member.Name] = true
		if err := checkValue(member.Value); err != nil {
			return refuse("M-17", "extensions", "%q: %w", member.Name, err)
		}
	}
	for _, member := range []Member{{"base", m.Base}, {"residency", m.Residency}, {"lineage", m.Lineage}} {
		if member.Value == nil {
			continue
		}
		if err := checkValue(member.Value); err != nil {
			return refuse("M-18", member.Name, "%w", err)
		}
	}
	return nil
}

func checkValue(value json.RawMessage) error {
	return strictjson.Check(value, strictjson.Limits{})
}
