package testkit

import (
	"encoding/binary"
	"strings"
)

// groupRows is how many rows a row group of the Parquet files has.
const groupRows = 5000

// Of a Parquet file: physical types, converted types, and what stands for none.
const (
	parquetBoolean = 0
	parquetInt32   = 1
	parquetInt64   = 2
	parquetBytes   = 6

	convertedText    = 0
	convertedDecimal = 5
	convertedDate    = 6
	convertedMicros  = 10
	convertedNone    = -1
)

// A parquetText writes the rows of one dataset: the table of facts of its
// model, uncompressed, without nulls, one page a column in each row group.
// Like everything here it is written out, so that its bytes depend on no
// library.
type parquetText struct {
	columns [][2]string
	domain  *domain
	groups  []rowGroup
	at      int64 // in the file
	page    []byte
}

type rowGroup struct {
	rows   int
	chunks []columnChunk
}

type columnChunk struct {
	at, size int64 // of the page with its header
}

// hasRows reports whether the service keeps rows of a dataset: those in direct
// mode are only queried.
func (s *Source) hasRows(a asset) bool { return s.opts.Rows > 0 && s.mode(a) != "direct" }

// mode returns how a dataset gets its rows.
func (s *Source) mode(a asset) string {
	d := s.stream(forRows, asset{kind: a.kind, ws: a.ws, slot: a.slot, added: a.added})
	return [...]string{"import", "import", "composite", "direct"}[d.below(4)]
}

// rowBlocks returns the rows of a dataset, a row group at a time.
func (s *Source) rowBlocks(a asset) func() []byte {
	w := s.workspace(a.ws)
	sh := s.shape(&w, a)
	p := parquetText{columns: sh.domain.tables[0].columns, domain: sh.domain}
	var block []byte
	row, ended := 0, false
	return func() []byte {
		block = block[:0]
		if row == 0 && !ended {
			block = append(block, "PAR1"...)
		}
		if row < s.opts.Rows {
			n := min(groupRows, s.opts.Rows-row)
			d := seeded(s.opts.Seed, forRows, a.ws, a.mix(), row/groupRows<<1|a.revision+1<<40)
			block = p.group(block, &d, row, n)
			row += n
			return block
		}
		if ended {
			return nil
		}
		ended = true
		return p.footer(block, row)
	}
}

// group appends rows first to first+n-1.
func (p *parquetText) group(b []byte, d *draw, first, n int) []byte {
	start, base := len(b), p.at
	if first == 0 {
		start, base = 0, 0
	}
	g := rowGroup{rows: n}
	for i := range p.columns {
		p.page = p.values(p.page[:0], d, i, first, n)
		at := len(b)
		b = appendPageHeader(b, len(p.page), n)
		b = append(b, p.page...)
		g.chunks = append(g.chunks, columnChunk{at: base + int64(at-start), size: int64(len(b) - at)})
	}
	p.groups = append(p.groups, g)
	p.at = base + int64(len(b)-start)
	return b
}

// kinds returns the types of a column, and its scale.
func (p *parquetText) kinds(column int) (physical, converted, scale int) {
	switch kind := p.columns[column][1]; {
	case kind == "bigint" || kind == "integer" || kind == "smallint":
		return parquetInt64, convertedNone, 0
	case kind == "boolean":
		return parquetBoolean, convertedNone, 0
	case kind == "date":
		return parquetInt32, convertedDate, 0
	case kind == "timestamptz":
		return parquetInt64, convertedMicros, 0
	case strings.HasPrefix(kind, "numeric("):
		return parquetInt64, convertedDecimal, int(kind[len(kind)-2] - '0')
	}
	return parquetBytes, convertedText, 0
}

// values appends n values of a column in the encoding PLAIN.
func (p *parquetText) values(b []byte, d *draw, column, first, n int) []byte {
	physical, converted, _ := p.kinds(column)
	list := words().qualifiers
	for i := range p.domain.dims {
		if dim := &p.domain.dims[i]; dim.values != nil && strings.HasSuffix(dim.column, "."+p.columns[column][0]) {
			list = dim.values
		}
	}
	switch {
	case physical == parquetBoolean:
		for i := 0; i < n; i += 8 {
			b = append(b, byte(d.next())&byte(1<<min(8, n-i)-1))
		}
	case physical == parquetInt32:
		for range n {
			b = binary.LittleEndian.AppendUint32(b, uint32(epoch+d.below(today)))
		}
	case physical == parquetBytes:
		for range n {
			s := d.pick(list)
			b = binary.LittleEndian.AppendUint32(b, uint32(len(s)))
			b = append(b, s...)
		}
	case column == 0:
		for i := range n {
			b = binary.LittleEndian.AppendUint64(b, uint64(first+i+1))
		}
	case converted == convertedMicros:
		for range n {
			b = binary.LittleEndian.AppendUint64(b, uint64(epoch*86400+d.below(today*86400))*1_000_000)
		}
	default:
		for range n {
			b = binary.LittleEndian.AppendUint64(b, uint64(d.below(1+d.below(200_000))))
		}
	}
	return b
}

