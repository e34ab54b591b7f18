package parquetio

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// Types of the Thrift compact protocol, by which Parquet encodes its footer and
// its page headers.
const (
	thriftTrue   = 1
	thriftFalse  = 2
	thriftByte   = 3
	thriftI16    = 4
	thriftI32    = 5
	thriftI64    = 6
	thriftDouble = 7
	thriftBinary = 8
	thriftList   = 9
	thriftSet    = 10
	thriftMap    = 11
	thriftStruct = 12
)

// thriftDepth bounds nesting: Parquet's own structures nest six deep.
const thriftDepth = 32

var errThrift = errors.New("malformed structure")

// A thriftReader reads the compact protocol from bytes without building
// anything, and counts what a parser would build.
type thriftReader struct {
	b     []byte
	pos   int
	nodes int // values left to read
}

func (r *thriftReader) byte() (byte, error) {
	if r.pos >= len(r.b) {
		return 0, io.ErrUnexpectedEOF
	}
	r.pos++
	return r.b[r.pos-1], nil
}

func (r *thriftReader) uvarint() (uint64, error) {
	v, n := binary.Uvarint(r.b[r.pos:])
	if n == 0 {
		return 0, io.ErrUnexpectedEOF
	}
	if n < 0 {
		return 0, errThrift
	}
	r.pos += n
	return v, nil
}

func (r *thriftReader) varint() (int64, error) {
	v, err := r.uvarint()
	return int64(v>>1) ^ -int64(v&1), err
}

// int32 reads an integer field that must lie between 0 and 2³¹-1.
func (r *thriftReader) int32(typ byte) (int, error) {
	if typ != thriftI32 {
		return 0, errThrift
	}
	v, err := r.varint()
	if err == nil && (v < 0 || v > 1<<31-1) {
		err = fmt.Errorf("%d where a count must stand", v)
	}
	return int(v), err
}

// fields calls field for each field of the struct that begins here; field must
// read or skip the value.
func (r *thriftReader) fields(field func(id int16, typ byte) error) error {
	id := int16(0)
	for {
		head, err := r.byte()
		if err != nil {
			return err
		}
		if head == 0 {
			return nil
		}
		if delta := head >> 4; delta != 0 {
			id += int16(delta)
		} else {
			v, err := r.varint()
			if err != nil {
				return err
			}
			id = int16(v)
		}
		if err := field(id, head&0x0f); err != nil {
			return err
		}
	}
}

// list reads the head of a list or set, and calls element for each element.
func (r *thriftReader) list(element func(typ byte) error) error {
	head, err := r.byte()
	if err != nil {
		return err
	}
	n, typ := uint64(head>>4), head&0x0f
	if n == 15 {
		if n, err = r.uvarint(); err != nil {
			return err
		}
	}
	if n > uint64(len(r.b)-r.pos) { // an element takes a byte or more
		return io.ErrUnexpectedEOF
	}
	for range n {
		if err := element(typ); err != nil {
			return err
		}
	}
	return nil
}

// skip reads past a value. inList tells that a boolean takes a byte.
func (r *thriftReader) skip(typ byte, depth int, inList bool) error {
	if r.nodes--; r.nodes < 0 || depth > thriftDepth {
		return errTooManyNodes
	}
	var err error
	switch typ {
	case thriftTrue, thriftFalse:
		if inList {
			_, err = r.byte()
		}
	case thriftByte:
		_, err = r.byte()
	case thriftI16, thriftI32, thriftI64:
		_, err = r.uvarint()
	case thriftDouble:
		err = r.advance(8)
	case thriftBinary:
		var n uint64
		if n, err = r.uvarint(); err == nil {
			err = r.advance(n)
		}
	case thriftList, thriftSet:
		err = r.list(func(typ byte) error { return r.skip(typ, depth+1, true) })
	case thriftStruct:
		err = r.fields(func(_ int16, typ byte) error { return r.skip(typ, depth+1, false) })
	case thriftMap:
		err = r.skipMap(depth)
	default:
		err = errThrift
	}
	return err
}

func (r *thriftReader) skipMap(depth int) error {
	n, err := r.uvarint()
	if err != nil || n == 0 {
		return err
	}
	types, err := r.byte()
	if err != nil {
		return err
	}
	for ; n > 0; n-- {
		if err := r.skip(types>>4, depth+1, true); err != nil {
			return err
		}
		if err := r.skip(types&0x0f, depth+1, true); err != nil {
			return err
		}
	}
	return nil
}

func (r *thriftReader) advance(n uint64) error {
	if n > uint64(len(r.b)-r.pos) {
		return io.ErrUnexpectedEOF
	}
	r.pos += int(n)
	return nil
}

var errTooManyNodes = errors.New("too many or too deeply nested values")
