package manifest

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/oneanalytics/oa-archive/internal/strictjson"
	"github.com/oneanalytics/oa-archive/layout"
)

// RecoveredExtension is the name of the extension that holds [Recovered].
const RecoveredExtension = "recovered"

// MaxLost is the number of entries that [Recovered.Lost] may list.
const MaxLost = 10_000

// Recovered says what archive of purpose [PurposeRecovered] was made from, and
// what of that is missing (M-21). It is the word of whoever recovered it.
type Recovered struct {
	Archive string // id of the damaged archive
	// Manifest is the SHA-256 of its manifest.json; zero when that was lost, or
	// when nothing proved it.
	Manifest    layout.Digest
	ContentHash string // of the damaged archive; empty like Manifest
	SigningKey  string // fingerprint of the key that signed it; empty when unsigned
	// Complete says that every entry that the damaged archive listed is there.
	// It is never set when its manifest was lost.
	Complete bool
	// Lost are the entries that are known to be missing, in canonical order, at
	// most [MaxLost]; MoreLost counts the rest.
	Lost     []LostEntry
	MoreLost int64
	// From is what the damaged archive, itself recovered, said here; or nil.
	From json.RawMessage
}

// A LostEntry is an entry of the damaged archive that is not in the recovered.
type LostEntry struct {
	Path   string
	Reason string // for people: 1 to 1,024 bytes without control characters
}

// Recovered returns what the extension of a recovered archive says, and nil
// for an archive of any other purpose.
func (m *Manifest) Recovered() (*Recovered, error) {
	if m.Purpose != PurposeRecovered {
		return nil, nil
	}
	return parseRecovered(m.Extensions.Get(RecoveredExtension))
}

// Marshal checks r and returns the value of the extension.
func (r *Recovered) Marshal() (json.RawMessage, error) {
	if err := r.check(); err != nil {
		return nil, refuse("M-21", "extensions."+RecoveredExtension, "%w", err)
	}
	members := Members{{"archive", quoted(r.Archive)}}
	if r.Manifest != (layout.Digest{}) {
		members = append(members, Member{"manifest", quoted(r.Manifest.String())})
	}
	if r.ContentHash != "" {
		members = append(members, Member{"content_hash", quoted(r.ContentHash)})
	}
	if r.SigningKey != "" {
		members = append(members, Member{"signing_key", quoted(r.SigningKey)})
	}
	lost := make([]string, len(r.Lost))
	for i, l := range r.Lost {
		lost[i] = object(Members{{"path", quoted(l.Path)}, {"reason", quoted(l.Reason)}})
	}
	members = append(members,
		Member{"complete", strconv.AppendBool(nil, r.Complete)},
		Member{"lost", json.RawMessage("[" + strings.Join(lost, ", ") + "]")})
	if r.MoreLost > 0 {
		members = append(members, Member{"more_lost", strconv.AppendInt(nil, r.MoreLost, 10)})
	}
	if r.From != nil {
		members = append(members, Member{"from", r.From})
	}
	return json.RawMessage(object(members)), nil
}

func parseRecovered(value json.RawMessage) (*Recovered, error) {
	var r Recovered
	if value == nil {
		return nil, errors.New("is missing, and an archive of this purpose must have it")
	}
	_, err := decodeObject(value, "", []field{
		{"archive", true, "M-21", text(&r.Archive)},
		{"manifest", false, "M-21", func(value []byte) error { return decodeDigest(&r.Manifest, value) }},
		{"content_hash", false, "M-21", optionalText(&r.ContentHash)},
		{"signing_key", false, "M-21", optionalText(&r.SigningKey)},
		{"complete", true, "M-21", func(value []byte) error {
			r.Complete = string(value) == "true"
			if !r.Complete && string(value) != "false" {
				return errors.New("is neither true nor false")
			}
			return nil
		}},
		{"lost", true, "M-21", func(value []byte) error { return decodeLost(value, &r.Lost) }},
		{"more_lost", false, "M-21", count(&r.MoreLost)},
		{"from", false, "M-21", raw(&r.From)},
	})
	if err == nil {
		err = r.check()
	}
	return &r, err
}

func decodeLost(value []byte, dst *[]LostEntry) error {
	if !strictjson.IsArray(value) {
		return errors.New("not a list")
	}
	for element := range strictjson.Elements(value) {
		var l LostEntry
		if _, err := decodeObject(element, "", []field{{"path", true, "M-21", text(&l.Path)}, {"reason", true, "M-21", text(&l.Reason)}}); err != nil {
			return err
		}
		if *dst = append(*dst, l); len(*dst) > MaxLost {
			return fmt.Errorf("more than %d entries", MaxLost)
		}
	}
	return nil
}

func (r *Recovered) check() error {
	if err := CheckID(r.Archive); err != nil {
		return fmt.Errorf("archive: %w", err)
	}
	if r.SigningKey != "" && !isFingerprint(r.SigningKey) {
		return fmt.Errorf("signing_key: %+.80q is not a key's fingerprint", r.SigningKey)
	}
	if r.ContentHash != "" && (len(r.ContentHash) != 47 || r.ContentHash[:3] != "h1:" || !decodesTo32(r.ContentHash[3:])) {
		return fmt.Errorf("content_hash: %+.80q is not a content hash", r.ContentHash)
	}
	switch {
	case len(r.Lost) > MaxLost:
		return fmt.Errorf("lost: more than %d entries", MaxLost)
	case r.Complete && (len(r.Lost) > 0 || r.MoreLost > 0):
		return errors.New("complete: entries are lost")
	}
	for _, l := range r.Lost {
		if _, err := layout.Parse(l.Path); err != nil {
			return fmt.Errorf("lost: %w", err)
		}
		if err := checkText(l.Reason, 1, 1024); err != nil {
			return fmt.Errorf("lost: %+q: reason: %w", l.Path, err)
		}
	}
	if r.From != nil {
		return checkValue(r.From)
	}
	return nil
}

// checkRecovered covers M-21.
func (m *Manifest) checkRecovered() error {
	value := m.Extensions.Get(RecoveredExtension)
	if m.Purpose != PurposeRecovered {
		if value != nil && !m.Format.Less(recoveredVersion) {
			return refuse("M-21", "extensions."+RecoveredExtension, "stands in an archive of the purpose %q", m.Purpose)
		}
		return nil
	}
	if m.MinReader.Less(recoveredVersion) {
		return refuse("M-21", "min_reader", "%s: readers before %s do not know what a recovered archive is", m.MinReader, recoveredVersion)
	}
	r, err := parseRecovered(value)
	if err == nil && r.Archive == m.ID {
		err = errors.New("archive: is the archive's own id")
	}
	if err != nil {
		return refuse("M-21", "extensions."+RecoveredExtension, "%w", err)
	}
	return nil
}
