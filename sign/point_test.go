package sign

import (
	"crypto/ed25519"
	"encoding/hex"
	"errors"
	"math/big"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// lowOrderEncodings are all 32-byte strings that some verifier decodes to a point
// whose order divides 8.
var lowOrderEncodings = []struct{ name, hex string }{
	{"order 1", "0100000000000000000000000000000000000000000000000000000000000000"},
	{"order 2", "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"},
	{"order 4, positive x", "0000000000000000000000000000000000000000000000000000000000000000"},
	{"order 4, negative x", "0000000000000000000000000000000000000000000000000000000000000080"},
	{"order 8, first", "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"},
	{"order 8, second", "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85"},
	{"order 8, third", "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"},
	{"order 8, fourth", "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa"},
	{"order 1, sign on zero x", "0100000000000000000000000000000000000000000000000000000000000080"},
	{"order 2, sign on zero x", "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"},
	{"order 1, y + p", "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"},
	{"order 1, y + p, sign on zero x", "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"},
	{"order 4, y + p, positive x", "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"},
	{"order 4, y + p, negative x", "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"},
}

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestNewPublicKeyRefusesLowOrder(t *testing.T) {
	for _, c := range lowOrderEncodings {
		key, err := NewPublicKey(unhex(t, c.hex))
		if !errors.Is(err, ErrWeakKey) || !key.IsZero() {
			t.Errorf("%s: got %v, %v; want ErrWeakKey", c.name, key, err)
		}
	}
}

func TestNewPublicKeyRefusesMalformed(t *testing.T) {
	for _, c := range []struct {
		name  string
		bytes []byte
		text  string
	}{
		{"nil", nil, "0 bytes, want 32"},
		{"short", make([]byte, 31), "31 bytes"},
		{"long", make([]byte, 33), "33 bytes"},
		{"y = 2, not on the curve", append([]byte{2}, make([]byte, 31)...), "not a point on the curve"},
		{"y = 2 with sign", append(append([]byte{2}, make([]byte, 30)...), 0x80), "not a point on the curve"},
	} {
		_, err := NewPublicKey(c.bytes)
		t.Run(c.name, func(t *testing.T) { wantError(t, err, ErrMalformedKey, c.text) })
	}
}

// Every y from p to 2²⁵⁵ - 1 has a canonical twin below 19.
func TestNewPublicKeyRefusesNonCanonical(t *testing.T) {
	for low := 0xed; low <= 0xff; low++ {
		for _, high := range []byte{0x7f, 0xff} {
			encoded := slices.Repeat([]byte{0xff}, 32)
			encoded[0], encoded[31] = byte(low), high
			_, err := NewPublicKey(encoded)
			if y := low - 0xed; y <= 1 {
				if !errors.Is(err, ErrWeakKey) {
					t.Errorf("%x: %v, want ErrWeakKey", encoded, err)
				}
				continue
			}
			wantError(t, err, ErrMalformedKey, "not canonical")
		}
	}
	below := slices.Repeat([]byte{0xff}, 32)
	below[0], below[31] = 0xeb, 0x7f // p - 2: canonical, and not on the curve
	_, err := NewPublicKey(below)
	wantError(t, err, ErrMalformedKey, "not a point on the curve")
}

// affine is a point for slow but obvious arithmetic.
type affine struct{ x, y *big.Int }

func mod(x *big.Int) *big.Int { return x.Mod(x, fieldPrime) }
func mul(a, b *big.Int) *big.Int {
	return mod(new(big.Int).Mul(a, b))
}

// double is the addition law of RFC 8032, section 5.1, for equal points.
func (p affine) double() affine {
	one := big.NewInt(1)
	xy, x2, y2 := mul(p.x, p.y), mul(p.x, p.x), mul(p.y, p.y)
	t := mul(curveD, mul(x2, y2))
	x := mul(new(big.Int).Lsh(xy, 1), new(big.Int).ModInverse(mod(new(big.Int).Add(one, t)), fieldPrime))
	y := mul(new(big.Int).Add(y2, x2), new(big.Int).ModInverse(mod(new(big.Int).Sub(one, t)), fieldPrime))
	return affine{x, y}
}

// The table is neither wrong nor short: each y has an x, doubling the point three
// times gives the identity, and there are eight such points.
func TestLowOrderTable(t *testing.T) {
	points := map[string]bool{}
	for _, encoded := range lowOrderY {
		slices.Reverse(encoded[:])
		y := new(big.Int).SetBytes(encoded[:])
		y2 := mul(y, y)
		denominator := mod(new(big.Int).Add(mul(curveD, y2), big.NewInt(1)))
		x2 := mul(new(big.Int).Sub(y2, big.NewInt(1)), new(big.Int).ModInverse(denominator, fieldPrime))
		x := new(big.Int).ModSqrt(mod(x2), fieldPrime)
		if x == nil {
			t.Fatalf("y = %x is not on the curve", y)
		}
		for _, x := range []*big.Int{x, mod(new(big.Int).Neg(x))} {
			p := affine{x, y}.double().double().double()
			if p.x.Sign() != 0 || p.y.Cmp(big.NewInt(1)) != 0 {
				t.Errorf("the order of (%x, %x) does not divide 8", x, y)
			}
			points[x.String()+","+y.String()] = true
		}
	}
	if len(points) != 8 {
		t.Errorf("%d points, want 8", len(points))
	}
}

// Every key that key generation makes is accepted, and half of all strings are
// not on the curve. The reference is a square root.
func TestCheckPointAgainstSquareRoot(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		seed := rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "seed")
		public := ed25519.NewKeyFromSeed(seed).Public().(ed25519.PublicKey)
		if _, err := NewPublicKey(public); err != nil {
			t.Fatalf("generated key refused: %v", err)
		}
		arbitrary := [32]byte(seed)
		arbitrary[31] &= 0x7f
		encoded := arbitrary
		slices.Reverse(arbitrary[:])
		y := new(big.Int).SetBytes(arbitrary[:])
		if y.Cmp(fieldPrime) >= 0 || slices.Contains(lowOrderY[:], encoded) {
			t.Skip("not canonical or low order")
		}
		y2 := mul(y, y)
		v := mod(new(big.Int).Add(mul(curveD, y2), big.NewInt(1)))
		x2 := mul(new(big.Int).Sub(y2, big.NewInt(1)), new(big.Int).ModInverse(v, fieldPrime))
		want := new(big.Int).ModSqrt(mod(x2), fieldPrime) != nil
		if _, err := NewPublicKey(encoded[:]); (err == nil) != want {
			t.Fatalf("y = %x: %v, want on the curve: %v", y, err, want)
		}
	})
}

