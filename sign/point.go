package sign

import (
	"fmt"
	"math/big"
	"slices"
)

// Curve constants of edwards25519 (RFC 8032, section 5.1).
var (
	fieldPrime, _ = new(big.Int).SetString("7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffed", 16)
	curveD, _     = new(big.Int).SetString("52036cee2b6ffe738cc740797779e89800700a4d4141d8ab75eb4dca135978a3", 16)
)

// lowOrderY holds the y coordinates, little endian, of the eight points whose
// order divides 8. Whichever x goes with them, the point has low order.
var lowOrderY = [...][32]byte{
	{}, // order 4
	{1},
	{0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f}, // order 2
	{0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05}, // order 8
	{0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a}, // order 8
}

// checkPoint accepts the canonical encodings (RFC 8032, section 5.1.2) of points
// on the curve that are not of low order. Verifiers differ on all others.
func checkPoint(encoded [32]byte) error {
	y := encoded
	y[31] &= 0x7f
	canonical := !atLeastPrime(&y)
	if !canonical {
		// The prime is 2²⁵⁵ - 19, so y less the prime is below 19.
		y = [32]byte{y[0] - 0xed}
	}
	// The one other non-canonical form, a sign on x = 0, has y = ±1 and is
	// refused here too.
	if slices.Contains(lowOrderY[:], y) {
		return ErrWeakKey
	}
	if !canonical {
		return fmt.Errorf("%w: its encoding is not canonical", ErrMalformedKey)
	}
	if !onCurve(y) {
		return fmt.Errorf("%w: it is not a point on the curve", ErrMalformedKey)
	}
	return nil
}

// atLeastPrime reports whether y, little endian and below 2²⁵⁵, is ≥ 2²⁵⁵ - 19.
func atLeastPrime(y *[32]byte) bool {
	if y[0] < 0xed || y[31] != 0x7f {
		return false
	}
	for _, b := range y[1:31] {
		if b != 0xff {
			return false
		}
	}
	return true
}

// onCurve reports whether some x satisfies -x² + y² = 1 + d·x²·y², that is,
// whether (y² - 1)/(d·y² + 1) is a square. The quotient is one exactly when the
// product is, and neither factor is zero here: y = ±1 has been refused, and -1/d
// is no square. Public keys are public, so the time taken may depend on them.
func onCurve(y [32]byte) bool {
	slices.Reverse(y[:])
	y2 := new(big.Int).SetBytes(y[:])
	y2.Mul(y2, y2).Mod(y2, fieldPrime)
	product := new(big.Int).Mul(y2, curveD)
	product.Add(product, big.NewInt(1))
	y2.Sub(y2, big.NewInt(1))
	product.Mul(product, y2).Mod(product, fieldPrime)
	return big.Jacobi(product, fieldPrime) == 1
}
