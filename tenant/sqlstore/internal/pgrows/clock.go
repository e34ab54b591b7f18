package pgrows

import (
	"errors"
	"math"

	"github.com/oneanalytics/oa-archive/parquetio"
)

// PostgreSQL counts from 2000-01-01, in days or microseconds.
const (
	epochDays   = 10957
	epochMicros = epochDays * 86400 * 1e6
	dayMicros   = 86400 * 1e6
)

// What PostgreSQL can hold, in its own count: dates from 4713 BC to 5874897,
// timestamps from 4713 BC to before 294277. The smallest and largest integers
// stand for minus and plus infinity.
const (
	firstDay   = -2451545
	endDay     = 2147483494 + firstDay
	firstMicro = -211813488000000000
	endMicro   = 9223371331200000000
)

var (
	errDateRange      = errors.New("a date that PostgreSQL does not have: before 4713 BC or after AD 5874897")
	errTimestampRange = errors.New("a timestamp that PostgreSQL does not have: before 4713 BC or after AD 294276")
	errNanoseconds    = errors.New("a time with nanoseconds; PostgreSQL has microseconds")
	errInfinity       = errors.New("infinity, which is no date or time")
	errFiner          = errors.New("a time with more digits than the column of the dataset has")
	errBeyond         = errors.New("a time that the column of the dataset does not reach")
	errMidnight       = errors.New("24:00:00 or later, which is no time of day")
)

// dateTo returns the day in PostgreSQL's count.
func dateTo(days int64) (int32, error) {
	if days -= epochDays; days < firstDay || days >= endDay {
		return 0, errDateRange
	}
	return int32(days), nil
}

func dateFrom(days int32) (int32, error) {
	if days == math.MinInt32 || days == math.MaxInt32 {
		return 0, errInfinity
	}
	if days > math.MaxInt32-epochDays {
		return 0, errBeyond
	}
	return days + epochDays, nil
}

// micros converts a count of unit to microseconds.
func micros(v int64, unit parquetio.Unit) (int64, error) {
	switch unit {
	case parquetio.Milliseconds:
		if v > math.MaxInt64/1000 || v < math.MinInt64/1000 {
			return 0, errTimestampRange
		}
		return v * 1000, nil
	case parquetio.Nanoseconds:
		if v%1000 != 0 {
			return 0, errNanoseconds
		}
		return v / 1000, nil
	}
	return v, nil
}

// units converts microseconds to a count of unit.
func units(v int64, unit parquetio.Unit) (int64, error) {
	switch unit {
	case parquetio.Milliseconds:
		if v%1000 != 0 {
			return 0, errFiner
		}
		return v / 1000, nil
	case parquetio.Nanoseconds:
		if v > math.MaxInt64/1000 || v < math.MinInt64/1000 {
			return 0, errBeyond
		}
		return v * 1000, nil
	}
	return v, nil
}

func timestampTo(v int64, unit parquetio.Unit) (int64, error) {
	v, err := micros(v, unit)
	if err != nil {
		return 0, err
	}
	if v < firstMicro+epochMicros || v-epochMicros >= endMicro {
		return 0, errTimestampRange
	}
	return v - epochMicros, nil
}

func timestampFrom(v int64, unit parquetio.Unit) (int64, error) {
	if v == math.MinInt64 || v == math.MaxInt64 {
		return 0, errInfinity
	}
	if v > math.MaxInt64-epochMicros {
		return 0, errBeyond
	}
	return units(v+epochMicros, unit)
}

func timeFrom(v int64, unit parquetio.Unit) (int64, error) {
	if v < 0 || v >= dayMicros {
		return 0, errMidnight
	}
	return units(v, unit)
}
