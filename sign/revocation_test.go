package sign

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
)

func parseRevocations(t testing.TB, text string) *RevocationList {
	t.Helper()
	list, err := ParseRevocations(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestParseRevocations(t *testing.T) {
	key, other := testKey(t, "ed25519"), testKey(t, "other")
	for _, c := range []struct {
		name, text string
		key, other bool
		count      int
	}{
		{"empty", "", false, false, 0},
		{"comments", "# nothing\n\n  # yet", false, false, 0},
		{"key", key.String() + "\n", true, false, 1},
		{"pub file", string(readKeyFile(t, "ed25519.pub")), true, false, 1},
		{"CR LF and space", " \t" + key.String() + " comment \r\n", true, false, 1},
		{"fingerprint", key.Fingerprint(), true, false, 1},
		{"fingerprint with comment", key.Fingerprint() + "  # stolen in May\n", true, false, 1},
		{"as ssh-keygen prints it", "hash: " + key.Fingerprint() + " # ssh-ed25519\n", true, false, 1},
		{"both, twice", key.Fingerprint() + "\n" + other.String() + "\n" + key.String() + "\n" + other.Fingerprint(), true, true, 2},
		{"other types", string(readKeyFile(t, "rsa.pub")) + string(readKeyFile(t, "ecdsa.pub")) + other.String(), false, true, 3},
		{"weak key", PublicKey{point: [32]byte{1}}.String(), false, false, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			list := parseRevocations(t, c.text)
			if list.Revokes(key) != c.key || list.Revokes(other) != c.other || list.Len() != c.count {
				t.Errorf("revokes %v, %v, %d keys; want %v, %v, %d", list.Revokes(key), list.Revokes(other), list.Len(), c.key, c.other, c.count)
			}
		})
	}
	var zero RevocationList
	if zero.Revokes(key) || zero.Len() != 0 {
		t.Error("the zero list revokes")
	}
}

func TestParseRevocationsRefuses(t *testing.T) {
	key := keyLine(t, "ed25519")
	fingerprint := testKey(t, "ed25519").Fingerprint()
	for _, c := range []struct{ name, line, text string }{
		{"word", "alice", "want a public key (ssh-ed25519 AAAA…) or a fingerprint (SHA256:…)"},
		{"allowed signers line", "alice " + key, "want a public key"},
		{"options", `namespaces="file" ` + key, "want a public key"},
		{"no key", "ssh-ed25519", "malformed public key"},
		{"damaged key", key[:len(key)-4], "malformed public key"},
		{"damaged key data", strings.Replace(key, "AAAAC3", "AAAAC*", 1), "base64 is damaged"},
		{"short fingerprint", fingerprint[:len(fingerprint)-1], "a damaged fingerprint: want SHA256: and 43 characters"},
		{"padded fingerprint", fingerprint + "=", "a damaged fingerprint"},
		{"no fingerprint", "SHA256:", "a damaged fingerprint"},
		{"fingerprint with trailing bits", "SHA256:" + strings.Repeat("A", 42) + "B", "a damaged fingerprint"},
		{"64 characters, not hexadecimal", "SHA256:" + strings.Repeat("g", 64), "a damaged fingerprint"},
		{"MD5", "MD5:00:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:ee:ff", "want a public key"},
		{"certificate", string(readKeyFile(t, "ed25519-cert.pub")), "a certificate: list the plain public key instead"},
		{"serial", "serial: 1", "revokes certificates, which never sign archives: remove the line"},
		{"id", "id: alice", "revokes certificates"},
		{"SHA-1 in a comment", "# hash SHA1:ZRZmYg6JOWTcLjgD+Kg6tRHA1Zc", "it revokes a key by its SHA-1"},
		{"NUL", "SHA256:\x00", "a NUL byte"},
		{"lines that end in CR", "# comment\r" + key, "a carriage return within a line"},
	} {
		t.Run(c.name, func(t *testing.T) {
			list, err := ParseRevocations(strings.NewReader("# comment\n" + c.line + "\n"))
			wantError(t, err, nil, "sign: revocation list: line 2: ")
			wantError(t, err, nil, c.text)
			if line := new(LineError); !errors.As(err, &line) || line.Line != 2 || list != nil {
				t.Errorf("%v, %#v", list, err)
			}
		})
	}
	broken := errors.New("disk on fire")
	for _, r := range []string{"", "# longer than the magic\n"} {
		_, err := ParseRevocations(iotest.DataErrReader(&failingReader{text: r, err: broken}))
		wantError(t, err, broken, "sign: revocation list: disk on fire")
	}
	_, err := ParseRevocations(strings.NewReader(strings.Repeat("\n", MaxTrustLines+1)))
	wantError(t, err, ErrTooLarge, "limit 10000 lines")
	_, err = ParseRevocations(strings.NewReader("#" + strings.Repeat("x", MaxTrustFileSize)))
	wantError(t, err, ErrTooLarge, "limit 1048576 bytes")
}

// failingReader yields text and then an error.
type failingReader struct {
	text string
	err  error
}

func (r *failingReader) Read(p []byte) (int, error) {
	if r.text == "" {
		return 0, r.err
	}
	n := copy(p, r.text)
	r.text = r.text[n:]
	return n, nil
}

// A binary list is refused with a way out, and the way works: what ssh-keygen
// prints of it revokes the same keys here, or is refused where it cannot.
func TestBinaryRevocationList(t *testing.T) {
	key := testKey(t, "ed25519")
	for _, c := range []struct{ name, spec, refused string }{
		{"keys", string(readKeyFile(t, "ed25519.pub")) + string(readKeyFile(t, "rsa.pub")), ""},
		{"fingerprint", "hash: " + key.Fingerprint() + "\n", ""},
		{"SHA-256 of a key", "sha256: " + key.String() + "\n", ""},
		{"SHA-1 of a key", "sha1: " + key.String() + "\n", "it revokes a key by its SHA-1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "krl")
			mustKeygen(t, nil, "-q", "-k", "-f", path, writeFile(t, "spec", []byte(c.spec)))
			binary, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			_, err = ParseRevocations(bytes.NewReader(binary))
			wantError(t, err, ErrBinaryKRL, "use its text form, printed by ssh-keygen -Q -l -f FILE")

			list, err := ParseRevocations(bytes.NewReader(mustKeygen(t, nil, "-Q", "-l", "-f", path)))
			if c.refused != "" {
				wantError(t, err, nil, c.refused)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if !list.Revokes(key) || list.Revokes(testKey(t, "other")) {
				t.Error("the printed list revokes other keys than the binary one")
			}
		})
	}
}

// Our form of the list is one that ssh-keygen -Y verify -r takes as well, as long
// as it holds keys.
func TestRevocationListAgainstSSHKeygen(t *testing.T) {
	signer := testSigner(t, "ed25519")
	allowed := []byte("alice " + signer.PublicKey().String() + "\n")
	for _, c := range []struct {
		list    string
		revoked bool
	}{
		{"# none yet\n\n", false},
		{string(readKeyFile(t, "other.pub")), false},
		{string(readKeyFile(t, "ed25519.pub")), true},
		{"# stolen\n" + string(readKeyFile(t, "rsa.pub")) + signer.PublicKey().String(), true},
	} {
		theirs := !keygenVerifies(t, signer, allowed, "alice", "file", []byte("x"), "-r", writeFile(t, "revoked", []byte(c.list)))
		ours := parseRevocations(t, c.list).Revokes(signer.PublicKey())
		if theirs != c.revoked || ours != c.revoked {
			t.Errorf("%q: ssh-keygen says revoked: %v, we say %v, want %v", c.list, theirs, ours, c.revoked)
		}
	}
}
