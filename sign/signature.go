package sign

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"sync/atomic"
)

// Limits of a signature.
const (
	// MaxNamespace is the greatest length of a namespace in bytes.
	MaxNamespace = 512
	// MaxSignatureSize is the number of bytes beyond which [ParseSignature]
	// refuses its input unread. Every valid signature is below a third of it.
	MaxSignatureSize = 4 << 10
)

const (
	magicPreamble  = "SSHSIG"
	sigVersion     = 1
	hashAlgorithm  = "sha256"
	keyWireSize    = 4 + len(keyAlgorithm) + 4 + ed25519.PublicKeySize
	signatureField = 4 + len(keyAlgorithm) + 4 + ed25519.SignatureSize
)

// Digest is the SHA-256 of the signed content.
type Digest = [sha256.Size]byte

// A Signature is a parsed SSHSIG. Neither field means anything before
// [Signature.Verify] has returned nil. It may be used concurrently.
type Signature struct {
	// Key is the key that the signature claims to be by.
	Key PublicKey
	// Namespace is the namespace that the signature claims to be for.
	Namespace string

	value [ed25519.SignatureSize]byte
}

// CheckNamespace reports whether a signature may have the namespace: 1 to
// [MaxNamespace] bytes of printable ASCII without spaces (0x21 to 0x7e). The
// error wraps [ErrInvalidNamespace].
func CheckNamespace(namespace string) error {
	if err := checkNamespace(namespace); err != nil {
		return fmt.Errorf("sign: %w", err)
	}
	return nil
}

func checkNamespace(namespace string) error {
	if len(namespace) == 0 {
		return fmt.Errorf("%w: it is empty", ErrInvalidNamespace)
	}
	if len(namespace) > MaxNamespace {
		return fmt.Errorf("%w: %d bytes, limit %d", ErrInvalidNamespace, len(namespace), MaxNamespace)
	}
	for i := range len(namespace) {
		if c := namespace[i]; c <= ' ' || c > '~' {
			return fmt.Errorf("%w: byte %d is 0x%02x, want printable ASCII without spaces", ErrInvalidNamespace, i, c)
		}
	}
	return nil
}

// SignatureSize returns the exact number of bytes of every signature for
// namespace that [Signer.Sign] makes and [ParseSignature] accepts. It depends on
// the namespace's length alone, and does not check the namespace.
func SignatureSize(namespace string) int {
	return armoredSize(len(magicPreamble) + 4 +
		4 + keyWireSize +
		4 + len(namespace) +
		4 + // reserved
		4 + len(hashAlgorithm) +
		4 + signatureField)
}

// signedMessage returns the bytes that Ed25519 signs (PROTOCOL.sshsig, section 3).
func signedMessage(namespace string, digest Digest) []byte {
	msg := make([]byte, 0, len(magicPreamble)+4*4+len(namespace)+len(hashAlgorithm)+len(digest))
	msg = append(msg, magicPreamble...)
	msg = appendString(msg, namespace)
	msg = appendString(msg, "")
	msg = appendString(msg, hashAlgorithm)
	return appendString(msg, digest[:])
}

// ParseSignature reads an armored signature. It accepts exactly what
// [Signer.Sign] returns, which is what ssh-keygen writes with -O hashalg=sha256:
// the result of [Signature.Marshal] equals armored. Every error wraps
// [ErrMalformedSignature]; where the cause is more special, also
// [ErrHashAlgorithm], [ErrKeyType], [ErrWeakKey], [ErrMalformedKey] or
// [ErrInvalidNamespace].
//
// Nothing has been verified when ParseSignature returns: call [Signature.Verify].
func ParseSignature(armored []byte) (*Signature, error) {
	wire, err := dearmor(armored)
	if err != nil {
		return nil, fmt.Errorf("sign: %w: %w", ErrMalformedSignature, err)
	}
	s, err := parseWire(wire)
	if err != nil {
		return nil, fmt.Errorf("sign: %w: %w", ErrMalformedSignature, err)
	}
	return s, nil
}

var errTruncated = errors.New("truncated")

