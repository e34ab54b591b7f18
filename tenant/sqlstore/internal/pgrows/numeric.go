package pgrows

import (
	"encoding/binary"
	"errors"
	"math/bits"

	"github.com/apache/arrow-go/v18/arrow/decimal128"
)

// A numeric is four numbers of 16 bits and then its digits to the base 10,000:
// how many digits, the weight of the first, the sign, and the digits after the
// point that are shown.
const (
	numericHeader = 8
	groupBase     = 10000
	groupDigits   = 4
	maxGroups     = 12 // of 39 decimal digits, with the point anywhere
)

const (
	positive = 0x0000
	negative = 0x4000
	special  = 0xC000 // NaN, and with other bits the infinities
)

var powers = [...]uint64{1, 10, 100, 1000, groupBase}

// An unsigned is a number of 128 bits.
type unsigned struct{ hi, lo uint64 }

func (u unsigned) zero() bool { return u.hi|u.lo == 0 }

func (u unsigned) divide(by uint64) (unsigned, uint64) {
	hi, rest := u.hi/by, u.hi%by
	lo, rest := bits.Div64(rest, u.lo, by)
	return unsigned{hi, lo}, rest
}

// scaled returns u×by + plus.
func (u unsigned) scaled(by, plus uint64) (_ unsigned, ok bool) {
	carry, lo := bits.Mul64(u.lo, by)
	over, hi := bits.Mul64(u.hi, by)
	lo, c := bits.Add64(lo, plus, 0)
	hi, c = bits.Add64(hi, carry, c)
	return unsigned{hi, lo}, over == 0 && c == 0
}

// appendNumeric appends the length and the value of n, which counts units of
// its last digit, scale digits after the point.
func appendNumeric(dst []byte, n decimal128.Num, scale int) []byte {
	sign := uint16(positive)
	if n.Sign() < 0 {
		sign, n = negative, n.Negate()
	}
	return appendUnsigned(dst, unsigned{uint64(n.HighBits()), n.LowBits()}, sign, scale)
}

func appendUnsigned(dst []byte, u unsigned, sign uint16, scale int) []byte {
	var groups [maxGroups]uint16 // from the last
	count := 0
	if part := scale % groupDigits; part != 0 {
		var rest uint64
		u, rest = u.divide(powers[part])
		groups[0] = uint16(rest * powers[groupDigits-part])
		count = 1
	}
	for !u.zero() {
		var rest uint64
		u, rest = u.divide(groupBase)
		groups[count] = uint16(rest)
		count++
	}
	behind := (scale + groupDigits - 1) / groupDigits
	weight := count - behind - 1
	for count > 0 && groups[count-1] == 0 { // only what stands behind the point
		count--
		weight--
	}
	first := 0
	for first < count && groups[first] == 0 {
		first++
	}
	if count == first {
		weight, sign = 0, positive
	}
	dst = binary.BigEndian.AppendUint32(dst, uint32(numericHeader+2*(count-first)))
	dst = binary.BigEndian.AppendUint16(dst, uint16(count-first))
	dst = binary.BigEndian.AppendUint16(dst, uint16(int16(weight)))
	dst = binary.BigEndian.AppendUint16(dst, sign)
	dst = binary.BigEndian.AppendUint16(dst, uint16(scale))
	for i := count - 1; i >= first; i-- {
		dst = binary.BigEndian.AppendUint16(dst, groups[i])
	}
	return dst
}

var (
	errNumericForm  = errors.New("a numeric that is not in PostgreSQL's form")
	errNotANumber   = errors.New("NaN or infinity, which is no decimal number")
	errNumericWide  = errors.New("a number with more digits than a column can have")
	errNumericFiner = errors.New("a number with more digits after the point than the column of the dataset has")
)

// numeric returns the value in b as a count of units with scale digits after
// the point.
func numeric(b []byte, scale int) (u unsigned, minus bool, err error) {
	if len(b) < numericHeader {
		return u, false, errNumericForm
	}
	count := int(binary.BigEndian.Uint16(b))
	weight := int(int16(binary.BigEndian.Uint16(b[2:])))
	sign := binary.BigEndian.Uint16(b[4:])
	switch {
	case sign&special == special:
		return u, false, errNotANumber
	case sign != positive && sign != negative || len(b) != numericHeader+2*count:
		return u, false, errNumericForm
	case count == 0:
		return u, false, nil
	case count > maxGroups+1 || weight > maxGroups:
		return u, false, errNumericWide
	}
	ok := true
	for i := range count - 1 {
		if u, ok = u.scaled(groupBase, uint64(binary.BigEndian.Uint16(b[numericHeader+2*i:]))); !ok {
			return u, false, errNumericWide
		}
	}
	// The power of ten that the last digit stands for, in units.
	last, power := uint64(binary.BigEndian.Uint16(b[len(b)-2:])), groupDigits*(weight-count+1)+scale
	switch {
	case power <= -groupDigits:
		return u, false, errNumericFiner
	case power < 0:
		if last%powers[-power] != 0 {
			return u, false, errNumericFiner
		}
		u, ok = u.scaled(powers[groupDigits+power], last/powers[-power])
	default:
		u, ok = u.scaled(groupBase, last)
	}
	for ; ok && power > 0; power-- {
		u, ok = u.scaled(10, 0)
	}
	if !ok {
		return u, false, errNumericWide
	}
	return u, sign == negative, nil
}

// decimal is numeric for a Decimal. Whether it has too many digits for the
// column is seen where it is written.
func decimal(b []byte, scale int) (decimal128.Num, error) {
	u, minus, err := numeric(b, scale)
	switch {
	case err != nil:
		return decimal128.Num{}, err
	case u.hi > 1<<63-1:
		return decimal128.Num{}, errNumericWide
	}
	n := decimal128.New(int64(u.hi), u.lo)
	if minus {
		n = n.Negate()
	}
	return n, nil
}
