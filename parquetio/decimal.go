package parquetio

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/big"
	"strings"

	"github.com/apache/arrow-go/v18/arrow/decimal128"
)

// powersOfTen holds 10⁰ to 10³⁸.
var powersOfTen = func() (p [MaxPrecision + 1]decimal128.Num) {
	p[0] = decimal128.FromI64(1)
	for i := range MaxPrecision {
		p[i+1] = p[i].Mul(decimal128.FromI64(10))
	}
	return p
}()

// fits reports whether n has no more than precision digits.
func fits(n decimal128.Num, precision int) bool {
	most := powersOfTen[precision]
	return n.Less(most) && most.Negate().Less(n)
}

// appendDecimal appends n × 10^-scale with all its digits after the point.
func appendDecimal(dst []byte, n decimal128.Num, scale int) []byte {
	digits := n.BigInt().Text(10)
	if strings.HasPrefix(digits, "-") {
		dst, digits = append(dst, '-'), digits[1:]
	}
	if missing := scale + 1 - len(digits); missing > 0 {
		digits = strings.Repeat("0", missing) + digits
	}
	dst = append(dst, digits[:len(digits)-scale]...)
	if scale > 0 {
		dst = append(append(dst, '.'), digits[len(digits)-scale:]...)
	}
	return dst
}

var errDecimal = errors.New("not a decimal number")

// parseDecimal reads an optional sign, digits, and an optional point with
// digits after it, into units of 10^-scale. It never rounds.
func parseDecimal(text string, t Type) (decimal128.Num, error) {
	var zero decimal128.Num
	rest, negative := strings.CutPrefix(text, "-")
	if !negative {
		rest = strings.TrimPrefix(rest, "+")
	}
	whole, fraction, point := strings.Cut(rest, ".")
	if whole == "" || point && fraction == "" || len(text) > 256 {
		return zero, errDecimal
	}
	kept := strings.TrimRight(fraction, "0")
	if len(kept) > t.Scale {
		return zero, fmt.Errorf("the number has more than %d digits after the point", t.Scale)
	}
	digits := whole + kept + strings.Repeat("0", t.Scale-len(kept))
	for i := range len(whole) + len(fraction) {
		if c := (whole + fraction)[i]; c < '0' || c > '9' {
			return zero, errDecimal
		}
	}
	n, ok := new(big.Int).SetString(digits, 10)
	if !ok || n.BitLen() > 127 || !fits(decimal128.FromBigInt(n), t.Precision) {
		return zero, fmt.Errorf("the number does not fit %s", t)
	}
	if negative {
		n.Neg(n)
	}
	return decimal128.FromBigInt(n), nil
}

// putBigEndian stores the low bytes of n in b, most significant byte first, as
// Parquet stores decimals. len(b) is at most 16, and n must fit.
func putBigEndian(b []byte, n decimal128.Num) {
	var all [16]byte
	binary.BigEndian.PutUint64(all[:], uint64(n.HighBits()))
	binary.BigEndian.PutUint64(all[8:], n.LowBits())
	copy(b, all[16-len(b):])
}

// bigEndian reads a two's complement number of any length, most significant
// byte first. ok tells that it fits 128 bits.
func bigEndian(b []byte) (n decimal128.Num, ok bool) {
	var all [16]byte
	sign := byte(0)
	if len(b) > 0 && b[0]&0x80 != 0 {
		sign = 0xff
	}
	for len(b) > 16 {
		if b[0] != sign {
			return n, false
		}
		b = b[1:]
	}
	if len(b) == 16 && (b[0]^sign)&0x80 != 0 {
		return n, false
	}
	for i := range 16 - len(b) {
		all[i] = sign
	}
	copy(all[16-len(b):], b)
	return decimal128.New(int64(binary.BigEndian.Uint64(all[:])), binary.BigEndian.Uint64(all[8:])), true
}