// Why low order matters: under the identity, one signature made without a key
// verifies for every message.
func TestIdentityVerifiesEverything(t *testing.T) {
	identity := unhex(t, lowOrderEncodings[0].hex)
	base := append([]byte{0x58}, slices.Repeat([]byte{0x66}, 31)...)
	one := append([]byte{1}, make([]byte, 31)...)
	if !ed25519.Verify(identity, []byte("any message"), append(base, one...)) {
		t.Skip("crypto/ed25519 refuses the identity by now")
	}
	zero := Signature{Namespace: "file", value: [64]byte(append(base, one...))}
	wantError(t, zero.Verify("file", Digest{}), ErrBadSignature, "does not verify")
}

// A key that only begins and ends like a non-canonical one is canonical.
func TestNewPublicKeyNearPrime(t *testing.T) {
	accepted := 0
	for middle := range 64 {
		encoded := slices.Repeat([]byte{0xff}, 32)
		encoded[15], encoded[31] = byte(middle), 0x7f
		_, err := NewPublicKey(encoded)
		if err == nil {
			accepted++
		} else if !strings.Contains(err.Error(), "not a point on the curve") {
			t.Errorf("%x: %v", encoded, err)
		}
	}
	if accepted == 0 {
		t.Error("no canonical encoding close to the prime is accepted")
	}
}
