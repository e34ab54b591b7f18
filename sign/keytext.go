package sign

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// keyText is a public key of any type as text files hold it.
type keyText struct {
	algorithm string
	wire      []byte
	comment   string
}

// parseKeyText reads "type base64 comment". It demands that the base64 is
// canonical and that the key data states the same type as the text.
func parseKeyText(s string) (keyText, error) {
	algorithm, rest := cutField(s)
	encoded, comment := cutField(rest)
	if !isKeyAlgorithm(algorithm) || encoded == "" {
		return keyText{}, fmt.Errorf(`%w: want "ssh-ed25519 AAAA… comment"`, ErrMalformedKey)
	}
	wire, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil || base64.StdEncoding.EncodeToString(wire) != encoded {
		return keyText{}, fmt.Errorf("%w: its base64 is damaged", ErrMalformedKey)
	}
	inner, _, ok := cutString(wire)
	if !ok {
		return keyText{}, fmt.Errorf("%w: truncated", ErrMalformedKey)
	}
	if string(inner) != algorithm {
		return keyText{}, fmt.Errorf("%w: the line says %.64q, the key data %.64q", ErrMalformedKey, algorithm, inner)
	}
	return keyText{algorithm: algorithm, wire: wire, comment: comment}, nil
}

// publicKey returns the key if it is a good Ed25519 key.
func (t keyText) publicKey() (PublicKey, error) {
	point, err := cutKey(t.wire)
	if err != nil {
		return PublicKey{}, err
	}
	return newPublicKey(point)
}

func (t keyText) isCertificate() bool { return strings.Contains(t.algorithm, "-cert-v") }

// isKeyAlgorithm tells the name of a key type from an option or a stray word.
// New key types are recognised by the way OpenSSH names them.
func isKeyAlgorithm(s string) bool {
	if strings.ContainsAny(s, `=",`) {
		return false
	}
	for _, prefix := range []string{"ssh-", "ecdsa-", "sk-"} {
		if strings.HasPrefix(s, prefix) {
			return true
		}
	}
	return strings.Contains(s, "@")
}

// fieldSpace is what separates fields on a line, in OpenSSH's files and here.
const fieldSpace = " \t"

// cutField splits s after its first field, dropping the space around it.
func cutField(s string) (field, rest string) {
	s = strings.TrimLeft(s, fieldSpace)
	end := strings.IndexAny(s, fieldSpace)
	if end < 0 {
		return s, ""
	}
	return s[:end], strings.Trim(s[end:], fieldSpace)
}

// checkPrintable refuses text that could mislead on a terminal: control and
// formatting characters, and bytes that are not UTF-8.
func checkPrintable(s string) error {
	if !utf8.ValidString(s) {
		return errors.New("not valid UTF-8")
	}
	for _, r := range s {
		if !unicode.IsPrint(r) {
			return fmt.Errorf("character %+q is not printable", r)
		}
	}
	return nil
}
