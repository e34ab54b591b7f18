package seal

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"

	"filippo.io/age"
	"filippo.io/age/agessh"
	"filippo.io/age/plugin"
	"filippo.io/age/tag"
)

// The sizes of files of keys that are read.
const (
	MaxKeyFile = 1 << 20  // bytes
	maxKeyLine = 16 << 10 // bytes; a post-quantum recipient has 2 KiB
)

// ErrNoKey says that something is no key of a known kind, or is malformed.
var ErrNoKey = errors.New("not a key that can be used")

// ParseRecipient reads one recipient in the age tool's notation:
//
//	age1…                  X25519
//	age1pq1…               X25519 and ML-KEM-768, against quantum computers
//	age1tag1…, age1tagpq1… hardware keys
//	age1NAME1…             the program age-plugin-NAME
//	ssh-ed25519 …, ssh-rsa …
//
// Programs talk to people through ui, which may be nil. The error wraps
// [ErrNoKey]; it quotes at most what begins like a recipient, since s may be a
// secret in the wrong place.
func ParseRecipient(s string, ui *plugin.ClientUI) (age.Recipient, error) {
	r, err := parseRecipient(s, ui)
	if err != nil {
		return nil, named(err)
	}
	return r, nil
}

func parseRecipient(s string, ui *plugin.ClientUI) (age.Recipient, error) {
	s = strings.TrimSpace(s)
	var r age.Recipient
	var err error
	switch {
	case strings.HasPrefix(s, "age1tag1"), strings.HasPrefix(s, "age1tagpq1"):
		r, err = tag.ParseRecipient(s)
	case strings.HasPrefix(s, "age1pq1"):
		r, err = age.ParseHybridRecipient(s)
	case strings.HasPrefix(s, "age1") && strings.Count(s, "1") > 1:
		r, err = plugin.NewRecipient(s, orSilent(ui))
	case strings.HasPrefix(s, "age1"):
		r, err = age.ParseX25519Recipient(s)
	case strings.HasPrefix(s, "ssh-"):
		if r, err = agessh.ParseRecipient(s); err != nil {
			err = errors.New("not an SSH key of the kinds ed25519 and RSA")
		}
	case strings.HasPrefix(s, "AGE-"), strings.HasPrefix(s, "-----BEGIN"):
		err = errors.New("this is the secret key; the recipient is its public half")
	default:
		err = errors.New("a recipient begins with age1 or ssh-")
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNoKey, err)
	}
	return r, nil
}

// IsRecipient reports whether s is meant as a recipient and not as the name of
// a file of them.
func IsRecipient(s string) bool {
	return strings.HasPrefix(s, "age1") || strings.HasPrefix(s, "ssh-ed25519 ") || strings.HasPrefix(s, "ssh-rsa ")
}

// ParseRecipients reads a file of recipients, one a line, as [ParseRecipient]
// does. Empty lines and lines that begin with # are skipped. Files without a
// recipient, and files of more than [MaxKeyFile] bytes, are refused.
func ParseRecipients(r io.Reader, ui *plugin.ClientUI) ([]age.Recipient, error) {
	var all []age.Recipient
	err := eachLine(r, func(line string) error {
		recipient, err := parseRecipient(line, ui)
		all = append(all, recipient)
		return err
	})
	if err != nil {
		return nil, err
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("seal: %w: there is no recipient", ErrNoKey)
	}
	return all, nil
}

// eachLine calls f with the lines that are neither empty nor comments. To an
// error of f it adds the line's number.
func eachLine(r io.Reader, f func(line string) error) error {
	limited := &io.LimitedReader{R: r, N: MaxKeyFile + 1}
	lines := bufio.NewScanner(limited)
	lines.Buffer(nil, maxKeyLine)
	n := 0
	for lines.Scan() {
		n++
		line := strings.TrimSpace(lines.Text())
		if line == "" || line[0] == '#' {
			continue
		}
		if err := f(line); err != nil {
			return fmt.Errorf("seal: line %d: %w", n, err)
		}
	}
	switch err := lines.Err(); {
	case limited.N == 0:
		return fmt.Errorf("seal: %w: there are more than %d bytes", ErrNoKey, MaxKeyFile)
	case errors.Is(err, bufio.ErrTooLong):
		return fmt.Errorf("seal: line %d: %w: it is too long", n+1, ErrNoKey)
	case err != nil:
		return fmt.Errorf("seal: read keys: %w", err)
	}
	return nil
}

// silent is for programs that have nobody to talk to.
var silent = &plugin.ClientUI{}

func orSilent(ui *plugin.ClientUI) *plugin.ClientUI {
	if ui == nil {
		return silent
	}
	return ui
}
