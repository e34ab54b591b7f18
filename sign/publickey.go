package sign

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
)

// keyAlgorithm is the only key type, and the only signature algorithm, that this
// package accepts (RFC 8709).
const keyAlgorithm = "ssh-ed25519"

// maxKeyLine bounds one line of text that holds a public key. The longest keys
// in use, RSA with 16384 bits, take 2.8 KB.
const maxKeyLine = 16 << 10

// PublicKey is an Ed25519 public key that is canonical and not of low order. Two
// keys are equal exactly when == says so. The zero value is no key: nothing
// verifies under it and no policy trusts it.
type PublicKey struct{ point [ed25519.PublicKeySize]byte }

// NewPublicKey checks key and copies it. The error is [ErrWeakKey] for a point of
// low order, and [ErrMalformedKey] for a wrong length, a non-canonical encoding
// (RFC 8032, section 5.1.2) or bytes that are no point on the curve.
func NewPublicKey(key ed25519.PublicKey) (PublicKey, error) {
	k, err := newPublicKey(key)
	if err != nil {
		return PublicKey{}, fmt.Errorf("sign: public key: %w", err)
	}
	return k, nil
}

func newPublicKey(key []byte) (PublicKey, error) {
	if len(key) != ed25519.PublicKeySize {
		return PublicKey{}, fmt.Errorf("%w: %d bytes, want %d", ErrMalformedKey, len(key), ed25519.PublicKeySize)
	}
	point := [ed25519.PublicKeySize]byte(key)
	if err := checkPoint(point); err != nil {
		return PublicKey{}, err
	}
	return PublicKey{point: point}, nil
}

// ParsePublicKey reads one line as it stands in an OpenSSH .pub file,
// "ssh-ed25519 AAAA… comment", with or without comment and final newline. Options
// before the key are refused. Keys of other types give [ErrKeyType].
//
// The comment is what the file says: quote it before printing.
func ParsePublicKey(authorizedKeyLine []byte) (key PublicKey, comment string, err error) {
	key, comment, err = parsePublicKeyLine(authorizedKeyLine)
	if err != nil {
		return PublicKey{}, "", fmt.Errorf("sign: public key: %w", err)
	}
	return key, comment, nil
}

func parsePublicKeyLine(line []byte) (PublicKey, string, error) {
	if len(line) > maxKeyLine {
		return PublicKey{}, "", fmt.Errorf("%w: longer than %d bytes", ErrMalformedKey, maxKeyLine)
	}
	line = bytes.TrimSpace(line)
	switch {
	case bytes.HasPrefix(line, []byte("-----BEGIN")):
		return PublicKey{}, "", fmt.Errorf("%w: this is a PEM file; give the .pub file beside the private key", ErrMalformedKey)
	case bytes.ContainsAny(line, "\r\n"):
		return PublicKey{}, "", fmt.Errorf("%w: want one line", ErrMalformedKey)
	}
	text, err := parseKeyText(string(line))
	if err != nil {
		return PublicKey{}, "", err
	}
	key, err := text.publicKey()
	return key, text.comment, err
}

// Fingerprint returns the key's SHA-256 fingerprint as ssh-keygen -l prints it:
// "SHA256:" and 43 characters of unpadded base64.
func (k PublicKey) Fingerprint() string {
	sum := k.wireHash()
	return fingerprintPrefix + base64.RawStdEncoding.EncodeToString(sum[:])
}

const fingerprintPrefix = "SHA256:"

// String returns the key as in a .pub file, without comment: "ssh-ed25519 AAAA…".
func (k PublicKey) String() string {
	return keyAlgorithm + " " + base64.StdEncoding.EncodeToString(k.appendWire(nil))
}

// IsZero reports whether k is the zero value, which is no key.
func (k PublicKey) IsZero() bool { return k == PublicKey{} }

// Ed25519 returns a copy of the key for use with [crypto/ed25519].
func (k PublicKey) Ed25519() ed25519.PublicKey { return bytes.Clone(k.point[:]) }

// AllowedSignersLine returns the line, with its newline, that makes an
// allowed_signers file accept the key for archives as principal's:
//
//	principal namespaces="oa-archive.v1:*" ssh-ed25519 AAAA…
//
// A principal with spaces is quoted. The result is nil if [CheckPrincipal]
// refuses the principal or k is zero.
func (k PublicKey) AllowedSignersLine(principal string) []byte {
	if k.IsZero() || CheckPrincipal(principal) != nil {
		return nil
	}
	// A leading # would make the line a comment.
	if strings.Contains(principal, " ") || strings.HasPrefix(principal, "#") {
		principal = `"` + principal + `"`
	}
	return fmt.Appendf(nil, "%s namespaces=\"%s\" %s\n", principal, archiveNamespaces, k)
}

// archiveNamespaces is the pattern of the namespaces in archives of format 1.
const archiveNamespaces = "oa-archive.v1:*"

// CheckPrincipal reports whether principal can stand as the one identity of a
// line in an allowed_signers file: printable text without quotes, commas,
// wildcards (* and ?) and without a leading "!".
func CheckPrincipal(principal string) error {
	switch {
	case principal == "" || strings.TrimSpace(principal) != principal:
		return errors.New("sign: principal is empty or has spaces around it")
	case strings.ContainsAny(principal, `",*?`) || strings.HasPrefix(principal, "!"):
		return fmt.Errorf("sign: principal %q: quotes, commas, wildcards and a leading ! are not allowed", principal)
	case checkPrintable(principal) != nil:
		return fmt.Errorf("sign: principal %q: only printable characters are allowed", principal)
	}
	return nil
}

// appendWire appends the key in SSH's wire form (RFC 8709, section 4).
func (k PublicKey) appendWire(dst []byte) []byte {
	return appendString(appendString(dst, keyAlgorithm), k.point[:])
}

// wireHash is what a fingerprint spells.
func (k PublicKey) wireHash() [sha256.Size]byte {
	var buf [64]byte
	return sha256.Sum256(k.appendWire(buf[:0]))
}

// cutKey reads the wire form of an Ed25519 public key that fills wire, leaving
// the check of the point to the caller.
func cutKey(wire []byte) (point []byte, err error) {
	algorithm, rest, ok := cutString(wire)
	if !ok {
		return nil, fmt.Errorf("%w: truncated", ErrMalformedKey)
	}
	if string(algorithm) != keyAlgorithm {
		return nil, keyTypeError(algorithm)
	}
	point, rest, ok = cutString(rest)
	if !ok {
		return nil, fmt.Errorf("%w: truncated", ErrMalformedKey)
	}
	if len(rest) != 0 {
		return nil, fmt.Errorf("%w: %d bytes after the key", ErrMalformedKey, len(rest))
	}
	return point, nil
}

// keyTypeError names the type, shortened since it may be any bytes.
func keyTypeError[T string | []byte](algorithm T) error {
	const longest = 64
	if len(algorithm) > longest {
		algorithm = algorithm[:longest]
	}
	return fmt.Errorf("%w: key type %q", ErrKeyType, string(algorithm))
}
