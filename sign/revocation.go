package sign

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"
)

// krlMagic opens OpenSSH's binary key revocation lists (PROTOCOL.krl).
const krlMagic = "SSHKRL\n\x00"

// RevocationList is a list of keys that are refused whatever else says they are
// allowed. It is immutable and safe for concurrent use. The zero value revokes
// nothing.
type RevocationList struct {
	lines map[[sha256.Size]byte]int // hash of the key's wire form → first line
}

// ParseRevocations reads a revocation list, one key a line:
//
//	ssh-ed25519 AAAA… comment
//	SHA256:… comment
//
// The first form is a .pub file, the second a fingerprint as ssh-keygen -l prints
// it. Keys of other types may stand in the list. Empty lines and lines that begin
// with # are ignored. Whatever cannot be understood fails the whole list with a
// [*LineError], because a revocation that is overlooked is worse than none made.
//
// OpenSSH's binary lists give [ErrBinaryKRL]. What ssh-keygen -Q -l -f prints of
// them is accepted.
func ParseRevocations(r io.Reader) (*RevocationList, error) {
	start := make([]byte, len(krlMagic))
	n, err := io.ReadFull(r, start)
	if err == nil && string(start) == krlMagic {
		return nil, fmt.Errorf("sign: %s: %w: use its text form, printed by ssh-keygen -Q -l -f FILE", revocationFile, ErrBinaryKRL)
	}
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, fmt.Errorf("sign: %s: %w", revocationFile, err)
	}
	text, err := readTrustFile(io.MultiReader(bytes.NewReader(start[:n]), r), revocationFile)
	if err != nil {
		return nil, err
	}
	if line, ok := findSHA1Comment(text); ok {
		return nil, &LineError{File: revocationFile, Line: line, Err: errSHA1}
	}
	list := &RevocationList{lines: make(map[[sha256.Size]byte]int)}
	for number, line := range lines(text) {
		hash, err := parseRevocation(line)
		if err != nil {
			return nil, &LineError{File: revocationFile, Line: number, Err: err}
		}
		if _, ok := list.lines[hash]; !ok {
			list.lines[hash] = number
		}
	}
	return list, nil
}

// parseRevocation returns the hash of the key that a line revokes.
func parseRevocation(line string) (hash [sha256.Size]byte, err error) {
	if rest, ok := strings.CutPrefix(line, "hash: "); ok { // from ssh-keygen -Q -l
		line = rest
	}
	if strings.HasPrefix(line, fingerprintPrefix) {
		fingerprint, _ := cutField(line)
		return parseFingerprint(fingerprint)
	}
	for _, prefix := range []string{"serial:", "id:"} {
		if strings.HasPrefix(line, prefix) {
			return hash, fmt.Errorf("%s revokes certificates, which never sign archives: remove the line", prefix)
		}
	}
	word, _ := cutField(line)
	if !isKeyAlgorithm(word) {
		return hash, errors.New("want a public key (ssh-ed25519 AAAA…) or a fingerprint (SHA256:…)")
	}
	text, err := parseKeyText(line)
	if err != nil {
		return hash, err
	}
	if text.isCertificate() {
		return hash, errors.New("a certificate: list the plain public key instead")
	}
	if text.algorithm == keyAlgorithm {
		// A key cut short would revoke nothing. A weak one is refused anyway.
		if _, err := text.publicKey(); err != nil && !errors.Is(err, ErrWeakKey) {
			return hash, err
		}
	}
	return sha256.Sum256(text.wire), nil
}

// parseFingerprint reads "SHA256:" and 43 characters of unpadded base64. It also
// takes the 64 hexadecimal digits that ssh-keygen -Q -l prints of lists which were
// made from fingerprints.
func parseFingerprint(s string) (hash [sha256.Size]byte, err error) {
	encoded := strings.TrimPrefix(s, fingerprintPrefix)
	if n, err := hex.Decode(hash[:], []byte(encoded[:min(len(encoded), 2*len(hash))])); err == nil && n == len(hash) && len(encoded) == 2*n {
		return hash, nil
	}
	raw, err := base64.RawStdEncoding.DecodeString(encoded)
	if err != nil || len(raw) != len(hash) || base64.RawStdEncoding.EncodeToString(raw) != encoded {
		return hash, errors.New("a damaged fingerprint: want SHA256: and 43 characters of base64")
	}
	return [sha256.Size]byte(raw), nil
}

var errSHA1 = errors.New("it revokes a key by its SHA-1, which ssh-keygen prints as a comment: list the key or its SHA256 fingerprint")

// findSHA1Comment finds the comment that ssh-keygen -Q -l writes in place of a key
// revoked by SHA-1. Ignoring it would bring the key back.
func findSHA1Comment(text []byte) (line int, found bool) {
	for l := range bytes.Lines(text) {
		line++
		if bytes.HasPrefix(l, []byte("# hash SHA1:")) {
			return line, true
		}
	}
	return 0, false
}

// Revokes reports whether the list names key.
func (l *RevocationList) Revokes(key PublicKey) bool {
	_, ok := l.lineOf(key)
	return ok
}

// Len returns the number of distinct keys on the list.
func (l *RevocationList) Len() int { return len(l.lines) }

func (l *RevocationList) lineOf(key PublicKey) (int, bool) {
	line, ok := l.lines[key.wireHash()]
	return line, ok
}
