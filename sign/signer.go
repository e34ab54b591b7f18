package sign

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
)

// A Signer makes signatures with one Ed25519 key. It is safe for concurrent use
// if the [crypto.Signer] it wraps is. Printing a Signer shows its fingerprint,
// never the private key.
type Signer struct {
	inner crypto.Signer
	key   PublicKey
}

// NewSigner wraps any Ed25519 signer: an [ed25519.PrivateKey], or the key of a
// key management service or an agent. It asks for the public key once and checks
// it as [NewPublicKey] does. A public key of another type gives [ErrKeyType].
//
// inner.Sign gets the message itself, not a hash of it, with crypto.Hash(0) as
// options: pure Ed25519 (RFC 8032), not Ed25519ph.
func NewSigner(inner crypto.Signer) (*Signer, error) {
	if inner == nil {
		return nil, errors.New("sign: new signer: no crypto.Signer given")
	}
	public, ok := inner.Public().(ed25519.PublicKey)
	if !ok {
		return nil, fmt.Errorf("sign: new signer: %w: its public key is a %T, want ed25519.PublicKey", ErrKeyType, inner.Public())
	}
	key, err := newPublicKey(public)
	if err != nil {
		return nil, fmt.Errorf("sign: new signer: %w", err)
	}
	return &Signer{inner: inner, key: key}, nil
}

// PublicKey returns the key that the signatures verify under.
func (s *Signer) PublicKey() PublicKey { return s.key }

// Sign returns the armored signature of digest for namespace: exactly
// [SignatureSize] bytes, the same for the same arguments. It verifies what the
// wrapped signer returned, so a broken one yields an error, which wraps
// [ErrBadSignature], and not a bad signature. A namespace that [CheckNamespace]
// refuses gives [ErrInvalidNamespace].
func (s *Signer) Sign(namespace string, digest Digest) ([]byte, error) {
	if err := checkNamespace(namespace); err != nil {
		return nil, fmt.Errorf("sign: %w", err)
	}
	message := signedMessage(namespace, digest)
	// The signer gets a copy, so that what is verified is what was asked for.
	value, err := s.inner.Sign(rand.Reader, bytes.Clone(message), crypto.Hash(0))
	if err != nil {
		return nil, fmt.Errorf("sign: with key %s: %w", s.key.Fingerprint(), err)
	}
	if len(value) != ed25519.SignatureSize {
		return nil, fmt.Errorf("sign: %w: the signer for key %s returned %d bytes, want %d", ErrBadSignature, s.key.Fingerprint(), len(value), ed25519.SignatureSize)
	}
	signature := Signature{Key: s.key, Namespace: namespace, value: [ed25519.SignatureSize]byte(value)}
	if !s.key.verifies(message, &signature.value) {
		return nil, fmt.Errorf("sign: %w: the signer for key %s returned a wrong one", ErrBadSignature, s.key.Fingerprint())
	}
	return signature.Marshal(), nil
}

// Format implements [fmt.Formatter] and writes the fingerprint, whatever the
// verb, so that no format reaches into the private key.
func (s Signer) Format(f fmt.State, _ rune) {
	fmt.Fprintf(f, "sign.Signer(%s)", s.key.Fingerprint())
}
