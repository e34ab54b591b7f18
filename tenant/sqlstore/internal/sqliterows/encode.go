package sqliterows

import (
	"database/sql/driver"
	"fmt"
	"math"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/oneanalytics/oa-archive/parquetio"
)

// An encoder makes values for SQLite out of a vector's.
type encoder struct{ parquetio.Vector }

// value returns what SQLite stores for value i. Bytes belong to the vector.
func (e encoder) value(i int) driver.Value {
	if e.Null(i) {
		return nil
	}
	switch t := e.Type(); t.Kind {
	case parquetio.Bool:
		if e.Bool(i) {
			return int64(1)
		}
		return int64(0)
	case parquetio.Int8, parquetio.Int16, parquetio.Int32, parquetio.Int64,
		parquetio.Uint8, parquetio.Uint16, parquetio.Uint32:
		return e.Int(i)
	case parquetio.Uint64:
		if n := e.Uint(i); n > math.MaxInt64 {
			return strconv.FormatUint(n, 10)
		}
		return e.Int(i)
	case parquetio.Float32, parquetio.Float64:
		if f := e.Float(i); !math.IsNaN(f) {
			return f
		}
		return string(e.appendNaN(nil, i))
	case parquetio.Binary:
		if b := e.Bytes(i); b != nil {
			return b
		}
		return []byte{} // to the driver nil is NULL
	case parquetio.List:
		return string(e.appendList(nil, i))
	case parquetio.String, parquetio.JSON:
		return string(e.Bytes(i))
	}
	var text [40]byte
	return string(e.AppendText(text[:0], i))
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
