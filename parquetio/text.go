package parquetio

import (
	"encoding/base64"
	"encoding/hex"
	"math"
	"strconv"
	"unicode/utf8"
)

// AppendText appends value i as text for people and for CSV, and nothing for
// null:
//
//	Bool                  true, false
//	integers, Decimal     decimal digits; a Decimal has all digits of its scale
//	Float32, Float64      the shortest text that reads back to the same value; NaN, Infinity, -Infinity
//	Date                  2006-01-02
//	Time                  15:04:05.000000, as many digits as the unit has
//	Timestamp             2006-01-02T15:04:05.000000, with Z where UTC
//	String, JSON          as they are
//	Binary                \x and lower-case hexadecimal, as PostgreSQL writes it
//	UUID                  lower-case hexadecimal with hyphens
//	List                  as AppendJSON
//
// Years before 0 and after 9999 have a sign and at least four digits.
func (v Vector) AppendText(dst []byte, i int) []byte {
	if v.Null(i) {
		return dst
	}
	switch v.typ.Kind {
	case Bool:
		return strconv.AppendBool(dst, v.Bool(i))
	case Uint64:
		return strconv.AppendUint(dst, v.Uint(i), 10)
	case Float32, Float64:
		return v.appendFloat(dst, i)
	case Decimal:
		return appendDecimal(dst, v.Decimal(i), v.typ.Scale)
	case Date:
		return appendDate(dst, v.Int(i))
	case Time:
		return appendTime(dst, v.Int(i), v.typ.Unit)
	case Timestamp:
		return appendTimestamp(dst, v.Int(i), v.typ)
	case String, JSON:
		return append(dst, v.Bytes(i)...)
	case Binary:
		return hex.AppendEncode(append(dst, '\\', 'x'), v.Bytes(i))
	case UUID:
		return appendUUID(dst, v.Bytes(i))
	case List:
		return v.AppendJSON(dst, i)
	}
	return strconv.AppendInt(dst, v.Int(i), 10)
}

// maxExact is the largest integer up to which float64, and so many a JSON
// parser, tells every integer from its neighbours.
const maxExact = 1<<53 - 1

// AppendJSON appends value i as one JSON value: null, true, false; integers as
// numbers from -(2⁵³-1) to 2⁵³-1 and as strings beyond, so that no parser
// rounds them; floats as numbers, with NaN and the infinities as strings;
// JSON as it is, but with spaces for line breaks between its tokens; lists as arrays; Binary as a string of base64 (RFC 4648,
// section 4); a Decimal always as a string; everything else as a string of
// what AppendText appends.
func (v Vector) AppendJSON(dst []byte, i int) []byte {
	if v.Null(i) {
		return append(dst, "null"...)
	}
	switch v.typ.Kind {
	case Bool:
		return v.AppendText(dst, i)
	case Uint64:
		return appendQuotedIf(dst, v.Uint(i) > maxExact, v.AppendText(nil, i))
	case Float32, Float64:
		f := v.Float(i)
		return appendQuotedIf(dst, math.IsNaN(f) || math.IsInf(f, 0), v.AppendText(nil, i))
	case String:
		return appendJSONString(dst, string(v.Bytes(i)))
	case JSON:
		return appendOneLine(dst, v.Bytes(i))
	case Binary:
		dst = base64.StdEncoding.AppendEncode(append(dst, '"'), v.Bytes(i))
		return append(dst, '"')
	case Decimal, Date, Time, Timestamp, UUID:
		return append(v.AppendText(append(dst, '"'), i), '"')
	case List:
		elems := v.List(i)
		dst = append(dst, '[')
		for k := range elems.Len() {
			if k > 0 {
				dst = append(dst, ',')
			}
			dst = elems.AppendJSON(dst, k)
		}
		return append(dst, ']')
	}
	n := v.Int(i)
	if n < -maxExact || n > maxExact {
		return append(strconv.AppendInt(append(dst, '"'), n, 10), '"')
	}
	return strconv.AppendInt(dst, n, 10)
}