// A thrift writes structures in Thrift's compact protocol, as Parquet does.
type thrift struct {
	b    []byte
	last []int // ids of the fields written last, innermost structure last
}

const (
	thriftI32    = 5
	thriftI64    = 6
	thriftBinary = 8
	thriftList   = 9
	thriftStruct = 12
)

func (t *thrift) begin() { t.last = append(t.last, 0) }

func (t *thrift) end() {
	t.b = append(t.b, 0)
	t.last = t.last[:len(t.last)-1]
}

// field begins a field; ids ascend by less than 16.
func (t *thrift) field(id, kind int) {
	top := len(t.last) - 1
	t.b = append(t.b, byte((id-t.last[top])<<4|kind))
	t.last[top] = id
}

func (t *thrift) int(n int64) { t.b = binary.AppendVarint(t.b, n) }

func (t *thrift) text(s string) {
	t.b = binary.AppendUvarint(t.b, uint64(len(s)))
	t.b = append(t.b, s...)
}

func (t *thrift) list(n, kind int) {
	if n < 15 {
		t.b = append(t.b, byte(n<<4|kind))
		return
	}
	t.b = append(t.b, byte(15<<4|kind))
	t.b = binary.AppendUvarint(t.b, uint64(n))
}

func (t *thrift) i32(id, n int)           { t.field(id, thriftI32); t.int(int64(n)) }
func (t *thrift) i64(id int, n int64)     { t.field(id, thriftI64); t.int(n) }
func (t *thrift) binary(id int, s string) { t.field(id, thriftBinary); t.text(s) }

// appendPageHeader appends the header of a data page of size bytes and n
// values.
func appendPageHeader(b []byte, size, n int) []byte {
	t := thrift{b: b}
	t.begin()
	t.i32(1, 0) // a data page, version 1
	t.i32(2, size)
	t.i32(3, size)
	t.field(5, thriftStruct)
	t.begin()
	t.i32(1, n)
	t.i32(2, 0) // values: PLAIN
	t.i32(3, 3) // levels, of which there are none: RLE
	t.i32(4, 3)
	t.end()
	t.end()
	return t.b
}

// footer appends the file's metadata, their length and the closing magic.
func (p *parquetText) footer(b []byte, rows int) []byte {
	start := len(b)
	t := thrift{b: b}
	t.begin()
	t.i32(1, 2)
	t.field(2, thriftList)
	t.list(1+len(p.columns), thriftStruct)
	t.begin()
	t.binary(4, p.domain.tables[0].name)
	t.i32(5, len(p.columns))
	t.end()
	for i, c := range p.columns {
		physical, converted, scale := p.kinds(i)
		t.begin()
		t.i32(1, physical)
		t.i32(3, 0) // required
		t.binary(4, c[0])
		if converted != convertedNone {
			t.i32(6, converted)
		}
		if converted == convertedDecimal {
			t.i32(7, scale)
			t.i32(8, 18)
		}
		t.end()
	}
	t.i64(3, int64(rows))
	t.field(4, thriftList)
	t.list(len(p.groups), thriftStruct)
	for i := range p.groups {
		p.groupMetadata(&t, &p.groups[i])
	}
	t.binary(6, "oa-archive testkit")
	t.end()
	b = binary.LittleEndian.AppendUint32(t.b, uint32(len(t.b)-start))
	return append(b, "PAR1"...)
}

func (p *parquetText) groupMetadata(t *thrift, g *rowGroup) {
	t.begin()
	t.field(1, thriftList)
	t.list(len(g.chunks), thriftStruct)
	total := int64(0)
	for i, c := range g.chunks {
		physical, _, _ := p.kinds(i)
		total += c.size
		t.begin()
		t.i64(2, c.at)
		t.field(3, thriftStruct)
		t.begin()
		t.i32(1, physical)
		t.field(2, thriftList)
		t.list(2, thriftI32)
		t.int(0) // PLAIN
		t.int(3) // RLE
		t.field(3, thriftList)
		t.list(1, thriftBinary)
		t.text(p.columns[i][0])
		t.i32(4, 0) // uncompressed
		t.i64(5, int64(g.rows))
		t.i64(6, c.size)
		t.i64(7, c.size)
		t.i64(9, c.at)
		t.end()
		t.end()
	}
	t.i64(2, total)
	t.i64(3, int64(g.rows))
	t.end()
}
