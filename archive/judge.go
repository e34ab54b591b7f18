package archive

import (
	"errors"
	"fmt"
	"sort"

	"github.com/oneanalytics/oa-archive/internal/ustar"
	"github.com/oneanalytics/oa-archive/layout"
	"github.com/oneanalytics/oa-archive/manifest"
	"github.com/oneanalytics/oa-archive/sign"
)

// proof is what a manifest and its signature amount to.
type proof struct {
	m       *manifest.Manifest // nil when it could not be read
	digest  layout.Digest      // of the manifest's text
	verdict sign.Verdict
	faults  []Finding
}

// prove checks the manifest that lies at offset in the tar: its version, its
// signature (nil when there is none), its form, the trust in its signer and
// its age, in this order.
func prove(text, signature []byte, offset int64, opts Options) proof {
	m, err := manifest.Parse(text, opts.Limits.manifest())
	return proveParsed(m, err, layout.DigestOf(text), signature, offset, opts)
}

// proveParsed is prove for a manifest whose text has that digest, and of which
// manifest.Parse has made m or parseErr.
func proveParsed(m *manifest.Manifest, parseErr error, digest layout.Digest, signature []byte, offset int64, opts Options) proof {
	p := proof{m: m, digest: digest}
	var newer *manifest.VersionError
	if errors.As(parseErr, &newer) {
		p.faults = append(p.faults, manifestFinding(parseErr, offset))
		return p
	}
	var s *sign.Signature
	if signature != nil {
		s = p.checkSignature(signature, offset)
	}
	if parseErr != nil {
		p.faults = append(p.faults, manifestFinding(parseErr, offset))
		return p
	}
	if s != nil {
		p.checkSigner(s, offset)
	}
	switch {
	case s == nil && signature == nil && m.SigningKey != "":
		p.fault(CodeNoSignature, ruleSignedAll, "", offset, errors.New("the manifest has no signature, but names the key that signs it"))
	case m.SigningKey == "" && signature == nil && !opts.AllowUnsigned:
		p.fault(CodeUnsigned, ruleUnsigned, "", -1, fmt.Errorf("%w: nothing shows who made it or that it is complete", ErrUnsigned))
	}
	if s != nil && len(p.faults) == 0 {
		p.judge(s, opts)
	}
	if !opts.NotOlderThan.IsZero() && m.Created.Before(opts.NotOlderThan) {
		err := &AgeError{Created: manifest.FormatTime(m.Created), NotOlderThan: manifest.FormatTime(opts.NotOlderThan)}
		p.faults = append(p.faults, formatFinding(CodeTooOld, ruleAge, layout.ManifestPath, -1, InTar, err))
	}
	return p
}

func (p *proof) fault(code Code, rule, fingerprint string, offset int64, err error) {
	p.faults = append(p.faults, signatureFinding(code, rule, layout.ManifestPath, fingerprint, offset, err))
}

// checkSignature verifies the manifest's signature for the archive id that the
// signature itself states; checkSigner compares that with the manifest.
func (p *proof) checkSignature(text []byte, offset int64) *sign.Signature {
	s, err := sign.ParseSignature(text)
	if err != nil {
		p.fault(CodeSignatureForm, ruleSignatureForm, "", offset, err)
		return nil
	}
	fingerprint := s.Key.Fingerprint()
	id, path, ok := cutNamespace(s.Namespace)
	if !ok || path != layout.ManifestPath || manifest.CheckID(id) != nil {
		code, err := classifyNamespace(s.Namespace, id, layout.ManifestPath)
		p.fault(code, ruleNamespace, fingerprint, offset, err)
		return nil
	}
	if err := s.Verify(namespace(id, layout.ManifestPath), sign.Digest(p.digest)); err != nil {
		p.fault(CodeBadSignature, ruleVerifies, fingerprint, offset, err)
		return nil
	}
	return s
}

// checkSigner compares who signed the manifest with whom it names.
func (p *proof) checkSigner(s *sign.Signature, offset int64) {
	fingerprint := s.Key.Fingerprint()
	id, _, _ := cutNamespace(s.Namespace)
	switch {
	case id != p.m.ID:
		p.fault(CodeOtherArchive, ruleNamespace, fingerprint, offset, fmt.Errorf("the signature was made for the archive %s, the manifest is that of %s", id, p.m.ID))
	case p.m.SigningKey == "":
		p.fault(CodeExtraSignature, ruleUnsignedPure, fingerprint, offset, errors.New("the manifest is signed, but does not name a signing key"))
	case p.m.SigningKey != fingerprint:
		p.fault(CodeOtherKey, ruleOneSigner, fingerprint, offset, fmt.Errorf("the manifest is signed by key %s, but names %s", fingerprint, p.m.SigningKey))
	}
}

func (p *proof) judge(s *sign.Signature, opts Options) {
	p.verdict = opts.Policy.Judge(s.Key, s.Namespace)
	if !opts.RequireTrust || p.verdict.Level == sign.LevelTrusted {
		return
	}
	err := fmt.Errorf("%w: key %s", ErrUntrusted, s.Key.Fingerprint())
	if p.verdict.Reason != nil {
		err = fmt.Errorf("%w: %w", ErrUntrusted, p.verdict.Reason)
	}
	p.fault(CodeUntrusted, ruleTrust, s.Key.Fingerprint(), -1, err)
}

