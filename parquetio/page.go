package parquetio

import (
	"errors"
	"fmt"
	"hash/crc32"
	"io"

	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/compress"
	"github.com/apache/arrow-go/v18/parquet/file"
)

// A pageHeader is what this package uses of Parquet's PageHeader.
type pageHeader struct {
	kind         int
	uncompressed int
	compressed   int
	crc          uint32
	hasCRC       bool
	body         bool // the header of the page's own kind was there
	values       int
	nulls, rows  int // version 2 only
	encoding     int
	def, rep     int  // encodings of levels; in version 2 their lengths
	packed       bool // version 2: the values are compressed
}

// Kinds of pages.
const (
	dataPage       = 0
	dictionaryPage = 2
	dataPageV2     = 3
)

// kindFields gives for each kind of page the field of PageHeader that holds its
// own header.
var kindFields = map[int]int16{dataPage: 5, dictionaryPage: 7, dataPageV2: 8}

func (h *pageHeader) isKindField(id int16) bool {
	field, ok := kindFields[h.kind]
	return ok && field == id
}

// parsePageHeader reads a PageHeader from the start of b and returns its length.
// io.ErrUnexpectedEOF means that b ends before the header does.
func parsePageHeader(b []byte) (h pageHeader, n int, err error) {
	h.kind, h.packed = -1, true
	r := &thriftReader{b: b, nodes: 1 << 12}
	err = r.fields(func(id int16, typ byte) (err error) {
		switch {
		case id == 1:
			h.kind, err = r.int32(typ)
		case id == 2:
			h.uncompressed, err = r.int32(typ)
		case id == 3:
			h.compressed, err = r.int32(typ)
		case id == 4 && typ == thriftI32:
			var v int64
			v, err = r.varint()
			h.crc, h.hasCRC = uint32(v), true
		case typ == thriftStruct && h.isKindField(id):
			h.body = true
			err = r.fields(func(id int16, typ byte) error { return h.kindField(r, id, typ) })
		default:
			err = r.skip(typ, 1, false)
		}
		return err
	})
	return h, r.pos, err
}

// kindField reads a field of DataPageHeader, DictionaryPageHeader or
// DataPageHeaderV2.
func (h *pageHeader) kindField(r *thriftReader, id int16, typ byte) error {
	into := map[int16]*int{1: &h.values, 2: &h.encoding, 3: &h.def, 4: &h.rep}
	switch h.kind {
	case dictionaryPage:
		into = map[int16]*int{1: &h.values, 2: &h.encoding}
	case dataPageV2:
		into = map[int16]*int{1: &h.values, 2: &h.nulls, 3: &h.rows, 4: &h.encoding, 5: &h.def, 6: &h.rep}
		if id == 7 {
			h.packed = typ == thriftTrue
		}
	}
	target, ok := into[id]
	if !ok {
		return r.skip(typ, 2, false)
	}
	v, err := r.int32(typ)
	*target = v
	return err
}

// A pageReader hands the pages of one chunk to the library's decoders. The
// library's own believes sizes that headers claim while it decompresses.
type pageReader struct {
	chunk  *chunk
	codec  compress.Compression
	leaf   parquet.Type
	limits Limits
	mem    *allowance

	left       int64 // values that pages to come may hold
	body       *memory.Buffer
	dictionary *memory.Buffer
	charged    int64 // what the decoder of the current page may allocate
	kept       int64 // what the dictionary's decoder may allocate
	page       file.Page
	err        error
}

func newPageReader(c *chunk, codec compress.Compression, leaf parquet.Type, values int64, limits Limits, mem *allowance) *pageReader {
	return &pageReader{chunk: c, codec: codec, leaf: leaf, left: values, limits: limits, mem: mem,
		body: memory.NewResizableBuffer(mem), dictionary: memory.NewResizableBuffer(mem)}
}

// Next reads the next data or dictionary page.
func (p *pageReader) Next() bool {
	p.page = nil
	if p.err == nil {
		p.err = p.next()
	}
	return p.err == nil && p.page != nil
}

