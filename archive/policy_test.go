package archive

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/oneanalytics/oa-archive/manifest"
	"github.com/oneanalytics/oa-archive/sign"
)

func TestTrust(t *testing.T) {
	b := build(t, options(t), smallFiles(), true)
	key := testSigner(t, 1).PublicKey()
	line := string(key.AllowedSignersLine("backup@example.com"))
	keyText := strings.TrimSpace(line[strings.Index(line, "ssh-ed25519"):])
	other := string(testSigner(t, 2).PublicKey().AllowedSignersLine("other@example.com"))
	allowed := func(text string) *sign.AllowedSigners {
		a, err := sign.ParseAllowedSigners(strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	revoked, err := sign.ParseRevocations(strings.NewReader(keyText + "\n"))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name   string
		policy sign.Policy
		level  sign.Level
		reason error
	}{
		{"nobody said", sign.Policy{}, sign.LevelUnknown, nil},
		{"allowed", sign.Policy{Allowed: allowed(line)}, sign.LevelTrusted, nil},
		{"other key", sign.Policy{Allowed: allowed(other)}, sign.LevelUntrusted, sign.ErrUnknownKey},
		{"for this use", sign.Policy{Allowed: allowed(`backup namespaces="oa-archive.v1:*" ` + keyText)}, sign.LevelTrusted, nil},
		{"for another use", sign.Policy{Allowed: allowed(`backup namespaces="git" ` + keyText)}, sign.LevelUntrusted, sign.ErrNamespaceNotAllowed},
		// The archive says that it was created in January 2026; what counts is now.
		{"expired since", sign.Policy{Allowed: allowed(`backup valid-before="20260601" ` + keyText), Now: time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC)}, sign.LevelUntrusted, sign.ErrExpired},
		{"not yet valid", sign.Policy{Allowed: allowed(`backup valid-after="20270101" ` + keyText), Now: testTime}, sign.LevelUntrusted, sign.ErrNotYetValid},
		{"revoked", sign.Policy{Allowed: allowed(line), Revoked: revoked}, sign.LevelUntrusted, sign.ErrRevoked},
	} {
		r := both(t, b, Options{Policy: c.policy})
		if !r.OK() || r.Verdict.Level != c.level || !errors.Is(r.Verdict.Reason, c.reason) || r.Verdict.Key != key {
			t.Errorf("%s: verdict %+v, %v", c.name, r.Verdict, r.Err())
		}
		opts := Options{Policy: c.policy, RequireTrust: true}
		if c.policy.Allowed == nil {
			for name, err := range everyReader(b, opts) {
				if !errors.Is(err, ErrNoTrust) {
					t.Errorf("%s: %s: %v, want ErrNoTrust", c.name, name, err)
				}
			}
			continue
		}
		for name, err := range everyReader(b, opts) {
			var signature *SignatureError
			if c.level == sign.LevelTrusted {
				if err != nil {
					t.Errorf("%s: %s: %v", c.name, name, err)
				}
			} else if !errors.Is(err, ErrUntrusted) || !errors.Is(err, c.reason) || !errors.As(err, &signature) || signature.Fingerprint != key.Fingerprint() || signature.Code != CodeUntrusted {
				t.Errorf("%s: %s: %v", c.name, name, err)
			}
		}
	}
}

// everyReader returns the errors of all ways to read b.
func everyReader(b []byte, opts Options) map[string]error {
	errs := make(map[string]error)
	r, err := Verify(context.Background(), bytes.NewReader(b), int64(len(b)), opts)
	if err == nil {
		err = r.Err()
	}
	errs["Verify"] = err
	if r, err = VerifyStream(context.Background(), bytes.NewReader(b), opts); err == nil {
		err = r.Err()
	}
	errs["VerifyStream"] = err
	_, errs["Open"] = Open(context.Background(), bytes.NewReader(b), int64(len(b)), opts)
	reader, err := NewReader(bytes.NewReader(b), opts)
	for err == nil {
		_, err = reader.NextUnverified()
	}
	if err == io.EOF {
		err = nil
	}
	errs["Reader"] = err
	return errs
}

func TestUnsignedNeedsConsent(t *testing.T) {
	opts := options(t)
	opts.Signer, opts.Unsigned = nil, true
	b := build(t, opts, smallFiles(), true)
	for name, err := range everyReader(b, Options{}) {
		var signature *SignatureError
		if !errors.Is(err, ErrUnsigned) || !errors.As(err, &signature) || signature.Code != CodeUnsigned {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, err := range everyReader(b, Options{AllowUnsigned: true}) {
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	nobody, err := sign.ParseAllowedSigners(strings.NewReader(""))
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range everyReader(b, Options{AllowUnsigned: true, RequireTrust: true, Policy: sign.Policy{Allowed: nobody}}) {
		mustContain(t, err, "contradict")
	}
}

func TestNotOlderThan(t *testing.T) {
	b := build(t, options(t), smallFiles(), true)
	for name, err := range everyReader(b, Options{NotOlderThan: testTime}) {
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, err := range everyReader(b, Options{NotOlderThan: testTime.Add(time.Second)}) {
		var age *AgeError
		if !errors.Is(err, ErrTooOld) || !errors.As(err, &age) {
			t.Errorf("%s: %v", name, err)
		}
		mustContain(t, err, "2026-01-02T03:04:05Z, before 2026-01-02T03:04:06Z")
	}
}

func TestLimits(t *testing.T) {
	b := build(t, options(t), smallFiles(), true)
	for what, limits := range map[string]Limits{"entries": {Entries: 8}, "manifest": {Manifest: 500}, "tar": {Tar: 10_000}} {
		for name, err := range everyReader(b, Options{Limits: limits}) {
			var format *FormatError
			if !errors.As(err, &format) || format.Code != CodeLimit || !errors.Is(err, ErrLimit) && !errors.Is(err, manifest.ErrLimit) {
				t.Errorf("%s: %s: %v", what, name, err)
			}
		}
	}
	for _, limits := range []Limits{{Entries: -1}, {Manifest: MaxManifest + 1}, {Findings: -5}} {
		for name, err := range everyReader(b, Options{Limits: limits}) {
			if err == nil {
				t.Errorf("%s: limits %+v are accepted", name, limits)
			}
		}
	}
	if d := DefaultLimits(); d.Entries < 100_000 || d.Manifest < 32<<20 || d.Tar < 1<<40 {
		t.Errorf("default limits %+v are below what the specification demands", d)
	}
}

func TestNothingIsNoArchive(t *testing.T) {
	for name, err := range everyReader(nil, Options{}) {
		if !errors.Is(err, ErrNotArchive) {
			t.Errorf("%s: nothing: %v", name, err)
		}
	}
}
