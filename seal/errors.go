package seal

import (
	"errors"
	"fmt"
	"strings"
)

var (
	// ErrDamaged says that an encrypted file was changed, cut off or continued,
	// or is malformed.
	ErrDamaged = errors.New("the encrypted file is damaged or not complete")

	// ErrMixed says that an archive cannot be encrypted to all of its recipients
	// at once: post-quantum recipients go only with their like, and a passphrase
	// goes with nothing else.
	ErrMixed = errors.New("these recipients cannot be mixed")

	// ErrTooCostly says that a passphrase would take more memory to try than is
	// allowed.
	ErrTooCostly = errors.New("trying the passphrase takes too much memory")
)

// A LockedError says that none of the identities opens an encrypted file.
type LockedError struct {
	// Stanzas are what the file's header says of its recipients, in order.
	Stanzas []Stanza
	// Identities is the number of identities that were tried.
	Identities int
}

// A Stanza is what the header of an encrypted file tells of one recipient.
type Stanza struct {
	Type string   // such as "X25519"
	Args []string // in part specific to a file; of a [KeyService], the key's id
}

// Error names the kinds of recipients, so that people know what to look for.
func (e *LockedError) Error() string {
	to := "it is encrypted to " + describe(e.Stanzas)
	switch e.Identities {
	case 0:
		return "no identity was given, and " + to
	case 1:
		return "the identity that was given does not open it: " + to
	}
	return fmt.Sprintf("none of the %d identities that were given opens it: %s", e.Identities, to)
}

// Passphrase reports whether the file is encrypted with a passphrase.
func (e *LockedError) Passphrase() bool {
	return len(e.Stanzas) == 1 && e.Stanzas[0].Type == stanzaScrypt
}

// KeyService reports whether one of the recipients is a key of a [KeyService].
func (e *LockedError) KeyService() bool {
	for _, s := range e.Stanzas {
		if s.Type == stanzaKeyService {
			return true
		}
	}
	return false
}

const stanzaScrypt = "scrypt"

// kinds are the recipients that the format and the age tool know, by the type
// of their stanzas.
var kinds = map[string]string{
	"X25519":          "an age key (age1…)",
	"mlkem768x25519":  "a post-quantum age key (age1pq1…)",
	stanzaScrypt:      "a passphrase",
	"ssh-ed25519":     "an SSH key (ssh-ed25519)",
	"ssh-rsa":         "an SSH key (ssh-rsa)",
	"piv-p256":        "a hardware key (age1yubikey1…)",
	"p256tag":         "a hardware key (age1tag1…)",
	"mlkem768p256tag": "a hardware key (age1tagpq1…)",
}

// describe lists the recipients for people, those of one kind together.
func describe(stanzas []Stanza) string {
	var order []string
	count := map[string]int{}
	for _, s := range stanzas {
		kind, known := kinds[s.Type]
		switch {
		case s.Type == stanzaKeyService && len(s.Args) == 1:
			kind = fmt.Sprintf("the key %q of a key service", s.Args[0])
		case strings.HasSuffix(s.Type, "-grease"): // stands for nothing (age specification)
			continue
		case !known:
			kind = fmt.Sprintf("a recipient of the kind %q", s.Type)
		}
		if count[kind]++; count[kind] == 1 {
			order = append(order, kind)
		}
	}
	const most = 8
	if len(order) > most {
		order = append(order[:most:most], "others")
	}
	for i, kind := range order {
		if n := count[kind]; n > 1 {
			order[i] = fmt.Sprintf("%s, %d times", kind, n)
		}
	}
	switch n := len(order); n {
	case 0:
		return "nobody"
	case 1:
		return order[0]
	default:
		return strings.Join(order[:n-1], ", ") + " and " + order[n-1]
	}
}
