package sign

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"
)

func TestCheckNamespace(t *testing.T) {
	for _, good := range []string{"a", "file", testNamespace, strings.Repeat("n", MaxNamespace), "!~", `"\`} {
		if err := CheckNamespace(good); err != nil {
			t.Errorf("CheckNamespace(%q) = %v", good, err)
		}
	}
	for _, c := range []struct{ namespace, text string }{
		{"", "it is empty"},
		{strings.Repeat("n", MaxNamespace+1), "513 bytes, limit 512"},
		{"a b", "byte 1 is 0x20"},
		{"a\n", "byte 1 is 0x0a"},
		{"\x7f", "byte 0 is 0x7f"},
		{"ü", "byte 0 is 0xc3"},
	} {
		wantError(t, CheckNamespace(c.namespace), ErrInvalidNamespace, c.text)
		_, err := testSigner(t, "ed25519").Sign(c.namespace, Digest{})
		wantError(t, err, ErrInvalidNamespace, c.text)
	}
}

// Signing, parsing and marshalling are inverse, the size is as announced, and
// nothing but the signed namespace and digest verifies.
func TestSignatureRoundTrip(t *testing.T) {
	signer := testSigner(t, "ed25519")
	rapid.Check(t, func(t *rapid.T) {
		namespace := rapid.StringMatching(`[!-~]{1,512}`).Draw(t, "namespace")
		digest := Digest(rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "digest"))
		armored, err := signer.Sign(namespace, digest)
		if err != nil {
			t.Fatal(err)
		}
		if len(armored) != SignatureSize(namespace) {
			t.Fatalf("%d bytes, SignatureSize says %d", len(armored), SignatureSize(namespace))
		}
		parsed, err := ParseSignature(armored)
		if err != nil {
			t.Fatal(err)
		}
		if parsed.Key != signer.PublicKey() || parsed.Namespace != namespace || !bytes.Equal(parsed.Marshal(), armored) {
			t.Fatalf("parsed %+v", parsed)
		}
		if err := parsed.Verify(namespace, digest); err != nil {
			t.Fatal(err)
		}
		if err := parsed.Verify(namespace+"x", digest); !errors.Is(err, ErrNamespace) {
			t.Fatalf("other namespace: %v", err)
		}
		digest[rapid.IntRange(0, 31).Draw(t, "byte")] ^= 1
		if err := parsed.Verify(namespace, digest); !errors.Is(err, ErrBadSignature) {
			t.Fatalf("other digest: %v", err)
		}
	})
}

func TestNamespaceError(t *testing.T) {
	signature := Signature{Key: testKey(t, "ed25519"), Namespace: "a\x1b[31m"}
	err := signature.Verify("b", Digest{})
	wantError(t, err, ErrNamespace, `signature is for another namespace: signed for "a\x1b[31m", expected "b"`)
	var typed *NamespaceError
	if !errors.As(err, &typed) || typed.Signed != signature.Namespace || typed.Expected != "b" {
		t.Errorf("%#v", err)
	}
}

// The zero key is a point of low order, so no zero value may verify.
func TestZeroSignatureDoesNotVerify(t *testing.T) {
	var zero Signature
	wantError(t, zero.Verify("", Digest{}), ErrBadSignature, "does not verify")
}

// What Verify accepts is what crypto/ed25519 accepts of the message that
// PROTOCOL.sshsig describes, spelled out here byte by byte.
func TestSignedMessage(t *testing.T) {
	digest := sha256.Sum256([]byte("content"))
	want := "SSHSIG" + "\x00\x00\x00\x04file" + "\x00\x00\x00\x00" + "\x00\x00\x00\x06sha256" + "\x00\x00\x00\x20" + string(digest[:])
	if got := string(signedMessage("file", digest)); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	armored, err := testSigner(t, "ed25519").Sign("file", digest)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := ParseSignature(armored)
	if err != nil {
		t.Fatal(err)
	}
	if !ed25519.Verify(parsed.Key.Ed25519(), []byte(want), parsed.value[:]) {
		t.Error("crypto/ed25519 disagrees")
	}
}

// Signatures by several keys are parsed side by side with the right key each.
func TestParseSignatureConcurrently(t *testing.T) {
	digest := sha256.Sum256([]byte("content"))
	var wg sync.WaitGroup
	for _, name := range []string{"ed25519", "other", "ed25519", "other"} {
		signer := testSigner(t, name)
		wg.Go(func() {
			for range 20 {
				armored, err := signer.Sign("file", digest)
				if err != nil {
					t.Error(err)
					return
				}
				parsed, err := ParseSignature(armored)
				if err != nil || parsed.Key != signer.PublicKey() || parsed.Verify("file", digest) != nil {
					t.Errorf("parsed %v, %v", parsed, err)
				}
			}
		})
	}
	wg.Wait()
}

// Every prefix of a valid signature, and each with one byte changed, is refused or
// says the same.
func TestEveryByteCounts(t *testing.T) {
	digest := sha256.Sum256([]byte("content"))
	armored, err := testSigner(t, "ed25519").Sign("email", digest)
	if err != nil {
		t.Fatal(err)
	}
	for i := range armored {
		if _, err := ParseSignature(armored[:i]); !errors.Is(err, ErrMalformedSignature) {
			t.Fatalf("first %d bytes: %v", i, err)
		}
		for _, flip := range []byte{1, 0x20, 0x80} {
			damaged := bytes.Clone(armored)
			damaged[i] ^= flip
			if verifyArmored(damaged, "email", digest) == nil {
				t.Fatalf("byte %d ^ %#x makes no difference", i, flip)
			}
		}
	}
}