func (p *pageReader) next() error {
	p.mem.release(p.charged)
	p.charged = 0
	for p.page == nil && p.left > 0 {
		h, err := p.header()
		if err != nil {
			return err
		}
		raw, err := p.chunk.take(h.compressed)
		if err != nil {
			return err
		}
		if h.hasCRC && crc32.ChecksumIEEE(raw) != h.crc {
			return errors.New("the page does not have the checksum that its header states")
		}
		switch h.kind {
		case dictionaryPage:
			err = p.setDictionary(h, raw)
		case dataPage:
			err = p.setData(h, raw)
		case dataPageV2:
			err = p.setDataV2(h, raw)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// header reads a page header and checks it against the limits.
func (p *pageReader) header() (h pageHeader, err error) {
	for size := 256; ; size *= 4 {
		size = min(size, p.limits.PageHeader)
		b, err := p.chunk.peek(size)
		if err != nil {
			return h, err
		}
		if len(b) == 0 {
			return h, fmt.Errorf("the pages end %d values early", p.left)
		}
		var n int
		h, n, err = parsePageHeader(b[:min(len(b), p.limits.PageHeader)])
		if err == nil {
			p.chunk.discard(n)
			break
		}
		if err != io.ErrUnexpectedEOF || len(b) < size {
			return h, fmt.Errorf("page header: %w", err)
		}
		if size == p.limits.PageHeader {
			return h, &LimitError{Limit: "PageHeader", Max: int64(size), Need: int64(size) + 1}
		}
	}
	if largest := int64(max(h.compressed, h.uncompressed)); largest > p.limits.Page {
		return h, &LimitError{Limit: "Page", Max: p.limits.Page, Need: largest}
	}
	if h.values > p.limits.PageValues {
		return h, &LimitError{Limit: "PageValues", Max: int64(p.limits.PageValues), Need: int64(h.values)}
	}
	if int64(h.compressed) > p.chunk.left() {
		return h, fmt.Errorf("a page of %d bytes where %d are left", h.compressed, p.chunk.left())
	}
	if _, known := kindFields[h.kind]; known && !h.body {
		return h, errors.New("a page header without the part for its kind")
	}
	return h, nil
}

// unpack returns the uncompressed bytes of raw in buf, or raw itself.
func (p *pageReader) unpack(raw []byte, size int, buf *memory.Buffer) ([]byte, error) {
	if p.codec == compress.Codecs.Uncompressed {
		if len(raw) != size {
			return nil, errInflated
		}
		return raw, nil
	}
	buf.ResizeNoShrink(size)
	return buf.Bytes(), decompress(p.codec, buf.Bytes(), raw, p.mem)
}

func (p *pageReader) setDictionary(h pageHeader, raw []byte) error {
	if p.kept != 0 {
		return errors.New("two dictionary pages")
	}
	b, err := p.unpack(raw, h.uncompressed, p.dictionary)
	if err != nil {
		return err
	}
	if p.codec == compress.Codecs.Uncompressed { // it outlives the window that raw lies in
		p.dictionary.ResizeNoShrink(len(raw))
		copy(p.dictionary.Bytes(), raw)
		b = p.dictionary.Bytes()
	}
	if h.values*leastBytes(p.leaf) > len(b) {
		return fmt.Errorf("a dictionary of %d values in %d bytes", h.values, len(b))
	}
	p.mem.reserve(1 + int64(h.values)*sliceHeader)
	p.kept = 1 + int64(h.values)*sliceHeader
	p.page = file.NewDictionaryPage(memory.NewBufferBytes(b), int32(h.values), parquet.Encoding(h.encoding))
	return nil
}

// leastBytes returns the fewest bytes that a plain value takes.
func leastBytes(t parquet.Type) int {
	switch t {
	case parquet.Types.Boolean:
		return 0
	case parquet.Types.Int64, parquet.Types.Double:
		return 8
	case parquet.Types.FixedLenByteArray:
		return 1
	}
	return 4
}

// sliceHeader is what a decoded value of variable length takes beside its bytes.
const sliceHeader = 24

// claim checks that a data page brings no more values than are left, and sets
// memory aside for what its decoder builds.
func (p *pageReader) claim(h pageHeader) error {
	if int64(h.values) > p.left {
		return fmt.Errorf("a page of %d values where %d are left", h.values, p.left)
	}
	p.left -= int64(h.values)
	switch parquet.Encoding(h.encoding) {
	case parquet.Encodings.DeltaLengthByteArray, parquet.Encodings.DeltaByteArray:
		p.mem.reserve(8 * int64(h.values))
		p.charged = 8 * int64(h.values)
	}
	return nil
}

func (p *pageReader) setData(h pageHeader, raw []byte) error {
	if err := p.claim(h); err != nil {
		return err
	}
	b, err := p.unpack(raw, h.uncompressed, p.body)
	if err != nil {
		return err
	}
	p.page = file.NewDataPageV1(memory.NewBufferBytes(b), int32(h.values), parquet.Encoding(h.encoding),
		parquet.Encoding(h.def), parquet.Encoding(h.rep), int32(h.uncompressed))
	return nil
}

func (p *pageReader) setDataV2(h pageHeader, raw []byte) error {
	if err := p.claim(h); err != nil {
		return err
	}
	levels := h.def + h.rep
	if levels > len(raw) || levels > h.uncompressed || h.rows > h.values || h.nulls > h.values {
		return errors.New("a page header whose counts do not add up")
	}
	b := raw
	if p.codec != compress.Codecs.Uncompressed && h.packed {
		p.body.ResizeNoShrink(h.uncompressed)
		b = p.body.Bytes()
		copy(b, raw[:levels])
		if len(b) > levels || len(raw) > levels {
			if err := decompress(p.codec, b[levels:], raw[levels:], p.mem); err != nil {
				return err
			}
		}
	} else if len(raw) != h.uncompressed {
		return errInflated
	}
	p.page = file.NewDataPageV2(memory.NewBufferBytes(b), int32(h.values), int32(h.nulls), int32(h.rows),
		parquet.Encoding(h.encoding), int32(h.def), int32(h.rep), int32(h.uncompressed), false)
	return nil
}

// Page returns the page that Next read.
func (p *pageReader) Page() file.Page { return p.page }

// Err returns why Next returned false, or nil at the end.
func (p *pageReader) Err() error { return p.err }

// Close frees the buffers.
func (p *pageReader) Close() error {
	p.mem.release(p.charged + p.kept)
	p.charged, p.kept = 0, 0
	p.body.Release()
	p.dictionary.Release()
	p.chunk.close()
	return nil
}

// GetDictionaryPage is asked for when pages were skipped, which never happens
// here: a dictionary that is not the first page is missing.
func (p *pageReader) GetDictionaryPage() (*file.DictionaryPage, error) { return nil, nil }

// SeekToPageWithRow is part of the interface and not used.
func (p *pageReader) SeekToPageWithRow(int64) error { return errors.ErrUnsupported }

// SetMaxPageHeaderSize is part of the interface and not used.
func (p *pageReader) SetMaxPageHeaderSize(int) {}

// Reset is part of the interface and not used.
func (p *pageReader) Reset(parquet.BufferedReader, int64, compress.Compression, *file.CryptoContext) {
}
