package parquetio

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/apache/arrow-go/v18/parquet/metadata"
)

const (
	magic          = "PAR1"
	magicEncrypted = "PARE"
	tailSize       = 8 // footer length and magic
)

// readFooter reads and checks the footer of the size bytes in r. Nothing that
// the footer claims is believed before its size is known and a walk over its
// bytes has counted what a parser would build.
func readFooter(r io.ReaderAt, size int64, limits Limits) (*metadata.FileMetaData, int64, error) {
	if size < int64(len(magic))+tailSize {
		return nil, 0, fmt.Errorf("parquetio: %d bytes: %w", size, ErrNotParquet)
	}
	var head [4]byte
	var tail [tailSize]byte
	if err := readFull(r, head[:], 0); err != nil {
		return nil, 0, err
	}
	if err := readFull(r, tail[:], size-tailSize); err != nil {
		return nil, 0, err
	}
	if string(tail[4:]) == magicEncrypted {
		return nil, 0, &UnsupportedError{Type: "Parquet encryption", Reason: "decrypt the file first"}
	}
	if string(tail[4:]) != magic || string(head[:]) != magic {
		return nil, 0, fmt.Errorf("parquetio: no %q at both ends: %w", magic, ErrNotParquet)
	}
	length := int64(binary.LittleEndian.Uint32(tail[:4]))
	start := size - tailSize - length
	if start < int64(len(magic)) {
		return nil, 0, &DamageError{RowGroup: -1, Err: fmt.Errorf("length %d in a file of %d bytes", length, size)}
	}
	if length > limits.Footer {
		return nil, 0, &LimitError{Limit: "Footer", Max: limits.Footer, Need: length}
	}
	footer := make([]byte, length)
	if err := readFull(r, footer, start); err != nil {
		return nil, 0, err
	}
	if err := checkFooter(footer, limits); err != nil {
		limit, unsupported := (*LimitError)(nil), (*UnsupportedError)(nil)
		if errors.As(err, &limit) || errors.As(err, &unsupported) {
			return nil, 0, err
		}
		return nil, 0, &DamageError{RowGroup: -1, Err: err}
	}
	var meta *metadata.FileMetaData
	err := guard(func() (err error) {
		meta, err = metadata.NewFileMetaData(footer, nil)
		return err
	})
	if err != nil {
		return nil, 0, &DamageError{RowGroup: -1, Err: err}
	}
	if meta.IsSetEncryptionAlgorithm() {
		return nil, 0, &UnsupportedError{Type: "Parquet encryption", Reason: "decrypt the file first"}
	}
	return meta, start, nil
}

func readFull(r io.ReaderAt, b []byte, at int64) error {
	n, err := r.ReadAt(b, at)
	if n == len(b) {
		return nil
	}
	if err == nil || err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return fmt.Errorf("parquetio: read %d bytes at %d: %w", len(b), at, err)
}

// Field numbers of Parquet's FileMetaData, SchemaElement and RowGroup.
const (
	fieldSchema      = 2
	fieldRowGroups   = 4
	fieldName        = 4
	fieldNumChildren = 5
	fieldLogicalType = 10
)

// The library panics at logical types that it does not know. These are the
// members of the LogicalType union that it does.
const (
	firstLogicalType  = 1  // STRING
	lastLogicalType   = 18 // GEOGRAPHY
	unusedLogicalType = 9
)

// checkFooter walks over the encoded FileMetaData: lists no longer than the
// limits, a schema whose children add up and that is not too deep, and no more
// values in all than limits.Nodes.
func checkFooter(footer []byte, limits Limits) error {
	r := &thriftReader{b: footer, nodes: limits.Nodes}
	var children []int
	groups := 0
	err := r.fields(func(id int16, typ byte) error {
		switch {
		case id == fieldSchema && typ == thriftList && children == nil:
			return r.list(func(typ byte) (err error) {
				n, err := r.schemaElement(typ)
				children = append(children, n)
				return err
			})
		case id == fieldRowGroups && typ == thriftList:
			return r.list(func(typ byte) error {
				if groups++; groups > limits.RowGroups {
					return &LimitError{Limit: "RowGroups", Max: int64(limits.RowGroups), Need: int64(groups)}
				}
				return r.skip(typ, 1, true)
			})
		case id == fieldSchema || id == fieldRowGroups:
			return errThrift
		}
		return r.skip(typ, 1, false)
	})
	if errors.Is(err, errTooManyNodes) {
		return &LimitError{Limit: "Nodes", Max: int64(limits.Nodes), Need: int64(limits.Nodes) + 1}
	}
	if err != nil {
		return err
	}
	return checkTree(children, limits)
}

// schemaElement reads past one SchemaElement and returns its number of children.
func (r *thriftReader) schemaElement(typ byte) (children int, err error) {
	if r.nodes--; r.nodes < 0 {
		return 0, errTooManyNodes
	}
	if typ != thriftStruct {
		return 0, errThrift
	}
	name, logical := "", int16(-1)
	err = r.fields(func(id int16, typ byte) (err error) {
		start := r.pos
		switch {
		case id == fieldNumChildren:
			children, err = r.int32(typ)
			return err
		case id == fieldLogicalType && typ == thriftStruct:
			logical = 0
			return r.fields(func(id int16, typ byte) error {
				logical = id
				return r.skip(typ, 3, false)
			})
		}
		err = r.skip(typ, 2, false)
		if id == fieldName && typ == thriftBinary && err == nil {
			_, n := binary.Uvarint(r.b[start:])
			name = string(r.b[start+n : r.pos])
		}
		return err
	})
	if err == nil && logical >= 0 && (logical < firstLogicalType || logical > lastLogicalType || logical == unusedLogicalType) {
		err = &UnsupportedError{Column: name, Type: fmt.Sprintf("logical type %d", logical), Reason: "this release does not know it"}
	}
	return children, err
}

// checkTree checks a schema in depth-first order, given by each element's
// number of children.
func checkTree(children []int, limits Limits) error {
	if len(children) == 0 {
		return errors.New("no schema")
	}
	leaves := 0
	var open []int // children still to come, per level
	for i, n := range children {
		if i > 0 {
			if len(open) == 0 {
				return fmt.Errorf("schema element %d belongs to no group", i)
			}
			open[len(open)-1]--
		}
		if n > len(children)-i-1 {
			return fmt.Errorf("schema element %d claims %d children", i, n)
		}
		if n > 0 {
			open = append(open, n)
		} else if leaves++; leaves > limits.Columns {
			return &LimitError{Limit: "Columns", Max: int64(limits.Columns), Need: int64(leaves)}
		}
		if len(open) > limits.Depth {
			return &LimitError{Limit: "Depth", Max: int64(limits.Depth), Need: int64(len(open))}
		}
		for len(open) > 0 && open[len(open)-1] == 0 {
			open = open[:len(open)-1]
		}
	}
	if len(open) > 0 {
		return errors.New("schema ends before its last group is complete")
	}
	return nil
}
