package sqliterows

import (
	"database/sql/driver"
	"fmt"
	"math"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/oneanalytics/oa-archive/parquetio"
)

// An encoder makes values for SQLite out of a vector's.
type encoder struct{ parquetio.Vector }

// plain returns what SQLite stores for value i where that is not text: nil for
// null, a number, or bytes that belong to the vector. ok is false for text.
func (e encoder) plain(i int) (v driver.Value, ok bool) {
	if e.Null(i) {
		return nil, true
	}
	switch e.Type().Kind {
	case parquetio.Bool:
		if e.Bool(i) {
			return int64(1), true
		}
		return int64(0), true
	case parquetio.Int8, parquetio.Int16, parquetio.Int32, parquetio.Int64,
		parquetio.Uint8, parquetio.Uint16, parquetio.Uint32:
		return e.Int(i), true
	case parquetio.Uint64:
		return e.Int(i), e.Uint(i) <= math.MaxInt64
	case parquetio.Float32, parquetio.Float64:
		f := e.Float(i)
		return f, !math.IsNaN(f)
	case parquetio.Binary:
		if b := e.Bytes(i); b != nil {
			return b, true
		}
		return []byte{}, true // to the driver nil is NULL
	}
	return nil, false
}

// appendText appends what SQLite stores for value i where that is text.
func (e encoder) appendText(dst []byte, i int) []byte {
	switch e.Type().Kind {
	case parquetio.Float32, parquetio.Float64:
		return e.appendNaN(dst, i)
	case parquetio.List:
		return e.appendList(dst, i)
	}
	return e.AppendText(dst, i)
}

// The bits of the NaN that is written without saying which one it is: IEEE 754
// makes it quiet and leaves the rest to be zero.
const (
	plainNaN32 = 0x7fc00000
	plainNaN64 = 0x7ff8000000000000
)

// appendNaN appends a NaN as text, with its bits unless it is the plain one.
func (e encoder) appendNaN(dst []byte, i int) []byte {
	dst = append(dst, "NaN"...)
	if e.Type().Kind == parquetio.Float32 {
		if bits := math.Float32bits(e.Float32(i)); bits != plainNaN32 {
			dst = fmt.Appendf(dst, ":%08x", bits)
		}
	} else if bits := math.Float64bits(e.Float(i)); bits != plainNaN64 {
		dst = fmt.Appendf(dst, ":%016x", bits)
	}
	return dst
}

// appendList appends a list as a JSON array. It is what Vector.AppendJSON
// writes but for what that does not keep apart: JSON stands in a string, for
// its null is not the lack of an element and its line breaks are its own, and
// a NaN tells its bits.
func (e encoder) appendList(dst []byte, i int) []byte {
	elems := encoder{e.List(i)}
	dst = append(dst, '[')
	for k := range elems.Len() {
		if k > 0 {
			dst = append(dst, ',')
		}
		dst = elems.appendElement(dst, k)
	}
	return append(dst, ']')
}

func (e encoder) appendElement(dst []byte, i int) []byte {
	if e.Null(i) {
		return append(dst, "null"...)
	}
	switch e.Type().Kind {
	case parquetio.JSON:
		// The text is UTF-8, which is all that can be wrong.
		quoted, _ := jsontext.AppendQuote(dst, e.Bytes(i))
		return quoted
	case parquetio.Float32, parquetio.Float64:
		if math.IsNaN(e.Float(i)) {
			return append(e.appendNaN(append(dst, '"'), i), '"')
		}
	}
	return e.AppendJSON(dst, i)
}
