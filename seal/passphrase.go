package seal

import (
	"errors"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"

	"filippo.io/age"
)

// The work of trying a passphrase is 2^n steps of scrypt (RFC 7914) with r = 8,
// which take 2^n KiB of memory.
const (
	// WriteWork is n for what [PassphraseRecipient] encrypts: 128 MiB.
	WriteWork = 17
	// MaxWork is the largest n that [Passphrase] tries: 256 MiB. The age tool
	// uses it.
	MaxWork = 18
)

// PassphraseRecipient returns the recipient that everybody is who knows the
// passphrase. It cannot be combined with other recipients. Each file takes
// 128 MiB of memory for a moment.
func PassphraseRecipient(passphrase []byte) (age.Recipient, error) {
	if len(passphrase) == 0 {
		return nil, errors.New("seal: the passphrase is empty")
	}
	r, err := age.NewScryptRecipient(string(passphrase))
	if err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	r.SetWorkFactor(WriteWork)
	return r, nil
}

// Passphrase returns an identity that asks for a passphrase, once, when a file
// is encrypted with one, and never otherwise. A passphrase that is wrong gives
// a [*LockedError]; a file that takes more than [MaxWork] is refused with
// [ErrTooCostly] before anybody is asked. Errors of ask are passed on.
func Passphrase(ask func() ([]byte, error)) age.Identity {
	return &passphraseIdentity{ask: sync.OnceValues(ask)}
}

type passphraseIdentity struct {
	ask   func() ([]byte, error)
	asked atomic.Bool
}

func (p *passphraseIdentity) Unwrap(stanzas []*age.Stanza) ([]byte, error) {
	if len(stanzas) != 1 || stanzas[0].Type != stanzaScrypt {
		for _, s := range stanzas {
			if s.Type == stanzaScrypt {
				return nil, fmt.Errorf("%w: a passphrase stands beside other recipients", ErrDamaged)
			}
		}
		return nil, age.ErrIncorrectIdentity
	}
	if args := stanzas[0].Args; len(args) == 2 {
		if work, err := strconv.Atoi(args[1]); err == nil && work > MaxWork {
			return nil, fmt.Errorf("%w: the file asks for 2^%d KiB, and 2^%d KiB are allowed", ErrTooCostly, work, MaxWork)
		}
	}
	p.asked.Store(true)
	secret, err := p.ask()
	if err != nil {
		return nil, err
	}
	id, err := age.NewScryptIdentity(string(secret))
	if err != nil {
		return nil, err
	}
	id.SetMaxWorkFactor(MaxWork)
	return localKey{id}.Unwrap(stanzas)
}
