package superset

import (
	"errors"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/oneanalytics/oa-archive/parquetio"
)

// A cellReader makes a value of a column's type from the text of a cell, which
// is not empty: empty cells are nulls. Its errors say what the column holds, and
// never repeat the cell.
type cellReader func(text string) (any, error)

var (
	zoned         = regexp.MustCompile(`(?i)^timestamptz|with time zone`)
	withoutZone   = regexp.MustCompile(`(?i)without time zone`)
	precisionOf   = regexp.MustCompile(`\(\s*(\d+)\s*,\s*(\d+)\s*\)`)
	wholeAsNumber = regexp.MustCompile(`^-?\d+\.0+$`)
)

// rowType returns the type that a column's rows have and what reads its cells.
// It goes by the SQL type that Superset states. Columns of a type that says
// nothing, or that the definition does not list, are texts: every cell fits.
func rowType(sql string) (parquetio.Type, cellReader) {
	switch sqlKind(sql) {
	case "integer":
		return parquetio.Type{Kind: parquetio.Int64}, readInteger
	case "number":
		return parquetio.Type{Kind: parquetio.Float64}, readNumber
	case "decimal":
		if m := precisionOf.FindStringSubmatch(sql); m != nil {
			precision, _ := strconv.Atoi(m[1])
			scale, _ := strconv.Atoi(m[2])
			if t := parquetio.DecimalOf(precision, scale); t.Check() == nil {
				return t, func(text string) (any, error) { return readDecimal(text, scale) }
			}
		}
	case "boolean":
		return parquetio.Type{Kind: parquetio.Bool}, readBool
	case "date":
		return parquetio.Type{Kind: parquetio.Date}, readDate
	case "datetime":
		return timestamp(zoned.MatchString(sql))
	}
	return parquetio.Type{Kind: parquetio.String}, func(text string) (any, error) { return text, nil }
}

func timestamp(utc bool) (parquetio.Type, cellReader) {
	return parquetio.TimestampOf(parquetio.Microseconds, utc), func(text string) (any, error) { return readTime(text, utc) }
}

// saysZone reports whether a SQL type of times says if they have a zone.
// DATETIME does not: there the first cell decides.
func saysZone(sql string) bool { return zoned.MatchString(sql) || withoutZone.MatchString(sql) }

// hasZone reports whether a time is written with its zone.
func hasZone(text string) bool {
	_, err := readTime(text, true)
	return err == nil
}

// isNull reports whether a cell of a type other than text means that there is
// none. The words are those of the loader that Superset's own examples go
// through; in a text they are text, so that Namibia keeps its country code.
func isNull(text string, t parquetio.Type) bool {
	if text == "" {
		return true
	}
	switch text {
	case "N/A", "n/a", "#N/A", "NA", "<NA>", "NaN", "nan", "-nan", "NULL", "null", "None":
		return t.Kind != parquetio.String
	}
	return false
}

// sqlKind returns what values a SQL type means, in the words of models.
func sqlKind(sql string) string {
	for _, t := range types {
		if t.sql.MatchString(sql) {
			return t.kind
		}
	}
	return ""
}

// readInteger takes 12.0 as well, which is how some tools write whole numbers
// of a column that has nulls.
func readInteger(text string) (any, error) {
	if wholeAsNumber.MatchString(text) {
		text, _, _ = strings.Cut(text, ".")
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return nil, errors.New("is no whole number of 64 bits")
	}
	return n, nil
}

func readNumber(text string) (any, error) {
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || strings.ContainsAny(text, "_xX") {
		return nil, errors.New("is no number")
	}
	return f, nil
}

// readDecimal fills up zeros after the point.
func readDecimal(text string, scale int) (any, error) {
	whole, fraction, _ := strings.Cut(text, ".")
	if len(fraction) > scale || strings.Trim(strings.TrimPrefix(whole, "-")+fraction, "0123456789") != "" || strings.TrimPrefix(whole, "-") == "" {
		return nil, errors.New("is no decimal number with so many digits")
	}
	if scale == 0 {
		return whole, nil
	}
	return whole + "." + fraction + strings.Repeat("0", scale-len(fraction)), nil
}

func readBool(text string) (any, error) {
	switch strings.ToLower(text) {
	case "true", "t", "1", "yes":
		return true, nil
	case "false", "f", "0", "no":
		return false, nil
	}
	return nil, errors.New("is neither true nor false")
}

// dates and clocks are the forms that times are written in. Where a date has
// slashes the month comes first, as Superset's loader has it.
var (
	dates  = []string{"2006-01-02", "1/2/2006"}
	clocks = []string{"", " 15:04:05", " 15:04", "T15:04:05", "T15:04"} // with fractions of a second
	zones  = []string{"", "Z07:00", "-07", " Z07:00", "-0700"}
)

func readDate(text string) (any, error) {
	for _, form := range dates {
		if day, err := time.Parse(form, text); err == nil {
			return day, nil
		}
	}
	if at, err := readTime(text, false); err == nil && at.(time.Time).Equal(at.(time.Time).Truncate(24*time.Hour)) {
		return at, nil
	}
	return nil, errors.New("is no date")
}

func readTime(text string, utc bool) (any, error) {
	for _, date := range dates {
		for _, clock := range clocks {
			for i, zone := range zones {
				at, err := time.Parse(date+clock+zone, text)
				if err != nil {
					continue
				}
				if i > 0 != utc {
					return nil, errors.New("is a time with a zone where the column has none, or without one where it has")
				}
				return at.UTC(), nil
			}
		}
	}
	return nil, errors.New("is no time")
}