// parseWire reads the binary form (PROTOCOL.sshsig, section 2).
func parseWire(wire []byte) (*Signature, error) {
	rest, ok := bytes.CutPrefix(wire, []byte(magicPreamble))
	if !ok {
		return nil, errors.New("the magic preamble SSHSIG is missing")
	}
	version, rest, ok := cutUint32(rest)
	if !ok {
		return nil, errTruncated
	}
	if version != sigVersion {
		return nil, fmt.Errorf("version %d, want %d", version, sigVersion)
	}
	// public key, namespace, reserved, hash algorithm, signature
	var fields [5][]byte
	for i := range fields {
		if fields[i], rest, ok = cutString(rest); !ok {
			return nil, errTruncated
		}
	}
	if len(rest) != 0 {
		return nil, fmt.Errorf("%d bytes after the signature", len(rest))
	}
	key, namespace, reserved, algorithm, value := fields[0], string(fields[1]), fields[2], fields[3], fields[4]

	s := &Signature{Namespace: namespace}
	point, err := cutKey(key)
	if err != nil {
		return nil, err
	}
	if s.Key, err = cachedPublicKey(point); err != nil {
		return nil, err
	}
	if err := checkNamespace(namespace); err != nil {
		return nil, err
	}
	if len(reserved) != 0 {
		return nil, errors.New("the reserved field is not empty")
	}
	if string(algorithm) != hashAlgorithm {
		return nil, fmt.Errorf("%w but %.32q: sign again with ssh-keygen -Y sign -O hashalg=sha256", ErrHashAlgorithm, algorithm)
	}
	if err := s.setValue(value); err != nil {
		return nil, err
	}
	return s, nil
}

// setValue reads the inner signature (RFC 8709, section 6).
func (s *Signature) setValue(field []byte) error {
	algorithm, rest, ok := cutString(field)
	if !ok {
		return errTruncated
	}
	if string(algorithm) != keyAlgorithm {
		return fmt.Errorf("signature algorithm %.64q, want %s", algorithm, keyAlgorithm)
	}
	value, rest, ok := cutString(rest)
	if !ok {
		return errTruncated
	}
	if len(rest) != 0 {
		return fmt.Errorf("%d bytes after the Ed25519 signature", len(rest))
	}
	if len(value) != ed25519.SignatureSize {
		return fmt.Errorf("Ed25519 signature of %d bytes, want %d", len(value), ed25519.SignatureSize)
	}
	s.value = [ed25519.SignatureSize]byte(value)
	return nil
}

// lastKey is the key that passed cachedPublicKey last. The signatures of an
// archive are by one key, and checking that a point is on the curve costs half as
// much as verifying a signature.
var lastKey atomic.Pointer[PublicKey]

func cachedPublicKey(point []byte) (PublicKey, error) {
	if k := lastKey.Load(); k != nil && bytes.Equal(k.point[:], point) {
		return *k, nil
	}
	k, err := newPublicKey(point)
	if err == nil {
		lastKey.Store(&k)
	}
	return k, err
}

// Marshal returns the armored signature, [SignatureSize] bytes.
func (s *Signature) Marshal() []byte {
	wire := make([]byte, 0, 256+len(s.Namespace))
	wire = append(wire, magicPreamble...)
	wire = binary.BigEndian.AppendUint32(wire, sigVersion)
	wire = binary.BigEndian.AppendUint32(wire, uint32(keyWireSize))
	wire = s.Key.appendWire(wire)
	wire = appendString(wire, s.Namespace)
	wire = appendString(wire, "")
	wire = appendString(wire, hashAlgorithm)
	wire = binary.BigEndian.AppendUint32(wire, uint32(signatureField))
	wire = appendString(wire, keyAlgorithm)
	wire = appendString(wire, s.value[:])
	return armor(wire)
}

// Verify reports whether the holder of s.Key signed digest for namespace. The
// error is a [*NamespaceError] if the signature is for another namespace, and
// wraps [ErrBadSignature] if it does not verify. The verdict is that of
// [ed25519.Verify].
//
// A nil error says nothing of whose key it is: ask [Policy.Judge].
func (s *Signature) Verify(namespace string, digest Digest) error {
	if s.Namespace != namespace {
		return &NamespaceError{Signed: s.Namespace, Expected: namespace}
	}
	// The zero key is a point of low order.
	if s.Key.IsZero() || !s.Key.verifies(signedMessage(namespace, digest), &s.value) {
		return fmt.Errorf("sign: %w under key %s: the content or the signature was changed", ErrBadSignature, s.Key.Fingerprint())
	}
	return nil
}
