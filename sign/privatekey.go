package sign

import (
	"bytes"
	"crypto/ed25519"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"

	"golang.org/x/crypto/ssh"
)

// Limits of a private key file.
const (
	// MaxPrivateKeySize is the size beyond which [ParsePrivateKey] refuses a
	// file, in bytes.
	MaxPrivateKeySize = 64 << 10
	// MaxKDFRounds is the greatest cost of a passphrase, in rounds of
	// bcrypt_pbkdf (ssh-keygen -a). ssh-keygen's default is 16 or 24; 2,048 take
	// some seconds.
	MaxKDFRounds = 2048
)

const (
	opensshPEMType = "OPENSSH PRIVATE KEY"
	opensshMagic   = "openssh-key-v1\x00" // OpenSSH's PROTOCOL.key
)

// ParsePrivateKey reads a private Ed25519 key in OpenSSH's format, the whole file.
// If the key is encrypted, it calls passphrase once; with a nil passphrase it
// returns [ErrPassphraseRequired], so that a caller can find out whether to ask.
// The bytes that passphrase returns are neither kept nor changed.
//
// Other errors: [ErrKeyType] (known before the passphrase is asked for),
// [ErrKeyFormat], [ErrWrongPassphrase], [ErrWeakKey], [ErrMalformedKey],
// [ErrTooLarge], and what passphrase returned, wrapped. None holds key material.
func ParsePrivateKey(pem []byte, passphrase func() ([]byte, error)) (*Signer, error) {
	private, err := parsePrivateKey(pem, passphrase)
	if err != nil {
		return nil, fmt.Errorf("sign: private key: %w", err)
	}
	return NewSigner(private)
}

func parsePrivateKey(file []byte, passphrase func() ([]byte, error)) (ed25519.PrivateKey, error) {
	if len(file) > MaxPrivateKeySize {
		return nil, fmt.Errorf("%w: limit %d bytes", ErrTooLarge, MaxPrivateKeySize)
	}
	contents, err := decodeKeyFile(file)
	if err != nil {
		return nil, err
	}
	public, err := parseContainer(contents)
	if err != nil {
		return nil, err
	}
	var secret []byte
	if public.encrypted {
		if secret, err = askPassphrase(passphrase); err != nil {
			return nil, err
		}
	}
	private, err := openKeyFile(file, secret)
	if err != nil {
		return nil, err
	}
	// A private key whose halves do not belong together can leak its secret
	// with the first signature.
	derived := ed25519.NewKeyFromSeed(private.Seed())
	if !bytes.Equal(derived, private) || !bytes.Equal(derived[ed25519.SeedSize:], public.key.point[:]) {
		return nil, fmt.Errorf("%w: private and public part do not belong together", ErrKeyFormat)
	}
	return derived, nil
}

func askPassphrase(passphrase func() ([]byte, error)) ([]byte, error) {
	if passphrase == nil {
		return nil, ErrPassphraseRequired
	}
	secret, err := passphrase()
	if err != nil {
		return nil, fmt.Errorf("passphrase: %w", err)
	}
	if len(secret) == 0 {
		return nil, fmt.Errorf("%w: it is empty", ErrWrongPassphrase)
	}
	return secret, nil
}

// openKeyFile reads the secret part of a file; an empty secret means that it is
// not encrypted. What the parser says, or panics with, is not passed on, since it
// speaks of that part.
func openKeyFile(file, secret []byte) (private ed25519.PrivateKey, err error) {
	damaged := fmt.Errorf("%w: its private part is damaged", ErrKeyFormat)
	defer func() {
		if recover() != nil {
			private, err = nil, damaged
		}
	}()
	var key any
	if len(secret) > 0 {
		key, err = ssh.ParseRawPrivateKeyWithPassphrase(file, secret)
	} else {
		key, err = ssh.ParseRawPrivateKey(file)
	}
	if errors.Is(err, x509.IncorrectPasswordError) {
		return nil, ErrWrongPassphrase
	}
	parsed, ok := key.(*ed25519.PrivateKey)
	if err != nil || !ok || len(*parsed) != ed25519.PrivateKeySize {
		return nil, damaged
	}
	return *parsed, nil
}

