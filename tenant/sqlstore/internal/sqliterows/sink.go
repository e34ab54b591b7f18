package sqliterows

import (
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/oneanalytics/oa-archive/parquetio"
)

// A sink appends the values of one column, or of the elements of its lists, to
// an Arrow builder, and refuses those that its type does not admit. A function
// is nil where the type is not held by values of that storage.
type sink struct {
	typ      parquetio.Type
	nullable bool
	null     func()
	integer  func(int64) error
	real     func(float64) error
	text     func(string) error
	blob     func([]byte)
}

var (
	errNull    = errors.New("it is NULL, and the column is not nullable")
	errUTF8    = errors.New("it is not UTF-8")
	errInexact = errors.New("the column's type does not hold it exactly")
)

// put appends a value as the driver returns it, and returns about how many
// bytes it takes.
func (s sink) put(v driver.Value) (bytes int, err error) {
	switch v := v.(type) {
	case nil:
		if !s.nullable {
			return 0, errNull
		}
		s.null()
		return 8, nil
	case int64:
		if s.integer != nil {
			return 8, s.integer(v)
		}
		if s.real != nil && int64(float64(v)) == v && float64(v) != math.MaxInt64+1 {
			return 8, s.real(float64(v))
		}
		return 0, s.wrong("INTEGER")
	case float64:
		if s.real != nil {
			return 8, s.real(v)
		}
		return 0, s.wrong("REAL")
	case string:
		if err := s.tooLong(len(v)); err != nil {
			return 0, err
		}
		if s.text != nil {
			return 16 + len(v), s.text(v)
		}
		return 0, s.wrong("TEXT")
	case []byte:
		if err := s.tooLong(len(v)); err != nil {
			return 0, err
		}
		if s.blob != nil {
			s.blob(v)
			return 16 + len(v), nil
		}
		return 0, s.wrong("BLOB")
	}
	return 0, fmt.Errorf("the driver returned a %T", v)
}

// tooLong refuses what no value of a dataset can take, before it is copied.
// No element of a list takes more than 16 times its memory as text.
func (s sink) tooLong(n int) error {
	most := parquetio.MaxValue
	if s.typ.Kind == parquetio.List {
		most = 16 * parquetio.MaxRow
	}
	if n > most {
		return fmt.Errorf("it has %d bytes, more than the %d that a %s can have", n, most, s.typ)
	}
	return nil
}

func (s sink) wrong(storage string) error {
	return fmt.Errorf("it is stored as %s, which no %s is", storage, s.typ)
}

// newSink returns the sink of values of type t into b, a builder of t's Arrow
// type.
func newSink(t parquetio.Type, nullable bool, b array.Builder) sink {
	s := sink{typ: t, nullable: nullable, null: b.AppendNull}
	switch b := b.(type) {
	case *array.BooleanBuilder:
		s.integer = func(n int64) error {
			if n != 0 && n != 1 {
				return errors.New("the number is neither 0 nor 1")
			}
			b.Append(n == 1)
			return nil
		}
	case *array.Int8Builder:
		s.integer = narrow(t, b.Append)
	case *array.Int16Builder:
		s.integer = narrow(t, b.Append)
	case *array.Int32Builder:
		s.integer = narrow(t, b.Append)
	case *array.Int64Builder:
		s.integer = narrow(t, b.Append)
	case *array.Uint8Builder:
		s.integer = narrow(t, b.Append)
	case *array.Uint16Builder:
		s.integer = narrow(t, b.Append)
	case *array.Uint32Builder:
		s.integer = narrow(t, b.Append)
	case *array.Uint64Builder:
		s.integer, s.text = narrow(t, b.Append), largeUint(b.Append)
	case *array.Float32Builder:
		s.real, s.text = float32Sink(b), nan32(b)
	case *array.Float64Builder:
		s.real, s.text = func(f float64) error { b.Append(f); return nil }, nan64(b)
	case *array.BinaryBuilder:
		s.blob = b.Append
	default:
		s.text = textSink(t, b)
	}
	return s
}

// whole are the Go types of integers in Arrow.
type whole interface {
	int8 | int16 | int32 | int64 | uint8 | uint16 | uint32 | uint64
}

// narrow returns a function that appends an integer that fits N.
func narrow[N whole](t parquetio.Type, add func(N)) func(int64) error {
	return func(n int64) error {
		if int64(N(n)) != n || n < 0 && N(n) > 0 {
			return fmt.Errorf("the number does not fit %s", t)
		}
		add(N(n))
		return nil
	}
}

