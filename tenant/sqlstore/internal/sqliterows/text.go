package sqliterows

import (
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"math/big"
	"strings"

	"github.com/apache/arrow-go/v18/arrow/decimal128"

	"github.com/oneanalytics/oa-archive/parquetio"
)

// The functions here read what parquetio.Vector.AppendText writes, and nothing
// else: a text with another spelling would go out as the same value, but came
// from somebody who may have meant another one.

// parseDate reads 2006-01-02, with a sign before years below 0 and above 9999,
// and returns the days since 1970-01-01.
func parseDate(text string) (days int64, ok bool) {
	rest, negative := strings.CutPrefix(text, "-")
	positive := false
	if !negative {
		rest, positive = strings.CutPrefix(text, "+")
	}
	width := len(rest) - len("-01-02")
	if width < 4 || width > 10 || rest[width] != '-' || rest[width+3] != '-' || width > 4 && rest[0] == '0' {
		return 0, false
	}
	year, ok1 := number(rest[:width])
	month, ok2 := number(rest[width+1 : width+3])
	day, ok3 := number(rest[width+4:])
	if !ok1 || !ok2 || !ok3 || negative && year == 0 || positive != (width > 4 && !negative) {
		return 0, false
	}
	if negative {
		year = -year
	}
	if month < 1 || month > 12 || day < 1 || day > daysOf(year, month) {
		return 0, false
	}
	return civilDays(year, month, day), true
}

// number reads digits, of which there are no more than ten.
func number(text string) (n int64, ok bool) {
	for i := range len(text) {
		c := text[i] - '0'
		if c > 9 {
			return 0, false
		}
		n = 10*n + int64(c)
	}
	return n, true
}

func daysOf(year, month int64) int64 {
	switch month {
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	case 4, 6, 9, 11:
		return 30
	}
	return 31
}

// civilDays returns the days from 1970-01-01 to a day of the proleptic
// Gregorian calendar. It counts in eras of 400 years, which have 146,097 days
// and begin on the first of March, so that leap days come last.
func civilDays(year, month, day int64) int64 {
	if month <= 2 {
		year--
	}
	era := year / 400
	if year < 0 {
		era = (year - 399) / 400
	}
	inEra := year - era*400
	inYear := (153*((month+9)%12)+2)/5 + day - 1
	return era*146097 + inEra*365 + inEra/4 - inEra/100 + inYear - 719468
}

// parseTime reads 15:04:05.000 with as many digits as the unit has, and
// returns the units since midnight.
func parseTime(text string, u parquetio.Unit) (int64, bool) {
	if len(text) != len("15:04:05.")+3*int(u) || text[2] != ':' || text[5] != ':' || text[8] != '.' {
		return 0, false
	}
	hour, ok1 := number(text[:2])
	minute, ok2 := number(text[3:5])
	second, ok3 := number(text[6:8])
	fraction, ok4 := number(text[9:])
	if !ok1 || !ok2 || !ok3 || !ok4 || hour > 23 || minute > 59 || second > 59 {
		return 0, false
	}
	return (hour*3600+minute*60+second)*u.PerSecond() + fraction, true
}

// parseTimestamp reads a date, T, a time, and Z if the type is of instants,
// and returns the units since 1970-01-01T00:00:00.
func parseTimestamp(text string, t parquetio.Type) (int64, bool) {
	if t.UTC {
		var ok bool
		if text, ok = strings.CutSuffix(text, "Z"); !ok {
			return 0, false
		}
	}
	date, clock, ok := strings.Cut(text, "T")
	if !ok {
		return 0, false
	}
	day, ok1 := parseDate(date)
	rest, ok2 := parseTime(clock, t.Unit)
	perDay := 86400 * t.Unit.PerSecond()
	if !ok1 || !ok2 {
		return 0, false
	}
	if day < 0 {
		// The first of all timestamps is not at the beginning of its day.
		day, rest = day+1, rest-perDay
	}
	if day > math.MaxInt64/perDay || day < math.MinInt64/perDay {
		return 0, false
	}
	n := day * perDay
	if n > 0 && rest > math.MaxInt64-n || n <= 0 && rest < math.MinInt64-n {
		return 0, false
	}
	return n + rest, true
}

func timeForm(u parquetio.Unit) string { return "15:04:05." + strings.Repeat("0", 3*int(u)) }

func timestampForm(t parquetio.Type) string {
	form := "2006-01-02T" + timeForm(t.Unit)
	if t.UTC {
		form += "Z"
	}
	return form
}

var errDecimal = errors.New("not a decimal number of digits with a point")

// parseDecimal reads a sign, digits, and a point with digits after it, into
// units of 10^-scale. Digits may be missing after the point, and zeros beyond
// the scale do not matter: they change nothing.
func parseDecimal(text string, t parquetio.Type) (n decimal128.Num, err error) {
	rest, negative := strings.CutPrefix(text, "-")
	whole, fraction, point := strings.Cut(rest, ".")
	if whole == "" || point && fraction == "" || len(text) > 100 {
		return n, fmt.Errorf("the text is %w", errDecimal)
	}
	kept := fraction
	for len(kept) > t.Scale && kept[len(kept)-1] == '0' {
		kept = kept[:len(kept)-1]
	}
	if len(kept) > t.Scale {
		return n, fmt.Errorf("the number has more than %d digits after the point: %w", t.Scale, errInexact)
	}
	digits := whole + kept + zeros[:t.Scale-len(kept)]
	for i := range len(digits) {
		if digits[i] < '0' || digits[i] > '9' {
			return n, fmt.Errorf("the text is %w", errDecimal)
		}
	}
	if significant := strings.TrimLeft(digits, "0"); len(significant) > t.Precision {
		return n, fmt.Errorf("the number does not fit %s", t)
	}
	return signed(digits, negative), nil
}

const zeros = "00000000000000000000000000000000000000" // as many as the largest scale

// signed returns the number of digits, which fit 38.
func signed(digits string, negative bool) decimal128.Num {
	if len(digits) <= 18 {
		n := int64(0)
		for i := range len(digits) {
			n = 10*n + int64(digits[i]-'0')
		}
		if negative {
			n = -n
		}
		return decimal128.FromI64(n)
	}
	n, _ := new(big.Int).SetString(digits, 10)
	if negative {
		n.Neg(n)
	}
	return decimal128.FromBigInt(n)
}

// parseUUID reads lower-case hexadecimal with hyphens.
func parseUUID(text string) (u [16]byte, ok bool) {
	if len(text) != 36 || text[8] != '-' || text[13] != '-' || text[18] != '-' || text[23] != '-' || strings.ToLower(text) != text {
		return u, false
	}
	_, err := hex.Decode(u[:], []byte(text[:8]+text[9:13]+text[14:18]+text[19:23]+text[24:]))
	return u, err == nil
}
