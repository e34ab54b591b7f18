package sign

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"

	"golang.org/x/crypto/ssh"
)

// A KeyPair is a new key in the forms that go into files. Printing one shows the
// fingerprint, never the private key.
type KeyPair struct {
	// PrivatePEM is the private key file in OpenSSH's format. It belongs into a
	// file of mode 0600: ssh-keygen refuses to read it otherwise.
	PrivatePEM []byte
	// Public is the public key.
	Public PublicKey
	// Comment stands in both files. It names the key to people and ssh-add.
	Comment string
}

// GenerateKey makes an Ed25519 key pair from 32 bytes of random, which defaults to
// crypto/rand's Reader and must be as good. With a passphrase the private key is
// encrypted as ssh-keygen does it (AES-256-CTR, 16 rounds of bcrypt_pbkdf); an
// empty one means none. The comment must be printable text.
//
// [ParsePrivateKey] and ssh-keygen read the result.
func GenerateKey(random io.Reader, comment string, passphrase []byte) (*KeyPair, error) {
	if err := checkPrintable(comment); err != nil {
		return nil, fmt.Errorf("sign: generate key: comment %q: %w", comment, err)
	}
	if random == nil {
		random = rand.Reader
	}
	seed := make([]byte, ed25519.SeedSize)
	if _, err := io.ReadFull(random, seed); err != nil {
		return nil, fmt.Errorf("sign: generate key: read random bytes: %w", err)
	}
	private := ed25519.NewKeyFromSeed(seed)
	public, err := NewPublicKey(private.Public().(ed25519.PublicKey))
	if err != nil {
		return nil, err
	}
	var block *pem.Block
	if len(passphrase) > 0 {
		block, err = ssh.MarshalPrivateKeyWithPassphrase(private, comment, passphrase)
	} else {
		block, err = ssh.MarshalPrivateKey(private, comment)
	}
	if err != nil {
		return nil, fmt.Errorf("sign: generate key: encode: %w", err)
	}
	return &KeyPair{PrivatePEM: pem.EncodeToMemory(block), Public: public, Comment: comment}, nil
}

// AuthorizedKey returns the .pub file: "ssh-ed25519 AAAA… comment" and a newline.
func (k KeyPair) AuthorizedKey() []byte {
	line := k.Public.String()
	if k.Comment != "" {
		line += " " + k.Comment
	}
	return []byte(line + "\n")
}

// AllowedSignersLine returns the line, with its newline, that makes an
// allowed_signers file accept the key for archives as principal's. It is
// [PublicKey.AllowedSignersLine]: nil if [CheckPrincipal] refuses the principal.
func (k KeyPair) AllowedSignersLine(principal string) []byte {
	return k.Public.AllowedSignersLine(principal)
}

// MarshalJSON implements [encoding/json.Marshaler] and writes the public half, so
// that no log or document takes the private key along.
func (k KeyPair) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct{ Public, Comment string }{k.Public.String(), k.Comment})
}

// Format implements [fmt.Formatter] and writes the fingerprint, whatever the
// verb.
func (k KeyPair) Format(f fmt.State, _ rune) {
	fmt.Fprintf(f, "sign.KeyPair(%s)", k.Public.Fingerprint())
}
