package seal

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strings"

	"golang.org/x/crypto/chacha20poly1305"
)

// A KeyRing is a [KeyService] whose keys are in memory, read from a file: for
// machines without a network, and for tests. It is immutable.
type KeyRing struct{ keys map[string][]byte }

// ParseKeyRing reads a key ring: on each line the id of a key, a space, and the
// key, 32 random bytes in base64 (RFC 4648, section 4). Empty lines and lines
// that begin with # are skipped.
func ParseKeyRing(r io.Reader) (*KeyRing, error) {
	ring := &KeyRing{keys: map[string][]byte{}}
	err := eachLine(r, func(line string) error {
		id, text, _ := strings.Cut(line, " ")
		key, err := base64.StdEncoding.DecodeString(strings.TrimSpace(text))
		switch {
		case err != nil || len(key) != chacha20poly1305.KeySize:
			return fmt.Errorf("%w: write ID, a space, and %d bytes in base64", ErrNoKey, chacha20poly1305.KeySize)
		case CheckKeyID(id) != nil:
			return fmt.Errorf("%w: %w", ErrNoKey, checkKeyID(id))
		case ring.keys[id] != nil:
			return fmt.Errorf("%w: %q is there twice", ErrNoKey, id)
		}
		ring.keys[id] = key
		return nil
	})
	if err != nil {
		return nil, err
	}
	if len(ring.keys) == 0 {
		return nil, fmt.Errorf("seal: %w: the key ring is empty", ErrNoKey)
	}
	return ring, nil
}

// Wrap implements [KeyService] with XChaCha20-Poly1305 under a random nonce,
// which goes first; the key's id is authenticated with it.
func (k *KeyRing) Wrap(_ context.Context, keyID string, fileKey []byte) ([]byte, error) {
	key, ok := k.keys[keyID]
	if !ok {
		return nil, ErrUnknownKey
	}
	aead, err := chacha20poly1305.NewX(key)
	if err != nil {
		return nil, err
	}
	nonce := make([]byte, aead.NonceSize(), aead.NonceSize()+len(fileKey)+aead.Overhead())
	rand.Read(nonce) // never fails (crypto/rand)
	return aead.Seal(nonce, nonce, fileKey, associated(keyID)), nil
}

// Unwrap implements [KeyService].
func (k *KeyRing) Unwrap(_ context.Context, keyID string, wrapped []byte) ([]byte, error) {
	key, ok := k.keys[keyID]
	if !ok {
		return nil, ErrUnknownKey
	}
	aead, err := chacha20poly1305.NewX(key)
	if err != nil {
		return nil, err
	}
	if len(wrapped) < aead.NonceSize() {
		return nil, errWrapped
	}
	nonce, sealed := wrapped[:aead.NonceSize()], wrapped[aead.NonceSize():]
	fileKey, err := aead.Open(nil, nonce, sealed, associated(keyID))
	if err != nil {
		return nil, errWrapped
	}
	return fileKey, nil
}

var errWrapped = errors.New("the wrapped key was changed, or the key ring has another key of that id")

// associated binds a wrapped key to its purpose and to the key's id.
func associated(keyID string) []byte { return []byte("oa-archive key ring v1\x00" + keyID) }
