package parquetio

import (
	"errors"
	"fmt"
	"math"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/file"
	"github.com/apache/arrow-go/v18/parquet/schema"
)

// slabRows is the most rows that are decoded of one column before the next.
const slabRows = 2048

// listSlots is how many slots of a list column are decoded at once.
const listSlots = 512

// A scratch holds a decoded run before it goes into a builder.
type scratch struct {
	def, rep []int16
	values   decoded
}

func (s *scratch) fit(slots int, physical parquet.Type) {
	if len(s.def) < slots {
		s.def, s.rep = make([]int16, slots), make([]int16, slots)
	}
	v := &s.values
	switch physical {
	case parquet.Types.Boolean:
		fitSlice(&v.bools, slots)
	case parquet.Types.Int32:
		fitSlice(&v.i32, slots)
	case parquet.Types.Int64:
		fitSlice(&v.i64, slots)
	case parquet.Types.Float:
		fitSlice(&v.f32, slots)
	case parquet.Types.Double:
		fitSlice(&v.f64, slots)
	case parquet.Types.ByteArray:
		fitSlice(&v.vars, slots)
	case parquet.Types.FixedLenByteArray:
		fitSlice(&v.fixed, slots)
	}
}

func fitSlice[T any](s *[]T, n int) {
	if len(*s) < n {
		*s = make([]T, n)
	}
}

// run returns values from to before to of the physical type alone.
func (d decoded) run(physical parquet.Type, from, to int) (out decoded) {
	switch physical {
	case parquet.Types.Boolean:
		out.bools = d.bools[from:to]
	case parquet.Types.Int32:
		out.i32 = d.i32[from:to]
	case parquet.Types.Int64:
		out.i64 = d.i64[from:to]
	case parquet.Types.Float:
		out.f32 = d.f32[from:to]
	case parquet.Types.Double:
		out.f64 = d.f64[from:to]
	case parquet.Types.ByteArray:
		out.vars = d.vars[from:to]
	case parquet.Types.FixedLenByteArray:
		out.fixed = d.fixed[from:to]
	}
	return out
}

// A leafReader decodes one column of one row group.
type leafReader struct {
	column   Column
	physical parquet.Type
	maxDef   int16
	listDef  int16 // level of a list that is there but empty; elements are above
	pages    *pageReader
	decoder  file.ColumnChunkReader
	mem      *allowance

	shared *scratch // of all flat columns
	list   *listState
	flat   *builder
}

// A listState holds what a list column has decoded beyond the rows asked for,
// and the lists of the batch under way.
type listState struct {
	scratch
	levels             []int16 // of the slots that hold elements
	slots, slot, value int     // decoded slots and values, and how many are used up
	open               bool
	elems              *builder
	lists              *builder // ends and validity of the lists
	charged            int64
}

func newLeafReader(c Column, leaf *schema.Column, pages *pageReader, shared *scratch, mem *allowance) *leafReader {
	r := &leafReader{column: c, physical: leaf.PhysicalType(), maxDef: leaf.MaxDefinitionLevel(), pages: pages, mem: mem, shared: shared}
	//lint:ignore SA1019 its replacement reads pages itself, and believes what their headers claim
	r.decoder = file.NewColumnReader(leaf, pages, mem, nil)
	if c.Type.Kind == List {
		r.list = &listState{charged: listSlots * (sliceHeader + 6), levels: make([]int16, 0, listSlots)}
		mem.reserve(r.list.charged)
		if c.Nullable {
			r.listDef = 1
		}
	}
	return r
}

// begin starts a batch.
func (r *leafReader) begin() {
	if r.list == nil {
		r.flat = newBuilder(r.column.Type, r.mem)
		return
	}
	r.list.elems = newBuilder(*r.column.Type.Elem, r.mem)
	r.list.lists = newBuilder(r.column.Type, r.mem)
}

// size returns the memory of the batch under way.
func (r *leafReader) size() int64 {
	if r.list == nil {
		return r.flat.size()
	}
	return r.list.elems.size() + r.list.lists.size()
}

// finish returns the column of the batch.
func (r *leafReader) finish() arrow.ArrayData {
	if r.list == nil {
		d := r.flat.data()
		r.flat = nil
		return d
	}
	l := r.list
	if l.lists.ends.buf.Len() == 0 {
		clear(l.lists.ends.extend(4))
	}
	elems := l.elems.data()
	l.elems = nil
	defer elems.Release()
	buffers := []*memory.Buffer{nil, l.lists.ends.buf}
	if l.lists.nulls > 0 {
		buffers[0] = l.lists.valid.buf
	}
	d := array.NewData(r.column.Type.Arrow(), l.lists.n, buffers, []arrow.ArrayData{elems}, l.lists.nulls, 0)
	l.lists.release()
	l.lists = nil
	return d
}

// close frees everything, also after a panic.
func (r *leafReader) close() {
	if r.flat != nil {
		r.flat.release()
	}
	if l := r.list; l != nil {
		if l.elems != nil {
			l.elems.release()
		}
		if l.lists != nil {
			l.lists.release()
		}
		r.mem.release(l.charged)
	}
	_ = r.pages.Close() // frees memory only
}

var (
	errEndsEarly = errors.New("the pages hold fewer rows than the row group")
	errEndsLate  = errors.New("the pages hold more rows than the row group")
)

// read decodes n more rows into the batch.
func (r *leafReader) read(n int) error {
	if r.list != nil {
		return r.readLists(n)
	}
	r.shared.fit(n, r.physical)
	for n > 0 {
		slots, values, err := r.decode(r.shared, n)
		if err != nil {
			return err
		}
		if slots == 0 {
			return errEndsEarly
		}
		var levels []int16
		if r.maxDef > 0 {
			levels = r.shared.def[:slots]
		}
		if err := r.flat.append(r.shared.values.run(r.physical, 0, values), slots, levels, r.maxDef); err != nil {
			return err
		}
		n -= slots
	}
	return nil
}

