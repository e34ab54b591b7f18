package sign

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"testing/iotest"
)

// Keys that we make are read by ssh-keygen, by us, and have the same public key
// and fingerprint everywhere.
func TestGenerateKey(t *testing.T) {
	for _, c := range []struct{ name, comment, secret string }{
		{"plain", "alice@example.com", ""},
		{"no comment", "", ""},
		{"comment with spaces", "Backups of Zoë, 2026", ""},
		{"encrypted", "alice@example.com", testPassphrase},
	} {
		t.Run(c.name, func(t *testing.T) {
			pair, err := GenerateKey(nil, c.comment, []byte(c.secret))
			if err != nil {
				t.Fatal(err)
			}
			signer, err := ParsePrivateKey(pair.PrivatePEM, passphrase(c.secret))
			if err != nil || signer.PublicKey() != pair.Public {
				t.Fatalf("ParsePrivateKey: %v", err)
			}
			if _, err := ParsePrivateKey(pair.PrivatePEM, nil); errors.Is(err, ErrPassphraseRequired) != (c.secret != "") {
				t.Errorf("without passphrase: %v", err)
			}
			key, comment, err := ParsePublicKey(pair.AuthorizedKey())
			if err != nil || key != pair.Public || comment != c.comment || pair.Comment != c.comment {
				t.Errorf("ParsePublicKey: %v, %q, %v", key, comment, err)
			}

			path := writeFile(t, "key", pair.PrivatePEM)
			derived := mustKeygen(t, nil, "-y", "-P", c.secret, "-f", path)
			if !bytes.Equal(derived, pair.AuthorizedKey()) {
				t.Errorf("ssh-keygen -y says %q, want %q", derived, pair.AuthorizedKey())
			}
			listed := string(mustKeygen(t, nil, "-l", "-f", writeFile(t, "key.pub", pair.AuthorizedKey())))
			if !strings.Contains(listed, " "+pair.Public.Fingerprint()+" ") {
				t.Errorf("ssh-keygen -l says %q, want %s", listed, pair.Public.Fingerprint())
			}
			if want := pair.Public.AllowedSignersLine("alice"); !bytes.Equal(pair.AllowedSignersLine("alice"), want) {
				t.Errorf("AllowedSignersLine: %q, want %q", pair.AllowedSignersLine("alice"), want)
			}
		})
	}
}

// The random source alone decides about the key.
func TestGenerateKeyUsesItsRandomSource(t *testing.T) {
	seed := bytes.Repeat([]byte{42}, 32)
	a, errA := GenerateKey(bytes.NewReader(seed), "", nil)
	b, errB := GenerateKey(iotest.OneByteReader(bytes.NewReader(seed)), "", nil)
	c, errC := GenerateKey(nil, "", nil)
	if err := errors.Join(errA, errB, errC); err != nil {
		t.Fatal(err)
	}
	if a.Public != b.Public || a.Public == c.Public {
		t.Errorf("keys %v, %v, %v", a.Public, b.Public, c.Public)
	}
}

func TestGenerateKeyRefuses(t *testing.T) {
	_, err := GenerateKey(bytes.NewReader(make([]byte, 31)), "", nil)
	wantError(t, err, nil, "read random bytes: unexpected EOF")
	for _, comment := range []string{"a\nssh-ed25519 AAAA", "a\x00", "\x1b[0m", "a\xff", "a\u202e"} {
		_, err := GenerateKey(nil, comment, nil)
		wantError(t, err, nil, "sign: generate key: comment ")
	}
}
