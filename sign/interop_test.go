package sign

import (
	"bytes"
	"crypto/sha256"
	"os"
	"strings"
	"testing"
)

// interopNamespaces cover each length of the base64's last line and of its
// padding, the ends of the range, and names as archives use them.
func interopNamespaces() []string {
	namespaces := []string{
		"file", "!", "~", testNamespace, strings.Repeat("n", MaxNamespace),
		"oa-archive.v1:0192f0c1-2345-7abc-8def-0123456789ab:manifest.json",
		"oa-archive.v1:0192f0c1-2345-7abc-8def-0123456789ab:audit/events.ndjson",
	}
	for n := 1; n <= 110; n += 3 {
		namespaces = append(namespaces, strings.Repeat("x", n))
	}
	// 210 bytes, 280 characters: four full lines.
	return append(namespaces, strings.Repeat("x", 39), strings.Repeat("x", 40), strings.Repeat("x", 41))
}

// keygenSign has ssh-keygen sign content with a test key.
func keygenSign(t testing.TB, keyPath, namespace, hash string, content []byte) []byte {
	t.Helper()
	return mustKeygen(t, content, "-q", "-Y", "sign", "-n", namespace, "-O", "hashalg="+hash, "-f", keyPath)
}

// keygenVerifies signs content with our code and has ssh-keygen verify it.
func keygenVerifies(t testing.TB, signer *Signer, allowed []byte, principal, namespace string, content []byte, options ...string) bool {
	t.Helper()
	armored, err := signer.Sign(namespace, sha256.Sum256(content))
	if err != nil {
		t.Fatal(err)
	}
	args := append([]string{"-Y", "verify", "-n", namespace, "-I", principal,
		"-f", writeFile(t, "allowed", allowed), "-s", writeFile(t, "sig", armored)}, options...)
	_, err = sshKeygen(t, content, args...)
	return err == nil
}

// ssh-keygen and this package write the same bytes, and each accepts them.
func TestSignEqualsSSHKeygen(t *testing.T) {
	signer := testSigner(t, "ed25519")
	keyPath := privateKeyPath(t, "ed25519")
	content := []byte("content\n")
	for _, namespace := range interopNamespaces() {
		ours, err := signer.Sign(namespace, sha256.Sum256(content))
		if err != nil {
			t.Fatal(err)
		}
		theirs := keygenSign(t, keyPath, namespace, "sha256", content)
		if !bytes.Equal(ours, theirs) {
			t.Fatalf("namespace of %d bytes: we wrote\n%s\nssh-keygen wrote\n%s", len(namespace), ours, theirs)
		}
		parsed, err := ParseSignature(theirs)
		if err != nil {
			t.Fatalf("namespace of %d bytes: %v", len(namespace), err)
		}
		if err := parsed.Verify(namespace, sha256.Sum256(content)); err != nil {
			t.Errorf("namespace of %d bytes: %v", len(namespace), err)
		}
		if parsed.Key != signer.PublicKey() || parsed.Namespace != namespace {
			t.Errorf("parsed %v, %q", parsed.Key, parsed.Namespace)
		}
	}
}

func TestSSHKeygenVerifies(t *testing.T) {
	signer := testSigner(t, "ed25519")
	allowed := []byte("alice@example.com " + signer.PublicKey().String() + "\n")
	for _, content := range [][]byte{nil, []byte("x"), bytes.Repeat([]byte("0123456789"), 100_000)} {
		for _, namespace := range []string{"file", testNamespace, "oa-archive.v1:0192f0c1-2345-7abc-8def-0123456789ab:manifest.json"} {
			if !keygenVerifies(t, signer, allowed, "alice@example.com", namespace, content) {
				t.Errorf("ssh-keygen refuses our signature of %d bytes for %q", len(content), namespace)
			}
		}
	}
}

// A signature that is moved is refused by both.
func TestMovedSignature(t *testing.T) {
	signer := testSigner(t, "ed25519")
	content := []byte("content")
	elsewhere := strings.Replace(testNamespace, "0b54", "0b55", 1)
	armored, err := signer.Sign(testNamespace, sha256.Sum256(content))
	if err != nil {
		t.Fatal(err)
	}
	allowed := writeFile(t, "allowed", []byte("alice "+signer.PublicKey().String()+"\n"))
	args := []string{"-Y", "verify", "-I", "alice", "-f", allowed, "-s", writeFile(t, "sig", armored), "-n"}
	if _, err := sshKeygen(t, content, append(args, elsewhere)...); err == nil {
		t.Error("ssh-keygen accepts a moved signature")
	}
	parsed, err := ParseSignature(armored)
	if err != nil {
		t.Fatal(err)
	}
	err = parsed.Verify(elsewhere, sha256.Sum256(content))
	wantError(t, err, ErrNamespace, testNamespace)
	wantError(t, err, ErrNamespace, elsewhere)
}

// The same signatures, damaged the same way, get the same verdict from
// ssh-keygen wherever it is as strict as we are.
func TestDamagedSignatureAgainstSSHKeygen(t *testing.T) {
	signer := testSigner(t, "ed25519")
	content := []byte("content")
	armored, err := signer.Sign("file", sha256.Sum256(content))
	if err != nil {
		t.Fatal(err)
	}
	allowed := writeFile(t, "allowed", []byte("alice "+signer.PublicKey().String()+"\n"))
	path := writeFile(t, "sig", nil)
	for at := len(armorBegin); at < len(armored)-len(armorEnd); at += 7 {
		damaged := bytes.Clone(armored)
		if damaged[at] == '\n' {
			continue
		}
		if damaged[at]++; damaged[at] == 'Z'+1 || damaged[at] == 'z'+1 || damaged[at] == '9'+1 {
			damaged[at] = 'A'
		}
		if err := os.WriteFile(path, damaged, 0o600); err != nil {
			t.Fatal(err)
		}
		_, theirs := sshKeygen(t, content, "-Y", "verify", "-I", "alice", "-f", allowed, "-s", path, "-n", "file")
		ours := verifyArmored(damaged, "file", sha256.Sum256(content))
		if theirs == nil || ours == nil {
			t.Errorf("byte %d changed: ssh-keygen says %v, we say %v", at, theirs, ours)
		}
	}
}

func verifyArmored(armored []byte, namespace string, digest Digest) error {
	parsed, err := ParseSignature(armored)
	if err != nil {
		return err
	}
	return parsed.Verify(namespace, digest)
}

func TestOtherHashesAndKeysOfSSHKeygen(t *testing.T) {
	content := []byte("content")
	_, err := ParseSignature(keygenSign(t, privateKeyPath(t, "ed25519"), "file", "sha512", content))
	wantError(t, err, ErrHashAlgorithm, `hash algorithm is not sha256 but "sha512": sign again with ssh-keygen -Y sign -O hashalg=sha256`)
	wantError(t, err, ErrMalformedSignature, "malformed SSH signature")

	_, err = ParseSignature(keygenSign(t, privateKeyPath(t, "rsa"), "file", "sha256", content))
	wantError(t, err, ErrKeyType, `key type "ssh-rsa"`)
	_, err = ParseSignature(keygenSign(t, privateKeyPath(t, "ecdsa"), "file", "sha256", content))
	wantError(t, err, ErrKeyType, `key type "ecdsa-sha2-nistp256"`)
}
