package sign

import (
	"errors"
	"fmt"
)

// What is wrong with a public or a private key.
var (
	// ErrKeyType reports a key that is not a plain Ed25519 key: RSA, ECDSA, a
	// key on a security token (sk-…), or a certificate.
	ErrKeyType = errors.New("not a plain Ed25519 key")
	// ErrMalformedKey reports a public key that does not decode: wrong length,
	// not the canonical encoding, or not a point on the curve.
	ErrMalformedKey = errors.New("malformed public key")
	// ErrWeakKey reports a public key of low order. Signatures that verify
	// under it can be made without any private key.
	ErrWeakKey = errors.New("weak public key (a point of low order)")
	// ErrKeyFormat reports a private key that is not a well-formed file in
	// OpenSSH's format, or is encrypted in a way that is not supported.
	ErrKeyFormat = errors.New("not a usable OpenSSH private key")
	// ErrPassphraseRequired reports an encrypted private key for which the
	// caller offered no passphrase.
	ErrPassphraseRequired = errors.New("private key is encrypted: a passphrase is required")
	// ErrWrongPassphrase reports a passphrase that does not decrypt the key.
	ErrWrongPassphrase = errors.New("wrong passphrase for private key")
)

// What is wrong with a signature.
var (
	// ErrMalformedSignature reports bytes that are not exactly what [Signer.Sign]
	// would have written for some key, namespace and digest.
	ErrMalformedSignature = errors.New("malformed SSH signature")
	// ErrHashAlgorithm reports a signature over a hash other than SHA-256. Such
	// an error is an [ErrMalformedSignature] too.
	ErrHashAlgorithm = errors.New("hash algorithm is not sha256")
	// ErrInvalidNamespace reports a namespace that no signature may have; see
	// [CheckNamespace].
	ErrInvalidNamespace = errors.New("invalid signature namespace")
	// ErrNamespace reports a signature made for another namespace. The error is
	// a [*NamespaceError], which names both.
	ErrNamespace = errors.New("signature is for another namespace")
	// ErrBadSignature reports a signature that does not verify: other content,
	// another key, or damage.
	ErrBadSignature = errors.New("signature does not verify")
)

// Why a key is not trusted: the reasons in a [Verdict].
var (
	// ErrUnknownKey says that no line of the allowed signers names the key.
	ErrUnknownKey = errors.New("key is not among the allowed signers")
	// ErrExpired says that the key's valid-before has passed.
	ErrExpired = errors.New("key has expired")
	// ErrNotYetValid says that the key's valid-after lies ahead.
	ErrNotYetValid = errors.New("key is not yet valid")
	// ErrRevoked says that the revocation list names the key.
	ErrRevoked = errors.New("key is revoked")
	// ErrNamespaceNotAllowed says that the key is allowed for other namespaces
	// only.
	ErrNamespaceNotAllowed = errors.New("key is not allowed to sign for this namespace")
)

// What is wrong with a trust file as a whole.
var (
	// ErrTooLarge reports a file beyond [MaxTrustFileSize], [MaxTrustLines] or
	// [MaxPrivateKeySize].
	ErrTooLarge = errors.New("file is too large")
	// ErrBinaryKRL reports a revocation list in OpenSSH's binary format.
	ErrBinaryKRL = errors.New("binary key revocation list")
)

// A NamespaceError reports a signature that is for one namespace where another
// was expected. It wraps [ErrNamespace].
type NamespaceError struct {
	Signed   string // the namespace that the signature states
	Expected string // the namespace it was checked for
}

// Error names both namespaces, quoted.
func (e *NamespaceError) Error() string {
	return fmt.Sprintf("sign: %v: signed for %q, expected %q", ErrNamespace, e.Signed, e.Expected)
}

// Unwrap returns [ErrNamespace].
func (e *NamespaceError) Unwrap() error { return ErrNamespace }

// A LineError reports a line of a trust file that breaks the grammar.
type LineError struct {
	File string // what kind of file: "allowed signers" or "revocation list"
	Line int    // from 1
	Err  error  // the rule
}

// Error names the kind of file, the line and the rule.
func (e *LineError) Error() string {
	return fmt.Sprintf("sign: %s: line %d: %v", e.File, e.Line, e.Err)
}

// Unwrap returns the rule that the line breaks.
func (e *LineError) Unwrap() error { return e.Err }
