package seal

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"

	"filippo.io/age"
	"filippo.io/age/agessh"
	"filippo.io/age/armor"
	"filippo.io/age/plugin"
	"golang.org/x/crypto/ssh"
)

// IdentityOptions say who is asked when an identity is used. The zero value
// asks nobody.
type IdentityOptions struct {
	// Passphrase returns the passphrase of the file that is being parsed, if it
	// has one. It is called when the identity is used first, and once.
	Passphrase func() ([]byte, error)
	// UI is how programs (age-plugin-NAME) talk to people.
	UI *plugin.ClientUI
}

// ParseIdentities reads a file of identities, as the age tool does: secret keys
// AGE-SECRET-KEY-1… and AGE-SECRET-KEY-PQ-1… and plugins' AGE-PLUGIN-NAME-1…,
// one a line; the same encrypted by age with a passphrase, armored or not; or
// one private SSH key, with or without a passphrase. The error wraps [ErrNoKey]
// and quotes nothing of the file.
func ParseIdentities(file []byte, opts IdentityOptions) ([]age.Identity, error) {
	if len(file) > MaxKeyFile {
		return nil, fmt.Errorf("seal: %w: there are more than %d bytes", ErrNoKey, MaxKeyFile)
	}
	ask := opts.Passphrase
	if ask == nil {
		ask = func() ([]byte, error) {
			return nil, errors.New("it has a passphrase, and there is nobody to ask for it")
		}
	}
	ask = sync.OnceValues(ask)
	switch {
	case Detect(file) != Plain:
		return []age.Identity{&encryptedIdentities{file: file, ask: ask, opts: opts}}, nil
	case bytes.HasPrefix(bytes.TrimSpace(file), []byte("-----BEGIN")):
		id, err := parseSSH(file, ask)
		if err != nil {
			return nil, fmt.Errorf("seal: %w: %w", ErrNoKey, err)
		}
		return []age.Identity{id}, nil
	}
	var all []age.Identity
	err := eachLine(bytes.NewReader(file), func(line string) error {
		id, err := parseIdentity(line, opts.UI)
		if err != nil {
			return fmt.Errorf("%w: %w", ErrNoKey, err)
		}
		all = append(all, id)
		return nil
	})
	if err != nil {
		return nil, err
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("seal: %w: there is no identity", ErrNoKey)
	}
	return all, nil
}

func parseIdentity(line string, ui *plugin.ClientUI) (id age.Identity, err error) {
	switch {
	case strings.HasPrefix(line, "AGE-SECRET-KEY-PQ-1"):
		id, err = age.ParseHybridIdentity(line)
	case strings.HasPrefix(line, "AGE-SECRET-KEY-1"):
		id, err = age.ParseX25519Identity(line)
	case strings.HasPrefix(line, "AGE-PLUGIN-"):
		id, err = plugin.NewIdentity(line, orSilent(ui))
	case IsRecipient(line):
		return nil, errors.New("this is a recipient; the identity is its secret half")
	default:
		return nil, errors.New("an identity begins with AGE-")
	}
	if err != nil {
		return nil, errors.New("the key is malformed") // whose text might quote it
	}
	return id, nil
}

func parseSSH(file []byte, ask func() ([]byte, error)) (age.Identity, error) {
	id, err := agessh.ParseIdentity(file)
	locked := (*ssh.PassphraseMissingError)(nil)
	switch {
	case err == nil:
		return id, nil
	case errors.As(err, &locked) && locked.PublicKey == nil:
		return nil, errors.New("the SSH key is in an old format: convert it with `ssh-keygen -p -f FILE`")
	case errors.As(err, &locked):
		l := &lockedSSH{}
		encrypted, err := agessh.NewEncryptedSSHIdentity(locked.PublicKey, file, func() (secret []byte, err error) {
			secret, l.asking = ask()
			return secret, l.asking
		})
		if err != nil {
			return nil, errors.New("not an SSH key of the kinds ed25519 and RSA")
		}
		l.Identity = encrypted
		return l, nil
	}
	return nil, errors.New("not a private SSH key of the kinds ed25519 and RSA")
}

// lockedSSH passes on why there is no passphrase, of which package agessh keeps
// only the text.
type lockedSSH struct {
	age.Identity
	asking error
}

func (l *lockedSSH) Unwrap(stanzas []*age.Stanza) ([]byte, error) {
	key, err := l.Identity.Unwrap(stanzas)
	if err != nil && l.asking != nil {
		return nil, l.asking
	}
	return key, err
}

// encryptedIdentities are a file of identities under a passphrase. It is
// decrypted when it is used first.
type encryptedIdentities struct {
	file []byte
	ask  func() ([]byte, error)
	opts IdentityOptions

	once sync.Once
	ids  []age.Identity
	err  error
}

func (e *encryptedIdentities) Unwrap(stanzas []*age.Stanza) ([]byte, error) {
	// Nobody is asked about keys for what only a passphrase opens.
	if len(stanzas) == 1 && stanzas[0].Type == stanzaScrypt {
		return nil, age.ErrIncorrectIdentity
	}
	e.once.Do(func() { e.ids, e.err = e.decrypt() })
	if e.err != nil {
		return nil, e.err
	}
	for _, id := range e.ids {
		key, err := id.Unwrap(stanzas)
		if !errors.Is(err, age.ErrIncorrectIdentity) {
			return key, err
		}
	}
	return nil, age.ErrIncorrectIdentity
}

func (e *encryptedIdentities) decrypt() ([]age.Identity, error) {
	var r io.Reader = bytes.NewReader(e.file)
	if Detect(e.file) == Armored {
		r = armor.NewReader(r)
	}
	plain, err := age.Decrypt(r, Passphrase(e.ask))
	if none := (*age.NoIdentityMatchError)(nil); errors.As(err, &none) {
		return nil, fmt.Errorf("%w: the file of identities is encrypted, and the passphrase does not open it", ErrNoKey)
	}
	if err != nil {
		return nil, fmt.Errorf("the file of identities is encrypted: %w", err)
	}
	text, err := io.ReadAll(plain)
	if err != nil {
		return nil, fmt.Errorf("the file of identities is encrypted: %w", err)
	}
	return ParseIdentities(text, IdentityOptions{UI: e.opts.UI})
}
