package sqliterows

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/oneanalytics/oa-archive/parquetio"
)

var errArray = errors.New("it is not a JSON array")

// newListSink returns the function that appends the list which a text says.
func newListSink(t parquetio.Type, b *array.ListBuilder) func(string) error {
	l := &listSink{elem: newSink(*t.Elem, !t.ElemRequired, b.ValueBuilder()), dec: jsontext.NewDecoder(strings.NewReader(""))}
	return func(text string) error {
		b.Append(true)
		return l.read(text)
	}
}

// A listSink reads lists as encoder.appendList writes them.
type listSink struct {
	elem sink
	dec  *jsontext.Decoder
}

func (l *listSink) read(text string) error {
	l.dec.Reset(strings.NewReader(text))
	if token, err := l.dec.ReadToken(); err != nil || token.Kind() != '[' {
		return errArray
	}
	for n := 0; ; n++ {
		token, err := l.dec.ReadToken()
		if err != nil {
			return fmt.Errorf("%w: it is damaged at byte %d", errArray, l.dec.InputOffset())
		}
		if token.Kind() == ']' {
			break
		}
		if err := l.element(token); err != nil {
			return fmt.Errorf("element %d: %w", n, err)
		}
	}
	if _, err := l.dec.ReadToken(); err != io.EOF {
		return fmt.Errorf("%w: something follows it", errArray)
	}
	return nil
}

// element appends what a token says.
func (l *listSink) element(token jsontext.Token) error {
	s := l.elem
	switch token.Kind() {
	case 'n':
		if !s.nullable {
			return errors.New("it is null, and the elements are not nullable")
		}
		s.null()
		return nil
	case 't', 'f':
		if s.typ.Kind != parquetio.Bool {
			return s.wrong("a JSON boolean")
		}
		n := int64(0)
		if token.Bool() {
			n = 1
		}
		return s.integer(n)
	case '0':
		return s.number(token.String())
	case '"':
		return s.quoted(token.String())
	}
	return s.wrong("a JSON array or object")
}

// number appends an element that stands as a JSON number.
func (s sink) number(text string) error {
	switch {
	case s.real != nil:
		bits := 64
		if s.typ.Kind == parquetio.Float32 {
			bits = 32
		}
		f, err := strconv.ParseFloat(text, bits)
		if err != nil {
			return fmt.Errorf("the number does not fit %s", s.typ)
		}
		return s.real(f)
	case s.integer != nil && s.typ.Kind != parquetio.Bool:
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return fmt.Errorf("the number does not fit %s", s.typ)
		}
		return s.integer(n)
	}
	return s.wrong("a JSON number")
}

// quoted appends an element that stands as a JSON string.
func (s sink) quoted(text string) error {
	switch {
	case s.blob != nil:
		b, err := base64.StdEncoding.Strict().DecodeString(text)
		if err != nil || strings.ContainsAny(text, "\r\n") {
			return errors.New("it is not base64")
		}
		s.blob(b)
		return nil
	case s.real != nil && text == "Infinity":
		return s.real(math.Inf(1))
	case s.real != nil && text == "-Infinity":
		return s.real(math.Inf(-1))
	case s.integer != nil && s.typ.Kind != parquetio.Bool:
		// Beyond what JSON numbers are trusted with.
		if n, err := strconv.ParseInt(text, 10, 64); err == nil {
			return s.integer(n)
		}
	}
	if s.text == nil {
		return s.wrong("a JSON string")
	}
	return s.text(text)
}
