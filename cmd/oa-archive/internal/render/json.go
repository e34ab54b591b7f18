package render

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"reflect"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/oneanalytics/oa-archive/internal/legible"
)

// JSON writes v as one indented JSON document and a newline. Characters that
// [Escape] would spell out are written as JSON's own \u escapes, so that the
// document holds the exact text and is safe on a terminal too.
//
// The document leaves in pieces, of which only one is held. Functions of the
// kind that [iter.Seq] is are lists.
func JSON(w io.Writer, v any) error { return writeJSON(w, v, jsonPiece) }

// jsonPiece is about how many bytes of a document are made at once.
const jsonPiece = 16 << 10

func writeJSON(w io.Writer, v any, piece int) error {
	j := &jsonWriter{w: bufio.NewWriterSize(w, 64<<10), most: piece}
	j.enc = json.NewEncoder(&j.piece)
	j.enc.SetEscapeHTML(false)
	if err := j.value(reflect.ValueOf(v), "\n"); err != nil {
		return err
	}
	j.w.WriteByte('\n')
	return j.w.Flush()
}

// A jsonWriter writes as package json does with indents. What is small it leaves
// to that; objects and lists that are not it takes apart.
type jsonWriter struct {
	w       *bufio.Writer
	enc     *json.Encoder // into piece
	piece   bytes.Buffer
	escaped []byte
	most    int // bytes of a piece, about
}

// value writes v. indent is a line feed and the indent of what v is in.
func (j *jsonWriter) value(v reflect.Value, indent string) error {
	if !v.IsValid() || weigh(v, j.most) > 0 {
		return j.whole(v, indent)
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		return j.value(v.Elem(), indent)
	case reflect.Struct:
		if members, ok := membersOf(v.Type()); ok {
			return j.object(v, members, indent)
		}
	case reflect.Slice, reflect.Array:
		if isText(v.Type()) || v.Kind() == reflect.Slice && v.IsNil() {
			break
		}
		return j.list(func(yield func(reflect.Value) bool) {
			for i := range v.Len() {
				if !yield(v.Index(i)) {
					return
				}
			}
		}, indent)
	case reflect.Func:
		return j.list(v.Seq(), indent)
	}
	return j.whole(v, indent)
}

// whole leaves v to package json.
func (j *jsonWriter) whole(v reflect.Value, indent string) error {
	var plain any
	switch {
	case !v.IsValid():
	case v.CanAddr(): // methods of pointers count then
		plain = v.Addr().Interface()
	default:
		plain = v.Interface()
	}
	j.piece.Reset()
	j.enc.SetIndent(indent[1:], "  ")
	if err := j.enc.Encode(plain); err != nil {
		return err
	}
	j.escaped = appendEscapedJSON(j.escaped[:0], bytes.TrimSuffix(j.piece.Bytes(), []byte("\n")))
	_, err := j.w.Write(j.escaped)
	return err
}

func (j *jsonWriter) object(v reflect.Value, members []member, indent string) error {
	before := byte('{')
	for _, m := range members {
		field, err := v.FieldByIndexErr(m.index)
		if err != nil || m.omitEmpty && isEmpty(field) { // an embedded nil has no members
			continue
		}
		j.w.WriteByte(before)
		before = ','
		j.w.WriteString(indent + `  "` + m.name + `": `)
		if err := j.value(field, indent+"  "); err != nil {
			return err
		}
	}
	return j.end(before, '{', indent, '}')
}

func (j *jsonWriter) list(elements func(func(reflect.Value) bool), indent string) error {
	before := byte('[')
	for v := range elements {
		j.w.WriteByte(before)
		before = ','
		j.w.WriteString(indent + "  ")
		if err := j.value(v, indent+"  "); err != nil {
			return err
		}
	}
	return j.end(before, '[', indent, ']')
}

// end closes an object or a list, which is empty when nothing came after opening.
func (j *jsonWriter) end(before, opening byte, indent string, closing byte) error {
	if before == opening {
		j.w.WriteByte(opening)
	} else {
		j.w.WriteString(indent)
	}
	return j.w.WriteByte(closing)
}

// escapeJSON replaces what is not visible. Outside of strings a document is
// ASCII, and inside the encoder has escaped the control characters below 0x20.
func escapeJSON(doc []byte) []byte { return appendEscapedJSON(make([]byte, 0, len(doc)), doc) }

func appendEscapedJSON(out, doc []byte) []byte {
	for len(doc) > 0 {
		r, n := utf8.DecodeRune(doc)
		switch {
		case r == '\n' || (r < utf8.RuneSelf && r != 0x7f) || legible.Visible(r):
			out = append(out, doc[:n]...)
		case r > 0xffff:
			high, low := utf16.EncodeRune(r)
			out = fmt.Appendf(out, `\u%04x\u%04x`, high, low)
		default:
			out = fmt.Appendf(out, `\u%04x`, r)
		}
		doc = doc[n:]
	}
	return out
}
