package archive

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/oneanalytics/oa-archive/internal/ustar"
	"github.com/oneanalytics/oa-archive/layout"
	"github.com/oneanalytics/oa-archive/manifest"
	"github.com/oneanalytics/oa-archive/sign"
)

// ErrAmbiguous is wrapped by [*AmbiguousError].
var ErrAmbiguous = errors.New("the file holds parts of several archives")

// ErrNothingSalvaged: no entry could be proven.
var ErrNothingSalvaged = errors.New("archive: salvage: nothing can be saved: no entry is whole and proven")

// ErrIntact: there is nothing to recover from.
var ErrIntact = errors.New("archive: salvage: the archive is intact")

// An AmbiguousError asks which archive, or whose, is meant.
type AmbiguousError struct {
	IDs  []string // of the archives; see [SalvageOptions.ArchiveID]
	Keys []string // fingerprints of keys that signed entries of one archive
}

// Error lists the ids or keys and says what to do.
func (e *AmbiguousError) Error() string {
	if len(e.Keys) > 0 {
		return fmt.Sprintf("archive: salvage: entries of archive %s are signed by several keys (%s): say which of them is trusted", e.IDs[0], strings.Join(e.Keys, ", "))
	}
	return fmt.Sprintf("archive: salvage: %v (%s): say which one is meant", ErrAmbiguous, strings.Join(e.IDs, ", "))
}

// Unwrap returns [ErrAmbiguous].
func (e *AmbiguousError) Unwrap() error { return ErrAmbiguous }

// identity is whose remnants are saved: those of one archive, by one key.
type identity struct {
	id       string
	key      sign.PublicKey // zero when nothing is signed
	verdict  sign.Verdict
	proven   *manifest.Manifest // signed by key, or of an unsigned archive
	claimed  *manifest.Manifest // one that nothing proves; nil if there is a proven one
	digest   layout.Digest      // of proven
	hint     *ustar.Hint
	unsigned bool
}

// manifestFound is a manifest.json that can be read.
type manifestFound struct {
	r *remnant
	m *manifest.Manifest
}

// identify finds out which archive the file is, or was.
func (s *scan) identify(opts SalvageOptions) (*identity, error) {
	found, err := s.readManifests()
	if err != nil {
		return nil, err
	}
	who := &identity{id: opts.ArchiveID}
	if who.id == "" {
		if who.id, err = s.archiveID(found); err != nil {
			return nil, err
		}
	}
	for i := range s.hints {
		if s.hints[i].ID == who.id && who.hint == nil {
			who.hint = &s.hints[i]
		}
	}
	found = slices.DeleteFunc(found, func(f manifestFound) bool { return f.m.ID != who.id })
	if err := s.chooseKey(who, found, opts.Policy); err != nil {
		return nil, err
	}
	if err := who.chooseManifest(found); err != nil {
		return nil, err
	}
	return who, who.accept(opts)
}

// readManifests reads the manifests that were found. Of those that nobody
// could have written it keeps none; one of a later version is an error.
func (s *scan) readManifests() ([]manifestFound, error) {
	var found []manifestFound
	for _, r := range s.manifests {
		var text []byte
		if err := s.content(r, func(piece []byte) error { text = append(text, piece...); return nil }); err != nil {
			return nil, err
		}
		m, err := manifest.Parse(text, s.limits.manifest())
		switch {
		case errors.Is(err, manifest.ErrNewerFormat), errors.Is(err, manifest.ErrUnknownCritical):
			return nil, err
		case err != nil:
			continue
		}
		if r.by != nil && (r.by.id != m.ID || r.by.key.Fingerprint() != m.SigningKey) {
			r.by = nil
		}
		found = append(found, manifestFound{r, m})
	}
	for _, h := range s.hints {
		if v, err := manifest.ParseVersion(h.Format); err == nil && v.Major != manifest.Current.Major {
			return nil, &manifest.VersionError{Format: v, MinReader: v, Reader: manifest.Current}
		}
	}
	return found, nil
}

