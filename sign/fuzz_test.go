package sign

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Whatever is accepted is the one spelling of what it says.
func FuzzParseSignature(f *testing.F) {
	for _, v := range readVectors(f) {
		f.Add(v.armored)
		if wire, err := dearmor(v.armored); err == nil {
			f.Add(wire)
		}
	}
	f.Fuzz(func(t *testing.T, input []byte) {
		for _, armored := range [][]byte{input, armor(input)} { // the second reaches the binary parser
			signature, err := ParseSignature(armored)
			if err != nil {
				if signature != nil || !errors.Is(err, ErrMalformedSignature) {
					t.Fatalf("%v with %v", signature, err)
				}
				continue
			}
			if !bytes.Equal(signature.Marshal(), armored) || len(armored) != SignatureSize(signature.Namespace) {
				t.Fatalf("%q marshals to %q", armored, signature.Marshal())
			}
			if _, err := NewPublicKey(signature.Key.Ed25519()); err != nil {
				t.Fatalf("key: %v", err)
			}
			if err := CheckNamespace(signature.Namespace); err != nil {
				t.Fatal(err)
			}
			_ = signature.Verify(signature.Namespace, sha256.Sum256(nil))
		}
	})
}

// An accepted file keeps its meaning with its lines in CR LF and with comments
// between them, and only keys that it spells out are trusted.
func FuzzParseAllowedSigners(f *testing.F) {
	key, other := testKey(f, "ed25519"), testKey(f, "other")
	for _, seed := range []string{
		"", "# comment\n\n", "alice %\n", `"a b",c namespaces="file,!x*",valid-after="20260101Z",valid-before="20270101" % comment` + "\r\n",
		"!a,b\t%", "alice cert-authority %", `alice namespaces="a\"b" %`, "alice ssh-rsa AAAAB3NzaC1yc2E=", `alice valid-after="99991231235959Z" %`,
		"alice %\nalice namespaces=\"x\" %\n", "alice \x00 %", "\ufeffalice %",
	} {
		f.Add(strings.ReplaceAll(seed, "%", key.String()), "file")
	}
	f.Fuzz(func(t *testing.T, text, namespace string) {
		allowed, err := ParseAllowedSigners(strings.NewReader(text))
		if err != nil {
			if !strings.HasPrefix(err.Error(), "sign: allowed signers: ") || allowed != nil {
				t.Fatalf("%v with %q", allowed, err)
			}
			return
		}
		policy := Policy{Allowed: allowed, Now: time.Unix(1_800_000_000, 0)}
		for _, k := range []PublicKey{key, other} {
			v := policy.Judge(k, namespace)
			if v.Level == LevelTrusted && !strings.Contains(text, k.String()) {
				t.Fatalf("%v trusted by %q", k, text)
			}
			if checkPrintable(v.Principal) != nil {
				t.Fatalf("principal %q", v.Principal)
			}
			spread, err := ParseAllowedSigners(strings.NewReader("#\r\n" + strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\n", "\r\n")))
			if errors.Is(err, ErrTooLarge) {
				continue
			}
			if err != nil {
				t.Fatalf("with CR LF: %v", err)
			}
			policy := Policy{Allowed: spread, Now: policy.Now}
			if again := policy.Judge(k, namespace); again.Level != v.Level || again.Principal != v.Principal {
				t.Fatalf("with CR LF %+v, without %+v", again, v)
			}
		}
	})
}

// Every line of an accepted list that is not a comment revokes something, so none
// is overlooked.
func FuzzParseRevocations(f *testing.F) {
	key := testKey(f, "ed25519")
	for _, seed := range []string{
		"", "# none\n", key.String() + "\n", key.Fingerprint(), "hash: " + key.Fingerprint() + " # x\r\n",
		"SHA256:" + strings.Repeat("0", 64), "SSHKRL\n\x00\x00\x00\x00\x01", "serial: 1", "# hash SHA1:00", string(readKeyFile(f, "rsa.pub")),
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		list, err := ParseRevocations(strings.NewReader(text))
		if err != nil {
			if list != nil || !strings.HasPrefix(err.Error(), "sign: revocation list: ") {
				t.Fatalf("%v with %q", list, err)
			}
			return
		}
		for _, line := range lines([]byte(text)) {
			if hash, err := parseRevocation(line); err != nil || list.lines[hash] == 0 {
				t.Fatalf("line %q is overlooked: %v", line, err)
			}
		}
		if strings.HasPrefix(text, key.String()+"\n") && !list.Revokes(key) {
			t.Fatalf("%q does not revoke the key it begins with", text)
		}
	})
}

// No file makes the parser panic, and no error text holds the secret part.
func FuzzParsePrivateKey(f *testing.F) {
	paths, err := filepath.Glob("testdata/keys/*")
	if err != nil || len(paths) == 0 {
		f.Fatalf("no keys in testdata/keys: %v", err)
	}
	for _, path := range paths {
		contents, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(contents)
	}
	cancelled := errors.New("cancelled")
	f.Fuzz(func(t *testing.T, contents []byte) {
		// Deriving a key from a passphrase takes too long here.
		signer, err := ParsePrivateKey(contents, func() ([]byte, error) { return nil, cancelled })
		if err != nil {
			if signer != nil || !strings.HasPrefix(err.Error(), "sign: ") || len(err.Error()) > 300 {
				t.Fatalf("%v with %q", signer, err)
			}
			return
		}
		armored, err := signer.Sign("file", Digest{})
		if err != nil || verifyArmored(armored, "file", Digest{}) != nil {
			t.Fatalf("an accepted key does not sign: %v", err)
		}
	})
}

// FuzzParsePublicKey holds that a line that is accepted names the same key when it
// is written again.
func FuzzParsePublicKey(f *testing.F) {
	f.Add([]byte("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAICV27j8/B24P7inEpHofMRmAe/WV487Jewb4AE50MLt+ backup@example"))
	f.Add([]byte("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"))
	f.Add([]byte("ssh-rsa AAAAB3NzaC1yc2E="))
	f.Add([]byte("no-pty ssh-ed25519 AAAA"))
	f.Fuzz(func(t *testing.T, line []byte) {
		key, _, err := ParsePublicKey(line)
		if err != nil {
			return
		}
		again, _, err := ParsePublicKey([]byte(key.String()))
		if err != nil || again != key {
			t.Errorf("%q: %v, %v", line, again, err)
		}
	})
}
