package strictjson

import (
	"bytes"
	"strconv"
	"strings"
)

// surelyFits is how many characters an integer of 64 bits can have at least.
const surelyFits = 18

// number reads the number that begins at pos.
func (s *scanner) number() bool {
	start := s.pos
	n, integer := numberLength(s.data[start:])
	if n == 0 {
		return s.fail(start, "not a number as JSON writes them")
	}
	if n > s.limits.Number {
		return s.fail(start, "a number of more than %d characters", s.limits.Number)
	}
	s.pos += n
	if integer && n <= surelyFits {
		if s.sink != nil {
			s.sink.Number(s.line, s.numeral(start))
		}
		return true
	}
	text := s.numeral(start)
	if integer {
		if _, err := strconv.ParseInt(text, 10, 64); err != nil {
			return s.fail(start, "the integer %s does not fit 64 bits: write it as a string", text)
		}
	} else if !exact(text) {
		return s.fail(start, "the number %s loses digits as a 64-bit float: write it as a string", text)
	}
	if s.sink != nil {
		s.sink.Number(s.line, text)
	}
	return true
}

// numeral returns the number from start up to pos.
func (s *scanner) numeral(start int) string {
	if s.sink != nil {
		return s.copy[start:s.pos]
	}
	return string(s.data[start:s.pos])
}

// numberLength returns the length of the number that text begins with, 0 when
// it breaks the grammar of RFC 8259, section 6.
func numberLength(text []byte) (n int, integer bool) {
	digits := func() int {
		from := n
		for n < len(text) && text[n] >= '0' && text[n] <= '9' {
			n++
		}
		return n - from
	}
	if n < len(text) && text[n] == '-' {
		n++
	}
	first := n
	if count := digits(); count == 0 || count > 1 && text[first] == '0' {
		return 0, false
	}
	integer = true
	if n < len(text) && text[n] == '.' {
		integer = false
		if n++; digits() == 0 {
			return 0, false
		}
	}
	if n < len(text) && (text[n] == 'e' || text[n] == 'E') {
		integer = false
		if n++; n < len(text) && (text[n] == '+' || text[n] == '-') {
			n++
		}
		if digits() == 0 {
			return 0, false
		}
	}
	return n, integer
}

// exact reports whether the float64 nearest to the decimal text, written with
// as few digits as identify it, is the same decimal number.
func exact(text string) bool {
	f, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return false
	}
	digits, exp, ok := decimal(text)
	fDigits, fExp, _ := decimal(strconv.FormatFloat(f, 'e', -1, 64))
	return ok && digits == fDigits && exp == fExp
}

// decimal splits a number into its significant digits, as an integer without
// zeros at either end, and the power of ten to scale it by.
func decimal(text string) (digits string, exp int, ok bool) {
	text = strings.TrimPrefix(text, "-")
	mantissa, power, hasPower := strings.Cut(strings.ToLower(text), "e")
	if hasPower {
		var err error
		if exp, err = strconv.Atoi(power); err != nil {
			return "", 0, false
		}
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	digits = strings.TrimLeft(whole+fraction, "0")
	exp -= len(fraction)
	for len(digits) > 0 && digits[len(digits)-1] == '0' {
		digits, exp = digits[:len(digits)-1], exp+1
	}
	if digits == "" {
		exp = 0
	}
	return digits, exp, true
}

// Int returns the integer that value, a part of a checked document, is; ok is
// false for anything else, such as 1.0 or 1e2.
func Int(value []byte) (n int64, ok bool) {
	length, integer := numberLength(value)
	if !integer || length != len(value) || bytes.Equal(value, []byte("-0")) {
		return 0, false
	}
	n, err := strconv.ParseInt(string(value), 10, 64)
	return n, err == nil
}