// archiveID returns the one id that manifests and global headers state or,
// without any, signatures.
func (s *scan) archiveID(found []manifestFound) (string, error) {
	ids := make(map[string]bool)
	for _, f := range found {
		ids[f.m.ID] = true
	}
	for _, h := range s.hints {
		if manifest.CheckID(h.ID) == nil {
			ids[h.ID] = true
		}
	}
	if len(ids) == 0 {
		for w := range s.witnesses {
			if manifest.CheckID(w.id) == nil {
				ids[w.id] = true
			}
		}
	}
	switch list := sortedKeys(ids); len(list) {
	case 0:
		return "", ErrNothingSalvaged
	case 1:
		return list[0], nil
	default:
		return "", &AmbiguousError{IDs: list}
	}
}

func sortedKeys(set map[string]bool) []string {
	list := make([]string, 0, len(set))
	for k := range set {
		list = append(list, k)
	}
	slices.Sort(list)
	return list
}

// chooseKey finds the key that signed the archive. Of several, the policy must
// trust exactly one.
func (s *scan) chooseKey(who *identity, found []manifestFound, policy sign.Policy) error {
	keys := make(map[sign.PublicKey]bool)
	for w := range s.witnesses {
		if w.id == who.id {
			keys[w.key] = true
		}
	}
	for _, f := range found {
		if f.r.by != nil {
			keys[f.r.by.key] = true
		}
	}
	var trusted, all []sign.PublicKey
	for k := range keys {
		all = append(all, k)
		if policy.Judge(k, namespace(who.id, layout.ManifestPath)).Level == sign.LevelTrusted {
			trusted = append(trusted, k)
		}
	}
	if len(all) > 1 && len(trusted) == 1 {
		all = trusted
	}
	switch len(all) {
	case 0:
		return nil
	case 1:
		who.key = all[0]
		who.verdict = policy.Judge(who.key, namespace(who.id, layout.ManifestPath))
		return nil
	}
	e := &AmbiguousError{IDs: []string{who.id}}
	for _, k := range all {
		e.Keys = append(e.Keys, k.Fingerprint())
	}
	slices.Sort(e.Keys)
	return e
}

// chooseManifest takes the manifest that the key signed or, in an archive
// without signatures, the one that names no key.
func (who *identity) chooseManifest(found []manifestFound) error {
	stripped := false
	for _, f := range found {
		signed := !who.key.IsZero() && f.r.by != nil && f.r.by.key == who.key
		unsigned := who.key.IsZero() && f.m.SigningKey == ""
		if !signed && !unsigned {
			stripped = stripped || who.key.IsZero()
			who.claimed = cmp.Or(who.claimed, f.m)
			continue
		}
		if who.proven != nil && who.digest != f.r.digest {
			return &AmbiguousError{IDs: []string{who.id, who.id}}
		}
		who.proven, who.digest = f.m, f.r.digest
	}
	if who.proven != nil {
		who.claimed = nil
	}
	who.unsigned = who.key.IsZero()
	if stripped && who.unsigned {
		return signatureFinding(CodeStripped, ruleStripped, "", "", -1, errors.New("no signature is left, but a manifest names a signing key: nothing can be proven")).Err
	}
	return nil
}

// accept applies what the caller demands of the archive.
func (who *identity) accept(opts SalvageOptions) error {
	switch {
	case who.unsigned && !opts.AllowUnsigned:
		return signatureFinding(CodeUnsigned, ruleUnsigned, "", "", -1, fmt.Errorf("%w, or all its signatures are lost: nothing shows who made it", ErrUnsigned)).Err
	case opts.RequireTrust && who.verdict.Level != sign.LevelTrusted:
		err := fmt.Errorf("%w: key %s", ErrUntrusted, who.key.Fingerprint())
		if who.verdict.Reason != nil {
			err = fmt.Errorf("%w: %w", ErrUntrusted, who.verdict.Reason)
		}
		return signatureFinding(CodeUntrusted, ruleTrust, "", who.key.Fingerprint(), -1, err).Err
	case opts.NotOlderThan.IsZero():
		return nil
	case who.proven == nil:
		return formatFinding(CodeTooOld, ruleAge, "", -1, InTar, fmt.Errorf("%w: its manifest is lost, so nothing proves when it was made", ErrTooOld)).Err
	case who.proven.Created.Before(opts.NotOlderThan):
		err := &AgeError{Created: manifest.FormatTime(who.proven.Created), NotOlderThan: manifest.FormatTime(opts.NotOlderThan)}
		return formatFinding(CodeTooOld, ruleAge, layout.ManifestPath, -1, InTar, err).Err
	}
	return nil
}
