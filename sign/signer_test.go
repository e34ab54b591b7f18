package sign

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"testing"
)

// remoteSigner stands for a key management service: it knows a public key and
// answers what it likes.
type remoteSigner struct {
	public crypto.PublicKey
	sign   func(message []byte, opts crypto.SignerOpts) ([]byte, error)
}

func (r remoteSigner) Public() crypto.PublicKey { return r.public }

func (r remoteSigner) Sign(_ io.Reader, message []byte, opts crypto.SignerOpts) ([]byte, error) {
	return r.sign(message, opts)
}

func TestNewSignerRefuses(t *testing.T) {
	ecKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name   string
		inner  crypto.Signer
		target error
		text   string
	}{
		{"nil", nil, nil, "no crypto.Signer given"},
		{"ECDSA", ecKey, ErrKeyType, "*ecdsa.PublicKey, want ed25519.PublicKey"},
		{"no public key", remoteSigner{}, ErrKeyType, "<nil>"},
		{"short key", remoteSigner{public: ed25519.PublicKey{1}}, ErrMalformedKey, "1 bytes, want 32"},
		{"weak key", remoteSigner{public: make(ed25519.PublicKey, 32)}, ErrWeakKey, "low order"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := NewSigner(c.inner)
			wantError(t, err, c.target, c.text)
		})
	}
}

func TestSignerVerifiesWhatItReturns(t *testing.T) {
	private := ed25519.NewKeyFromSeed(make([]byte, 32))
	offline := errors.New("service is offline")
	for _, c := range []struct {
		name   string
		sign   func([]byte, crypto.SignerOpts) ([]byte, error)
		target error
		text   string
	}{
		{"good", func(m []byte, _ crypto.SignerOpts) ([]byte, error) { return ed25519.Sign(private, m), nil }, nil, ""},
		{"offline", func([]byte, crypto.SignerOpts) ([]byte, error) { return nil, offline }, offline, "service is offline"},
		{"empty", func([]byte, crypto.SignerOpts) ([]byte, error) { return nil, nil }, ErrBadSignature, "returned 0 bytes, want 64"},
		{"wrong", func([]byte, crypto.SignerOpts) ([]byte, error) { return make([]byte, 64), nil }, ErrBadSignature, "returned a wrong one"},
		{"other message", func(m []byte, _ crypto.SignerOpts) ([]byte, error) { return ed25519.Sign(private, m[1:]), nil }, ErrBadSignature, "returned a wrong one"},
		{"other key", func(m []byte, _ crypto.SignerOpts) ([]byte, error) {
			return ed25519.Sign(ed25519.NewKeyFromSeed(bytes.Repeat([]byte{1}, 32)), m), nil
		}, ErrBadSignature, "returned a wrong one"},
		{"prehashed", func(m []byte, _ crypto.SignerOpts) ([]byte, error) {
			return private.Sign(nil, make([]byte, 64), crypto.SHA512)
		}, ErrBadSignature, "returned a wrong one"},
	} {
		t.Run(c.name, func(t *testing.T) {
			signer, err := NewSigner(remoteSigner{public: private.Public(), sign: c.sign})
			if err != nil {
				t.Fatal(err)
			}
			armored, err := signer.Sign("file", Digest{})
			if c.text == "" {
				if err != nil || verifyArmored(armored, "file", Digest{}) != nil {
					t.Errorf("%s, %v", armored, err)
				}
				return
			}
			wantError(t, err, c.target, c.text)
			if armored != nil {
				t.Error("a signature was returned with the error")
			}
		})
	}
}

// A service must get the message and be told that it is not a hash.
func TestSignerPassesPureEd25519(t *testing.T) {
	private := ed25519.NewKeyFromSeed(make([]byte, 32))
	signer, err := NewSigner(remoteSigner{public: private.Public(), sign: func(m []byte, opts crypto.SignerOpts) ([]byte, error) {
		if opts.HashFunc() != 0 || !bytes.HasPrefix(m, []byte(magicPreamble)) {
			t.Errorf("asked to sign %q with %v", m, opts)
		}
		return private.Sign(nil, m, opts)
	}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := signer.Sign("file", Digest{}); err != nil {
		t.Fatal(err)
	}
}

// secretForms are spellings in which a private key could leak.
func secretForms(seed []byte) []string {
	return []string{
		string(seed), hex.EncodeToString(seed), strings.ToUpper(hex.EncodeToString(seed)),
		base64.StdEncoding.EncodeToString(seed[:30]),       // a prefix of the key's own base64
		strings.Trim(fmt.Sprint(seed), "[]"),               // %v of a slice
		strings.Trim(fmt.Sprintf("%#v", seed), "[]byte{}"), // %#v of a slice
	}
}

func TestPrintingShowsNoSecret(t *testing.T) {
	seed := []byte("0123456789abcdefghijklmnopqrstuv")
	signer, err := NewSigner(ed25519.NewKeyFromSeed(seed))
	if err != nil {
		t.Fatal(err)
	}
	pair, err := GenerateKey(bytes.NewReader(seed), "comment", nil)
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).LogAttrs(context.Background(), slog.LevelInfo, "x", slog.Any("signer", signer), slog.Any("pair", pair))
	printed := log.String()
	for _, v := range []any{signer, *signer, pair, *pair, []any{signer, pair}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
			printed += fmt.Sprintf(verb, v) + "\n"
		}
	}
	for _, secret := range secretForms(seed) {
		if strings.Contains(printed, secret) {
			t.Errorf("%q is printed in\n%s", secret, printed)
		}
	}
	if strings.Contains(printed, "PRIVATE") || !strings.Contains(printed, signer.PublicKey().Fingerprint()) {
		t.Errorf("printed\n%s", printed)
	}
	_ = fmt.Sprint((*Signer)(nil), (*KeyPair)(nil))
}