func appendQuotedIf(dst []byte, quoted bool, text []byte) []byte {
	if !quoted {
		return append(dst, text...)
	}
	return append(append(append(dst, '"'), text...), '"')
}

func (v Vector) appendFloat(dst []byte, i int) []byte {
	f, bits := v.Float(i), 64
	if v.typ.Kind == Float32 {
		bits = 32
	}
	switch {
	case math.IsInf(f, 1):
		return append(dst, "Infinity"...)
	case math.IsInf(f, -1):
		return append(dst, "-Infinity"...)
	}
	format := byte('f')
	if a := math.Abs(f); a != 0 && (a < 1e-6 || a >= 1e21) {
		format = 'e'
	}
	return strconv.AppendFloat(dst, f, format, -1, bits)
}

// appendOneLine appends JSON without line breaks: inside a string it has none.
func appendOneLine(dst, value []byte) []byte {
	start := len(dst)
	dst = append(dst, value...)
	for i := start; i < len(dst); i++ {
		if dst[i] == '\n' || dst[i] == '\r' {
			dst[i] = ' '
		}
	}
	return dst
}

// appendJSONString appends s, which is UTF-8, as a JSON string with no more
// escapes than RFC 8259 demands, and U+2028, U+2029 and DEL escaped too.
func appendJSONString(dst []byte, s string) []byte {
	const digits = "0123456789abcdef"
	dst = append(dst, '"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			dst = append(dst, '\\', byte(r))
		case r == '\n':
			dst = append(dst, '\\', 'n')
		case r == '\r':
			dst = append(dst, '\\', 'r')
		case r == '\t':
			dst = append(dst, '\\', 't')
		case r < 0x20 || r == 0x7f || r == 0x2028 || r == 0x2029:
			dst = append(dst, '\\', 'u', digits[r>>12], digits[r>>8&15], digits[r>>4&15], digits[r&15])
		default:
			dst = utf8.AppendRune(dst, r)
		}
	}
	return append(dst, '"')
}

// appendDate appends a day counted from 1970-01-01 in the proleptic Gregorian
// calendar.
func appendDate(dst []byte, day int64) []byte {
	t := dateTime(day)
	year, month, dom := t.Date()
	switch {
	case year < 0:
		dst, year = append(dst, '-'), -year
	case year > 9999:
		dst = append(dst, '+')
	}
	dst = appendPadded(dst, int64(year), 4)
	dst = appendPadded(append(dst, '-'), int64(month), 2)
	return appendPadded(append(dst, '-'), int64(dom), 2)
}

func appendTime(dst []byte, v int64, u Unit) []byte {
	seconds, fraction := v/u.PerSecond(), v%u.PerSecond()
	dst = appendPadded(dst, seconds/3600, 2)
	dst = appendPadded(append(dst, ':'), seconds/60%60, 2)
	dst = appendPadded(append(dst, ':'), seconds%60, 2)
	return appendPadded(append(dst, '.'), fraction, 3*int(u))
}

func appendTimestamp(dst []byte, v int64, t Type) []byte {
	perDay := 86400 * t.Unit.PerSecond()
	day, rest := v/perDay, v%perDay
	if rest < 0 {
		day, rest = day-1, rest+perDay
	}
	dst = appendTime(append(appendDate(dst, day), 'T'), rest, t.Unit)
	if t.UTC {
		dst = append(dst, 'Z')
	}
	return dst
}

// appendPadded appends v, which is not negative, with zeros before it if it has
// fewer than width digits, of which there are at most 20.
func appendPadded(dst []byte, v int64, width int) []byte {
	var digits [20]byte
	i := len(digits)
	for ; v > 0 || len(digits)-i < width; v /= 10 {
		i--
		digits[i] = byte('0' + v%10)
	}
	return append(dst, digits[i:]...)
}