// atEnd checks that the column holds no more rows.
func (r *leafReader) atEnd() error {
	if r.list != nil {
		if err := r.readLists(0); err != nil {
			return err
		}
		if r.list.slot < r.list.slots {
			return errEndsLate
		}
		return nil
	}
	if r.pages.left > 0 || r.decoder.HasNext() {
		return errEndsLate
	}
	return r.decoder.Err()
}

// decode decodes up to n slots of the current page, and checks that there are
// as many values as the levels say.
func (r *leafReader) decode(s *scratch, n int) (slots, values int, err error) {
	if !r.decoder.HasNext() {
		return 0, 0, r.decoder.Err()
	}
	n = r.affordable(n)
	v, def, rep, total := &s.values, s.def, s.rep, int64(0)
	switch d := r.decoder.(type) {
	case *file.BooleanColumnChunkReader:
		total, values, err = d.ReadBatchInPage(int64(n), v.bools, def, rep)
	case *file.Int32ColumnChunkReader:
		total, values, err = d.ReadBatchInPage(int64(n), v.i32, def, rep)
	case *file.Int64ColumnChunkReader:
		total, values, err = d.ReadBatchInPage(int64(n), v.i64, def, rep)
	case *file.Float32ColumnChunkReader:
		total, values, err = d.ReadBatchInPage(int64(n), v.f32, def, rep)
	case *file.Float64ColumnChunkReader:
		total, values, err = d.ReadBatchInPage(int64(n), v.f64, def, rep)
	case *file.ByteArrayColumnChunkReader:
		total, values, err = d.ReadBatchInPage(int64(n), v.vars, def, rep)
	case *file.FixedLenByteArrayColumnChunkReader:
		total, values, err = d.ReadBatchInPage(int64(n), v.fixed, def, rep)
	default:
		err = fmt.Errorf("no reader for %s", r.physical)
	}
	if err != nil {
		return 0, 0, err
	}
	if total < 0 || total > int64(n) {
		return 0, 0, errLevels
	}
	want := int(total)
	if r.maxDef > 0 {
		want = 0
		for _, l := range def[:total] {
			if l < 0 || l > r.maxDef {
				return 0, 0, errLevels
			}
			if l == r.maxDef {
				want++
			}
		}
	}
	if want != values {
		return 0, 0, fmt.Errorf("%d values where the levels say %d", values, want)
	}
	return int(total), values, nil
}

var errLevels = errors.New("levels that cannot be")

// prefixBytes bounds what decoding a run of prefix-compressed values may build:
// each of them can be as long as all that came before together.
const prefixBytes = 16 << 20

func (r *leafReader) affordable(n int) int {
	page := r.pages.page
	if page == nil || parquet.Encoding(page.Encoding()) != parquet.Encodings.DeltaByteArray {
		return n
	}
	return max(1, min(n, prefixBytes/max(1, len(page.Data()))))
}

// readLists decodes n more rows of a list column.
func (r *leafReader) readLists(n int) error {
	l := r.list
	for {
		if l.slot == l.slots {
			l.fit(listSlots, r.physical)
			slots, _, err := r.decode(&l.scratch, listSlots)
			if err != nil {
				return err
			}
			if slots == 0 {
				if n > 0 {
					return errEndsEarly
				}
				return nil
			}
			l.slots, l.slot, l.value = slots, 0, 0
			if err := checkRepetitions(l.rep[:slots]); err != nil {
				return err
			}
		}
		done, err := r.takeSlots(&n)
		if done || err != nil {
			return err
		}
	}
}

func checkRepetitions(levels []int16) error {
	for _, rep := range levels {
		if rep < 0 || rep > 1 {
			return errLevels
		}
	}
	return nil
}

// takeSlots moves decoded slots into the batch until n rows are begun and the
// next one follows, which it leaves.
func (r *leafReader) takeSlots(n *int) (done bool, err error) {
	l := r.list
	if l.elems.n > math.MaxInt32-listSlots {
		return false, errBatchBytes
	}
	levels := l.levels[:0]
	first := l.value
	flush := func() error {
		if len(levels) == 0 {
			return nil
		}
		run := l.values.run(r.physical, first, l.value)
		first = l.value
		err := l.elems.append(run, len(levels), levels, r.maxDef)
		levels = levels[:0]
		return err
	}
	for ; l.slot < l.slots; l.slot++ {
		def := l.def[l.slot]
		if l.rep[l.slot] == 0 {
			if *n == 0 {
				return true, flush()
			}
			*n--
			r.beginList(def, l.elems.n+len(levels))
			l.open = def > r.listDef
		} else if !l.open || def <= r.listDef {
			return false, errLevels
		}
		if def > r.listDef {
			levels = append(levels, def)
			if def == r.maxDef {
				l.value++
			}
			l.setEnd(l.elems.n + len(levels))
		}
	}
	return false, flush()
}

// beginList appends a list that has no element yet; the elements before it
// number at.
func (r *leafReader) beginList(def int16, at int) {
	lists := r.list.lists
	if lists.ends.buf.Len() == 0 {
		clear(lists.ends.extend(4))
	}
	level := int16(1)
	if def < r.listDef {
		level = 0
	}
	lists.nulls += lists.mark(1, []int16{level}, 1)
	lists.n++
	lists.ends.extend(4)
	r.list.setEnd(at)
}

// setEnd sets where the last list ends.
func (l *listState) setEnd(at int) {
	ends := arrow.Int32Traits.CastFromBytes(l.lists.ends.buf.Bytes())
	ends[len(ends)-1] = int32(at)
}