// largeUint returns a function that appends what INTEGER is too small for.
func largeUint(add func(uint64)) func(string) error {
	return func(text string) error {
		n, err := strconv.ParseUint(text, 10, 64)
		if err != nil || n <= math.MaxInt64 || strconv.FormatUint(n, 10) != text {
			return errors.New("the text is not a uint64 of 2⁶³ or more in digits")
		}
		add(n)
		return nil
	}
}

func float32Sink(b *array.Float32Builder) func(float64) error {
	return func(f float64) error {
		if float64(float32(f)) != f {
			return fmt.Errorf("the number is not a float32: %w", errInexact)
		}
		b.Append(float32(f))
		return nil
	}
}

func nan32(b *array.Float32Builder) func(string) error {
	return func(text string) error {
		bits, err := nanBits(text, plainNaN32, 32)
		if err == nil {
			b.Append(math.Float32frombits(uint32(bits)))
		}
		return err
	}
}

func nan64(b *array.Float64Builder) func(string) error {
	return func(text string) error {
		bits, err := nanBits(text, plainNaN64, 64)
		if err == nil {
			b.Append(math.Float64frombits(bits))
		}
		return err
	}
}

// nanBits reads what appendNaN writes.
func nanBits(text string, plain uint64, size int) (uint64, error) {
	if text == "NaN" {
		return plain, nil
	}
	digits, ok := strings.CutPrefix(text, "NaN:")
	bits, err := strconv.ParseUint(digits, 16, size)
	isNaN := math.IsNaN(math.Float64frombits(bits))
	if size == 32 {
		isNaN = math.IsNaN(float64(math.Float32frombits(uint32(bits))))
	}
	if !ok || err != nil || len(digits) != size/4 || !isNaN || strings.ToLower(digits) != digits {
		return 0, errors.New("the text is not NaN, the only number that is stored as text")
	}
	return bits, nil
}

// textSink returns the function that appends a value of a type that is held
// as TEXT.
func textSink(t parquetio.Type, b array.Builder) func(string) error {
	switch b := b.(type) {
	case *array.StringBuilder:
		return func(text string) error {
			if !utf8.ValidString(text) {
				return errUTF8
			}
			b.Append(text)
			return nil
		}
	case *array.Decimal128Builder:
		return func(text string) error {
			n, err := parseDecimal(text, t)
			if err == nil {
				b.Append(n)
			}
			return err
		}
	case *array.Date32Builder:
		return func(text string) error {
			day, ok := parseDate(text)
			if !ok || int64(int32(day)) != day {
				return malformed(t, "2006-01-02")
			}
			b.Append(arrow.Date32(day))
			return nil
		}
	case *array.Time32Builder:
		return timeSink(t, func(n int64) { b.Append(arrow.Time32(n)) })
	case *array.Time64Builder:
		return timeSink(t, func(n int64) { b.Append(arrow.Time64(n)) })
	case *array.TimestampBuilder:
		return func(text string) error {
			n, ok := parseTimestamp(text, t)
			if !ok {
				return malformed(t, timestampForm(t))
			}
			b.Append(arrow.Timestamp(n))
			return nil
		}
	case *array.ListBuilder:
		return newListSink(t, b)
	case interface{ StorageBuilder() array.Builder }:
		return extensionSink(t, b.StorageBuilder())
	}
	panic(fmt.Sprintf("sqliterows: no way to make %s with a %T", t, b))
}

func timeSink(t parquetio.Type, add func(int64)) func(string) error {
	return func(text string) error {
		n, ok := parseTime(text, t.Unit)
		if !ok {
			return malformed(t, timeForm(t.Unit))
		}
		add(n)
		return nil
	}
}

// extensionSink serves the types that Arrow keeps as another one.
func extensionSink(t parquetio.Type, b array.Builder) func(string) error {
	switch b := b.(type) {
	case *array.StringBuilder:
		return func(text string) error {
			if !utf8.ValidString(text) || !json.Valid([]byte(text)) {
				return errors.New("the text is not one JSON value in UTF-8")
			}
			b.Append(text)
			return nil
		}
	case *array.FixedSizeBinaryBuilder:
		return func(text string) error {
			u, ok := parseUUID(text)
			if !ok {
				return malformed(t, "00000000-0000-4000-8000-000000000000")
			}
			b.Append(u[:])
			return nil
		}
	}
	panic(fmt.Sprintf("sqliterows: no way to make %s with a %T", t, b))
}

func malformed(t parquetio.Type, form string) error {
	return fmt.Errorf("the text is not a %s in the form %s", t, form)
}