// strip says of an archive without any signature what has happened to it.
func (p *proof) strip() {
	for i := range p.faults {
		if p.faults[i].Code == CodeNoSignature {
			p.faults[i] = signatureFinding(CodeStripped, ruleStripped, "", "", -1, errors.New("the signatures were removed: the manifest names a signing key, but nothing is signed"))
		}
	}
}

// A judge compares what was read with what the manifest says.
type judge struct {
	w       *walk
	m       *manifest.Manifest
	holders map[layout.Digest]string // see holder
}

// conclude turns a finished walk into a report.
func (w *walk) conclude() *Report {
	r := &Report{Entries: w.entries.len(), Bytes: w.bytes, FileSize: w.frames.src.done()}
	switch {
	case w.manifest != nil, w.listing != nil:
		p := w.prove()
		r.Manifest, r.Verdict = p.m, p.verdict
		if p.m != nil {
			r.Signed = p.m.SigningKey != ""
			j := &judge{w: w, m: p.m}
			if r.Signed && w.signature == nil && j.noSignatures() {
				p.strip()
			} else {
				j.signatures()
			}
			j.entries()
			j.hint()
		}
		for _, f := range p.faults {
			w.led.add(f)
		}
	case w.manifestAt < 0 && !w.gaveUp && len(w.holes) == 0:
		w.report(CodeNoManifest, ruleSequence, layout.ManifestPath, -1, "there is no manifest")
	}
	w.led.sort()
	r.Findings, r.Dropped, r.Incomplete = w.led.findings, w.led.dropped, w.gaveUp || w.frames.lost()
	return r
}

// prove checks the manifest, which is not held any more afterwards.
func (w *walk) prove() proof {
	if l := w.listing; l != nil {
		return proveParsed(l.m, nil, l.digest, w.signature, w.manifestAt, w.opts)
	}
	p := prove(w.manifest, w.signature, w.manifestAt, w.opts)
	w.manifest = nil
	w.giveBack()
	return p
}

func (j *judge) noSignatures() bool {
	for o := range j.w.entries.all() {
		if o.signature != nil {
			return false
		}
	}
	return true
}

// signatures checks that every entry has one, by the key that the manifest
// names, or that none has one.
func (j *judge) signatures() {
	listed := j.digests()
	for o := range j.w.entries.all() {
		s := o.signature
		switch {
		case j.m.SigningKey == "":
			if s != nil {
				j.w.led.add(signatureFinding(CodeExtraSignature, ruleUnsignedPure, o.path, s.fingerprint, o.offset, errors.New("the entry is signed, but the manifest names no signing key")))
			}
		case s == nil:
			if !o.damaged && !j.unread(o.offset, o.offset+ustar.Length(o.size)+ustar.Padded(o.size)+1) {
				j.w.led.add(signatureFinding(CodeNoSignature, ruleSignedAll, o.path, "", o.offset, errors.New("the entry's signature is missing")))
			}
		case s.fault != nil:
			// A changed content has a finding of its own.
			if digest, ok := listed[o.path]; s.fault.Code != CodeBadSignature || !ok || digest == o.digest {
				j.w.led.add(*s.fault)
			}
		case s.fingerprint != "" && s.fingerprint != j.m.SigningKey:
			j.w.led.add(signatureFinding(CodeOtherKey, ruleOneSigner, o.path, s.fingerprint, o.offset, fmt.Errorf("the entry is signed by key %s, the archive by %s", s.fingerprint, j.m.SigningKey)))
		}
	}
}

// digests maps the paths of entries whose signature has a fault to their
// listed digests.
func (j *judge) digests() map[string][32]byte {
	faulty := make(map[string]bool)
	for o := range j.w.entries.all() {
		if o.signature != nil && o.signature.fault != nil {
			faulty[o.path] = true
		}
	}
	listed := make(map[string][32]byte, len(faulty))
	for i := range j.m.Entries {
		if e := &j.m.Entries[i]; faulty[e.Path] {
			listed[e.Path] = e.SHA256
		}
	}
	return listed
}

// unread reports whether the part of the tar touches one that was not read.
func (j *judge) unread(from, to int64) bool {
	if j.w.gaveUp && to > j.w.pos {
		return true
	}
	holes := j.w.holes // in order, apart from one another
	i := sort.Search(len(holes), func(i int) bool { return holes[i].to > from })
	return i < len(holes) && holes[i].from < to
}

// hint compares the global header with the manifest.
func (j *judge) hint() {
	if j.w.hint == nil {
		return
	}
	want := hintOf(j.m)
	for _, c := range []struct{ name, got, want string }{
		{"created", j.w.hint.Created, want.Created}, {"format", j.w.hint.Format, want.Format}, {"id", j.w.hint.ID, want.ID}, {"tenant", j.w.hint.Tenant, want.Tenant},
	} {
		if c.got != c.want {
			j.w.report(CodeHint, ruleHint, "", 0, "the global header says %s is %.80q, the manifest says %.80q", c.name, c.got, c.want)
		}
	}
}