// decodeKeyFile undoes the PEM and turns away other formats with what to do.
func decodeKeyFile(file []byte) ([]byte, error) {
	text := bytes.TrimSpace(file)
	switch {
	case bytes.HasPrefix(text, []byte("PuTTY-User-Key-File-")):
		return nil, fmt.Errorf("%w: it is a PuTTY key; convert it with puttygen KEY.ppk -O private-openssh-new -o KEY", ErrKeyFormat)
	case !bytes.HasPrefix(text, []byte("-----BEGIN ")) && isKeyAlgorithm(firstField(text)):
		return nil, fmt.Errorf("%w: it is a public key; give the file without .pub", ErrKeyFormat)
	case !bytes.HasPrefix(text, []byte("-----BEGIN ")):
		return nil, fmt.Errorf("%w: it does not begin with -----BEGIN %s-----", ErrKeyFormat, opensshPEMType)
	}
	block, rest := pem.Decode(text)
	if block == nil {
		return nil, fmt.Errorf("%w: its PEM armor is damaged", ErrKeyFormat)
	}
	switch block.Type {
	case opensshPEMType:
	case "RSA PRIVATE KEY", "EC PRIVATE KEY", "DSA PRIVATE KEY":
		return nil, fmt.Errorf("%w: it is an %s; make a key with ssh-keygen -t ed25519", ErrKeyType, block.Type)
	case "PRIVATE KEY", "ENCRYPTED PRIVATE KEY":
		return nil, fmt.Errorf("%w: it is in PKCS #8 format; make a key with ssh-keygen -t ed25519", ErrKeyFormat)
	default:
		return nil, fmt.Errorf("%w: its PEM type is %.64q, want %q", ErrKeyFormat, block.Type, opensshPEMType)
	}
	if len(block.Headers) != 0 || len(bytes.TrimSpace(rest)) != 0 {
		return nil, fmt.Errorf("%w: it has text beside the one key", ErrKeyFormat)
	}
	return block.Bytes, nil
}

// firstField returns the first word of the first line, if that is short.
func firstField(text []byte) string {
	field, _ := cutField(string(text[:min(len(text), 128)]))
	return field
}

// container is what an OpenSSH private key file says in the clear.
type container struct {
	key       PublicKey
	encrypted bool
}

// parseContainer reads the outer layer (PROTOCOL.key, section 1), so that the
// kind of key, and a cost that would keep the machine busy for years, are known
// before any passphrase is asked for.
func parseContainer(contents []byte) (container, error) {
	damaged := fmt.Errorf("%w: its outer structure is damaged", ErrKeyFormat)
	rest, ok := bytes.CutPrefix(contents, []byte(opensshMagic))
	if !ok {
		return container{}, damaged
	}
	var fields [3][]byte // cipher, KDF, KDF options
	for i := range fields {
		if fields[i], rest, ok = cutString(rest); !ok {
			return container{}, damaged
		}
	}
	count, rest, ok := cutUint32(rest)
	if !ok {
		return container{}, damaged
	}
	if count != 1 {
		return container{}, fmt.Errorf("%w: it holds %d keys, want one", ErrKeyFormat, count)
	}
	public, rest, ok := cutString(rest)
	if !ok {
		return container{}, damaged
	}
	point, err := cutKey(public)
	if err != nil {
		return container{}, err
	}
	key, err := newPublicKey(point)
	if err != nil {
		return container{}, err
	}
	encrypted, err := checkEncryption(string(fields[0]), string(fields[1]), fields[2])
	if err != nil {
		return container{}, err
	}
	if _, rest, ok = cutString(rest); !ok || len(rest) != 0 {
		return container{}, damaged
	}
	return container{key: key, encrypted: encrypted}, nil
}

// checkEncryption accepts what golang.org/x/crypto/ssh can decrypt.
func checkEncryption(cipher, kdf string, options []byte) (encrypted bool, err error) {
	if cipher == "none" && kdf == "none" && len(options) == 0 {
		return false, nil
	}
	if cipher != "aes256-ctr" && cipher != "aes256-cbc" {
		return false, fmt.Errorf("%w: cipher %.64q is not supported; encrypt it anew with ssh-keygen -p -Z aes256-ctr -f KEY", ErrKeyFormat, cipher)
	}
	_, rest, ok := cutString(options) // salt
	rounds, rest, ok2 := cutUint32(rest)
	if kdf != "bcrypt" || !ok || !ok2 || len(rest) != 0 {
		return false, fmt.Errorf("%w: key derivation %.64q is not supported or damaged", ErrKeyFormat, kdf)
	}
	if rounds == 0 || rounds > MaxKDFRounds {
		return false, fmt.Errorf("%w: %d rounds of bcrypt, want 1 to %d; encrypt it anew with ssh-keygen -p -a 64 -f KEY", ErrKeyFormat, rounds, MaxKDFRounds)
	}
	return true, nil
}
