package sign

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha512"
	"encoding/binary"
	"testing"

	"github.com/oasisprotocol/curve25519-voi/curve"
	"github.com/oasisprotocol/curve25519-voi/curve/scalar"
)

// sameVerdict compares ours with the standard library's, for any bytes as key.
func sameVerdict(t *testing.T, key, message, value []byte) (accepted bool) {
	t.Helper()
	want := ed25519.Verify(key, message, value)
	k := PublicKey{point: [32]byte(key)}
	if got := k.verifies(message, (*[64]byte)(value)); got != want {
		t.Fatalf("key %x, message %x, signature %x: we say %v, the standard library %v", key, message, value, got, want)
	}
	return want
}

// torsion returns the encodings of the points whose order divides 8, those that
// are not canonical included.
func torsion(t testing.TB) [][]byte {
	var all [][]byte
	for _, y := range lowOrderY {
		for _, sign := range []byte{0, 0x80} {
			encoded := bytes.Clone(y[:])
			encoded[31] |= sign
			all = append(all, encoded)
		}
	}
	for _, low := range []byte{0xed, 0xee} { // p and p + 1, which stand for 0 and 1
		for _, high := range []byte{0x7f, 0xff} {
			all = append(all, append(append([]byte{low}, bytes.Repeat([]byte{0xff}, 30)...), high))
		}
	}
	return all
}

func point(t testing.TB, encoded []byte) *curve.EdwardsPoint {
	t.Helper()
	var y curve.CompressedEdwardsY
	var p curve.EdwardsPoint
	if _, err := y.SetBytes(encoded); err != nil {
		t.Fatal(err)
	}
	if _, err := p.SetCompressedY(&y); err != nil {
		return nil
	}
	return &p
}

func encode(p *curve.EdwardsPoint) []byte {
	var y curve.CompressedEdwardsY
	y.SetEdwardsPoint(p)
	return bytes.Clone(y[:])
}

// wide returns a scalar made of seed.
func wide(t testing.TB, seed []byte) *scalar.Scalar {
	t.Helper()
	digest := sha512.Sum512(seed)
	var s scalar.Scalar
	if _, err := s.SetBytesModOrderWide(digest[:]); err != nil {
		t.Fatal(err)
	}
	return &s
}

// craft makes a signature as only the holder of the secret a can, with
// components of low order in the key and in R: those are the signatures about
// which verifiers disagree.
func craft(t testing.TB, a, r *scalar.Scalar, inKey, inR *curve.EdwardsPoint, message []byte) (key, value []byte) {
	var A, R curve.EdwardsPoint
	A.MulBasepoint(curve.ED25519_BASEPOINT_TABLE, a)
	R.MulBasepoint(curve.ED25519_BASEPOINT_TABLE, r)
	key = encode(A.Add(&A, inKey))
	encodedR := encode(R.Add(&R, inR))
	k := wide(t, append(append(bytes.Clone(encodedR), key...), message...))
	var s scalar.Scalar
	s.Mul(k, a)
	s.Add(&s, r)
	var encodedS [32]byte
	if err := s.ToBytes(encodedS[:]); err != nil {
		t.Fatal(err)
	}
	return key, append(encodedR, encodedS[:]...)
}

func TestVerdictsAgree(t *testing.T) {
	accepted, refused := 0, 0
	count := func(ok bool) {
		if ok {
			accepted++
		} else {
			refused++
		}
	}
	low := torsion(t)
	for i, inKey := range low {
		for j, inR := range low {
			P, Q := point(t, inKey), point(t, inR)
			if P == nil || Q == nil {
				continue
			}
			for n := range byte(8) {
				message := []byte{byte(i), byte(j), n}
				a, r := wide(t, append([]byte("a"), message...)), wide(t, append([]byte("r"), message...))
				key, value := craft(t, a, r, P, Q, message)
				count(sameVerdict(t, key, message, value))
				// The key, and then R, is of low order altogether; S is 0.
				count(sameVerdict(t, inKey, message, append(bytes.Clone(inR), make([]byte, 32)...)))
				// S is in no range, or of another residue.
				count(sameVerdict(t, key, message, plusOrder(value)))
				value[int(n)*8]++
				count(sameVerdict(t, key, message, value))
			}
		}
	}
	if accepted < 100 || refused < 1000 {
		t.Errorf("%d signatures accepted, %d refused: the cases are one-sided", accepted, refused)
	}
}

// plusOrder adds the group's order to S, which is another spelling of it.
func plusOrder(value []byte) []byte {
	order := []uint64{0x5812631a5cf5d3ed, 0x14def9dea2f79cd6, 0, 0x1000000000000000}
	out, carry := bytes.Clone(value), uint64(0)
	for i, limb := range order {
		at := out[32+8*i:]
		have := binary.LittleEndian.Uint64(at)
		sum := have + limb + carry
		if carry = 0; sum < have || limb == ^uint64(0) {
			carry = 1
		}
		binary.LittleEndian.PutUint64(at, sum)
	}
	return out
}

func TestVerifiesManyKeys(t *testing.T) {
	for i := range byte(20) {
		private := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{i}, 32))
		message := []byte{i}
		value := ed25519.Sign(private, message)
		public := private.Public().(ed25519.PublicKey)
		if !sameVerdict(t, public, message, value) {
			t.Fatalf("a good signature of key %d is refused", i)
		}
		if sameVerdict(t, public, []byte{i + 1}, value) {
			t.Fatalf("another message of key %d is accepted", i)
		}
	}
}

// FuzzVerdict holds the verdict on any key, message and signature against that
// of the standard library.
func FuzzVerdict(f *testing.F) {
	for i := range byte(3) {
		private := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{i}, 32))
		f.Add([]byte(private.Public().(ed25519.PublicKey)), []byte{i}, ed25519.Sign(private, []byte{i}))
	}
	for _, encoded := range torsion(f) {
		f.Add(encoded, []byte("m"), append(bytes.Clone(encoded), make([]byte, 32)...))
	}
	f.Fuzz(func(t *testing.T, key, message, value []byte) {
		if len(key) != ed25519.PublicKeySize || len(value) != ed25519.SignatureSize {
			return
		}
		sameVerdict(t, key, message, value)
		// From the same bytes, a signature that was made by the rules.
		if low := torsion(t); len(message) > 1 {
			P, Q := point(t, low[int(message[0])%len(low)]), point(t, low[int(message[1])%len(low)])
			if P != nil && Q != nil {
				key, value := craft(t, wide(t, key), wide(t, value), P, Q, message)
				sameVerdict(t, key, message, value)
			}
		}
	})
}
