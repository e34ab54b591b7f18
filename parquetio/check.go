package parquetio

import (
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf8"
)

var (
	errNull = errors.New("null in a column that is not nullable")
	errUTF8 = errors.New("not UTF-8")
	errJSON = errors.New("not one JSON value in UTF-8")
)

// checkBytes checks a value of a kind that is stored as bytes.
func checkBytes(k Kind, b []byte) error {
	switch k {
	case String:
		if !utf8.Valid(b) {
			return errUTF8
		}
	case JSON:
		if !utf8.Valid(b) || !json.Valid(b) {
			return errJSON
		}
	}
	return nil
}

// checkRange checks a value of a kind that is stored as an integer, other than
// Uint64 and Decimal.
func checkRange(t Type, v int64) error {
	if bits, signed := t.Kind.integer(); bits != 0 && bits < 64 {
		if signed && (v < -1<<(bits-1) || v >= 1<<(bits-1)) || !signed && (v < 0 || v >= 1<<bits) {
			return fmt.Errorf("the number does not fit %s", t)
		}
	}
	if t.Kind == Time && (v < 0 || v >= 86400*t.Unit.PerSecond()) {
		return fmt.Errorf("the number of %s is not a time of day", t.Unit)
	}
	if t.Kind == Date && int64(int32(v)) != v {
		return errors.New("the day is out of range")
	}
	return nil
}
