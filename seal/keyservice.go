package seal

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"filippo.io/age"
)

// A KeyService wraps keys of files under keys that it keeps to itself: a key
// management service, or a file ([KeyRing]). It is safe for concurrent use.
type KeyService interface {
	// Wrap encrypts a file's key, of 16 bytes, under the key of that id.
	Wrap(ctx context.Context, keyID string, fileKey []byte) (wrapped []byte, err error)
	// Unwrap reverses Wrap. It fails when wrapped was made under another key, or
	// was changed. The error wraps [ErrUnknownKey] when the service has no key
	// of that id, or does not let the caller use it.
	Unwrap(ctx context.Context, keyID string, wrapped []byte) (fileKey []byte, err error)
}

// ErrUnknownKey says that a key service does not have a key for the caller.
var ErrUnknownKey = errors.New("the key service has no such key")

// stanzaKeyService is the type of stanzas for key services. Their one argument
// is the key's id, their body what the service made of the file's key.
const stanzaKeyService = "oa-archive-key"

// maxKeyID is how long the id of a key may be, in bytes.
const maxKeyID = 512

const (
	maxWrapped  = 16 << 10 // bytes; services answer with less than 1 KiB
	maxAttempts = 8        // requests for one file
)

// CheckKeyID returns an error unless id can be that of a key: 1 to 512 ASCII
// letters, digits and ._:/@+=,- characters. It is visible in the file.
func CheckKeyID(id string) error {
	if err := checkKeyID(id); err != nil {
		return named(err)
	}
	return nil
}

// checkKeyID allows the ids and addresses of keys in use, which appear in the
// header as they are.
func checkKeyID(id string) error {
	if id == "" || len(id) > maxKeyID || strings.ContainsFunc(id, notOfKeyID) {
		return errors.New("the id of a key has 1 to 512 letters, digits and ._:/@+=,- characters")
	}
	return nil
}

func notOfKeyID(c rune) bool {
	return !('A' <= c && c <= 'Z' || 'a' <= c && c <= 'z' || '0' <= c && c <= '9' || strings.ContainsRune("._:/@+=,-", c))
}

// KeyServiceRecipient returns the recipient that is everybody for whom the
// service unwraps with the key of that id. It is used until ctx ends.
func KeyServiceRecipient(ctx context.Context, service KeyService, keyID string) (age.Recipient, error) {
	if err := CheckKeyID(keyID); err != nil {
		return nil, err
	}
	return &serviceKey{ctx, service, keyID}, nil
}

type serviceKey struct {
	ctx     context.Context
	service KeyService
	id      string
}

func (k *serviceKey) Wrap(fileKey []byte) ([]*age.Stanza, error) {
	wrapped, err := k.service.Wrap(k.ctx, k.id, fileKey)
	if err != nil {
		return nil, fmt.Errorf("key %q: %w", k.id, err)
	}
	if len(wrapped) == 0 || len(wrapped) > maxWrapped {
		return nil, fmt.Errorf("key %q: the service answers with %d bytes", k.id, len(wrapped))
	}
	return []*age.Stanza{{Type: stanzaKeyService, Args: []string{k.id}, Body: wrapped}}, nil
}

// KeyServiceIdentity returns the identity of whoever may use the service. With
// ids, only those keys are used; without, whichever the file names, and at most
// eight of them. It is used until ctx ends.
func KeyServiceIdentity(ctx context.Context, service KeyService, keyIDs ...string) age.Identity {
	allowed := map[string]bool{}
	for _, id := range keyIDs {
		allowed[id] = true
	}
	return &serviceIdentity{ctx, service, allowed}
}

type serviceIdentity struct {
	ctx     context.Context
	service KeyService
	allowed map[string]bool
}

func (s *serviceIdentity) Unwrap(stanzas []*age.Stanza) ([]byte, error) {
	attempts := 0
	for _, stanza := range stanzas {
		if stanza.Type != stanzaKeyService {
			continue
		}
		if len(stanza.Args) != 1 || CheckKeyID(stanza.Args[0]) != nil || len(stanza.Body) == 0 || len(stanza.Body) > maxWrapped {
			return nil, fmt.Errorf("%w: a key service's part of the header is malformed", ErrDamaged)
		}
		id := stanza.Args[0]
		if len(s.allowed) > 0 && !s.allowed[id] {
			continue
		}
		if attempts++; attempts > maxAttempts {
			return nil, fmt.Errorf("it names more than %d keys of a key service: say which one to use", maxAttempts)
		}
		key, err := s.service.Unwrap(s.ctx, id, stanza.Body)
		switch {
		case errors.Is(err, ErrUnknownKey):
			continue
		case err != nil:
			return nil, fmt.Errorf("key %q: %w", id, err)
		case len(key) != fileKeySize:
			return nil, fmt.Errorf("%w: key %q unwraps %d bytes, want %d", ErrDamaged, id, len(key), fileKeySize)
		}
		return key, nil
	}
	return nil, age.ErrIncorrectIdentity
}

// fileKeySize is that of the age specification.
const fileKeySize = 16
