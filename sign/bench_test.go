package sign

import (
	"fmt"
	"testing"
	"time"
)

func BenchmarkSign(b *testing.B) {
	signer := testSigner(b, "ed25519")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := signer.Sign(testNamespace, Digest{}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkParseAndVerify is the cost of one entry's signature.
func BenchmarkParseAndVerify(b *testing.B) {
	armored, err := testSigner(b, "ed25519").Sign(testNamespace, Digest{})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if err := verifyArmored(armored, testNamespace, Digest{}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkParseSignature(b *testing.B) {
	armored, err := testSigner(b, "ed25519").Sign(testNamespace, Digest{})
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := ParseSignature(armored); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkNewPublicKey(b *testing.B) {
	key := testKey(b, "ed25519").Ed25519()
	for b.Loop() {
		if _, err := NewPublicKey(key); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkJudge(b *testing.B) {
	key := testKey(b, "ed25519")
	policy := Policy{
		Allowed: parseAllowed(b, string(key.AllowedSignersLine("alice@example.com"))),
		Revoked: parseRevocations(b, testKey(b, "other").Fingerprint()),
		Now:     time.Unix(1_800_000_000, 0),
	}
	namespaces := make([]string, 20_000)
	for i := range namespaces {
		namespaces[i] = fmt.Sprintf("oa-archive.v1:0192f0c1-2345-7abc-8def-0123456789ab:workspaces/%d/metadata.json", i)
	}
	for i := 0; b.Loop(); i++ {
		if v := policy.Judge(key, namespaces[i%len(namespaces)]); v.Level != LevelTrusted {
			b.Fatal(v.Reason)
		}
	}
}
